"""Columns that go together too weakly in made records, and a decoder that tells records further apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models
from genomimic.models import vae
from genomimic.models.contrast import Likeness, together, told_apart
from genomimic.training import fit
from tests.test_refitting import SETTINGS
from tests.toys import cells


@pytest.fixture(scope="module")
def trained():
    """A run of two kinds of cells, not told which is which, with a contrast of 1."""
    train, unseen = cells(500, np.random.default_rng(1)), cells(150, np.random.default_rng(2))
    return fit(models.build("vae", SETTINGS | {"contrast": 1.0}), train, unseen), train


def posterior_means(run, rows):
    return jax.vmap(lambda row: run.model.encode(run.spec, run.state, row)[0])(rows)


def test_chance_adds_nothing_to_what_goes_together():
    rng = np.random.default_rng(0)
    apart = [together(rng.normal(size=(100, 30)), rng.normal(size=(100, 30))) for _ in range(200)]
    assert np.mean(apart) == pytest.approx(0, abs=4 * np.std(apart) / np.sqrt(200))
    factor = rng.normal(size=(4000, 1)) + rng.normal(size=(4000, 30))
    assert together(factor[:2000], factor[2000:]) == pytest.approx(30 * 29 * 0.25, rel=0.1)


def test_a_column_that_never_varies_goes_with_no_other():
    values = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1, 0]
    assert together(values, values) == pytest.approx(together(values[:, :2], values[:, :2]))


def test_a_contrast_moves_records_away_from_their_middle_and_leaves_it_where_it_is(trained):
    run, train = trained
    rows = jnp.asarray(run.spec.conditions.rows(train))
    means, unread = posterior_means(run, rows), jnp.zeros((train.length, 1))

    def logits(weights):
        return np.asarray(jax.vmap(lambda z: weights.decoder.params(run.spec, z, jnp.zeros(0), unread)[:, 0])(means))

    before = run.state.networks.average
    plain, apart = logits(before), logits(told_apart(run.spec, before, means, rows, 1.5))
    np.testing.assert_allclose(apart.mean(0), plain.mean(0), atol=1e-3)
    np.testing.assert_allclose(apart - apart.mean(0), 1.5 * (plain - plain.mean(0)), atol=1e-3)


@pytest.mark.parametrize("contrast", [1.0, 1.4])
def test_records_whose_differences_were_halved_are_seen_to_be_too_alike(trained, contrast):
    run, train = trained
    rows = jnp.asarray(run.spec.conditions.rows(train))
    likeness = Likeness(run.spec, rows, jax.random.key(0))
    weights = told_apart(run.spec, run.state.networks.average, posterior_means(run, rows), rows, 0.5 * contrast)
    assert likeness.made(weights) < likeness.made(run.state.networks.average)
    assert likeness.made(weights) < 0.8 * likeness.real


def test_unknown_values_are_unknown_in_what_is_made_too(trained):
    run, train = trained
    hidden = train.values.copy()
    hidden[np.random.default_rng(0).random(hidden.shape) < 0.3] = run.spec.observation.missing
    weights = run.state.networks.average
    ratios = []
    for values in (train.values, hidden):
        likeness = Likeness(run.spec, jnp.asarray(values), jax.random.key(0))
        ratios.append(likeness.made(weights) / likeness.real)
    assert ratios[1] == pytest.approx(ratios[0], rel=0.15)


class Judge:
    """Likenesses as a test wants them: strengths of what is made in turn, beside that of real records."""

    def __init__(self, real, *strengths):
        self.real, self.strengths = real, list(strengths)

    def __call__(self, *_):
        return self

    def made(self, _):
        return self.strengths.pop(0)


@pytest.mark.parametrize(
    ("real", "strengths", "found"),
    [
        (10.0, [11.0], "contrast 1"),
        (10.0, [8.0, 10.5], "contrast 1.1"),
        (10.0, [8.0, 9.0, 9.5], "contrast 1.2"),
        (10.0, [8.0, 9.0, 8.9], "contrast 1.1"),
    ],
)
def test_the_least_contrast_that_is_enough_is_kept(trained, monkeypatch, real, strengths, found):
    run, train = trained
    monkeypatch.setattr(vae, "Likeness", Judge(real, *strengths))
    model = vae.VAE(**SETTINGS).settled(run.spec, len(train))
    losses = iter([2.0, 1.0])
    rows = jnp.asarray(run.spec.conditions.rows(train))
    end = model.finished(run.spec, run.state, rows, lambda state: next(losses), jax.random.key(0))
    assert end.done.endswith(found)


def test_a_contrast_that_is_asked_for_is_kept(trained):
    run, train = trained
    model = vae.VAE(**SETTINGS, contrast=1.3).settled(run.spec, len(train))
    losses = iter([2.0, 1.0])
    rows = jnp.asarray(run.spec.conditions.rows(train))
    end = model.finished(run.spec, run.state, rows, lambda state: next(losses), jax.random.key(0))
    assert end.done.endswith("contrast 1.3")
