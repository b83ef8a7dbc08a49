"""Distributions of counts and of continuous values against SciPy, their gradients, and their moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, log_softmax, logsumexp
from scipy.stats import nbinom, norm

from genomimic.models.prior import Prior
from genomimic.observation import Gaussian, NegativeBinomial, build, unstacked
from genomimic.observation.negative_binomial import LEAST_SPREAD, log_negative_binomial, log_rising
from tests.toys import cells

KINDS = {"negative-binomial": False, "zero-inflated": True}


def counts(n=300, genes=12, seed=0):
    rng = np.random.default_rng(seed)
    shares, sizes = rng.dirichlet(np.ones(genes)), rng.lognormal(5, 0.4, (n, 1))
    return rng.poisson(rng.gamma(2.0, shares * sizes / 2.0)).astype(np.int32)


@given(st.floats(-3, 8), st.floats(-4, 6), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_log_probabilities_of_counts_are_those_of_scipy(log_mean, log_size, count):
    mean, size = np.exp(log_mean), np.exp(log_size)
    found = log_negative_binomial(*(jnp.asarray(x, jnp.float32) for x in (count, log_mean, log_size)))
    known = nbinom.logpmf(count, size, size / (size + mean))
    assert float(found) == pytest.approx(known, rel=2e-3, abs=5e-3)


@given(st.floats(0.01, 5000), st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_rising_products_are_ratios_of_gamma_functions(base, times):
    found = float(log_rising(jnp.asarray(base, jnp.float32), jnp.asarray(times, jnp.float32)))
    assert found == pytest.approx(gammaln(base + times) - gammaln(base), rel=1e-4, abs=5e-3)


def test_gradients_of_counts_are_those_of_differences():
    counts, mean, size = np.array([0.0, 3.0, 40.0]), np.array([0.3, -1.2, 2.0]), np.array([0.1, 1.4, -0.7])

    def total(mean, size):
        return nbinom.logpmf(counts, np.exp(size), np.exp(size) / (np.exp(size) + np.exp(mean)))

    steps = (total(mean + 1e-5, size) - total(mean - 1e-5, size), total(mean, size + 1e-5) - total(mean, size - 1e-5))
    x, mean, size = (jnp.asarray(one, jnp.float32) for one in (counts, mean, size))
    found = jax.grad(lambda mean, size: log_negative_binomial(x, mean, size).sum(), argnums=(0, 1))(mean, size)
    for slope, step in zip(found, steps, strict=True):
        np.testing.assert_allclose(slope, step / 2e-5, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("inflated", KINDS.values(), ids=KINDS)
def test_a_record_of_counts_is_as_likely_as_scipy_says(inflated):
    """Each count given the total, zeros mixed in, and an equal share of the library size's own log-density."""
    x = counts()
    observation = NegativeBinomial.of(x, zero_inflated=inflated)
    params = observation.start(x).astype(float)
    shares, sizes = np.exp(params[:, 0]) / np.exp(params[:, 0]).sum(), np.exp(params[:, 1])
    total = x[0].sum()
    known = nbinom.logpmf(x[0], sizes, sizes / (sizes + total * shares))
    if inflated:
        zero = 1 / (1 + np.exp(-params[:, 4]))
        known = np.log(zero * (x[0] == 0) + (1 - zero) * np.exp(known))
    library = norm.logpdf(np.log(total), params[0, 2], np.exp(params[0, 3]) + LEAST_SPREAD) - np.log(total)
    found = observation.log_prob(jnp.asarray(params, jnp.float32), jnp.asarray(x[0]))
    np.testing.assert_allclose(found, known + library / len(known), rtol=1e-3, atol=1e-3)


def test_unknown_counts_are_not_scored_and_the_total_is_told_by_the_others():
    x = counts()
    observation = NegativeBinomial.of(x)
    params = jnp.asarray(observation.start(x))
    hidden = x[0].copy()
    hidden[3] = -1
    found = observation.log_prob(params, jnp.asarray(hidden))
    assert found[3] == 0
    share = np.asarray(jax.nn.softmax(params[:, 0]))
    log_mean = np.asarray(observation.log_mean(params, jnp.asarray(hidden)))
    total = (x[0].sum() - x[0, 3]) / (1 - share[3])
    np.testing.assert_allclose(np.exp(log_mean), total * share, rtol=1e-4)


def test_a_record_of_which_hardly_anything_is_known_has_a_likelihood_and_a_slope():
    x = counts()
    observation = NegativeBinomial.of(x)
    params = jnp.asarray(observation.start(x)).at[0, 0].add(-90.0)
    scored = jax.value_and_grad(lambda params, row: observation.log_prob(params, row).sum())
    for row in (np.where(np.arange(x.shape[1]) == 0, 1, -1), np.full(x.shape[1], -1)):
        value, slope = scored(params, jnp.asarray(row))
        assert np.isfinite(value)
        assert np.isfinite(slope).all()


def test_numbers_taken_apart_have_the_gradient_of_slices():
    params = jax.random.normal(jax.random.key(0), (5, 3))

    def weighed(parts):
        return sum((i + 1) * (part**2).sum() for i, part in enumerate(parts))

    found = jax.grad(lambda params: weighed(unstacked(params)))(params)
    np.testing.assert_allclose(found, jax.grad(lambda params: weighed(params.T))(params), rtol=1e-6)


@pytest.mark.parametrize("spread", [0.02, 1.0])
def test_a_latent_vector_is_as_likely_as_scipy_says(spread):
    rng = np.random.default_rng(0)
    middles, spreads = 2 * rng.normal(size=(50, 20)), spread * rng.uniform(0.5, 2, (50, 20))
    logits, told = rng.normal(size=50), rng.normal(size=(50, 3))
    label, z = np.array([0.0, 1.0, 0.0]), middles[7] + spreads[7] * rng.normal(size=20)
    each = norm.logpdf(z, middles, spreads).sum(1) + log_softmax(logits + told @ label)
    prior = Prior.of(*(jnp.asarray(one, jnp.float32) for one in (middles, spreads, logits, told)))
    found = prior.log_prob(jnp.asarray(z, jnp.float32), jnp.asarray(label, jnp.float32))
    assert float(found) == pytest.approx(logsumexp(each), abs=0.01 if spread < 1 else 1e-4)


@pytest.mark.parametrize("inflated", KINDS.values(), ids=KINDS)
def test_draws_of_counts_have_the_moments_of_the_data(inflated):
    x = counts(2000)
    observation = NegativeBinomial.of(x, zero_inflated=inflated)
    params = observation.start(x)
    if inflated:
        params[:, 4] = np.log(0.25 / 0.75)
    drawn = jax.vmap(lambda key: observation.draw(jnp.asarray(params), key))(jax.random.split(jax.random.key(0), 4000))
    kept = 0.75 if inflated else 1.0
    np.testing.assert_allclose(np.asarray(drawn).mean(0), kept * x.mean(0), rtol=0.1, atol=0.01)
    if not inflated:
        np.testing.assert_allclose(np.asarray(drawn).std(0), x.std(0), rtol=0.25, atol=0.02)


@pytest.mark.parametrize("kind", ["counts", "zero-inflated-counts", "continuous"])
def test_a_relaxed_draw_is_a_draw_with_a_slope(kind):
    data = cells(200, np.random.default_rng(0), kind)
    observation = data.modality.observation(data.values)
    params = jnp.asarray(observation.start(data.values))
    drawn = observation.from_features(observation.relax(params, jax.random.key(1)))
    assert drawn.shape == (data.length,)
    assert kind == "continuous" or (np.asarray(drawn) >= 0).all()
    slope = jax.grad(lambda p: observation.relax(p, jax.random.key(1)).sum())(params)
    assert float(jnp.abs(slope[:, 0]).max()) > 0
    again = observation.from_features(observation.features(jnp.asarray(data.values)))
    np.testing.assert_allclose(again, data.values, rtol=1e-4, atol=1e-3)


def test_continuous_values_are_as_likely_as_scipy_says():
    x = cells(200, np.random.default_rng(0), "continuous").values.copy()
    x[0, 2] = np.nan
    observation = Gaussian.of(x)
    params = jnp.asarray(observation.start(x))
    centre, scale = np.nanmean(x, 0), np.nanstd(x, 0)
    found = np.asarray(observation.log_prob(params, jnp.asarray(x[0])))
    assert found[2] == 0
    known = norm.logpdf(x[0], centre, scale * 1.001)
    np.testing.assert_allclose(np.delete(found, 2), np.delete(known, 2), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["counts", "zero-inflated-counts", "continuous"])
def test_an_observation_is_built_again_from_its_config(kind):
    data = cells(50, np.random.default_rng(0), kind)
    observation = data.modality.observation(data.values)
    again = build(observation.config())
    x = jnp.asarray(data.values)
    np.testing.assert_array_equal(again.features(x), observation.features(x))
    assert again.outputs == observation.outputs
