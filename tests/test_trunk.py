"""The causal trunk: the same numbers whether positions are computed at once or one after another; and strands."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic.alphabet import DNA
from genomimic.models.strands import reverse_complement
from genomimic.models.trunk import CausalTrunk
from genomimic.training import spec_of
from tests.conftest import toy
from tests.toys import dataset


@pytest.mark.parametrize(("layers", "taps"), [(1, 1), (3, 2), (3, 3)])
def test_one_after_another_is_all_at_once(layers, taps):
    trunk = CausalTrunk(8, layers, taps, jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (20, 8))
    memory, rows = trunk.start(), []
    for i in range(20):
        row, memory = trunk.next(x[i], memory, jnp.array(i))
        rows.append(row)
    np.testing.assert_allclose(np.stack(rows), trunk(x), atol=1e-5)


def test_nothing_depends_on_what_comes_later_nor_on_what_is_out_of_reach():
    trunk, x = CausalTrunk(8, 3, 3, jax.random.key(0)), jax.random.normal(jax.random.key(1), (40, 8))
    changed = np.asarray(jnp.abs(trunk(x.at[20].add(1.0)) - trunk(x)).max(1) > 1e-6)
    assert changed.nonzero()[0].tolist() == list(range(20, 20 + 2 * (1 + 2 + 4) + 1))


def test_a_channel_is_dropped_all_along_a_record():
    trunk, x = CausalTrunk(16, 2, 3, jax.random.key(0)), jnp.ones((30, 16))
    out = np.asarray(trunk(x, 0.5, jax.random.key(2)))
    silent = (out == 0).all(0)
    assert 0 < silent.sum() < 16
    assert (out[:, ~silent] != 0).mean() > 0.5


def test_the_other_strand_is_that_of_the_alphabet():
    rows = toy(50, 1, kind="variable").values
    complement = spec_of(dataset(rows, stranded=False)).complement
    turned = jax.vmap(lambda x: reverse_complement(x, complement))(jnp.asarray(rows))
    np.testing.assert_array_equal(turned, DNA.reverse_complement(rows))
    assert spec_of(dataset(rows)).complement is None
    assert spec_of(dataset(rows, alphabet="protein", stranded=False)).complement is None
