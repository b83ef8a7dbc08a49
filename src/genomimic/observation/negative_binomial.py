"""Counts: negative binomial about a share of the record's total, with or without zeros of another origin.

    log N ~ Normal(library mean, library deviation)              the record's total, its library size
    x_g   ~ NB(mean N softmax(logits)_g, dispersion r_g)         variance = mean + mean^2 / r     (Lopez et al. 2018)

Given counts, N is what they add up to. Where some are not known, N is what the known ones add up to over the share of
the total that they are expected to hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped
from scipy.stats import nbinom

from genomimic.observation.base import Measured, Reach, unstacked

LOGIT, DISPERSION, LIBRARY, SPREAD, ZERO = range(5)
"""Outputs by place: the last only where zeros are inflated."""

Outputs = tuple[Float[Array, " length"], ...]
"""A row's parameters, output by output."""

MOST_SEEN = 10.0
"""Standard deviations that a count of 1 is at most to a network: more would make the rarest genes the loudest."""

SHARP = 1.0
"""Dispersion from which networks begin."""

PER = 10_000
"""Total to which counts are scaled where rows are compared."""

MULTIPLIED = 6
"""Factors of a rising product that are multiplied one by one."""

MOST = 1e9
"""Largest mean of a count that is drawn."""

LEAST_KNOWN = 1e-30
"""Share of a record's total that the known values are expected to hold, at least."""

LEAST_SPREAD = 0.01
"""Of the logarithm of library sizes; below it all records are as good as equally deep."""


@dataclass(frozen=True, eq=False)
class NegativeBinomial(Measured):
    """Counts with the library size of their record; `zero_inflated` adds zeros of another origin (ZINB).

    `centre` and `scale` are mean and standard deviation of log(1 + count) in each column of the training data.
    """

    centre: Float[np.ndarray, " length"] = field(repr=False)
    scale: Float[np.ndarray, " length"] = field(repr=False)
    zero_inflated: bool = False

    @classmethod
    def of(cls, values: Int[np.ndarray, "n length"], *, zero_inflated: bool = False) -> "NegativeBinomial":
        """In the units of these data; a rare count is seen as no more than `MOST_SEEN` deviations."""
        total, square = np.zeros(values.shape[1]), np.zeros(values.shape[1])
        for rows in _blocks(len(values)):
            logs = np.log1p(np.maximum(values[rows], 0), dtype=np.float32).astype(np.float64)
            total, square = total + logs.sum(0), square + (logs**2).sum(0)
        centre = total / len(values)
        scale = np.sqrt(np.maximum(square / len(values) - centre**2, 0.0))
        least = np.log(2.0) / MOST_SEEN
        return cls(centre.astype(np.float32), np.maximum(scale, least).astype(np.float32), zero_inflated)

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 4 + self.zero_inflated

    @property
    def reach(self) -> tuple[Reach, ...]:
        return ("value", "column", "row", "row", "value")[: self.outputs]  # pyright: ignore[reportReturnType]

    @property
    def missing(self) -> int:
        return -1

    def config(self) -> dict[str, Any]:
        columns = {"centre": self.centre.tolist(), "scale": self.scale.tolist()}
        return {"name": "negative-binomial", "zero_inflated": self.zero_inflated, **columns}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "NegativeBinomial":
        centre, scale = (np.array(config[name], np.float32) for name in ("centre", "scale"))
        return cls(centre, scale, bool(config["zero_inflated"]))

    def features(self, x: Shaped[Array, "*rows length"]) -> Float[Array, "*rows length inputs"]:
        """log(1 + count), standardised; 0, which is the mean, where it is not known."""
        logs = jnp.log1p(jnp.maximum(x, 0).astype(jnp.float32))
        return jnp.where(x >= 0, (logs - self.centre) / self.scale, 0.0)[..., None]

    def compared(self, x: Shaped[Array, " length"]) -> Float[Array, " length"]:
        """log(1 + count per 10,000)."""
        counts = jnp.maximum(x, 0).astype(jnp.float32)
        return jnp.log1p(PER * counts / jnp.maximum(counts.sum(), 1.0))

    def observed(self, x: Shaped[Array, " length"]) -> Bool[Array, " length"]:
        return x >= 0

    def log_mean(self, params: Float[Array, "length outputs"], x: Shaped[Array, " length"]) -> Float[Array, " length"]:
        """Logarithm of the mean of every value, known or not, given the known ones' total."""
        log_share, log_library = self._shares(unstacked(params), x)
        return log_library + log_share

    def log_prob(self, params: Float[Array, "length outputs"], x: Shaped[Array, " length"]) -> Float[Array, " length"]:
        """Of each count given the library size, and an equal part of the library size's own, in nats."""
        outputs, seen = unstacked(params), self.observed(x)
        log_share, log_library = self._shares(outputs, x)
        counts = jnp.maximum(x, 0).astype(jnp.float32)
        of_counts = self.log_density(self._about(outputs, log_library + log_share), counts)
        of_library = norm.logpdf(log_library, *self._library(outputs)) - log_library
        return jnp.where(seen, of_counts + of_library / jnp.maximum(seen.sum(), 1), 0.0)

    def given(self, params: Float[Array, "length outputs"], x: Int[Array, " length"]) -> Float[Array, "length given"]:
        """Logarithms of mean and dispersion and, where zeros are inflated, the log-odds of a zero of another origin."""
        outputs = unstacked(params)
        log_share, log_library = self._shares(outputs, x)
        return self._about(outputs, log_library + log_share)

    def anew(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, "length given"]:
        outputs = unstacked(params)
        return self._about(outputs, self._drawn_mean(outputs, key))

    def _about(self, outputs: Outputs, log_mean: Float[Array, " length"]) -> Float[Array, "length given"]:
        zero = (outputs[ZERO],) if self.zero_inflated else ()
        return jnp.stack([log_mean, outputs[DISPERSION], *zero], 1)

    def log_density(self, given: Float[Array, "*shape given"], x: Shaped[Array, "*shape"]) -> Float[Array, "*shape"]:
        log_mean, log_size, *zeros = unstacked(given)
        found = log_negative_binomial(x.astype(jnp.float32), log_mean, log_size)
        if not zeros:
            return found
        zero, kept = jax.nn.log_sigmoid(zeros[0]), jax.nn.log_sigmoid(-zeros[0])
        return jnp.where(x == 0, jnp.logaddexp(zero, kept + found), kept + found)

    def expected(self, given: Float[Array, "*shape given"]) -> Float[Array, "*shape"]:
        mean = jnp.exp(given[..., 0])
        return mean * jax.nn.sigmoid(-given[..., 2]) if self.zero_inflated else mean

    def drawn(self, given: Float[np.ndarray, "*shape given"], rng: np.random.Generator) -> Int[np.ndarray, "*shape"]:
        size = np.exp(given[..., 1].astype(np.float64))
        rate = np.exp(given[..., 0]) * rng.standard_gamma(size) / size
        drawn = rng.poisson(np.minimum(rate, MOST)).astype(np.int32)
        if not self.zero_inflated:
            return drawn
        return np.where(rng.random(drawn.shape) < 1 / (1 + np.exp(-given[..., 2])), 0, drawn)

    def draw(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Int[Array, " length"]:
        """A record: its library size first, then every count."""
        library_key, key = jax.random.split(key)
        outputs = unstacked(params)
        return self._draw_about(outputs, self._drawn_mean(outputs, library_key), key)

    def _drawn_mean(self, outputs: Outputs, key: PRNGKeyArray) -> Float[Array, " length"]:
        """Logarithms of the means of a record whose library size is drawn."""
        middle, spread = self._library(outputs)
        return middle + spread * jax.random.normal(key) + jax.nn.log_softmax(outputs[LOGIT])

    def _draw_about(
        self, outputs: Outputs, log_mean: Float[Array, " length"], key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        """A count about each mean: a Poisson draw of a gamma draw."""
        gamma_key, poisson_key, zero_key = jax.random.split(key, 3)
        log_size = outputs[DISPERSION]
        rate = jnp.exp(jax.random.loggamma(gamma_key, jnp.exp(log_size)) + log_mean - log_size)
        drawn = jax.random.poisson(poisson_key, rate).astype(jnp.int32)
        if not self.zero_inflated:
            return drawn
        return jnp.where(jax.random.bernoulli(zero_key, jax.nn.sigmoid(outputs[ZERO])), 0, drawn)

    def relax(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, "length inputs"]:
        """Straight-through draw: a drawn count forward, the mean's slope backward."""
        library_key, key = jax.random.split(key)
        outputs = unstacked(params)
        log_mean = self._drawn_mean(outputs, library_key)
        hard = self.features(self._draw_about(outputs, log_mean, key))
        mean = jnp.exp(log_mean)
        kept = jax.nn.sigmoid(-outputs[ZERO]) if self.zero_inflated else 1.0
        soft = ((jnp.log1p(kept * mean) - self.centre) / self.scale)[..., None]
        return jax.lax.stop_gradient(hard - soft) + soft

    def from_features(self, features: Float[Array, "*rows length inputs"]) -> Int[Array, "*rows length"]:
        return jnp.round(jnp.expm1(features[..., 0] * self.scale + self.centre)).astype(jnp.int32)

    def start(self, values: Shaped[np.ndarray, "n length"]) -> Float[np.ndarray, "length outputs"]:
        """Shares of the total, dispersions by moments about them, and the library sizes of the data."""
        blocks = [values[rows] for rows in _blocks(len(values))]
        total = np.sum([block.clip(0).sum(0, dtype=np.float64) for block in blocks], 0)
        mean = np.maximum(total / np.maximum((values >= 0).sum(0), 1), 1e-2 / len(values))
        share = mean / mean.sum()
        sizes = [block.clip(0).sum(1) / np.maximum((block >= 0) @ share, 1e-9) for block in blocks]
        library = np.maximum(np.concatenate(sizes), 1.0)
        dispersion = _dispersion(values, share, library)
        logs = np.log(library)
        found = np.zeros((values.shape[1], self.outputs), np.float32)
        found[:, LOGIT], found[:, DISPERSION] = np.log(share), np.log(dispersion)
        found[:, LIBRARY], found[:, SPREAD] = logs.mean(), np.log(max(logs.std(), 2 * LEAST_SPREAD))
        if self.zero_inflated:
            found[:, ZERO] = -3.0
        return found

    def sharp(self, start: Float[np.ndarray, "length outputs"]) -> Float[np.ndarray, "length outputs"]:
        """Dispersions of at least `SHARP`.

        By moments over all records, a gene of few cells has a tiny one: any count is as likely, nothing is left to
        explain, and what goes together in those cells is learned late or never.
        """
        sharp = start.copy()
        sharp[:, DISPERSION] = np.maximum(start[:, DISPERSION], np.log(SHARP))
        return sharp

    def quantiles(
        self, start: Float[np.ndarray, "length outputs"], levels: Float[np.ndarray, " levels"]
    ) -> Int[np.ndarray, "length levels"]:
        """Counts of each column below which these shares of all records lie, whatever their library sizes."""
        first, second = (np.exp(k * start[0, LIBRARY] + k**2 * np.exp(start[0, SPREAD]) ** 2 / 2) for k in (1, 2))
        share, size = np.exp(start[:, LOGIT]), np.exp(start[:, DISPERSION])
        mean = first * share
        excess = np.maximum(second * share**2 * (1 + 1 / size) - mean**2, 1e-6 * mean**2)
        whole = mean**2 / excess
        return nbinom.ppf(levels, whole[:, None], (whole / (whole + mean))[:, None]).astype(np.int32)

    def _shares(
        self, outputs: Outputs, x: Shaped[Array, " length"]
    ) -> tuple[Float[Array, " length"], Float[Array, ""]]:
        """Log-share of the total of every value, and the log of the total that the known ones tell."""
        logits, seen = outputs[LOGIT], self.observed(x)
        top = jax.lax.stop_gradient(logits.max())
        parts = jnp.exp(logits - top)
        known = jnp.where(seen.any(), jnp.where(seen, parts, 0.0).sum() / parts.sum(), 1.0)
        total = jnp.where(seen, x, 0).astype(jnp.float32).sum()
        log_library = jnp.log(jnp.maximum(total, 1.0)) - jnp.log(jnp.maximum(known, LEAST_KNOWN))
        return logits - top - jnp.log(parts.sum()), log_library

    def _library(self, outputs: Outputs) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Mean and standard deviation of the logarithm of the library size."""
        return outputs[LIBRARY].mean(), jnp.exp(outputs[SPREAD].mean()) + LEAST_SPREAD


def log_negative_binomial(
    counts: Float[Array, "*shape"], log_mean: Float[Array, "*shape"], log_size: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Log-probability of counts with a mean m and a variance m + m^2 / size.

    >>> round(float(log_negative_binomial(jnp.array(0.0), jnp.array(0.0), jnp.array(0.0))), 4)  # a half
    -0.6931
    """
    size, mean = jnp.exp(log_size), jnp.exp(log_mean)
    log_total = jnp.log(mean + size)
    ways = log_rising(size, counts) - log_rising(jnp.ones_like(size), counts)
    return ways + size * (log_size - log_total) + counts * (log_mean - log_total)


def log_rising(base: Float[Array, "*shape"], times: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Log Gamma(base + times) - log Gamma(base): the logarithm of base (base + 1) ... (base + times - 1).

    The first factors are multiplied, the others summed by Stirling's series: for the small counts that most are, this
    is exact and many times as fast as two gamma functions.

    >>> round(float(log_rising(jnp.array(2.0), jnp.array(3.0))), 4)  # log(2 * 3 * 4)
    3.1781
    """
    product = jnp.ones_like(times * base)
    for i in range(MULTIPLIED):
        product = product * jnp.where(times > i, base + i, 1.0)
    beyond = _stirling(base + jnp.maximum(times, MULTIPLIED)) - _stirling(base + MULTIPLIED)
    return jnp.log(product) + beyond


def _stirling(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Log Gamma(x) but for a constant, for x of 6 and more."""
    inverse = 1 / x
    return (x - 0.5) * jnp.log(x) - x + inverse * (1 / 12 - inverse**2 / 360)


def _dispersion(
    values: Shaped[np.ndarray, "n length"], share: Float[np.ndarray, " length"], library: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " length"]:
    """Dispersion of each column by moments: the excess of the squared deviations over those of a Poisson draw."""
    excess, squares = np.zeros(len(share)), np.zeros(len(share))
    for rows in _blocks(len(values)):
        mean, seen = library[rows, None] * share, values[rows] >= 0
        excess += (((values[rows] - mean) ** 2 - mean) * seen).sum(0)
        squares += (mean**2 * seen).sum(0)
    return np.clip(squares / np.maximum(excess, 1e-9), 1e-2, 1e3)


def _blocks(n: int) -> list[slice]:
    """A thousand rows at a time: what is computed of large data in between stays small."""
    return [slice(at, at + 1024) for at in range(0, n, 1024)]
