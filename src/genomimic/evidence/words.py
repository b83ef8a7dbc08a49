"""Words of k letters: which differ in frequency, and which stand out beyond what shorter words tell."""

import numpy as np
from jaxtyping import Float, Num
from scipy import stats

from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.features import sequence
from genomimic.metrics.base import word_length
from genomimic.metrics.differences import mean_discrepancy
from genomimic.metrics.spectra import (
    by_ends,
    expected_counts,
    log_ratios,
    spectrum_blocks,
    spectrum_length,
    surprise_length,
)
from genomimic.views import View
from genomimic.words import columns, times_counted

MAX_ROWS = 2000
FEWEST = 10
PERMUTATIONS = 999


@evidence(
    group="fidelity",
    title="Words more or less frequent than in real records",
    reading="Overlapping words among 1,000 words of all records; log2 ratio above 0: more frequent in synthetic ones. "
    "p allows for words that come in bunches and for homologous records; q is corrected for the number of words.",
    needs=[word_length(3)],
)
def word_differences(comparison: Comparison) -> Columns:
    """Frequency of each word of both sets that stands 10 times or more in all, the most surely different first."""
    k, sides = surprise_length(comparison), (comparison.holdout, comparison.synthetic)
    blocks = [sequence.kmer_blocks(view, k) for view in sides]
    often = np.flatnonzero(sum(counts.sum(0) for counts in blocks) >= FEWEST)
    (real, error), (made, more_error) = (share_with_error(counts) for counts in blocks)
    p = two_sided(made - real, error, more_error)[often]
    order = np.argsort(p, kind="stable")[:MAX_ROWS]
    rows, totals = often[order], [counts.sum() for counts in blocks]
    ratio = np.log2((made + 0.5 / max(totals[1], 1)) / (real + 0.5 / max(totals[0], 1)))
    return {
        "word": np.array(sequence.words(comparison.holdout, k), dtype=str)[rows],
        "real per 1,000 words": 1000 * real[rows],
        "synthetic per 1,000 words": 1000 * made[rows],
        "log2 ratio": ratio[rows],
        "p": p[order],
        "q": adjusted(p)[order],
    }


@evidence(
    group="fidelity",
    title="Words over- and under-represented beyond shorter words",
    reading="Observed over expected: the count over that of a Markov chain which knows all words one letter shorter. "
    "Words with z above 3 or below -3 stand out in real records; a small q says that synthetic ones differ.",
    needs=[word_length(3)],
)
def enriched_words(comparison: Comparison) -> Columns:
    """Observed over expected count of each word in both sets, the most surely different first."""
    k, sides = surprise_length(comparison), (comparison.holdout, comparison.synthetic)
    (real, scores, error), (made, _, more_error) = (representation(view, k) for view in sides)
    p = two_sided(made - real, error, more_error)
    order = np.argsort(p, kind="stable")[:MAX_ROWS]
    return {
        "word": np.array(sequence.words(comparison.holdout, k), dtype=str)[order],
        "real observed over expected": 2 ** real[order],
        "synthetic observed over expected": 2 ** made[order],
        "z in real": scores[order],
        "log2 ratio": (made - real)[order],
        "p": p[order],
        "q": adjusted(p)[order],
    }


@evidence(
    group="fidelity",
    title="Test of equal mixtures of words",
    reading="The squared maximum mean discrepancy of word spectra is 0 for equal sources. p is the share of "
    "permutations of blocks of records between both sets that lie at least as far apart; q is corrected for the "
    "number of lengths.",
    needs=[word_length(1)],
)
def word_mixtures(comparison: Comparison) -> Columns:
    """Maximum mean discrepancy and its permutation test for words of 1 letter to the longest that it reads."""
    lengths = np.arange(1, spectrum_length(comparison.holdout) + 1)
    sides = [[spectrum_blocks(view, int(k)) for view in (comparison.synthetic, comparison.holdout)] for k in lengths]
    p = np.array([permutation_p(a, b, np.random.default_rng(0)) for a, b in sides])
    return {
        "letters": lengths,
        "squared distance": np.array([mean_discrepancy(a.sum(0), b.sum(0)) for a, b in sides]),
        "p": p,
        "q": adjusted(p),
    }


def share_with_error(
    blocks: Num[np.ndarray, "blocks words"],
) -> tuple[Float[np.ndarray, " words"], Float[np.ndarray, " words"]]:
    """Share of each word and its standard error between blocks of records, never less than that of a Poisson count."""
    counts, total = blocks.sum(0), max(blocks.sum(), 1)
    share = counts / total
    rest = blocks - blocks.sum(1, keepdims=True) * share
    between = (rest**2).sum(0) * len(blocks) / max(len(blocks) - 1, 1)
    return share, np.sqrt(np.maximum(between, counts)) / total


def representation(
    view: View, k: int
) -> tuple[Float[np.ndarray, " words"], Float[np.ndarray, " words"], Float[np.ndarray, " words"]]:
    """log2 of observed over expected counts of each word, its z-score, and the standard error of the first (jackknife).

    The z-score is that of Prum, Rodolphe & de Turckheim 1995, doi:10.1111/j.2517-6161.1995.tb02024.x: the difference
    over its standard error given the words one letter shorter.
    """
    blocks, (first, doubled) = sequence.kmer_blocks(view, k), own_columns(view, k)
    tables = by_ends(blocks, sequence.alphabet(view), k, both_strands=sequence.both_strands(view))
    table = tables.sum(0)
    without = log_ratios(table - tables)[:, first]
    error = np.sqrt(without.var(0) * (len(blocks) - 1))
    return log_ratios(table)[first], (z_scores(table).ravel() / np.sqrt(doubled))[first], error


def z_scores(table: Float[np.ndarray, "first middle last"]) -> Float[np.ndarray, "first middle last"]:
    """Observed less expected count over its standard error, given all words one letter shorter; 0 where that is 0."""
    expected, total = expected_counts(table), np.maximum(table.sum((0, 2), keepdims=True), 1)
    left, right = table.sum(2, keepdims=True) / total, table.sum(0, keepdims=True) / total
    variance = expected * (1 - left) * (1 - right)
    return np.divide(table - expected, np.sqrt(variance), out=np.zeros_like(table), where=variance > 0)


def own_columns(view: View, k: int) -> tuple[Num[np.ndarray, " words"], Num[np.ndarray, " codes"]]:
    """The code that each column stands for, and how often each word is counted: a palindrome of both strands twice."""
    first = np.unique(columns(sequence.alphabet(view), k, both_strands=sequence.both_strands(view)))
    return first, times_counted(sequence.alphabet(view), k, both_strands=sequence.both_strands(view))


def two_sided(
    difference: Float[np.ndarray, " words"], error: Float[np.ndarray, " words"], other: Float[np.ndarray, " words"]
) -> Float[np.ndarray, " words"]:
    """p-value of a difference by the errors of both sides; 1 where neither varies."""
    both = np.sqrt(error**2 + other**2)
    return 2 * stats.norm.sf(np.abs(np.divide(difference, both, out=np.zeros_like(both), where=both > 0)))


def adjusted(p: Float[np.ndarray, " words"]) -> Float[np.ndarray, " words"]:
    """q-values: p-values corrected for their number (Benjamini & Hochberg 1995)."""
    return stats.false_discovery_control(p) if len(p) else p


def permutation_p(
    a: Float[np.ndarray, "blocks sums"], b: Float[np.ndarray, "others sums"], rng: np.random.Generator
) -> float:
    """Share of random exchanges of blocks (the sets as they are counted as one) with means at least as far apart."""
    together = np.concatenate([a, b])
    orders = [np.arange(len(together)), *(rng.permutation(len(together)) for _ in range(PERMUTATIONS))]
    taken = (np.array(orders) < len(a)).astype(float)
    ours, theirs = taken @ together, (1 - taken) @ together
    distances = ((ours[:, 2:] / ours[:, :1] - theirs[:, 2:] / theirs[:, :1]) ** 2).sum(1)
    return float((distances >= distances[0] * (1 - 1e-9)).mean())
