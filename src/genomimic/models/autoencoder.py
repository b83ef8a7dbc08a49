"""The two networks of the VAE: record to latent vector, and latent vector to record."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.autoregressive import Network
from genomimic.models.base import Spec
from genomimic.models.dense import Profile
from genomimic.models.guard import FREE, Free
from genomimic.models.prior import Prior
from genomimic.models.telling import Telling

ENCODER = (256, 128)
"""Units of the encoder's layers."""

DROPPED = {True: (0.1, 0.2, 0.1), False: (0.4, 0.0, 0.0)}
"""Shares of positions and of the units of each layer that the encoder of ordered and of other records drops."""


class Encoder(eqx.Module):
    """Record, and what is told of it, to its latent means and, where `learned`, log-variances, before any scaling."""

    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear
    drops: tuple[float, float, float] = eqx.field(static=True)

    def __init__(self, spec: Spec, latent: int, key: PRNGKeyArray, *, learned: bool) -> None:
        keys = jax.random.split(key, 3)
        inputs = spec.length * spec.observation.inputs + spec.conditions.width
        self.layers = (eqx.nn.Linear(inputs, ENCODER[0], key=keys[0]), eqx.nn.Linear(*ENCODER, key=keys[1]))
        self.out = eqx.nn.Linear(ENCODER[1], latent * (1 + learned), key=keys[2])
        self.drops = DROPPED[spec.ordered]

    def __call__(
        self,
        features: Float[Array, "length inputs"],
        condition: Float[Array, " told"],
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, " out"]:
        """With a key, whole positions and units are dropped as in training."""
        keys = (None, None, None) if key is None else jax.random.split(key, 3)
        keep = nn.dropout(jnp.ones((len(features), 1)), self.drops[0], keys[0])
        x = jnp.concatenate([(features * keep).ravel(), condition])
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[0], x)), self.drops[1], keys[1])
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[1], x)), self.drops[2], keys[2])
        return nn.linear(self.out, x)


class OrderedDecoder(eqx.Module):
    """The causal network of the model `autoregressive`, told something by z at every position.

    The first half of z tells all positions the same; the second half tells each position something of its own. Labels
    tell both.
    """

    telling: Telling
    network: Network
    half: int = eqx.field(static=True)

    def __init__(self, spec: Spec, latent: int, width: int, layers: int, taps: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 6)
        self.half, told = (latent + 1) // 2, spec.conditions.width
        self.telling = Telling((self.half + told, latent - self.half + told), spec.length, width, keys[:5])
        self.network = Network(spec, width, layers, taps, keys[5])

    def _told(self, z: Float[Array, " latent"], condition: Float[Array, " told"]) -> Float[Array, "length width"]:
        first, second = (jnp.concatenate([part, condition]) for part in (z[: self.half], z[self.half :]))
        return self.telling(first, second)

    def params(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        condition: Float[Array, " told"],
        features: Float[Array, "length inputs"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "length outputs"]:
        """All positions at once, each given z and the true values before it."""
        return self.network.params(features, drop, key, self._told(z, condition))

    def unroll(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        contexts: Float[Array, "contexts told"],
        weights: tuple[float, ...],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Shaped[Array, " length"]:
        """One sequence drawn value by value, the contexts weighted."""
        told = jax.vmap(self._told, (None, 0))(z, contexts)
        return self.network.unroll(spec, 1.0, key, told, weights, guard)


class ProfileDecoder(eqx.Module):
    """Dense layers: all values are independent given z."""

    profile: Profile

    def __init__(self, spec: Spec, latent: int, widths: tuple[int, ...], key: PRNGKeyArray) -> None:
        self.profile = Profile(spec, latent + spec.conditions.width, widths, key)

    def params(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        condition: Float[Array, " told"],
        features: Float[Array, "length inputs"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "length outputs"]:
        """Of all values at once; the true values tell nothing more."""
        return self.profile(spec, jnp.concatenate([z, condition]), drop, key)

    def unroll(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        contexts: Float[Array, "contexts told"],
        weights: tuple[float, ...],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Shaped[Array, " length"]:
        """One record drawn at once, the contexts weighted; rules are for sequences, so there are none."""
        each = [self.profile(spec, jnp.concatenate([z, condition])) for condition in contexts]
        return spec.observation.draw(nn.weighted(weights, each), key)


Decoder = OrderedDecoder | ProfileDecoder


class Autoencoder(eqx.Module):
    """Both networks, and the prior that is learned with them."""

    encoder: Encoder
    decoder: Decoder
    prior: Prior
