"""The discriminator: a sequence's letters to one number."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genomimic import nn

CHANNELS = 32


class Discriminator(eqx.Module):
    """Three convolutions, two of them followed by means of neighbours in twos, and two dense layers."""

    convolutions: tuple[eqx.nn.Linear, ...]
    joint: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, length: int, inputs: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 5)
        self.convolutions = (
            eqx.nn.Linear(9 * inputs, CHANNELS, key=keys[0]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[1]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[2]),
        )
        self.joint = eqx.nn.Linear(-(-length // 4) * CHANNELS, 64, key=keys[3])
        self.out = eqx.nn.Linear(64, 1, key=keys[4])

    def __call__(self, features: Float[Array, "length inputs"]) -> Float[Array, ""]:
        """D before any squashing: above 0 for real, below for synthetic."""
        x = features - 1.0 / features.shape[1]
        for i, layer in enumerate(self.convolutions):
            x = jax.nn.leaky_relu(nn.convolve(layer, x), 0.2)
            x = _pool(x) if i < 2 else x
        return nn.linear(self.out, jax.nn.leaky_relu(nn.linear(self.joint, x.ravel()), 0.2))[0]


def _pool(x: Float[Array, "length channels"]) -> Float[Array, "half channels"]:
    """Means of neighbours in twos."""
    padded = jnp.pad(x, ((0, len(x) % 2), (0, 0)))
    return padded.reshape(-1, 2, x.shape[1]).mean(1)
