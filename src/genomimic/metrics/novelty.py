"""Novelty: does a generator make new records, or repeat its training data?"""

import math

import numpy as np
from jaxtyping import Bool, Num

from genomimic.clustering import known_words, word_length
from genomimic.comparison import Comparison
from genomimic.features import sequence
from genomimic.metrics.base import PAIRS, RECORDS, metric, pairs_read, sequences
from genomimic.views import View

NEAR = 0.1
TAIL = 0.05
RARER = 200
"""Times that a word shared by chance is rarer than one of the length that makes homology clusters."""


def _nearest_size(comparison: Comparison) -> int:
    return len(comparison.nearest.distance)


def copied_word_length(train: View) -> int:
    """Letters of a word that is shared with training data hardly ever by chance: some more than make a cluster."""
    values, alphabet = train.root.dataset.values, sequence.alphabet(train)
    longest = 62 // (alphabet.size - 1).bit_length()
    w = train.root.feature("cluster_word", lambda view: word_length(values, alphabet))
    return min(w + math.ceil(math.log(RARER, alphabet.size)), longest)


def long_enough(comparison: Comparison) -> bool:
    """Half of the training records are long enough to share a word that would not be shared by chance."""
    return float(np.median(sequence.lengths(comparison.train))) >= copied_word_length(comparison.train)


@metric(
    family="copies",
    group="novelty",
    question="Which share of the records stands in the training data?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="",
    floor="copier",
    kind="share",
)
def exact_copies(comparison: Comparison) -> float:
    """Share of records equal to a training record or to its reverse complement."""
    train = comparison.train
    return float(comparison.synthetic.per_record(("copied", train), lambda view: _copied(view, train)).mean())


@metric(
    family="copies",
    group="novelty",
    question="Which share of the records holds a stretch of a training record?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="",
    floor="copier",
    kind="share",
    needs=[sequences, long_enough],
    limit=RECORDS,
)
def substring_copies(comparison: Comparison) -> float:
    """Share of records with a word of w letters that stands in the training data, on either strand.

    w is that of the split and as much longer as makes chance 200 times rarer (20 letters for records of 50, 24 for
    records of 200). Real records of other clusters share no such word by construction, so their share is 0.
    """
    train = comparison.train
    return float(comparison.synthetic.per_record(("word", train), lambda view: _shares_word(view, train)).mean())


@metric(
    family="copies",
    group="novelty",
    question="Which share of the records is within 10% edits of a training record?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="",
    floor="copier",
    needs=[sequences],
    kind="share",
    references=False,
    limit=RECORDS,
    size=_nearest_size,
)
def near_copies(comparison: Comparison) -> float:
    """Share of records with at most 10% of their letters edited from a training record, copies included."""
    distance = comparison.nearest.distance
    lengths = sequence.lengths(comparison.synthetic)[: len(distance)]
    return float((distance <= NEAR * lengths).mean())


@metric(
    family="distance to training data",
    group="novelty",
    question="Are the records as far from the training data as fresh real ones are?",
    better="higher",
    low=0.0,
    high=np.inf,
    unit="ratio of distances",
    paper="Meehan 2020, arXiv:2004.05675",
    floor="copier",
    references=False,
    limit=RECORDS,
    size=_nearest_size,
)
def nearest_distance(comparison: Comparison) -> float:
    """Mean edit distance to the nearest training record by length, over that of holdout records.

    1: as new as fresh real data; below: nearer to the training data; above: farther from real data than they are.
    The mean, since a median of whole edits moves in steps of 2% of 50 letters.
    """
    sides = comparison.synthetic, comparison.holdout
    synthetic, holdout = (float(comparison.relative_nearest(side, comparison.train).mean()) for side in sides)
    return synthetic / max(holdout, 1e-12)


@metric(
    family="distance to training data",
    group="novelty",
    question="Which share of the records is suspiciously near to training records?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="share of records",
    paper="after Meehan 2020, arXiv:2004.05675",
    floor="copier",
    ceiling=0.0,
    references=False,
    limit=RECORDS,
    size=_nearest_size,
)
def near_excess(comparison: Comparison) -> float:
    """Share of records nearer to train than 95% of holdout records, less the same share with the two exchanged.

    The second share is that of records nearer to the holdout than 95% of training records are. Records which are
    merely typical, near to all real data, have as much of both; only what was learned by heart is near to one alone.
    """
    train, holdout, nearest = comparison.train, comparison.holdout, comparison.relative_nearest
    near_train = tail_share(nearest(comparison.synthetic, train), nearest(holdout, train))
    near_holdout = tail_share(nearest(comparison.synthetic, holdout), nearest(comparison.matched_train, holdout))
    return near_train - near_holdout


@metric(
    family="distance to training data",
    group="novelty",
    question="Is a record nearer to the training data than to as many fresh real records?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="Meehan 2020, arXiv:2004.05675; SDMetrics DCROverfittingProtection, with ties counted half and equal sizes",
    floor="copier",
    ceiling=0.5,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def dcr_share(comparison: Comparison) -> float:
    """P[d(record, train') < d(record, holdout)] + P[=] / 2, with as many records in train' as in holdout.

    0.5 for a generator that has not memorised: a fresh record is as likely to be nearer to the one as to the other.
    """
    real = comparison.matched_train, comparison.holdout
    a, b = (comparison.least_distances(comparison.synthetic, one) for one in real)
    return float((a < b).mean() + (a == b).mean() / 2)


def tail_share(values: Num[np.ndarray, " n"], reference: Num[np.ndarray, " m"], level: float = TAIL) -> float:
    """Share of values below the `level` quantile of a reference, of which just `level` is; ties count in proportion.

    >>> tail_share(np.array([1, 2, 2, 2]), np.array([2, 2, 3, 4]), 0.25)
    0.625
    """
    edge = np.quantile(reference, level, method="inverted_cdf")
    tied = (level - (reference < edge).mean()) / (reference == edge).mean()
    return float((values < edge).mean() + tied * (values == edge).mean())


def _copied(view: View, train: View) -> Bool[np.ndarray, " n"]:
    return np.isin(view.canonical, train.canonical)


def _shares_word(view: View, train: View) -> Bool[np.ndarray, " n"]:
    w = copied_word_length(train)
    words = train.feature(
        "words_of_copies", lambda whole: known_words(whole.dataset.values, sequence.alphabet(whole), w)
    )
    return words.shared(view.dataset.values)
