"""How strongly columns go together in what a VAE of profiles makes, and a decoder that tells records further apart.

What is learned of few records is drawn towards their mean: by the decay of weights, and since an encoder that is unsure
of a record says less of it. That is best for each value foretold, but columns of made records then go together more
weakly than in real ones.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray, Shaped

from genomimic.models.autoencoder import Autoencoder, ProfileDecoder
from genomimic.models.base import Spec
from genomimic.observation import Measured

CONTRASTS = (1.1, 1.2)
"""Those that are tried."""

COLUMNS = 500
"""Those that vary most, whose pairs are looked at."""

BLOCK = 512
"""Records drawn at a time."""

LEAST_SPREAD = 1e-6
"""Standard deviation below which a column is constant, and goes with no other."""


def told_apart(
    spec: Spec,
    weights: Autoencoder,
    means: Float[Array, "n latent"],
    rows: Shaped[Array, "n columns"],
    contrast: float | Float[Array, ""],
) -> Autoencoder:
    """Networks whose decoder tells records apart by `contrast` times as much, about the mean of these records."""
    decoder = weights.decoder
    assert isinstance(decoder, ProfileDecoder)
    told = jax.vmap(lambda row: spec.conditions.apart(row)[1])(rows)
    middle = jax.vmap(decoder.profile.hidden)(jnp.concatenate([means, told], 1)).mean(0)
    layer = decoder.profile.values[0]
    assert layer.bias is not None
    after = contrast * layer.weight, layer.bias - (contrast - 1) * layer.weight @ middle
    apart = eqx.tree_at(lambda layer: (layer.weight, layer.bias), layer, after)
    return eqx.tree_at(lambda weights: weights.decoder.profile.values[0], weights, apart)


class Likeness:
    """How strongly columns go together in real records, and in as many that networks make."""

    def __init__(self, spec: Spec, rows: Shaped[Array, "n columns"], key: PRNGKeyArray) -> None:
        observation = spec.observation
        assert isinstance(observation, Measured)
        self._spec, self._observation, self._rows, self._key = spec, observation, rows, key
        self._columns = np.argsort(-observation.scale, kind="stable")[:COLUMNS]
        self._half = self._rng().permutation(len(rows)) < len(rows) // 2
        self._given = jax.jit(jax.vmap(self._given_of, (None, 0, 0)))
        values = np.asarray(rows)[:, : spec.length]
        self.real = self._strength([self._seen(values[at]) for at in self._blocks()])

    def made(self, weights: Autoencoder) -> float:
        """Of records with the labels and totals of the real ones, unknown where these are."""
        keys, rng, seen = jax.random.split(self._key, len(self._rows)), self._rng(), []
        for at in self._blocks():
            values = np.asarray(self._rows[at])[:, : self._spec.length]
            drawn = self._observation.drawn(np.asarray(self._given(weights, self._rows[at], keys[at])), rng)
            missing = np.array(self._observation.missing, values.dtype)
            seen.append(self._seen(np.where(self._known(values), drawn, missing)))
        return self._strength(seen)

    def _given_of(
        self, weights: Autoencoder, row: Shaped[Array, " columns"], key: PRNGKeyArray
    ) -> Float[Array, "length given"]:
        values, told = self._spec.conditions.apart(row)
        z = weights.prior.sample(told, key)
        params = weights.decoder.params(self._spec, z, told, self._observation.features(values))
        return self._observation.given(params, values)

    def _known(self, values: Shaped[np.ndarray, "n length"]) -> Bool[np.ndarray, "n length"]:
        return np.asarray(jax.vmap(self._observation.observed)(jnp.asarray(values)))

    def _seen(self, values: Shaped[np.ndarray, "n length"]) -> Float[np.ndarray, "n some"]:
        """Features without what all columns of a record share, such as its depth; 0 where they are not known."""
        features, known = np.asarray(self._observation.features(jnp.asarray(values)))[..., 0], self._known(values)
        shared = features.sum(1, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
        return np.where(known, features - shared, 0.0)[:, self._columns]

    def _strength(self, blocks: list[Float[np.ndarray, "n some"]]) -> float:
        features = np.concatenate(blocks)
        return together(features[self._half], features[~self._half])

    def _blocks(self) -> list[slice]:
        return [slice(at, at + BLOCK) for at in range(0, len(self._rows), BLOCK)]

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(np.asarray(jax.random.key_data(self._key)))


def together(one: Float[np.ndarray, "n columns"], other: Float[np.ndarray, "m columns"]) -> float:
    """Sum over pairs of columns of their correlation in some records times that in others.

    What goes together by chance in some does not in the others, so chance adds nothing on average.

    >>> a = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> together(a, a), together(a, 1 - 2 * a), together(a, a * [1, -1])
    (2.0, 2.0, -2.0)
    """
    products = _correlations(one) * _correlations(other)
    return float(products.sum() - np.trace(products))


def _correlations(x: Float[np.ndarray, "n columns"]) -> Float[np.ndarray, "columns columns"]:
    centred, spread = x - x.mean(0), x.std(0)
    scaled = np.where(spread > LEAST_SPREAD, centred / np.maximum(spread, LEAST_SPREAD), 0.0)
    return scaled.T @ scaled / len(x)
