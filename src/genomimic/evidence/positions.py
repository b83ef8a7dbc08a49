"""Aligned records: where the letters differ from those of real records."""

import numpy as np
from jaxtyping import Float, Int, Num
from scipy import stats

from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.features import sequence
from genomimic.metrics.base import aligned
from genomimic.metrics.positions import (
    connected_pairs,
    excess_divergences,
    information,
    pair_distances,
    position_counts,
)
from genomimic.views import View

MAX_ROWS = 2000
REACHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@evidence(
    group="fidelity",
    title="Positions whose letters differ from real records",
    reading="Divergence above chance, and information (the height of the logo) in bits. The letter is the most "
    "over-used one, with the difference of its share. p allows for homologous records; q is corrected "
    "for the number of positions.",
    needs=[aligned],
)
def positions(comparison: Comparison) -> Columns:
    """Each position with what its letters tell in both sets, the most surely different first."""
    real, made = (
        view.totals("position_counts", position_counts) for view in (comparison.holdout, comparison.synthetic)
    )
    over = _shares(made) - _shares(real)
    most, p = over.argmax(1), position_p(comparison)
    order = np.argsort(p, kind="stable")[:MAX_ROWS]
    columns = {
        "position": np.arange(1, len(p) + 1),
        "divergence (bits)": excess_divergences(made, real),
        "real information (bits)": information(real),
        "synthetic information (bits)": information(made),
        "over-used letter": np.array(list(sequence.alphabet(comparison.holdout).symbols))[most],
        "share above real": over.max(1),
        "p": p,
        "q": stats.false_discovery_control(p),
    }
    return {heading: values[order] for heading, values in columns.items()}


@evidence(
    group="fidelity",
    title="Dependence between positions by their distance",
    reading="Slope 1: as strong as in real records; below 1 weaker, 0 none. The correlation says whether the same "
    "letters go together. Distances at which two halves of the real records do not agree are left out.",
    needs=[aligned],
)
def pair_dependence(comparison: Comparison) -> Columns:
    """Correlation and slope of connected frequencies, synthetic on real, for pairs of positions up to each distance.

    The slope is over the product of two halves of the real records: chance in the real side would flatten it.
    """
    made, real = connected_pairs(comparison.synthetic), connected_pairs(comparison.holdout)
    halves = [connected_pairs(comparison.holdout.part(blocks)) for blocks in _two_halves(comparison.holdout)]
    bins = np.searchsorted(REACHES, pair_distances(comparison.holdout))
    products = (made * real, real * real, made * made, halves[0] * halves[1], halves[0] ** 2, halves[1] ** 2)
    both, own, ours, signal, one, other = (np.bincount(bins, product, len(REACHES) + 1) for product in products)
    agreement = signal / np.maximum(np.sqrt(one * other), 1e-12)
    kept = np.flatnonzero(agreement * np.sqrt(np.bincount(bins, minlength=len(REACHES) + 1)) > 3)
    return {
        "distance up to": np.array([*REACHES, comparison.holdout.dataset.length])[kept],
        "correlation": both[kept] / np.maximum(np.sqrt(own * ours)[kept], 1e-12),
        "slope": both[kept] / signal[kept],
        "agreement of real halves": agreement[kept],
    }


def _two_halves(view: View) -> tuple[Int[np.ndarray, " half"], Int[np.ndarray, " half"]]:
    blocks = np.arange(int(view.blocks.max()) + 1)
    return blocks[0::2], blocks[1::2]


def position_p(comparison: Comparison) -> Float[np.ndarray, " positions"]:
    """p-value of equal letters at each position: Pearson's chi-squared over the design effect of homologous records.

    The correction is Rao & Scott's first-order one (1981, doi:10.1080/01621459.1981.10477633).
    """
    views = (comparison.synthetic, comparison.holdout)
    a, b = (view.totals("position_counts", position_counts) / design_effect(view) for view in views)
    n, m = (np.maximum(counts.sum(1, keepdims=True), 1e-9) for counts in (a, b))
    pooled = (a + b) / (n + m)
    squares = (a / n - b / m) ** 2 / (1 / n + 1 / m)
    chi2 = np.divide(squares, pooled, out=np.zeros_like(squares), where=pooled > 0).sum(1)
    return stats.chi2.sf(chi2, np.maximum((pooled > 0).sum(1) - 1, 1))


def design_effect(view: View) -> float:
    """How many times as much shares of letters vary between blocks of records as between single ones, at least 1."""
    blocks = view.block_totals("position_counts", position_counts).astype(float)
    sizes, p = blocks.sum(2, keepdims=True), _shares(blocks.sum(0))
    between = ((blocks - sizes * p) ** 2).sum(0) * len(blocks) / max(len(blocks) - 1, 1)
    expected = (blocks.sum((0, 2))[:, None] * p * (1 - p)).sum()
    return max(float(between.sum() / expected), 1.0) if expected else 1.0


def _shares(counts: Num[np.ndarray, "positions symbols"]) -> Float[np.ndarray, "positions symbols"]:
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)
