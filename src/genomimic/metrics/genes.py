"""Genes one by one: their means, spreads and zeros, and how the last two depend on the first.

Values are log(1 + counts per 10,000), or continuous values as they are. Those not known are left out, gene by gene.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.comparison import Comparison
from genomimic.features import profile
from genomimic.metrics.base import RECORDS, SHORT_AT_BEST, counts, metric, profiles
from genomimic.metrics.differences import Estimate, squared_difference
from genomimic.views import View

POINTS = 20  # at which two curves are compared: quantiles of the holdout's gene means
SPAN = 0.1  # of the range of means: the width of the smoothing kernel


class Moments(NamedTuple):
    """Of each gene: known values, mean, second and fourth central moment, and the share of known values that are 0."""

    n: Float[np.ndarray, " genes"]
    mean: Float[np.ndarray, " genes"]
    second: Float[np.ndarray, " genes"]
    fourth: Float[np.ndarray, " genes"]
    zeros: Float[np.ndarray, " genes"]


@metric(
    family="genes",
    group="fidelity",
    question="Are the genes' mean expressions right?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="squared difference above chance, in mean variances of a gene",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="exchanged",
    needs=[profiles],
    limit=RECORDS,
    kind="divergence",
)
def gene_means(comparison: Comparison) -> float:
    """Mean over genes of the squared difference of means, less what chance gives, over the mean variance of a gene."""
    sides = (mean_estimate(view) for view in (comparison.synthetic, comparison.holdout))
    return squared_difference(*sides) / _typical_variance(comparison)


@metric(
    family="genes",
    group="fidelity",
    question="Do genes vary between cells as much as in real cells?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="squared difference above chance, in mean variances of a gene",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="exchanged",
    needs=[profiles],
    limit=RECORDS,
    kind="divergence",
)
def gene_spreads(comparison: Comparison) -> float:
    """Mean over genes of the squared difference of standard deviations, less what chance gives, in the same unit."""
    sides = (spread_estimate(view) for view in (comparison.synthetic, comparison.holdout))
    return squared_difference(*sides) / _typical_variance(comparison)


@metric(
    family="genes",
    group="fidelity",
    question="Is each gene without a count in as many cells as in real data?",
    better="lower",
    low=-10_000.0,
    high=10_000.0,
    unit="squared percentage points above chance",
    paper="Soneson & Robinson 2018 (countsimQC), doi:10.1093/bioinformatics/btx631",
    floor="exchanged",
    needs=[profiles, counts],
    limit=RECORDS,
    kind="divergence",
)
def gene_zeros(comparison: Comparison) -> float:
    """Mean over genes of the squared difference of the shares of cells with 0 counts, less what chance gives."""
    return squared_difference(*(zeros_estimate(view) for view in (comparison.synthetic, comparison.holdout)))


@metric(
    family="genes",
    group="fidelity",
    question="Do genes vary as much as real genes of the same mean?",
    better="lower",
    low=0.0,
    high=np.inf,
    unit="difference of standard deviations",
    paper="Soneson & Robinson 2018 (countsimQC), doi:10.1093/bioinformatics/btx631",
    floor="exchanged",
    needs=[profiles],
    limit=RECORDS,
    widen=SHORT_AT_BEST,
)
def mean_variance(comparison: Comparison) -> float:
    """Root mean square difference between the smoothed curves of standard deviation over mean of the genes."""
    real, synthetic = (moments(view) for view in (comparison.holdout, comparison.synthetic))
    at = places(moments(comparison.holdout.root))
    return curve_difference(real.mean, np.sqrt(real.second), synthetic.mean, np.sqrt(synthetic.second), at)


@metric(
    family="genes",
    group="fidelity",
    question="Are genes as often without a count as real genes of the same mean?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="difference of shares of cells",
    paper="Soneson & Robinson 2018 (countsimQC), doi:10.1093/bioinformatics/btx631",
    floor="exchanged",
    needs=[profiles, counts],
    limit=RECORDS,
    widen=SHORT_AT_BEST,
)
def mean_dropout(comparison: Comparison) -> float:
    """Root mean square difference between the smoothed curves of the share of zeros over mean of the genes."""
    real, synthetic = (moments(view) for view in (comparison.holdout, comparison.synthetic))
    at = places(moments(comparison.holdout.root))
    return curve_difference(real.mean, real.zeros, synthetic.mean, synthetic.zeros, at)


def moments(view: View) -> Moments:
    """Moments of each gene over the cells of a view."""
    sums = view.totals("gene powers", _powers)
    n = np.maximum(sums[0], 1)
    one, two, three, four, zeros = sums[1:] / n
    second = np.maximum(two - one**2, 0.0)
    fourth = np.maximum(four - 4 * one * three + 6 * one**2 * two - 3 * one**4, 0.0)
    return Moments(n, one, second, fourth, zeros)


def mean_estimate(view: View) -> Estimate:
    """Mean of each gene, and its variance."""
    found = moments(view)
    return Estimate(found.mean, found.second / np.maximum(found.n - 1, 1))


def spread_estimate(view: View) -> Estimate:
    """Standard deviation of each gene, and its variance (delta method)."""
    found = moments(view)
    varying = found.second > 1e-9
    above = np.maximum(found.fourth - found.second**2, 0.0)
    variance = np.divide(above, 4 * found.second * found.n, out=np.zeros_like(above), where=varying)
    return Estimate(np.sqrt(found.second), variance)


def zeros_estimate(view: View) -> Estimate:
    """Share of zeros of each gene in percent, and its variance."""
    found = moments(view)
    return Estimate(100 * found.zeros, 1e4 * found.zeros * (1 - found.zeros) / np.maximum(found.n - 1, 1))


def places(real: Moments) -> Float[np.ndarray, " points"]:
    """Gene means at which curves are compared."""
    return np.quantile(real.mean, np.linspace(0.025, 0.975, POINTS))


def curve_difference(
    x: Float[np.ndarray, " genes"],
    y: Float[np.ndarray, " genes"],
    other_x: Float[np.ndarray, " genes"],
    other_y: Float[np.ndarray, " genes"],
    at: Float[np.ndarray, " points"],
) -> float:
    """Root mean square difference at some places of the smoothed curves through two clouds of points."""
    width = max(SPAN * float(at[-1] - at[0]), 1e-9)
    return float(np.sqrt(np.mean((smooth(x, y, at, width) - smooth(other_x, other_y, at, width)) ** 2)))


def smooth(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], at: Float[np.ndarray, " points"], width: float
) -> Float[np.ndarray, " points"]:
    """Mean of y about each place, weighted by a normal kernel (Nadaraya & Watson 1964); the nearest where none is near.

    >>> smooth(np.array([0.0, 1.0, 9.0]), np.array([2.0, 4.0, 7.0]), np.array([0.5, 100.0]), 1.0).round(6).tolist()
    [3.0, 7.0]
    """
    distance = ((x - at[:, None]) / width) ** 2 / 2
    weights = np.exp(distance.min(1, keepdims=True) - distance)
    return (weights @ y) / weights.sum(1)


def _powers(view: View) -> Float[np.ndarray, "sums genes"]:
    """Sums over cells of the powers 0 to 4 of each gene's known values, and of the values that are 0."""
    values, there = profile.log_expression(view).astype(float), profile.known(view)
    values = np.where(there, values, 0.0)
    squares = values**2
    zeros = there & (values == 0)
    columns = (there, values, squares, squares * values, squares**2, zeros)
    return np.stack([column.sum(0, dtype=float) for column in columns])


def _typical_variance(comparison: Comparison) -> float:
    """Mean over genes of the variance among training cells: the scale on which genes are compared."""
    return max(
        float(comparison.train.root.feature("typical variance", lambda view: moments(view).second.mean())), 1e-12
    )
