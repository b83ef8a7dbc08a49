"""Squared differences of two sets less what chance gives: 0 on average for fresh real data, and smooth there.

An absolute difference of two samples of one source is never 0, grows as records grow fewer, and has no sound interval
where it is small. Its square less the variances of both sides has neither fault.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num


class Estimate(NamedTuple):
    """Numbers estimated from a set, and the variances of these estimates over sets of as many records."""

    numbers: Float[np.ndarray, " numbers"]
    variances: Float[np.ndarray, " numbers"]


def squared_difference(a: Estimate, b: Estimate) -> float:
    """Mean over the numbers of the squared difference less the variances of both sides.

    >>> squared_difference(Estimate(np.array([3.0]), np.array([0.5])), Estimate(np.array([1.0]), np.array([0.5])))
    3.0
    """
    return float(np.mean((a.numbers - b.numbers) ** 2 - a.variances - b.variances))


def energy_distance(a: Num[np.ndarray, " bins"], b: Num[np.ndarray, " bins"], width: float) -> float:
    """Energy distance of two histograms with bins of one width: twice the area of the squared CDF difference, unbiased.

    What chance gives is taken off, so that two samples of one source have 0 on average (Szekely & Rizzo 2013,
    doi:10.1016/j.jspi.2013.03.018).

    >>> energy_distance(np.array([2, 0, 0]), np.array([0, 0, 2]), 1.0)
    4.0
    """
    (n, m), (F, G) = (a.sum(), b.sum()), (counts.cumsum() / counts.sum() for counts in (a, b))
    chance = F * (1 - F) / max(n - 1, 1) + G * (1 - G) / max(m - 1, 1)
    return float(2 * width * ((F - G) ** 2 - chance).sum())


def mean_discrepancy(a: Float[np.ndarray, " sums"], b: Float[np.ndarray, " sums"]) -> float:
    """Unbiased squared maximum mean discrepancy of two sets of vectors, from their sums (`sums_of`)."""
    (n, mean, chance), (m, other, more_chance) = (_mean_with_chance(sums) for sums in (a, b))
    return float(((mean - other) ** 2).sum() - chance / n - more_chance / m)


def sums_of(vectors: Float[np.ndarray, "n numbers"]) -> Float[np.ndarray, " sums"]:
    """How many vectors, the sum of their squared lengths, and their sum."""
    return np.r_[len(vectors), (vectors**2).sum(), vectors.sum(0)]


def _mean_with_chance(sums: Float[np.ndarray, " sums"]) -> tuple[float, Float[np.ndarray, " numbers"], float]:
    """Number of vectors, their mean, and the trace of their covariance."""
    n, squares, mean = sums[0], sums[1], sums[2:] / sums[0]
    return float(n), mean, float((squares - n * (mean**2).sum()) / max(n - 1, 1))
