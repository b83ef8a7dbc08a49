"""Models against closed forms."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.models import Spec
from genomimic.models.critic import OrderedDiscriminator
from genomimic.models.gan import GAN
from genomimic.models.vae import kl_divergence
from genomimic.observation import Categorical
from genomimic.sampling import bits_per_base, sample
from genomimic.training import fit, spec_of
from tests.conftest import TINY, toy

TABLE = np.array([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4], [0.05, 0.05, 0.1, 0.8]])
"""A Markov chain of order 1."""

STATIONARY = np.linalg.matrix_power(TABLE, 200)[0]


def chain(n, length, seed):
    rng = np.random.default_rng(seed)
    values = np.zeros((n, length), np.int8)
    values[:, 0] = rng.choice(4, n, p=STATIONARY)
    for i in range(1, length):
        values[:, i] = (rng.random((n, 1)) > TABLE[values[:, i - 1]].cumsum(1)).sum(1).clip(max=3)
    return Dataset(values, np.arange(n).astype(object), toy(1, 0).modality)


def test_markov_chain_finds_its_own_order_and_entropy():
    """Bits per base approach the entropy rate of the chain that made the data (Shannon 1948)."""
    run = fit(models.build("markov"), chain(4000, 40, 0), chain(1000, 40, 1))
    assert int(run.state.order) == 1
    rate = -(STATIONARY[:, None] * TABLE * np.log2(TABLE)).sum()
    first = -(STATIONARY * np.log2(STATIONARY)).sum()
    assert bits_per_base(run, chain(2000, 40, 2)).mean() == pytest.approx((first + 39 * rate) / 40, abs=0.005)


def test_markov_samples_follow_the_table():
    values = sample(fit(models.build("markov", {"order": "1"}), chain(4000, 40, 0), chain(1000, 40, 1)), 4000).values
    pairs = np.zeros((4, 4))
    np.add.at(pairs, (values[:, :-1].ravel(), values[:, 1:].ravel()), 1)
    np.testing.assert_allclose(pairs / pairs.sum(1, keepdims=True), TABLE, atol=0.02)


def test_pwm_is_the_smoothed_frequencies():
    data = toy(200, 1)
    run = fit(models.build("pwm"), data, data)
    known = data.values < 4
    counts = np.stack([((data.values == k) & known).sum(0) for k in range(4)], 1)
    probs = (counts + 0.25) / (counts.sum(1, keepdims=True) + 1)
    picked = np.where(known, np.log(probs[np.arange(12), np.minimum(data.values, 3)]), 0).sum(1)
    bits = -picked / known.sum(1) / np.log(2)
    np.testing.assert_allclose(bits_per_base(run, data), bits, rtol=1e-4)


def test_uniform_needs_two_bits():
    run = fit(models.build("uniform"), toy(50, 1), toy(50, 2))
    np.testing.assert_allclose(bits_per_base(run, toy(50, 3)), 2, rtol=1e-6)


def test_kl_divergence_against_integration():
    mean, log_variance = 0.7, -0.9
    x = np.linspace(-12, 12, 200_001)
    density = np.exp(-((x - mean) ** 2) / 2 / np.exp(log_variance)) / np.sqrt(2 * np.pi * np.exp(log_variance))
    ratio = np.log(np.maximum(density, 1e-300)) + x**2 / 2 + np.log(2 * np.pi) / 2
    expected = np.trapezoid(density * ratio, x)
    assert float(kl_divergence(jnp.array([mean]), jnp.exp(jnp.array([log_variance])))[0]) == pytest.approx(
        expected, abs=1e-4
    )


def test_more_draws_tighten_the_bound(trained):
    """The importance-weighted bound grows with its draws (Burda et al. 2016)."""
    run, data = trained("vae"), toy(200, 9)
    few, many = (
        -bits_per_base(type(run)(replace(run.model, draws=k), run.spec, run.state, run.modality), data).mean()
        for k in (1, 64)
    )
    assert many > few


class Linear(OrderedDiscriminator):
    """A discriminator whose answers and gradients are known: three times the number of first letters."""

    def __init__(self):
        super().__init__(Spec(2, Categorical(4), np.zeros((2, 4), np.float32)), jax.random.key(0))

    def __call__(self, x, told):
        return 3.0 * x[:, 0].sum()


@pytest.mark.parametrize("saturating", [False, True])
def test_gan_losses_at_known_answers(saturating):
    real = jnp.tile(jax.nn.one_hot(jnp.zeros(2, int), 4), (5, 1, 1))
    fake = jnp.tile(jax.nn.one_hot(jnp.ones(2, int), 4), (5, 1, 1))
    on_real, on_fake, squared_gradient = 6.0, 0.0, 2 * 9.0
    key = jax.random.key(0)

    def losses(**settings):
        gan = GAN(saturating=saturating, **settings)
        d, logged = gan.discriminator_loss(Linear(), real, fake, jnp.zeros((5, 0)), key)
        return float(d), float(gan.generator_loss(fake, real, jnp.zeros((5, 0)), Linear())), logged

    def softplus(x):
        return float(np.log1p(np.exp(x)))

    d, g, _ = losses(loss="relativistic", penalty=0.0)
    assert d == pytest.approx(softplus(on_fake - on_real), rel=1e-5)
    assert g == pytest.approx(softplus(on_real - on_fake), rel=1e-5)
    d, g, logged = losses(loss="bce")
    assert d == pytest.approx(softplus(-on_real) + softplus(on_fake), rel=1e-5)
    assert g == pytest.approx(-softplus(on_fake) if saturating else softplus(-on_fake), rel=1e-5)
    assert float(logged["d_fake"]) == pytest.approx(0.5)
    d, g, logged = losses(loss="wgan-gp")
    assert d == pytest.approx(on_fake - on_real + 10 * (squared_gradient**0.5 - 1) ** 2, rel=1e-5)
    assert g == pytest.approx(-on_fake, abs=1e-6)
    assert float(logged["d_real"]) == pytest.approx(on_real)


def test_the_squared_slope_is_estimated_without_bias():
    """Against |grad D|^2 of a D whose slope is known; the mean of 20,000 squared normals is within 4%."""
    x = jnp.zeros((10_000, 2, 4))
    penalty = GAN()._gradient_penalty(Linear(), x, x, jnp.zeros((10_000, 0)), jax.random.key(0))
    assert float(penalty) == pytest.approx(2 * 9.0, rel=0.04)


def couplings(length, seed):
    """Fields and couplings of a Potts model in which each position depends on all before it."""
    rng = np.random.default_rng(seed)
    fields, pairs = rng.normal(0, 0.3, (length, 4)), rng.normal(0, 0.8, (length, 4, length, 4))
    return fields, pairs * np.triu(np.ones((length, length)), 1)[:, None, :, None]


def potts_records(fields, pairs, n, seed):
    """Records of that model, and the log-probability of each."""
    rng, length = np.random.default_rng(seed), len(fields)
    values, log_prob = np.zeros((n, length), np.int8), np.zeros(n)
    for i in range(length):
        params = fields[i] + sum(pairs[j, values[:, j], i] for j in range(i))
        log_probs = np.broadcast_to(params - np.logaddexp.reduce(params, -1)[..., None], (n, 4))
        values[:, i] = (rng.random((n, 1)) > np.exp(log_probs).cumsum(1)).sum(1).clip(max=3)
        log_prob += log_probs[np.arange(n), values[:, i]]
    return Dataset(values, np.arange(n).astype(object), toy(1, 0).modality), log_prob


def centred(pairs):
    """Couplings in the gauge in which they add up to 0 over either letter: others mean the same distribution."""
    return pairs - pairs.mean(1, keepdims=True) - pairs.mean(3, keepdims=True) + pairs.mean((1, 3), keepdims=True)


def test_potts_finds_the_couplings_that_made_the_data():
    fields, pairs = couplings(6, 0)
    train, fresh = (potts_records(fields, pairs, n, seed)[0] for n, seed in ((8000, 1), (1000, 2)))
    run = fit(models.build("potts", {"batch": "256"}), train, fresh)
    test, log_prob = potts_records(fields, pairs, 4000, 3)
    assert bits_per_base(run, test).mean() == pytest.approx(-log_prob.mean() / 6 / np.log(2), abs=0.005)
    ahead = np.triu_indices(6, 1)
    known, found = (centred(np.asarray(p))[ahead[0], :, ahead[1]].ravel() for p in (pairs, run.state.average.couplings))
    assert np.corrcoef(known, found)[0, 1] > 0.97


def test_potts_refuses_records_too_long_for_its_pairs():
    data = toy(20, 1, length=800)
    with pytest.raises(UsageError, match=r"potts couples .* at most 724 letters, and these records have 800; cut them"):
        models.build("potts").settled(spec_of(data), 20).init(spec_of(data), jax.random.key(0))


def test_temperature_is_stated_and_sharpens(trained):
    run = trained("autoregressive")
    model = models.build("autoregressive", TINY["autoregressive"] | {"temperature": "0.2"}).settled(run.spec, 800)
    cold = sample(type(run)(model, run.spec, run.state, run.modality), 500)
    assert set(cold.labels["temperature"]) == {"0.2"}
    assert "temperature" not in sample(run, 5).labels
    assert bits_per_base(run, cold).mean() < bits_per_base(run, sample(run, 500)).mean() - 0.3
