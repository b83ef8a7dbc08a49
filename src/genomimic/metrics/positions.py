"""Aligned records: letters at each position, and which positions depend on each other."""

import math
from functools import cache

import numpy as np
from jaxtyping import Float, Int, Num

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.divergence import entropies, jensen_shannon, null_bias
from genomimic.features import sequence
from genomimic.metrics.base import RECORDS, aligned, metric
from genomimic.metrics.differences import Estimate, squared_difference
from genomimic.views import View
from genomimic.words import codes

MAX_NUMBERS = 512  # side of the correlation matrix: 128 positions of DNA
_RUN = 8


@metric(
    family="positions",
    group="fidelity",
    question="Are the letters right at each position?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="bits above chance",
    paper="Lin 1991, doi:10.1109/18.61115",
    floor="markov",
    needs=[aligned],
    kind="divergence",
)
def position_js(comparison: Comparison) -> float:
    """Jensen-Shannon divergence of the letters at a position less its null bias, mean over positions, in bits."""
    sides = (
        comparison.synthetic.totals("position_counts", position_counts),
        comparison.holdout.totals("position_counts", position_counts),
    )
    return mean_excess(*sides)


@metric(
    family="positions",
    group="fidelity",
    question="Does each position tell as much as in real records (height of the logo)?",
    better="lower",
    low=-20.0,
    high=20.0,
    unit="squared bits above chance",
    paper="Schneider & Stephens 1990, doi:10.1093/nar/18.20.6097",
    floor="markov",
    needs=[aligned],
    kind="divergence",
)
def information_profile(comparison: Comparison) -> float:
    """Mean over positions of the squared difference of information content, less what chance gives."""
    return squared_difference(information_estimate(comparison.synthetic), information_estimate(comparison.holdout))


@metric(
    family="dependence",
    group="fidelity",
    question="Are the pairs of neighbouring letters right at each position?",
    better="lower",
    low=-20.0,
    high=1.0,
    unit="bits above chance",
    paper="Lin 1991, doi:10.1109/18.61115",
    floor="pwm",
    needs=[aligned],
    kind="divergence",
)
def position_dinucleotide_js(comparison: Comparison) -> float:
    """Jensen-Shannon divergence of neighbouring pairs of letters less its null bias, mean over positions, in bits."""
    views = (comparison.synthetic, comparison.holdout)
    return mean_excess(*(view.totals("neighbour_counts", neighbour_counts) for view in views))


@metric(
    family="dependence",
    group="fidelity",
    question="Do positions depend on each other as in real records?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Figliuzzi 2018, doi:10.1093/molbev/msy007; McGee 2021, doi:10.1038/s41467-021-26529-9",
    floor="pwm",
    needs=[aligned],
    kind="correlation",
    limit=RECORDS,
)
def pair_correlation(comparison: Comparison) -> float:
    """Pearson correlation of the connected frequencies C_ij(a, b) = f_ij(a, b) - f_i(a) f_j(b) over all i < j.

    A model of independent positions scores 0. Chance keeps real data below 1, the more the fewer records there are.
    """
    a = connected_pairs(comparison.synthetic)
    b = comparison.holdout.feature("connected", connected_pairs)  # kept: all sets are compared with these
    return float(correlation(a, b))


def connected_pairs(view: View) -> Float[np.ndarray, " pairs"]:
    """Connected frequencies of letter pairs at positions i < j, centred, float32.

    Long records are thinned to runs of 8 neighbouring positions, evenly spaced, so that near and far pairs are seen.
    """
    positions = _positions(view.dataset.length, sequence.alphabet(view).size)
    letters = view.per_record("paired_one_hot", lambda whole: _flat_one_hot(whole, positions))
    mean = letters.mean(0)
    covariance = letters.T @ letters / len(letters) - np.outer(mean, mean)
    connected = covariance.ravel()[_upper_blocks(len(positions), sequence.alphabet(view).size)]
    return connected - connected.mean()


def position_counts(view: View) -> Int[np.ndarray, "length symbols"]:
    """How often each letter stands at each position."""
    values = view.dataset.values
    return np.stack([(values == symbol).sum(0) for symbol in range(sequence.alphabet(view).size)], 1)


def neighbour_counts(view: View) -> Int[np.ndarray, "pairs words"]:
    """How often each pair of letters stands at each position and the next."""
    numbers, size = codes(view.dataset.values, sequence.alphabet(view).size, 2), sequence.alphabet(view).size ** 2
    places, words = np.broadcast_to(np.arange(numbers.shape[1]), numbers.shape), numbers.shape[1] * size
    known = numbers >= 0
    return np.bincount(places[known] * size + numbers[known], minlength=words).reshape(-1, size)


def information_estimate(view: View) -> Estimate:
    """Information content of each position, and its variance."""
    counts = view.totals("position_counts", position_counts)
    return Estimate(information(counts), information_variance(counts))


def information_variance(counts: Num[np.ndarray, "*sets symbols"]) -> Float[np.ndarray, "*sets"]:
    """Variance of the information content of letter counts: that of log2 p over letters, which few overstate."""
    total = np.maximum(counts.sum(-1), 1)
    p = counts / total[..., None]
    squares = (p * np.log2(np.where(p > 0, p, 1)) ** 2).sum(-1)
    remainder = ((counts > 0).sum(-1) - 1).clip(min=0) / (2 * math.log(2) ** 2 * total)
    return (squares - entropies(p) ** 2 - remainder) / total


def information(counts: Num[np.ndarray, "*sets symbols"]) -> Float[np.ndarray, "*sets"]:
    """Information content in bits of letter counts: log2 of the alphabet's size less the entropy.

    An entropy of n letters is too small by (symbols - 1) / (2 n ln 2) on average, which is added (Schneider 1986).
    """
    total = np.maximum(counts.sum(-1), 1)
    bias = ((counts > 0).sum(-1) - 1).clip(min=0) / (2 * math.log(2) * total)
    return math.log2(counts.shape[-1]) - entropies(counts / total[..., None]) - bias


def excess_divergences(
    a: Int[np.ndarray, "places words"], b: Int[np.ndarray, "places words"]
) -> Float[np.ndarray, " places"]:
    """Jensen-Shannon divergence of the counts at each place less its null bias, in bits; 0 where a side has none."""
    n, m = (counts.sum(1).clip(min=1) for counts in (a, b))
    excess = jensen_shannon(a / n[:, None], b / m[:, None]) - null_bias(((a + b) > 0).sum(1), n, m)
    return np.where(a.any(1) & b.any(1), excess, 0.0)


def mean_excess(a: Int[np.ndarray, "places words"], b: Int[np.ndarray, "places words"]) -> float:
    """Mean of the excess divergences over the places that both sides have."""
    shared = a.any(1) & b.any(1)
    return float(excess_divergences(a, b)[shared].mean()) if shared.any() else 0.0


def _positions(length: int, symbols: int) -> Int[np.ndarray, " positions"]:
    most = MAX_NUMBERS // symbols
    if length <= most:
        return np.arange(length)
    starts = np.linspace(0, length - _RUN, most // _RUN).astype(int)
    return np.unique(starts[:, None] + np.arange(_RUN))


def _flat_one_hot(view: View, positions: Int[np.ndarray, " positions"]) -> Float[np.ndarray, "n numbers"]:
    return sequence.one_hot(view)[:, positions].reshape(len(view), -1)


def pair_distances(view: View) -> Int[np.ndarray, " pairs"]:
    """How many letters apart the two positions are of each number of `connected_pairs`."""
    size = sequence.alphabet(view).size
    positions = np.repeat(_positions(view.dataset.length, size), size)
    first, second = np.divmod(_upper_blocks(len(positions) // size, size), len(positions))
    return positions[second] - positions[first]


@cache
def _upper_blocks(positions: int, symbols: int) -> Int[np.ndarray, " pairs"]:
    """Where in the flattened matrix of (position, symbol) by (position, symbol) the pairs i < j stand."""
    upper = np.triu(np.ones((positions, positions), bool), 1)
    return np.flatnonzero(np.kron(upper, np.ones((symbols, symbols), bool)))
