"""What a VAE of profiles settles once its networks are done."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models
from genomimic.models import vae
from genomimic.models.prior import Prior
from genomimic.models.refitting import around
from genomimic.run import CHECKPOINT, read_checkpoint, read_log, template
from genomimic.training import fit, spec_of
from tests.conftest import toy
from tests.test_training import StopError, stopping_at
from tests.toys import cells

SETTINGS = {"steps": 200, "latent": 4, "components": 40, "width": 32, "draws": 8, "patience": 20}


@pytest.fixture(scope="module")
def sides():
    return cells(500, np.random.default_rng(1)), cells(150, np.random.default_rng(2))


def trained(sides, path, **settings):
    model = models.build("vae", SETTINGS)
    spec = spec_of(sides[0], ["cell_type"])
    run = fit(model, *sides, spec=spec, path=path, **settings)
    return run, read_checkpoint(path, template(run.model, spec))


@pytest.fixture(scope="module")
def whole(sides, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole")
    return *trained(sides, path), path


def used(prior, told):
    """How many components cells with this label come from, as if all were equally likely."""
    weights = jax.nn.softmax(prior._logits(told))
    return float(np.exp(-(weights * np.log(weights + 1e-12)).sum()))


def test_in_the_end_unseen_cells_are_likelier_and_more_components_are_used(whole):
    run, checkpoint, path = whole
    trained_loss = min(row["loss"] for row in read_log(path))
    assert checkpoint.best_loss < trained_loss - 0.002
    before, after = (one.networks.average.prior for one in (checkpoint.state, run.state))
    told = run.spec.conditions.told(jnp.array([0]))
    assert used(after, told) > used(before, told)


@pytest.mark.parametrize(
    ("columns", "prior", "done"),
    [
        (1.0, 2.0, "the prior and each column's own numbers were fitted again; contrast 1"),
        (2.5, 2.0, "the prior and each column's own numbers were fitted again; contrast 1"),
        (4.0, 2.0, "the prior was fitted again"),
        (4.0, 3.5, ""),
    ],
)
def test_both_are_kept_unless_worse_than_before_then_the_prior_alone_then_neither(sides, whole, columns, prior, done):
    run = whole[0]
    rows = jnp.asarray(run.spec.conditions.rows(sides[0]))
    order = iter([3.0, columns, prior])
    model = replace(run.model, contrast=1.0)
    end = model.finished(run.spec, run.state, rows, lambda state: next(order), jax.random.key(0))
    assert end.done == done
    assert (end.state is run.state) == (not done)


@pytest.mark.parametrize(
    ("settings", "data"), [({"components": "1"}, cells(40, np.random.default_rng(0))), ({}, toy(40, 1))]
)
def test_nothing_is_fitted_again_with_one_component_or_for_sequences(settings, data):
    spec, key = spec_of(data), jax.random.key(0)
    model = models.build("vae", {"latent": "2", **settings}).settled(spec, len(data))
    state = model.init(spec, key)
    end = model.finished(spec, state, jnp.asarray(spec.conditions.rows(data)), lambda state: 0.0, key)
    assert end == (state, "")


def test_what_is_worse_for_unseen_cells_is_not_kept(sides, tmp_path, monkeypatch):
    def wreck(spec, weights, *rest):
        return (eqx.tree_at(lambda weights: weights.prior.middles, weights, weights.prior.middles + 10.0),) * 2

    monkeypatch.setattr(vae, "refitted", wreck)
    run, checkpoint = trained(sides, tmp_path)
    assert checkpoint.best_loss == pytest.approx(min(row["loss"] for row in read_log(tmp_path)), abs=1e-6)
    assert float(abs(run.state.networks.average.prior.middles).max()) < 10
    assert "again" not in run.stopped


def test_resumed_training_ends_with_the_same_bytes_and_is_not_settled_twice(sides, whole, tmp_path):
    with pytest.raises(StopError):
        trained(sides, tmp_path, progress=stopping_at(100))
    for _ in range(2):
        trained(sides, tmp_path)
        assert (tmp_path / CHECKPOINT).read_bytes() == (whole[2] / CHECKPOINT).read_bytes()


def test_components_of_few_cells_share_them():
    rng = np.random.default_rng(4)
    mean = jnp.asarray(rng.normal(size=(66, 4)), jnp.float32)
    begun = around(mean, jnp.ones((66, 4)), Prior.begin(40, 4, 0, jax.random.key(0)), jax.random.key(1))
    middles = np.unique(np.asarray(begun.middles), axis=0)
    assert begun.middles.shape == (40, 4)
    assert len(middles) == 6
    assert np.isin(np.round(10 * middles, 4), np.round(np.asarray(mean), 4)).all()
