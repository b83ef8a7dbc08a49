"""What is fitted again once a VAE of profiles is trained: the prior, and the numbers that belong to columns.

In training, the prior runs after the encoder and loses most of its components, and chance is learned while there is
still much to explain. So when the networks are done they rest, and both are fitted to what the networks say of the
training records (Dai & Wipf 2019, arXiv:1903.05789, who fit a second model to the latent space).
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.autoencoder import Autoencoder, ProfileDecoder
from genomimic.models.base import Spec
from genomimic.models.prior import Prior

STEPS = 400
BATCH = 256
RATE = 0.01

RECORDS_A_COMPONENT = 10

SHARE = 0.1
"""Of the variance of all records' posterior means, in each component of the prior to begin with."""


def refitted(
    spec: Spec,
    weights: Autoencoder,
    posterior: tuple[Float[Array, "n latent"], Float[Array, "n latent"]],
    rows: Shaped[Array, "n columns"],
    hidden: float,
    key: PRNGKeyArray,
) -> tuple[Autoencoder, Autoencoder]:
    """Networks with the prior that suits the encoder's means and variances best, and with such columns' numbers too.

    The former are for few records, whose chance looks less than it is to networks that know them. A share of the labels
    is `hidden` from prior and decoder; the encoder is told all.
    """
    (mean, variance), decoder = posterior, weights.decoder
    assert isinstance(decoder, ProfileDecoder)
    optimiser = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))
    begin_key, key = jax.random.split(key)
    start = around(mean, variance, weights.prior, begin_key), decoder.profile.start

    def loss(parts: tuple[Prior, Any], at: Any, key: PRNGKeyArray) -> Float[Array, ""]:
        """Of the records in a batch, in nats each; `at` is their rows, means and variances."""
        (prior, table), (rows, mean, variance) = parts, at
        after = eqx.tree_at(lambda decoder: decoder.profile.start, decoder, table)
        values, told = jax.vmap(spec.conditions.apart)(rows)
        hide_key, noise_key = jax.random.split(key)
        told = jax.vmap(spec.conditions.hidden, (0, None, 0))(told, hidden, jax.random.split(hide_key, len(rows)))
        z = mean + jnp.sqrt(variance) * jax.random.normal(noise_key, mean.shape)
        params = jax.vmap(after.params, (None, 0, 0, 0))(spec, z, told, spec.observation.features(values))
        read = jax.vmap(spec.observation.log_prob)(params, values).sum(1)
        return -(read + jax.vmap(prior.log_prob)(z, told)).mean()

    def step(carry: Any, key: PRNGKeyArray) -> tuple[Any, None]:
        parts, moments = carry
        at_key, key = jax.random.split(key)
        drawn = jax.random.randint(at_key, (BATCH,), 0, len(rows))
        gradient = jax.grad(loss)(parts, jax.tree.map(lambda one: one[drawn], (rows, mean, variance)), key)
        return nn.descend(optimiser, parts, gradient, moments), None

    begun = start, nn.begin(optimiser, start)
    prior, table = jax.lax.scan(step, begun, jax.random.split(key, STEPS))[0][0]
    first = eqx.tree_at(lambda weights: weights.prior, weights, prior)
    return first, eqx.tree_at(lambda weights: weights.decoder.profile.start, first, table)


def around(
    mean: Float[Array, "n latent"], variance: Float[Array, "n latent"], prior: Prior, key: PRNGKeyArray
) -> Prior:
    """A prior whose components lie about records drawn by chance, the same whatever the labels.

    Of few records several components share one, and stay together: one for each record would hand out copies.
    """
    kinds = max(len(mean) // RECORDS_A_COMPONENT, 1)
    at = jax.random.permutation(key, len(mean))[jnp.arange(len(prior.logits)) % kinds]
    spreads = jnp.sqrt(variance[at] + SHARE * mean.var(0))
    return Prior.of(mean[at], spreads, jnp.zeros_like(prior.logits), jnp.zeros_like(prior.told))
