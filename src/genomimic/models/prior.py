"""The distribution that latent vectors are drawn from: a mixture of Gaussians, of which one is N(0, I)."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

QUICK = 10.0
"""Times that the prior learns faster than weights of layers: it must follow where the encoder puts the records."""


class Prior(eqx.Module):
    """Middles, log-spreads and log-weights, in units of 1 / `QUICK` (Dilokthanakul et al. 2016, arXiv:1611.02648)."""

    middles: Float[Array, "components latent"]
    log_spreads: Float[Array, "components latent"]
    logits: Float[Array, " components"]
    told: Float[Array, "components told"]
    """How labels change the weights: cells of a type are of some kinds and not of others."""

    @classmethod
    def begin(cls, components: int, latent: int, told: int, key: PRNGKeyArray) -> "Prior":
        """One is N(0, I); several begin as that, at middles of their own."""
        middles = jax.random.normal(key, (components, latent)) * (components > 1)
        return cls.of(middles, jnp.ones((components, latent)), jnp.zeros(components), jnp.zeros((components, told)))

    @classmethod
    def of(
        cls,
        middles: Float[Array, "components latent"],
        spreads: Float[Array, "components latent"],
        logits: Float[Array, " components"],
        told: Float[Array, "components told"],
    ) -> "Prior":
        """In the units of latent vectors."""
        return cls(middles / QUICK, jnp.log(spreads) / QUICK, logits / QUICK, told / QUICK)

    def log_prob(self, z: Float[Array, " latent"], told: Float[Array, " told"]) -> Float[Array, ""]:
        """Log-density of a latent vector in nats, given the labels.

        The squared distances are multiplied out, about the middle of all, so that those of a batch are two products of
        matrices; in single precision, so spreads should not be below a hundredth of the distances.
        """
        centre = self.middles.mean(0)
        middles, log_spreads = QUICK * (self.middles - centre), QUICK * self.log_spreads
        z = z - QUICK * centre
        precisions = jnp.exp(-2 * log_spreads)
        product = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
        squares = product(precisions, z**2) - 2 * product(precisions * middles, z) + (precisions * middles**2).sum(1)
        each = -(squares + len(z) * jnp.log(2 * jnp.pi)) / 2 - log_spreads.sum(1)
        return jax.nn.logsumexp(each + jax.nn.log_softmax(self._logits(told)))

    def sample(self, told: Float[Array, " told"], key: PRNGKeyArray) -> Float[Array, " latent"]:
        """A latent vector of a record with these labels."""
        which_key, key = jax.random.split(key)
        which = jax.random.categorical(which_key, self._logits(told))
        noise = jax.random.normal(key, self.middles.shape[1:])
        return QUICK * self.middles[which] + jnp.exp(QUICK * self.log_spreads[which]) * noise

    def _logits(self, told: Float[Array, " told"]) -> Float[Array, " components"]:
        return QUICK * (self.logits + self.told @ told)
