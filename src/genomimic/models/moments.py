"""How far samples are from unseen records, for models without a likelihood to choose their best state by."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from genomimic import nn
from genomimic.models.base import Spec
from genomimic.observation import Observation

WORD_SIZES = (2, 3, 4)
MOST_WORDS = 1024
SHIFTS = (1, 7, 31)


def moment_gap(spec: Spec, samples: Shaped[Array, "n length"], real: Shaped[Array, "m length"]) -> Float[Array, ""]:
    """Squared differences of means in units of their chance variance, less the 1 that chance alone gives.

    Of sequences, the means are those of letters by position, neighbouring letters by position, and words of two to four
    letters by record; of profiles, those of values, of their squares, and of products of two columns. Each family is
    averaged, then the families. 0 is expected of fresh real records.
    """
    families = (_letters, _neighbours, _words) if spec.ordered else (_letters, _squares, _products)
    gaps = [_family_gap(family(spec.observation, samples), family(spec.observation, real)) for family in families]
    return jnp.stack(gaps).mean()


def near_twins(spec: Spec, samples: Shaped[Array, "n length"]) -> Float[Array, ""]:
    """Share of samples with a twin: one that agrees at nine positions in ten, or whose profile correlates by 0.95."""
    flat = _letters(spec.observation, samples)
    if not spec.ordered:
        flat = (flat - flat.mean(1, keepdims=True)) / (flat.std(1, keepdims=True) + 1e-6)
    same = (flat @ flat.T) / samples.shape[1] - 2 * jnp.eye(len(samples))
    return (same.max(1) > (0.9 if spec.ordered else 0.95)).mean()


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


def _squares(observation: Observation, x: Shaped[Array, "n length"]) -> Float[Array, "n features"]:
    return _letters(observation, x) ** 2


def _products(observation: Observation, x: Shaped[Array, "n length"]) -> Float[Array, "n features"]:
    """Of each column with others at a few distances, which stand for all pairs."""
    flat = _letters(observation, x)
    return jnp.concatenate([flat * jnp.roll(flat, shift, 1) for shift in SHIFTS], 1)
