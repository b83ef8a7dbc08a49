"""How strongly columns go together in what a VAE of profiles makes, and a decoder that tells records further apart.

What is learned of few records is drawn towards their mean: by the decay of weights, and since an encoder that is unsure
of a record says less of it. That is best for each value foretold, but columns of made records then go together more
weakly than in real ones.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PRNGKeyArray, Shaped

from genomimic.models.autoencoder import Autoencoder, ProfileDecoder
from genomimic.models.base import Spec
from genomimic.observation import Measured

CONTRASTS = (1.1, 1.2)
"""Those that are tried, one after the other."""

COLUMNS = 500
"""Those that vary most, whose pairs are looked at."""

FEWEST = 100
"""Records below which no contrast is settled."""

MOST = 2048
"""Records that are looked at; more would only cost time."""

BLOCKS = 20
"""Of records, that are left out one by one to see how sure a strength is."""

SURE = 2.0
"""Standard errors by which made records must be too alike before their contrast is raised."""

LEAST_SPREAD = 1e-6
"""Standard deviation below which a column is constant, and goes with no other."""


class Strength(NamedTuple):
    """How strongly columns go together (`strength`), and the standard error of that."""

    value: float
    error: float

    def surely_below(self, other: "Strength") -> bool:
        """Whether it is less by more than chance."""
        return other.value - self.value > SURE * float(np.hypot(self.error, other.error))


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
    further = eqx.tree_at(lambda layer: (layer.weight, layer.bias), layer, after)
    return eqx.tree_at(lambda weights: weights.decoder.profile.values[0], weights, further)


def settle(
    spec: Spec,
    rows: Shaped[Array, "n columns"],
    plain: Autoencoder,
    fitted: Callable[[float], Autoencoder],
    key: PRNGKeyArray,
) -> tuple[float, Autoencoder]:
    """The contrast with which columns of made records go together most nearly as strongly as in real ones.

    `plain` are the networks with a contrast of 1, `fitted` makes those with another. It is raised only while made
    records are too alike beyond chance, and a step must bring them nearer.
    """
    contrast, kept = 1.0, plain
    if len(rows) < FEWEST:
        return contrast, kept
    likeness = Likeness(spec, rows[:MOST], key)
    made = likeness.made(kept)
    for more in CONTRASTS:
        if not made.surely_below(likeness.real):
            break
        tried = fitted(more)
        reached = likeness.made(tried)
        if not abs(reached.value - likeness.real.value) < abs(made.value - likeness.real.value):
            break
        contrast, kept, made = more, tried, reached
    return contrast, kept


class Likeness:
    """How strongly columns go together in real records, and in as many made ones with the same labels."""

    def __init__(self, spec: Spec, rows: Shaped[Array, "n columns"], key: PRNGKeyArray) -> None:
        observation = spec.observation
        assert isinstance(observation, Measured)
        self._observation, self._rows, self._values = observation, rows, rows[:, : spec.length]
        self._compared = jax.jit(jax.vmap(observation.compared))
        self._given = jax.jit(partial(_given, spec, observation))
        self._key, self._known = key, np.asarray(jax.vmap(observation.observed)(self._values))
        self._order = self._rng().permutation(len(rows))
        compared = np.asarray(self._compared(self._values))
        spread = compared.std(0)
        self._columns = np.argsort(-spread, kind="stable")[: min(COLUMNS, int((spread > LEAST_SPREAD).sum()))]
        self.real = self._strength(compared)

    def made(self, weights: Autoencoder) -> Strength:
        """Of records drawn from these networks, and unknown where the real ones are."""
        given = np.asarray(self._given(weights, self._rows, jax.random.split(self._key, len(self._rows))))
        drawn = self._observation.drawn(given, self._rng())
        missing = np.array(self._observation.missing, self._values.dtype)
        return self._strength(np.asarray(self._compared(np.where(self._known, drawn, missing))))

    def _strength(self, compared: Float[np.ndarray, "n length"]) -> Strength:
        return strength(compared[self._order][:, self._columns])

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(np.asarray(jax.random.key_data(self._key)))


def _given(
    spec: Spec,
    observation: Measured,
    weights: Autoencoder,
    rows: Shaped[Array, "n columns"],
    keys: Key[Array, " n"],
) -> Float[Array, "n length given"]:
    """What settles the values of new records with the labels of these rows."""

    def one(at: tuple[Shaped[Array, " columns"], PRNGKeyArray]) -> Float[Array, "length given"]:
        row, key = at
        values, told = spec.conditions.apart(row)
        prior_key, key = jax.random.split(key)
        z = weights.prior.sample(told, prior_key)
        return observation.anew(weights.decoder.params(spec, z, told, observation.features(values)), key)

    return jax.lax.map(one, (rows, keys), batch_size=64)


def strength(x: Float[np.ndarray, "n columns"]) -> Strength:
    """Sum over pairs of columns of their correlation in one half of the records times that in the other.

    What goes together by the chance of sampling in one half does not in the other, so it adds nothing on average. What
    a model has learned of the chance of its training records is in both halves of what it makes, and counts. The error
    is a jackknife over blocks of records.
    """
    blocks = [_sums(block) for block in np.array_split(x, BLOCKS)]
    half = BLOCKS // 2

    def together(left_out: int | None) -> float:
        one, other = (
            _correlations([blocks[at] for at in part if at != left_out]) for part in (range(half), range(half, BLOCKS))
        )
        return float((one * other).sum() - (np.diag(one) * np.diag(other)).sum())

    without = np.array([together(at) for at in range(BLOCKS)])
    return Strength(together(None), float(np.sqrt((BLOCKS - 1) * without.var())))


def _sums(x: Float[np.ndarray, "n columns"]) -> tuple[int, Float[np.ndarray, " columns"], Float[np.ndarray, "k k"]]:
    return len(x), x.sum(0, dtype=np.float64), (x.T @ x).astype(np.float64)


def _correlations(blocks: list[tuple[int, np.ndarray, np.ndarray]]) -> Float[np.ndarray, "columns columns"]:
    n, total, products = (sum(part[1:], start=part[0]) for part in zip(*blocks, strict=True))
    covariance = products / n - np.outer(total / n, total / n)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(spread > LEAST_SPREAD, 1 / np.maximum(spread, LEAST_SPREAD), 0.0)
    return covariance * scale * scale[:, None]
