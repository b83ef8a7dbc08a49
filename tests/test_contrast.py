"""Columns that go together too weakly in made records, and a decoder that tells records further apart."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models
from genomimic.errors import UsageError
from genomimic.models import contrast
from genomimic.models.contrast import CONTRASTS, Likeness, Strength, settle, strength, told_apart
from genomimic.training import fit, spec_of
from tests.conftest import toy
from tests.test_refitting import SETTINGS
from tests.toys import cells


@pytest.fixture(scope="module", params=["counts", "zero-inflated-counts", "continuous"])
def trained(request):
    """A run on two kinds of cells, not told which is which, with a contrast of 1; and its cells."""
    train, unseen = (cells(n, np.random.default_rng(seed), request.param) for n, seed in ((500, 1), (150, 2)))
    return fit(models.build("vae", SETTINGS | {"contrast": 1.0}), train, unseen), train


def rows_of(run, data):
    return jnp.asarray(run.spec.conditions.rows(data))


def further(run, rows, factor):
    means = jax.vmap(lambda row: run.model.encode(run.spec, run.state, row)[0])(rows)
    return told_apart(run.spec, run.state.networks.average, means, rows, factor)


def test_sampling_adds_nothing_to_a_strength_and_its_error_is_about_right():
    rng = np.random.default_rng(0)
    nothing = [strength(rng.normal(size=(200, 30))) for _ in range(200)]
    values = np.array([one.value for one in nothing])
    assert values.mean() == pytest.approx(0, abs=4 * values.std() / np.sqrt(200))
    factors = [strength(rng.normal(size=(400, 1)) + rng.normal(size=(400, 30))) for _ in range(100)]
    spread = np.std([one.value for one in factors])
    assert np.mean([one.value for one in factors]) == pytest.approx(30 * 29 * 0.25, rel=0.03)
    assert np.mean([one.error for one in factors]) == pytest.approx(spread, rel=0.35)


@pytest.mark.parametrize("kind", ["counts", "continuous"])
def test_columns_that_never_vary_go_with_no_other(kind):
    data = cells(300, np.random.default_rng(1), kind)
    padded = replace(data, values=np.concatenate([data.values, np.zeros((300, 60), data.values.dtype)], 1))
    plain, more = (Likeness(spec_of(one), jnp.asarray(one.values), key()).real for one in (data, padded))
    assert more == pytest.approx(plain)


def test_a_factor_that_all_continuous_columns_share_is_seen():
    rng = np.random.default_rng(0)
    data = cells(400, rng, "continuous")
    shared = (rng.normal(size=(400, 1)) + rng.normal(size=data.values.shape)).astype(np.float32)
    spec = spec_of(replace(data, values=shared))
    n = data.length
    assert Likeness(spec, jnp.asarray(shared), jax.random.key(0)).real.value == pytest.approx(n * (n - 1) / 4, rel=0.2)


def test_a_contrast_moves_records_away_from_their_middle_and_leaves_it_where_it_is(trained):
    run, train = trained
    rows = rows_of(run, train)
    means = jax.vmap(lambda row: run.model.encode(run.spec, run.state, row)[0])(rows)
    unread = jnp.zeros((train.length, 1))

    def firsts(weights):
        return np.asarray(jax.vmap(lambda z: weights.decoder.params(run.spec, z, jnp.zeros(0), unread)[:, 0])(means))

    plain, apart = firsts(run.state.networks.average), firsts(further(run, rows, 1.5))
    np.testing.assert_allclose(apart.mean(0), plain.mean(0), atol=1e-3)
    np.testing.assert_allclose(apart - apart.mean(0), 1.5 * (plain - plain.mean(0)), atol=1e-3)


def test_records_that_are_told_less_apart_are_seen_to_be_too_alike(trained):
    run, train = trained
    rows = rows_of(run, train)
    likeness = Likeness(run.spec, rows, jax.random.key(0))
    made = [likeness.made(further(run, rows, factor)) for factor in (0.1, 0.6, 1.0)]
    assert made[0].value < made[1].value < made[2].value
    assert made[0].surely_below(likeness.real)


def test_unknown_values_are_unknown_in_what_is_made_too(trained, monkeypatch):
    run, train = trained
    unknown = np.random.default_rng(0).random(train.values.shape) < 0.3
    hidden = np.where(unknown, run.spec.observation.missing, train.values).astype(train.values.dtype)
    seen = []
    monkeypatch.setattr(contrast, "strength", lambda x: seen.append(np.sort((x == 0).sum(0))) or Strength(1.0, 1.0))
    Likeness(run.spec, jnp.asarray(hidden), key()).made(run.state.networks.average)
    if not run.spec.observation.config()["name"].startswith("neg"):
        np.testing.assert_array_equal(seen[0], np.sort(unknown.sum(0)))
        np.testing.assert_array_equal(seen[1], seen[0])
    assert (seen[1] >= np.sort(unknown.sum(0))).all()


class Told:
    """Strengths as a test wants them: of what is made in turn, beside that of real records."""

    def __init__(self, real, *made):
        self.real, self.strengths = Strength(real, 0.1), [Strength(one, 0.1) for one in made]

    def __call__(self, *_):
        return self

    def made(self, _):
        return self.strengths.pop(0)


@pytest.mark.parametrize(
    ("real", "made", "found"),
    [
        (10.0, [11.0], 1.0),
        (10.0, [9.8], 1.0),
        (10.0, [8.0, 10.5], 1.1),
        (10.0, [8.0, 13.0], 1.0),
        (10.0, [8.0, 9.0, 8.9], 1.1),
        (10.0, [5.0, 6.0, 7.0], 1.2),
        (10.0, [float("nan")], 1.0),
        (10.0, [8.0, float("nan")], 1.0),
    ],
)
def test_the_contrast_with_the_likest_strength_is_kept_and_no_further_one_tried(monkeypatch, real, made, found):
    told = Told(real, *made)
    monkeypatch.setattr(contrast, "Likeness", told)
    spec, plain = begun()
    after = {more: replace_middles(plain, more) for more in CONTRASTS}
    rows = jnp.zeros((500, spec.length), jnp.int32)
    contrast_found, kept = settle(spec, rows, plain, after.__getitem__, key())
    assert contrast_found == found
    assert kept is ({1.0: plain} | after)[found]
    assert not told.strengths


def test_of_few_records_no_contrast_is_settled():
    spec, plain = begun()
    assert settle(spec, jnp.zeros((60, spec.length), jnp.int32), plain, lambda _: plain, key()) == (1.0, plain)


def begun():
    """What a model is told of some cells, and networks that have learned nothing of them."""
    spec = spec_of(cells(40, np.random.default_rng(0)))
    model = models.build("vae", SETTINGS).settled(spec, 40)
    return spec, model.init(spec, key()).networks.average


def replace_middles(weights, by):
    return eqx.tree_at(lambda weights: weights.prior.middles, weights, weights.prior.middles + by)


def test_a_contrast_that_is_found_is_that_which_could_be_asked_for(trained, monkeypatch):
    run, train = trained
    rows, ends = rows_of(run, train), {}
    monkeypatch.setattr(contrast, "Likeness", Told(100.0, 50.0, 60.0, 70.0))
    for name, asked in (("found", None), ("asked", 1.2)):
        model = replace(run.model, contrast=asked)
        losses = iter([5.0, 4.0, 3.0])
        ends[name] = model.finished(run.spec, run.state, rows, lambda state, losses=losses: next(losses), key())
    assert ends["found"].done == ends["asked"].done
    assert "contrast 1.2, at a loss of 3 (4 without)" in ends["found"].done
    for one, other in zip(*(jax.tree.leaves(end.state) for end in ends.values()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    before, after = (value_weights(state) for state in (run.state, ends["found"].state))
    np.testing.assert_allclose(after, 1.2 * before, rtol=1e-5)


@pytest.mark.parametrize(("prior", "done"), [(2.0, "the prior was fitted again; contrast 1.3"), (9.0, "contrast 1.3")])
def test_a_contrast_that_is_asked_for_is_kept_whatever_was_fitted_again(trained, prior, done):
    run, train = trained
    losses = iter([3.0, 5.0, prior])
    model = replace(run.model, contrast=1.3)
    end = model.finished(run.spec, run.state, rows_of(run, train), lambda state: next(losses), key())
    assert end.done == done
    np.testing.assert_allclose(value_weights(end.state), 1.3 * value_weights(run.state), rtol=1e-5)


def test_what_is_not_a_number_is_not_kept(trained):
    run, train = trained
    end = run.model.finished(run.spec, run.state, rows_of(run, train), lambda state: float("nan"), key())
    assert end == (run.state, "")


@pytest.mark.parametrize(
    ("settings", "data"), [({"components": 1}, cells(40, np.random.default_rng(0))), ({}, toy(40, 1))]
)
def test_a_contrast_where_there_is_none_to_settle_is_refused(settings, data):
    spec = spec_of(data)
    model = models.build("vae", {"latent": 2, "contrast": 1.2, **settings}).settled(spec, len(data))
    with pytest.raises(UsageError, match="--contrast above 1 is for gene expression, with --components above 1"):
        model.init(spec, key())


def value_weights(state):
    return np.asarray(state.networks.average.decoder.profile.values[0].weight)


def key():
    return jax.random.key(0)
