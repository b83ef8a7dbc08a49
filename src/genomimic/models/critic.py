"""The discriminator: a sequence's letters to one number."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genomimic import nn

CHANNELS = 32
MOST_WORDS = 512


class Discriminator(eqx.Module):
    """Three convolutions that see where things are, beside counts of short words that see what is there at all."""

    convolutions: tuple[eqx.nn.Linear, ...]
    words: eqx.nn.Linear
    joint: eqx.nn.Linear
    out: eqx.nn.Linear
    sizes: tuple[int, ...] = eqx.field(static=True)

    def __init__(self, length: int, inputs: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 6)
        self.sizes = tuple(k for k in range(1, 5) if inputs**k <= MOST_WORDS)
        self.convolutions = (
            eqx.nn.Linear(9 * inputs, CHANNELS, key=keys[0]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[1]),
            eqx.nn.Linear(5 * CHANNELS, CHANNELS, key=keys[2]),
        )
        self.words = eqx.nn.Linear(sum(inputs**k for k in self.sizes), 64, key=keys[3])
        self.joint = eqx.nn.Linear(-(-length // 4) * CHANNELS, 64, key=keys[4])
        self.out = eqx.nn.Linear(64, 1, key=keys[5])

    def __call__(self, features: Float[Array, "length inputs"]) -> Float[Array, ""]:
        """D before any squashing: above 0 for real, below for synthetic."""
        x = features - 1.0 / features.shape[1]
        for i, layer in enumerate(self.convolutions):
            x = jax.nn.leaky_relu(nn.convolve(layer, x), 0.2)
            x = _pool(x) if i < 2 else x
        both = nn.linear(self.joint, x.ravel()) + nn.linear(self.words, self._word_counts(features))
        return nn.linear(self.out, jax.nn.leaky_relu(both, 0.2))[0]

    def _word_counts(self, features: Float[Array, "length inputs"]) -> Float[Array, " words"]:
        """Counts of words of 1, 2, ... letters, each scaled to unit spread; products of letters, so gradients pass."""
        counts = []
        for k, count in enumerate(nn.word_counts(features, max(self.sizes)), 1):
            expected = (len(features) - k + 1) / len(count)
            counts.append((count - expected) / jnp.sqrt(expected + 1.0))
        return 0.3 * jnp.concatenate(counts)


def _pool(x: Float[Array, "length channels"]) -> Float[Array, "half channels"]:
    """Means of neighbours in twos."""
    padded = jnp.pad(x, ((0, len(x) % 2), (0, 0)))
    return padded.reshape(-1, 2, x.shape[1]).mean(1)
