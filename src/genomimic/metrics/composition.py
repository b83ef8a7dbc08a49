"""Composition: GC content, lengths, dinucleotides."""

import numpy as np
from jaxtyping import Float
from scipy.stats import wasserstein_distance

from genomimic.comparison import Comparison
from genomimic.metrics.base import metric, nucleotides, variable_length, word_length
from genomimic.views import View


@metric(
    family="composition",
    group="fidelity",
    question="Is the mean GC content right?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="GC fraction",
    paper="",
    floor="uniform",
    needs=[nucleotides],
)
def gc_mean(comparison: Comparison) -> float:
    """Absolute difference of mean GC content."""
    return abs(float(comparison.synthetic.gc.mean() - comparison.holdout.gc.mean()))


@metric(
    family="composition",
    group="fidelity",
    question="Do the records vary in GC content as real ones do?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="GC fraction",
    paper="",
    floor="composition",
    needs=[nucleotides],
)
def gc_spread(comparison: Comparison) -> float:
    """Absolute difference of the standard deviations of GC content; a collapsed generator's is too small."""
    return abs(float(comparison.synthetic.gc.std() - comparison.holdout.gc.std()))


@metric(
    family="composition",
    group="fidelity",
    question="How far must GC contents move to match those of real records?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="GC fraction",
    paper="Vaserstein 1969 (Wasserstein-1 distance)",
    floor="composition",
    needs=[nucleotides],
)
def gc_distribution(comparison: Comparison) -> float:
    """Wasserstein-1 distance between the distributions of GC content per record."""
    return float(wasserstein_distance(comparison.synthetic.gc, comparison.holdout.gc))


@metric(
    family="length",
    group="fidelity",
    question="Are the records as long as real ones?",
    better="lower",
    low=0.0,
    high=np.inf,
    unit="letters",
    paper="Vaserstein 1969 (Wasserstein-1 distance)",
    floor="uniform",
    needs=[variable_length],
)
def length_distribution(comparison: Comparison) -> float:
    """Wasserstein-1 distance between the distributions of length."""
    return float(wasserstein_distance(comparison.synthetic.lengths, comparison.holdout.lengths))


@metric(
    family="composition",
    group="fidelity",
    question="Are neighbouring letters as over- and under-represented as in real records (the genomic signature)?",
    better="lower",
    low=0.0,
    high=np.inf,
    unit="odds ratio",
    paper="Karlin & Burge 1995, doi:10.1016/S0168-9525(00)89076-9",
    floor="composition",
    needs=[nucleotides, word_length(2)],
)
def dinucleotide_odds(comparison: Comparison) -> float:
    """Karlin's delta*: mean absolute difference of the dinucleotide odds f_xy / (f_x f_y)."""
    difference = comparison.synthetic.feature("odds", odds_ratios) - comparison.holdout.feature("odds", odds_ratios)
    return float(np.abs(difference).mean())


def odds_ratios(view: View) -> Float[np.ndarray, " words"]:
    """Frequency of each dinucleotide over that expected from its letters; 1 where a letter does not occur.

    Where both strands count alike the counts of both are added (Karlin's rho*).
    """
    size = view.alphabet.size
    pairs = np.zeros((size, size))
    for word, count in zip(view.words(2), view.kmer_totals(2), strict=True):
        x, y = (view.alphabet.symbols.index(letter) for letter in word)
        pairs[x, y] += count
        if view.both_strands:
            x, y = (view.alphabet.symbols.index(view.alphabet.complements[at]) for at in (y, x))  # pyright: ignore[reportOptionalSubscript]
            pairs[x, y] += count
    return _odds(pairs)


def _odds(pairs: Float[np.ndarray, "symbols symbols"]) -> Float[np.ndarray, " words"]:
    frequencies = pairs / max(pairs.sum(), 1)
    expected = np.outer(frequencies.sum(1), frequencies.sum(0))
    return np.divide(frequencies, expected, out=np.ones_like(expected), where=expected > 0).ravel()
