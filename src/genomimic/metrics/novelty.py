"""Novelty: does a generator make new records, or repeat its training data?"""

import numpy as np
from jaxtyping import Bool

from genomimic.comparison import Comparison
from genomimic.metrics.base import RECORDS, metric
from genomimic.views import View

NEAR = 0.1


def _nearest_size(comparison: Comparison) -> int:
    return len(comparison.nearest.distance)


def _matrix_size(comparison: Comparison) -> int:
    return len(comparison.synthetic.distances(comparison.holdout))


@metric(
    family="copies",
    group="novelty",
    question="Which share of the records stands in the training data, on either strand?",
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
    question="Which share of the records is within 10% edits of a training record?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="",
    floor="copier",
    kind="share",
    references=False,
    limit=RECORDS,
    size=_nearest_size,
)
def near_copies(comparison: Comparison) -> float:
    """Share of records with at most 10% of their letters edited from a training record, copies included."""
    distance = comparison.nearest.distance
    lengths = comparison.synthetic.lengths[: len(distance)]
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
    return _mean_nearest(comparison.synthetic, comparison.train) / max(
        _mean_nearest(comparison.holdout, comparison.train), 1e-12
    )


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
    limit=RECORDS,
    size=_matrix_size,
)
def dcr_share(comparison: Comparison) -> float:
    """P[d(record, train') < d(record, holdout)] + P[=] / 2, with as many records in train' as in holdout.

    0.5 for a generator that has not memorised: a fresh record is as likely to be nearer to the one as to the other.
    """
    to_train = comparison.synthetic.distances(comparison.matched_train)
    to_holdout = comparison.synthetic.distances(comparison.holdout)
    size = min(to_train.shape[1], to_holdout.shape[1])
    a, b = to_train[:, :size].min(1), to_holdout[:, :size].min(1)
    return float((a < b).mean() + (a == b).mean() / 2)


def _copied(view: View, train: View) -> Bool[np.ndarray, " n"]:
    known = train.feature("canonical_set", lambda whole: set(whole.canonical))
    return np.array([record in known for record in view.canonical])


def _mean_nearest(view: View, train: View) -> float:
    distance = view.nearest(train).distance
    lengths = view.lengths[: len(distance)]
    return float((distance / np.maximum(lengths, 1)).mean())
