"""Masked diffusion: what it may see, what its bound is, and by which chances it fills in."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic.models.diffusion import Diffusion, _rounds
from genomimic.training import spec_of
from tests.conftest import toy

MISSING = 5


NOTHING, CODES = jnp.zeros(0), jnp.zeros(0, jnp.int32)
"""What a model without labels is told."""


def untrained(length, draws=1):
    """A model with a network whose weights are all at random, and far from zero."""
    model, spec = Diffusion(width=8, layers=2, steps=10, draws=draws), spec_of(toy(200, 1, length=length))
    state = jax.jit(lambda key: model.init(spec, key))(jax.random.key(0))
    leaves, tree = jax.tree.flatten(state.average)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    leaves = [leaf + 0.3 * jax.random.normal(key, leaf.shape) for leaf, key in zip(leaves, keys, strict=True)]
    network = jax.tree.unflatten(tree, leaves)
    return model, spec, type(state)(network, network, state.optimiser, state.step)


def test_what_is_said_of_a_place_depends_on_all_letters_but_its_own():
    logits = eqx.filter_jit(untrained(9)[2].average.logits)
    x = jnp.array([0, 1, MISSING, 3, 2, 0, MISSING, 1, 2], jnp.int8)
    before = logits(x, NOTHING)
    for i in range(9):
        changed = jnp.abs(logits(x.at[i].set((x[i] + 1) % 4), NOTHING) - before).max(1) > 1e-6
        assert changed.tolist() == [j != i for j in range(9)]


def test_the_bound_is_the_mean_over_all_orders():
    model, spec, state = untrained(4, draws=4_000)
    x = jnp.array([2, 0, 3, 3], jnp.int8)
    costs, logits = [], eqx.filter_jit(state.average.logits)
    for order in itertools.permutations(range(4)):
        seen, cost = jnp.full(4, MISSING, jnp.int8), 0.0
        for i in order:
            cost += jax.nn.log_softmax(logits(seen, NOTHING)[i])[x[i]]
            seen = seen.at[i].set(x[i])
        costs.append(cost)
    assert np.std(costs) > 0.05
    bound = jax.jit(lambda: model.log_prob(spec, state, x, jax.random.key(2)))()
    assert bound == pytest.approx(np.mean(costs), abs=0.05)


def test_a_missing_letter_is_drawn_by_its_probabilities():
    model, spec, state = untrained(6)
    x = jnp.array([0, 3, MISSING, 1, 1, 2], jnp.int8)
    allowed = jnp.where((x == MISSING)[:, None], True, jax.nn.one_hot(x, 4) > 0)
    fill = jax.jit(jax.vmap(lambda allowed, key: model.fill(spec, state, allowed, CODES, key), (None, 0)))
    drawn = fill(allowed, jax.random.split(jax.random.key(3), 5_000))
    np.testing.assert_array_equal(np.delete(drawn, 2, 1), np.broadcast_to(np.delete(x, 2), (5_000, 5)))
    expected = np.asarray(jax.nn.softmax(state.average.logits(x, NOTHING)[2]))
    np.testing.assert_allclose(np.bincount(drawn[:, 2], minlength=4) / 5_000, expected, atol=0.03)
    a_or_g = allowed.at[2].set(jnp.array([True, False, True, False]))
    drawn = fill(a_or_g, jax.random.split(jax.random.key(4), 5_000))
    assert np.mean(drawn[:, 2] == 0) == pytest.approx(expected[0] / (expected[0] + expected[2]), abs=0.03)


def test_letters_written_at_once_stand_apart():
    missing = np.random.default_rng(0).random(40) < 0.7
    turns = np.asarray(_rounds(jnp.asarray(missing), 6, jax.random.key(0)))
    assert (turns[~missing] == -1).all()
    drawn = turns[missing]
    for first in range(0, len(drawn) - 6, 6):
        assert sorted(drawn[first : first + 6]) == list(range(6))
    for key in range(50):
        few = np.asarray(_rounds(jnp.ones(5, bool), 6, jax.random.key(key)))
        assert len(set(few)) == 5
