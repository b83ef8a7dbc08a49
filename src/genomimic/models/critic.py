"""The discriminators: a record, and what is told of it, to one number."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genomimic import nn
from genomimic.models.base import Spec

CHANNELS = 32


class OrderedDiscriminator(eqx.Module):
    """Three convolutions, two of them followed by means of neighbours in twos, and two dense layers."""

    convolutions: tuple[eqx.nn.Linear, ...]
    joint: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, spec: Spec, key: PRNGKeyArray) -> None:
        keys, inputs = jax.random.split(key, 5), spec.observation.inputs
        self.convolutions = (
            eqx.nn.Linear(9 * inputs, CHANNELS, key=keys[0]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[1]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[2]),
        )
        joined = -(-spec.length // 4) * CHANNELS + spec.conditions.width
        self.joint = eqx.nn.Linear(joined, 64, key=keys[3])
        self.out = eqx.nn.Linear(64, 1, key=keys[4])

    def __call__(self, features: Float[Array, "length inputs"], told: Float[Array, " told"]) -> Float[Array, ""]:
        """D before any squashing: above 0 for real, below for synthetic."""
        x = features - 1.0 / features.shape[1]
        for i, layer in enumerate(self.convolutions):
            x = jax.nn.leaky_relu(nn.convolve(layer, x), 0.2)
            x = _pool(x) if i < 2 else x
        joint = nn.linear(self.joint, jnp.concatenate([x.ravel(), told]))
        return nn.linear(self.out, jax.nn.leaky_relu(joint, 0.2))[0]


class ProfileDiscriminator(eqx.Module):
    """Dense layers over all values at once."""

    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear

    def __init__(self, spec: Spec, widths: tuple[int, ...], key: PRNGKeyArray) -> None:
        sizes = (spec.length * spec.observation.inputs + spec.conditions.width, *widths)
        keys = jax.random.split(key, len(sizes))
        shapes = zip(sizes[:-1], sizes[1:], keys[1:], strict=True)
        self.layers = tuple(eqx.nn.Linear(before, after, key=one) for before, after, one in shapes)
        self.out = eqx.nn.Linear(sizes[-1], 1, key=keys[0])

    def __call__(self, features: Float[Array, "length inputs"], told: Float[Array, " told"]) -> Float[Array, ""]:
        """D before any squashing: above 0 for real, below for synthetic."""
        x = jnp.concatenate([features.ravel(), told])
        for layer in self.layers:
            x = jax.nn.leaky_relu(nn.linear(layer, x), 0.2)
        return nn.linear(self.out, x)[0]


Discriminator = OrderedDiscriminator | ProfileDiscriminator


def _pool(x: Float[Array, "length channels"]) -> Float[Array, "half channels"]:
    """Means of neighbours in twos."""
    padded = jnp.pad(x, ((0, len(x) % 2), (0, 0)))
    return padded.reshape(-1, 2, x.shape[1]).mean(1)
