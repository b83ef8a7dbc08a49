"""Forecasts of single values made into distributions, so that they can be compared on likelihood.

Continuous values stay as they are. Counts become log(1 + count / depth), where a cell's depth is its library size in
units of the training cells' median. What a cell's counts that are not known would add to its library size is taken from
the genes' shares in the training cells.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Num, Shaped
from scipy.special import gammaln
from scipy.stats import nbinom, norm

from genomimic.imputers import Scale

LEAST = 1e-6
"""Mean of a count, at least."""

SIZES = np.exp(np.linspace(-4, 5, 19))
"""Dispersions of a gene among which the likeliest is taken."""

PULLS = (0.03, 0.1, 0.3)
"""Shares of the gene's mean mixed into a forecast of counts, among which the likeliest is taken."""


@dataclass(frozen=True, eq=False)
class Continuous:
    """Continuous values as they are; a forecast is normal, with one spread for each gene."""

    @classmethod
    def of(cls, train: Shaped[np.ndarray, "n length"]) -> "Continuous":
        """Nothing is learned."""
        return cls()

    def scaled(self, values: Shaped[np.ndarray, "n length"]) -> Scale:
        """The values."""
        return values

    def fitted(self, forecast: Scale, values: Scale, truth: Scale, asked: Bool[np.ndarray, "n length"]) -> "Spread":
        """The spread of the residuals of each gene, pulled a little to that of all genes."""
        square = np.where(asked, (truth - forecast) ** 2, 0.0)
        n, all_genes = asked.sum(0), square.sum() / max(asked.sum(), 1)
        return Spread(np.sqrt((square.sum(0) + 3 * all_genes) / (n + 3)).astype(np.float64))

    def point(self, forecast: Scale, values: Scale) -> Scale:
        """The forecast in the units in which errors are measured."""
        return forecast


class Spread(NamedTuple):
    """Normal about the forecast."""

    deviation: Float[np.ndarray, " length"]

    def log_density(self, forecast: Scale, values: Scale, truth: Scale) -> Scale:
        """In nats."""
        return norm.logpdf(truth, forecast, np.maximum(self.deviation, 1e-6))

    def rank(self, forecast: Scale, values: Scale, truth: Scale, rng: np.random.Generator) -> Scale:
        """Share of the distribution below the truth."""
        return norm.cdf(truth, forecast, np.maximum(self.deviation, 1e-6))


@dataclass(frozen=True, eq=False)
class Counts:
    """Logarithms of counts at equal depth; a forecast is negative binomial, with a dispersion for each gene."""

    share: Float[np.ndarray, " length"]
    median: float

    @classmethod
    def of(cls, train: Shaped[np.ndarray, "n length"]) -> "Counts":
        """Shares of genes and the median library size of training cells, -1 where not known."""
        known = train >= 0
        mean = np.where(known, train, 0).sum(0) / np.maximum(known.sum(0), 1)
        share = np.maximum(mean, 1e-3 / len(train))
        found = cls(share / share.sum(), 1.0)
        return cls(found.share, float(np.median(found.depth(train))))

    def depth(self, values: Shaped[np.ndarray, "n length"]) -> Float[np.ndarray, "n 1"]:
        """Library size over the median, from the known counts."""
        known = values >= 0
        total = np.where(known, values, 0).sum(1) / np.maximum(known @ self.share, 1e-9)
        return np.maximum(total, 1.0)[:, None] / self.median

    def scaled(self, values: Shaped[np.ndarray, "n length"]) -> Scale:
        """Logarithms at equal depth, NaN where not known."""
        logs = np.log1p(np.maximum(values, 0) / self.depth(values)).astype(np.float32)
        return np.where(values < 0, np.float32(np.nan), logs)

    def point(self, forecast: Scale, values: Shaped[np.ndarray, "n length"]) -> Scale:
        """log(1 + count), in which errors are measured."""
        return np.log1p(np.maximum(np.expm1(forecast), 0) * self.depth(values))

    def fitted(
        self,
        forecast: Scale,
        values: Shaped[np.ndarray, "n length"],
        truth: Shaped[np.ndarray, "n length"],
        asked: Bool[np.ndarray, "n length"],
    ) -> "Dispersed":
        """The likeliest pull to the gene's mean, a factor for each gene, and the likeliest dispersion for each gene."""
        rows, columns = np.nonzero(asked)
        x = truth[rows, columns].astype(np.float64)
        best, found = -np.inf, None
        for pull in PULLS:
            mean = self._pulled(forecast, values, pull)[rows, columns]
            factor = (np.bincount(columns, x, len(self.share)) + 1) / (np.bincount(columns, mean, len(self.share)) + 1)
            mean = np.maximum(mean * factor[columns], LEAST)
            by_gene = np.stack(
                [np.bincount(columns, log_negative_binomial(x, mean, size), len(self.share)) for size in SIZES]
            )
            if by_gene.max(0).sum() > best:
                best, found = by_gene.max(0).sum(), Dispersed(self, pull, factor, SIZES[by_gene.argmax(0)])
        assert found is not None
        return found

    def _pulled(self, forecast: Scale, values: Shaped[np.ndarray, "n length"], pull: float) -> Scale:
        """Means of counts: the forecast at the cell's depth, mixed with the gene's share of its library."""
        return self.depth(values) * ((1 - pull) * np.maximum(np.expm1(forecast), 0) + pull * self.median * self.share)


class Dispersed(NamedTuple):
    """Negative binomial about a mixture of the forecast and the gene's mean, times a factor for each gene."""

    scale: Counts
    pull: float
    factor: Float[np.ndarray, " length"]
    size: Float[np.ndarray, " length"]

    def mean(self, forecast: Scale, values: Shaped[np.ndarray, "n length"]) -> Scale:
        """Expected counts."""
        return np.maximum(self.scale._pulled(forecast, values, self.pull) * self.factor, LEAST)

    def log_density(
        self, forecast: Scale, values: Shaped[np.ndarray, "n length"], truth: Shaped[np.ndarray, "n length"]
    ) -> Scale:
        """In nats."""
        return log_negative_binomial(np.maximum(truth, 0), self.mean(forecast, values), self.size)

    def rank(
        self,
        forecast: Scale,
        values: Shaped[np.ndarray, "n length"],
        truth: Shaped[np.ndarray, "n length"],
        rng: np.random.Generator,
    ) -> Scale:
        """Share of the distribution below the truth, ties broken by chance."""
        mean = self.mean(forecast, values)
        share = self.size / (self.size + mean)
        below = nbinom.cdf(truth - 1, self.size, share)
        return below + rng.random(truth.shape) * nbinom.pmf(np.maximum(truth, 0), self.size, share)


def log_negative_binomial(
    counts: Num[np.ndarray, "*shape"], mean: Float[np.ndarray, "*shape"], size: Float[np.ndarray, "*any"] | float
) -> Float[np.ndarray, "*shape"]:
    """Log-probability of counts whose variance is mean + mean^2 / size.

    >>> log_negative_binomial(np.zeros(1), np.ones(1), 1.0).round(4)  # a half
    array([-0.6931])
    """
    ways, some = np.zeros(counts.shape), counts > 0
    x, r = counts[some], np.broadcast_to(size, counts.shape)[some]
    ways[some] = gammaln(x + r) - gammaln(r) - gammaln(x + 1) + x * np.log(mean[some] / (r + mean[some]))
    return ways - size * np.log1p(mean / size)
