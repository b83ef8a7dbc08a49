"""Classifier two-sample tests: can a classifier tell synthetic records from real ones?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Num
from scipy.optimize import root_scalar
from scipy.stats import rankdata

from genomimic.classifiers import Judged, judge_out_of_fold
from genomimic.comparison import Comparison, Marks
from genomimic.features import profile, sequence
from genomimic.metrics.base import RECORDS, metric, profiles, sequences
from genomimic.metrics.ridge import ridge_out_of_fold
from genomimic.views import balanced_groups

MAX_FEATURES = 4000  # of one kind; a kind with more is left out
FOLDS = 5
PENALTY = 1.0  # times the number of features that vary: features have variance 1; not tuned
MAX_WORDS = 400
TRAINED_ON_EACH_OTHER = 2**0.5
"""Times that the standard error of a cross-validated AUC is that of one whose classifier was given.

Two records of different folds meet twice, once each as the one learned from and the one judged, with the same product
of features: fresh real data have twice the variance of a given classifier's AUC.
"""


@metric(
    family="two-sample test",
    group="fidelity",
    question="Can a linear classifier tell the records from real ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="AUC",
    paper="Lopez-Paz & Oquab 2017, arXiv:1610.06545",
    floor="markov or independent",
    widen=TRAINED_ON_EACH_OTHER,
    limit=RECORDS,
)
def two_sample_auc_linear(comparison: Comparison) -> float:
    """Area under the ROC curve of a ridge classifier on letters at positions, k-mers and neighbouring pairs.

    Of cells it reads the log expression of every gene. 0.5: it cannot tell. Each record is scored by a classifier that
    has seen neither it nor its cluster, nor (for synthetic records) its duplicates. Clearly below 0.5 means that
    synthetic records repeat real ones, which then stand in different folds with opposite labels. Skill counts the value
    as it is, not its distance from 0.5: set beside one holdout, fresh real data score below 0.5 as often as above, and
    small faults would seem to mend that.
    """
    scores = comparison.marks(out_of_fold_scores)
    return auc(scores.holdout, scores.synthetic)


@metric(
    family="two-sample test",
    group="fidelity",
    question="Can a convolutional network tell the records from real ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="AUC",
    paper="Lopez-Paz & Oquab 2017, arXiv:1610.06545",
    floor="markov",
    needs=[sequences],
    ceiling=0.5,
    references=False,
    widen=TRAINED_ON_EACH_OTHER,
    limit=RECORDS,
)
def two_sample_auc_cnn(comparison: Comparison) -> float:
    """Area under the ROC curve of a convolutional network (`classifiers`), which sees what no linear function shows.

    Folds, direction and what a value below 0.5 means are those of `two_sample_auc_linear`. Fresh real data score 0.5 by
    symmetry: exchanging the sets changes nothing.
    """
    scores = comparison.marks(out_of_fold_network_scores)
    return auc(scores.holdout, scores.synthetic)


def auc(negatives: Num[np.ndarray, " n"], positives: Num[np.ndarray, " m"]) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann-Whitney).

    >>> auc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    n, m = len(negatives), len(positives)
    ranks = rankdata(np.concatenate([negatives, positives]))
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def auc_interval(value: float, n: int, m: int, *, widen: float = 1.0) -> tuple[float, float]:
    """Ends of a 95% interval of an AUC of n against m records (Newcombe 2006, doi:10.1002/sim.2324, method 5).

    An end is where the value lies 1.96 of the end's own standard errors away, which holds at 0 and 1 too. `widen`:
    times that the standard error is that of a given classifier.

    >>> [round(end, 3) for end in auc_interval(1.0, 10, 10)]
    [0.8, 1.0]
    """
    middle = (n + m) / 2 - 1

    def beyond(end: float) -> float:
        spread = 1 + middle * ((1 - end) / (2 - end) + end / (1 + end))
        return abs(value - end) - 1.96 * widen * np.sqrt(end * (1 - end) * spread / (n * m))

    low = root_scalar(beyond, bracket=(0.0, min(value, 1 - 1e-9))).root if value > 0 else 0.0
    high = root_scalar(beyond, bracket=(max(value, 1e-9), 1.0)).root if value < 1 else 1.0
    return float(low), float(high)


class Told(NamedTuple):
    """What a linear classifier made of features of one kind.

    `weight` of a feature of unit spread, above 0 where more of it looks synthetic; `carried`: how far it alone moves
    the mean scores of the two sets apart; means of the feature over the records of each set.
    """

    weight: Float[np.ndarray, " features"]
    carried: Float[np.ndarray, " features"]
    real: Float[np.ndarray, " features"]
    synthetic: Float[np.ndarray, " features"]


class Linear(NamedTuple):
    """Scores out of fold, and what was made of each kind of feature.

    These are "letters", "pairs" and words of each length; of profiles, "genes".
    """

    marks: Marks
    told: Mapping[str | int, Told]


def out_of_fold_scores(comparison: Comparison) -> Marks:
    """Score of each record, higher for synthetic, from a ridge classifier fitted without its fold."""
    return comparison.joint(linear_classifier).marks


def linear_classifier(comparison: Comparison) -> Linear:
    """A ridge classifier of features of both sets, each record scored without its fold.

    The mean label of the other folds is taken off: where a large cluster fills a fold of its own, it would tell the
    records of that fold that they are of the other kind.
    """
    kinds = {name: np.concatenate(pair) for name, pair in _features(comparison).items()}
    features, labels, folds = np.concatenate(list(kinds.values()), 1), *labels_and_folds(comparison)
    centre, spread = features.mean(0), features.std(0)
    varying = spread > 1e-6
    features = (features[:, varying] - centre[varying]) / spread[varying]
    scores, weights = ridge_out_of_fold(features, labels, folds, PENALTY * features.shape[1])
    for fold in np.unique(folds):
        scores[folds == fold] -= labels[folds != fold].mean()
    return Linear(marks_of(scores, comparison), _told(kinds, weights, varying, spread, labels > 0))


def _told(
    kinds: Mapping[str | int, Float[np.ndarray, "n _"]],
    weights: Float[np.ndarray, " varying"],
    varying: Bool[np.ndarray, " features"],
    spread: Float[np.ndarray, " features"],
    synthetic: Bool[np.ndarray, " n"],
) -> dict[str | int, Told]:
    weight, told, start = np.zeros(len(varying)), {}, 0
    weight[varying] = weights
    for name, features in kinds.items():
        part = slice(start, start := start + features.shape[1])
        means = features[~synthetic].mean(0), features[synthetic].mean(0)
        carried = weight[part] * (means[1] - means[0]) / np.where(varying, spread, 1.0)[part]
        told[name] = Told(weight[part], carried, *means)
    return told


def _features(comparison: Comparison) -> dict[str | int, tuple[Float[np.ndarray, "n d"], ...]]:
    """Features of the holdout and of the synthetic records by kind; words by their length."""
    views = comparison.holdout, comparison.synthetic
    if profiles(comparison):
        return {"genes": tuple(profile.log_expression(view) for view in views)}
    size, length = sequence.alphabet(comparison.train).size, comparison.train.dataset.length
    lengths = [k for k in range(1, 5) if size**k <= MAX_WORDS]
    kinds: dict = {k: tuple(sequence.kmers(view, k).astype(np.float32) for view in views) for k in lengths}
    aligned = comparison.train.modality.aligned
    same_length = bool((sequence.lengths(comparison.train) == sequence.lengths(comparison.train)[0]).all())
    if (aligned or same_length) and size * length <= MAX_FEATURES:
        kinds["letters"] = tuple(sequence.one_hot(view).reshape(len(view), -1) for view in views)
    if aligned and size**2 * (length - 1) <= MAX_FEATURES:
        kinds["pairs"] = tuple(_neighbours(sequence.one_hot(view)) for view in views)
    return kinds


def _neighbours(one_hot: Float[np.ndarray, "n length symbols"]) -> Float[np.ndarray, "n pairs"]:
    return (one_hot[:, :-1, :, None] * one_hot[:, 1:, None, :]).reshape(len(one_hot), -1)


def out_of_fold_network_scores(comparison: Comparison) -> Marks:
    """Score of each record, higher for synthetic, from a network trained without its fold."""
    return marks_of(comparison.joint(convolutional_classifier).scores, comparison)


def convolutional_classifier(comparison: Comparison) -> Judged:
    """Scores and what each letter adds to them, of holdout and then synthetic records, out of fold.

    Where both strands count alike, networks see either and the mean over both is taken.
    """
    views = comparison.holdout, comparison.synthetic
    alphabet, values = sequence.alphabet(comparison.train), np.concatenate([view.dataset.values for view in views])
    labels, folds = labels_and_folds(comparison)
    both = sequence.both_strands(comparison.train)
    strands = np.stack([values, alphabet.reverse_complement(values)] if both else [values])
    forward, *backward = judge_out_of_fold(strands, labels > 0, folds, alphabet.size)
    if not backward:
        return forward
    lengths, at = (values != alphabet.pad).sum(1, keepdims=True), np.arange(values.shape[1])
    mirrored = np.take_along_axis(backward[0].sites, np.where(at < lengths, lengths - 1 - at, at), 1)
    return Judged((forward.scores + backward[0].scores) / 2, (forward.sites + mirrored) / 2)


def labels_and_folds(comparison: Comparison) -> tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """-1 for holdout and 1 for synthetic records, and their folds, drawn in each set by itself.

    Equal sets would be cut into equal folds, and records that repeat real ones would never meet them: so one further.
    """
    holdout, synthetic = comparison.holdout, comparison.synthetic
    labels = np.repeat(np.array([-1.0, 1.0], np.float32), [len(holdout), len(synthetic)])
    return labels, np.concatenate([folds_of(holdout.clusters), (folds_of(synthetic.clusters) + 1) % FOLDS])


def marks_of(scores: Float[np.ndarray, " n"], comparison: Comparison) -> Marks:
    """Numbers of holdout and then synthetic records, apart."""
    return Marks(scores[: len(comparison.holdout)], scores[len(comparison.holdout) :])


def folds_of(clusters: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Fold of each record: whole clusters; where all are one cluster, a fold of all would leave nothing to learn from.

    Then each record counts for itself.
    """
    return balanced_groups(clusters if len(np.unique(clusters)) > 1 else np.arange(len(clusters)), FOLDS)
