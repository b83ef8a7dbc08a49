"""Words of k letters beyond their frequency: which are over-represented, and which stand in a record together."""

from functools import partial

import numpy as np
from jaxtyping import Float, Num

from genomimic.alphabet import Alphabet
from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.features import sequence
from genomimic.metrics.base import metric, word_length
from genomimic.metrics.differences import mean_discrepancy, sums_of
from genomimic.views import View
from genomimic.words import MAX_WORDS, strand_counts

LONGEST = 6
LETTERS_PER_WORD = 100
PSEUDOCOUNT = 5.0
MOST_IN_SPECTRUM = 512  # words: 4 letters of DNA, 2 of protein


@metric(
    family="k-mers",
    group="fidelity",
    question="Are the same words over- and under-represented as in real records, beyond what shorter words tell?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Prum, Rodolphe & de Turckheim 1995, doi:10.1111/j.2517-6161.1995.tb02024.x",
    floor="shuffled",
    needs=[word_length(3)],
    kind="correlation",
)
def kmer_surprise(comparison: Comparison) -> float:
    """Pearson correlation over all words of the log-ratio of observed to expected counts (`log_ratios`).

    Chance keeps real data below 1, the more the fewer letters there are.
    """
    k = surprise_length(comparison)
    a, b = (log_ratios(word_table(view, k)) for view in (comparison.synthetic, comparison.holdout))
    return float(correlation(a, b))


def surprise_length(comparison: Comparison) -> int:
    """The most letters, from 3 to 6, such that the whole holdout has 100 letters or more for each word."""
    whole = comparison.holdout.root
    size, letters = sequence.alphabet(whole).size, sequence.kmer_totals(whole, 1).sum()
    most = min(LONGEST, int(sequence.lengths(whole).max()))
    fits = [k for k in range(4, most + 1) if size**k <= min(MAX_WORDS, letters / LETTERS_PER_WORD)]
    return max(fits, default=3)


def word_table(view: View, k: int) -> Float[np.ndarray, "first middle last"]:
    """K-mer counts by their first letter, the word between, and their last letter."""
    return by_ends(sequence.kmer_totals(view, k), sequence.alphabet(view), k, both_strands=sequence.both_strands(view))


def by_ends(
    totals: Num[np.ndarray, "*sets words"], alphabet: Alphabet, k: int, *, both_strands: bool
) -> Float[np.ndarray, "*sets first middle last"]:
    """K-mer counts from their columns, by first letter, the word between, and last letter."""
    counts = strand_counts(totals, alphabet, k, both_strands=both_strands).astype(float)
    return counts.reshape(*counts.shape[:-1], alphabet.size, -1, alphabet.size)


def expected_counts(
    table: Float[np.ndarray, "*sets first middle last"],
) -> Float[np.ndarray, "*sets first middle last"]:
    """Counts by a Markov chain that knows all words one letter shorter: N(w1..wk-1) N(w2..wk) / N(w2..wk-1)."""
    left, right = table.sum(-1, keepdims=True), table.sum(-3, keepdims=True)
    return left * right / np.maximum(table.sum((-3, -1), keepdims=True), 1)


def log_ratios(table: Float[np.ndarray, "*sets first middle last"]) -> Float[np.ndarray, "*sets words"]:
    """log2 of the observed over the expected count of each word, 5 added to both: rare words are drawn to 0."""
    ratios = np.log2((table + PSEUDOCOUNT) / (expected_counts(table) + PSEUDOCOUNT))
    return ratios.reshape(*table.shape[:-3], -1)


@metric(
    family="k-mers",
    group="fidelity",
    question="Do the records hold the same mixtures of words as real ones (maximum mean discrepancy)?",
    better="lower",
    low=-1.0,
    high=2.0,
    unit="squared distance above chance",
    paper="Gretton 2012, jmlr.org/papers/v13/gretton12a.html; Leslie 2002 (spectrum kernel)",
    floor="composition",
    needs=[word_length(2)],
    kind="divergence",
)
def spectrum_mmd(comparison: Comparison) -> float:
    """Squared distance of the mean unit vectors of square roots of k-mer counts, less what chance gives."""
    k = spectrum_length(comparison.holdout)
    return mean_discrepancy(spectrum_sums(comparison.synthetic, k), spectrum_sums(comparison.holdout, k))


def spectrum_length(view: View) -> int:
    """The most letters for which there are no more than 512 words, and as many as the longest record at most."""
    lengths = range(1, min(LONGEST, int(sequence.lengths(view.root).max())) + 1)
    return max(k for k in [1, *lengths] if sequence.alphabet(view).size ** k <= MOST_IN_SPECTRUM)


def spectrum_sums(view: View, k: int) -> Float[np.ndarray, " sums"]:
    """`sums_of` the spectra of a view."""
    return view.totals(("spectrum", k), partial(_spectrum_sums, k=k))


def spectrum_blocks(view: View, k: int) -> Float[np.ndarray, "blocks sums"]:
    """`sums_of` the spectra of each block of a view."""
    return view.block_totals(("spectrum", k), partial(_spectrum_sums, k=k))


def _spectrum_sums(view: View, k: int) -> Float[np.ndarray, " sums"]:
    return sums_of(spectra(view, k))


def spectra(view: View, k: int) -> Float[np.ndarray, "n words"]:
    """Square roots of the shares of k-mers in each record, a vector of length 1; of none, zeros."""
    counts = sequence.kmers(view, k)
    return np.sqrt(counts / np.maximum(counts.sum(1, keepdims=True), 1))
