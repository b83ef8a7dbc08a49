"""Aligned records: words at several positions at once, which show dependence of more than two."""

from functools import partial

import numpy as np
from jaxtyping import Int, Int8

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.features import sequence
from genomimic.metrics.base import aligned, metric
from genomimic.views import View

SIZES = range(2, 11)
SUBSETS = 20
WORDS = 20
NOISE_OF_FEW = 2**0.25
"""Times that the standard error of a mean of correlations is that of its half-samples.

Where a correlation is near 1 its variance is twice as large in half the records, as that of other scores is; near 0 it
is mostly chance among 20 words and as large as in all, so that the error is 2^1/2 too small. These are between.
"""


@metric(
    family="dependence",
    group="fidelity",
    question="Are the commonest words at several positions at once as frequent as in real records?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Haldane 2018, doi:10.1016/j.bpj.2017.10.028; McGee 2021, doi:10.1038/s41467-021-26529-9",
    floor="pwm",
    needs=[aligned],
    widen=NOISE_OF_FEW,
)
def higher_order_r20(comparison: Comparison) -> float:
    """Mean correlation of the frequencies of the 20 words that are commonest in the holdout at 2 to 10 positions.

    20 sets of positions of each size, the same for all data of a width. Chance keeps real data below 1.
    """
    whole = comparison.holdout.root
    sides = (comparison.synthetic, comparison.holdout)
    a, b = (view.totals(("common words", whole), partial(_counts, whole=whole)) for view in sides)
    sizes = np.array([len(words) for _, words in whole.feature("common_words", common_words)])
    return float(np.mean(correlation(a, b, np.arange(WORDS) < sizes[:, None])))


def position_sets(length: int) -> list[Int[np.ndarray, " positions"]]:
    """Sets of positions, 20 of each size from 2 to 10, as far as the records are that long."""
    rng = np.random.default_rng(0)
    return [np.sort(rng.choice(length, min(size, length), replace=False)) for size in SIZES for _ in range(SUBSETS)]


def common_words(view: View) -> list[tuple[Int[np.ndarray, " positions"], Int[np.ndarray, " words"]]]:
    """The 20 commonest words at each set of positions, as sorted numbers; a word with an unknown letter is none."""
    return [(places, _commonest(_numbers(view, places))) for places in position_sets(view.dataset.length)]


def _commonest(numbers: Int[np.ndarray, " n"]) -> Int[np.ndarray, " words"]:
    words, counts = np.unique(numbers[numbers >= 0], return_counts=True)
    return np.sort(words[np.argsort(-counts, kind="stable")[:WORDS]])


def _counts(view: View, whole: View) -> Int[np.ndarray, "subsets words"]:
    """How often each of the holdout's common words stands in a view; fewer than 20 are filled up with zeros."""
    found = view.per_record(("common words", whole), partial(_found, whole=whole))
    numbers = found + (WORDS + 1) * np.arange(found.shape[1])
    counts = np.bincount(numbers.ravel(), minlength=found.shape[1] * (WORDS + 1))
    return counts.reshape(-1, WORDS + 1)[:, :WORDS]


def _found(view: View, whole: View) -> Int[np.ndarray, "n subsets"]:
    """Which of the common words of each set of positions each record has; 20 where it is another word."""
    common = whole.feature("common_words", common_words)
    return np.stack([_which(_numbers(view, places), words) for places, words in common], 1)


def _which(numbers: Int[np.ndarray, " n"], words: Int[np.ndarray, " words"]) -> Int8[np.ndarray, " n"]:
    if not len(words):
        return np.full(len(numbers), WORDS, np.int8)
    at = np.searchsorted(words, numbers).clip(max=len(words) - 1)
    return np.where(words[at] == numbers, at, WORDS).astype(np.int8)


def _numbers(view: View, places: Int[np.ndarray, " positions"]) -> Int[np.ndarray, " n"]:
    """Each record's letters at some positions as one number, -1 where one is unknown or missing."""
    letters = view.dataset.values[:, places].astype(np.int64)
    size = sequence.alphabet(view).size
    return np.where((letters < size).all(1), letters @ size ** np.arange(len(places)), -1)
