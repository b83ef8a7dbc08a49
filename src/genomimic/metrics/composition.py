"""Composition: GC content, lengths, dinucleotides."""

import numpy as np
from jaxtyping import Float, Int, Num

from genomimic.comparison import Comparison
from genomimic.features import sequence
from genomimic.metrics.base import metric, nucleotides, variable_length, word_length
from genomimic.metrics.differences import Estimate, energy_distance, squared_difference
from genomimic.views import View
from genomimic.words import strand_counts

GC_BINS = 200


@metric(
    family="composition",
    group="fidelity",
    question="Is the mean GC content right?",
    better="lower",
    low=-10_000.0,
    high=10_000.0,
    unit="squared percentage points above chance",
    paper="",
    floor="uniform",
    needs=[nucleotides],
    kind="divergence",
)
def gc_mean(comparison: Comparison) -> float:
    """Squared difference of mean GC content in percent, less what chance gives."""
    return squared_difference(gc_mean_estimate(comparison.synthetic), gc_mean_estimate(comparison.holdout))


@metric(
    family="composition",
    group="fidelity",
    question="Do the records vary in GC content as real ones do?",
    better="lower",
    low=-10_000.0,
    high=10_000.0,
    unit="squared percentage points above chance",
    paper="",
    floor="composition",
    needs=[nucleotides],
    kind="divergence",
)
def gc_spread(comparison: Comparison) -> float:
    """Squared difference of the standard deviations of GC content in percent, less what chance gives.

    A collapsed generator's standard deviation is too small.
    """
    return squared_difference(gc_spread_estimate(comparison.synthetic), gc_spread_estimate(comparison.holdout))


@metric(
    family="composition",
    group="fidelity",
    question="Are GC contents distributed as in real records?",
    better="lower",
    low=-1.0,
    high=2.0,
    unit="GC fraction above chance",
    paper="Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018 (energy distance)",
    floor="composition",
    needs=[nucleotides],
    kind="divergence",
)
def gc_distribution(comparison: Comparison) -> float:
    """Energy distance between the distributions of GC content per record, to half a percent."""
    a, b = (view.totals("gc_histogram", _gc_histogram) for view in (comparison.synthetic, comparison.holdout))
    return energy_distance(a, b, 1 / GC_BINS)


@metric(
    family="length",
    group="fidelity",
    question="Are the records as long as real ones?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="letters above chance",
    paper="Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018 (energy distance)",
    floor="uniform",
    needs=[variable_length],
    kind="divergence",
)
def length_distribution(comparison: Comparison) -> float:
    """Energy distance between the distributions of length."""
    a, b = (view.totals("length_histogram", _length_histogram) for view in (comparison.synthetic, comparison.holdout))
    return energy_distance(a, b, 1.0)


@metric(
    family="composition",
    group="fidelity",
    question="Are neighbouring letters as over- and under-represented as in real records (the genomic signature)?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="squared odds ratio above chance",
    paper="Karlin & Burge 1995, doi:10.1016/S0168-9525(00)89076-9",
    floor="composition",
    needs=[nucleotides, word_length(2)],
    kind="divergence",
)
def dinucleotide_odds(comparison: Comparison) -> float:
    """Mean squared difference of Karlin's dinucleotide odds f_xy / (f_x f_y), less what chance gives."""
    return squared_difference(odds_estimate(comparison.synthetic), odds_estimate(comparison.holdout))


def odds_estimate(view: View) -> Estimate:
    """Odds ratio of each dinucleotide, and its variance between records (delta method)."""
    counts, n = view.totals("pairs", pair_counts), len(view)
    covariance = view.totals("pair_products", _pair_products) - np.outer(counts, counts) / n
    table = counts.reshape(sequence.alphabet(view).size, -1).astype(float)
    gradient = odds_gradient(table)
    variances = np.einsum("xa,ab,xb->x", gradient, covariance * n / max(n - 1, 1), gradient)
    return Estimate(odds_ratios(table).ravel(), variances)


def odds_ratios(pairs: Num[np.ndarray, "symbols symbols"]) -> Float[np.ndarray, "symbols symbols"]:
    """Frequency of each dinucleotide over that expected from its letters; 1 where a letter does not occur."""
    expected = np.outer(pairs.sum(1), pairs.sum(0)) / max(pairs.sum(), 1)
    return np.divide(pairs, expected, out=np.ones_like(expected), where=expected > 0)


def odds_gradient(pairs: Num[np.ndarray, "symbols symbols"]) -> Float[np.ndarray, "words words"]:
    """How the odds ratio of each dinucleotide (rows) changes with the count of each (columns)."""
    first, second, total = pairs.sum(1), pairs.sum(0), max(pairs.sum(), 1)
    odds, same = odds_ratios(pairs), np.eye(len(pairs))
    expected = np.outer(first, second) / total
    own = np.divide(1, expected, out=np.zeros_like(expected), where=expected > 0)
    left, right = (same / np.maximum(counts, 1) for counts in (first, second))
    rest = 1 / total - left[:, None, :, None] - right[None, :, None, :]
    gradient = np.einsum("xa,yb,xy->xyab", same, same, own) + (odds * (expected > 0))[..., None, None] * rest
    return gradient.reshape(pairs.size, pairs.size)


def pair_counts(view: View) -> Int[np.ndarray, " words"]:
    """Dinucleotides counted; those of both strands where both count alike (Karlin's rho*)."""
    return strand_counts(
        sequence.kmer_totals(view, 2), sequence.alphabet(view), 2, both_strands=sequence.both_strands(view)
    )


def _pair_products(view: View) -> Float[np.ndarray, "words words"]:
    """Products of the counts of two dinucleotides in a record, summed over records."""
    counts = strand_counts(
        sequence.kmers(view, 2), sequence.alphabet(view), 2, both_strands=sequence.both_strands(view)
    ).astype(float)
    return counts.T @ counts


def _gc_powers(view: View) -> Float[np.ndarray, " powers"]:
    """Sums over records of the powers 0 to 4 of GC content in percent, from 50%."""
    return ((100 * sequence.gc(view) - 50)[:, None] ** np.arange(5)).sum(0)


def gc_mean_estimate(view: View) -> Estimate:
    """Mean GC content in percent, and its variance."""
    mean, second, _, count = _gc_moments(view)
    return Estimate(np.array([mean]), np.array([second / max(count - 1, 1)]))


def gc_spread_estimate(view: View) -> Estimate:
    """Standard deviation of GC content in percent, and its variance (delta method)."""
    _, second, fourth, count = _gc_moments(view)
    variance = (fourth - second**2) / (4 * second * count) if second > 1e-9 else 0.0
    return Estimate(np.array([second**0.5]), np.array([variance]))


def _gc_moments(view: View) -> tuple[float, float, float, float]:
    """Mean, second and fourth central moment, number of records."""
    sums = view.totals("gc_powers", _gc_powers)
    one, two, three, four = sums[1:] / sums[0]
    fourth = four - 4 * one * three + 6 * one**2 * two - 3 * one**4
    return float(one), max(float(two - one**2), 0.0), float(fourth), float(sums[0])


def _gc_histogram(view: View) -> Int[np.ndarray, " bins"]:
    return np.bincount(np.rint(sequence.gc(view) * GC_BINS).astype(int), minlength=GC_BINS + 1)


def _length_histogram(view: View) -> Int[np.ndarray, " bins"]:
    return np.bincount(sequence.lengths(view), minlength=view.dataset.length + 1)
