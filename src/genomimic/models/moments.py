"""How far samples are from unseen records, for models without a likelihood to choose their best state by."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from genomimic import nn
from genomimic.observation import Observation

WORD_SIZES = (2, 3, 4)
MOST_WORDS = 1024


def moment_gap(
    observation: Observation, samples: Shaped[Array, "n length"], real: Shaped[Array, "m length"]
) -> Float[Array, ""]:
    """Squared differences of means in units of their chance variance, less the 1 that chance alone gives.

    The means are those of letters by position, neighbouring letters by position, and words of two to four letters by
    record; each family is averaged, then the families. 0 is expected of fresh real records.
    """
    return jnp.stack(
        [
            _family_gap(family(observation, samples), family(observation, real))
            for family in (_letters, _neighbours, _words)
        ]
    ).mean()


def near_twins(observation: Observation, samples: Shaped[Array, "n length"]) -> Float[Array, ""]:
    """Share of samples that agree with another one at nine positions in ten."""
    flat = _letters(observation, samples)
    same = (flat @ flat.T) / samples.shape[1] - 2 * jnp.eye(len(samples))
    return (same.max(1) > 0.9).mean()


def _family_gap(samples: Float[Array, "n features"], real: Float[Array, "m features"]) -> Float[Array, ""]:
    variance = samples.var(0) / len(samples) + real.var(0) / len(real)
    difference = samples.mean(0) - real.mean(0)
    floor = 1e-3 * variance.mean() + 1e-12
    return (difference**2 / (variance + floor)).mean() - 1


def _letters(observation: Observation, x: Shaped[Array, "n length"]) -> Float[Array, "n features"]:
    return observation.features(x).reshape(len(x), -1)


def _neighbours(observation: Observation, x: Shaped[Array, "n length"]) -> Float[Array, "n features"]:
    one_hot = observation.features(x)
    return jnp.einsum("nia,nib->niab", one_hot[:, :-1], one_hot[:, 1:]).reshape(len(x), -1)


def _words(observation: Observation, x: Shaped[Array, "n length"]) -> Float[Array, "n features"]:
    sizes = [k for k in WORD_SIZES if observation.inputs**k <= MOST_WORDS]

    def counts(row: Shaped[Array, " length"]) -> Float[Array, " words"]:
        return jnp.concatenate([nn.words(observation.features(row), k).sum(0) for k in sizes])

    return jax.lax.map(counts, x, batch_size=128)
