"""Classifier two-sample test: can a classifier tell synthetic records from real ones?"""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import cholesky, solve, solve_triangular
from scipy.stats import rankdata

from genomimic.comparison import Comparison, Marks
from genomimic.metrics.base import RECORDS, metric
from genomimic.views import View, balanced_groups

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
    floor="markov",
    widen=TRAINED_ON_EACH_OTHER,
    limit=RECORDS,
)
def two_sample_auc_linear(comparison: Comparison) -> float:
    """Area under the ROC curve of a ridge classifier on letters at positions, k-mers and neighbouring pairs.

    0.5: it cannot tell. Each record is scored by a classifier that has seen neither it nor its homology cluster, nor
    (for synthetic records) its duplicates. Clearly below 0.5 means that synthetic records repeat real ones, which
    then stand in different folds with opposite labels. Skill counts the value as it is, not its distance from 0.5: set
    beside one holdout, fresh real data score below 0.5 as often as above, and small faults would seem to mend that.
    """
    scores = comparison.marks(out_of_fold_scores)
    return auc(scores.holdout, scores.synthetic)


def auc(negatives: Float[np.ndarray, " n"], positives: Float[np.ndarray, " m"]) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann-Whitney).

    >>> auc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    n, m = len(negatives), len(positives)
    ranks = rankdata(np.concatenate([negatives, positives]))
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def out_of_fold_scores(comparison: Comparison) -> Marks:
    """Score of each record, higher for synthetic, from a ridge classifier fitted without its fold.

    The mean label of the other folds is taken off: where a large cluster fills a fold of its own, it would tell the
    records of that fold that they are of the other kind.
    """
    views = comparison.holdout, comparison.synthetic
    features = _standardised(np.concatenate([_features(view, comparison) for view in views]))
    labels = np.concatenate(
        [np.full(len(view), label, np.float32) for view, label in zip(views, (-1.0, 1.0), strict=True)]
    )
    folds = np.concatenate([folds_of(view.clusters) for view in views])
    scores = ridge_out_of_fold(features, labels, folds, PENALTY * features.shape[1])
    for fold in np.unique(folds):
        scores[folds == fold] -= labels[folds != fold].mean()
    return Marks(scores[: len(views[0])], scores[len(views[0]) :])


def ridge_out_of_fold(
    features: Float[np.ndarray, "n d"], labels: Float[np.ndarray, " n"], folds: Int[np.ndarray, " n"], penalty: float
) -> Float[np.ndarray, " n"]:
    """Predictions of each record by ridge regression on the other folds, exactly, from one fit on all of them.

    With the hat matrix H, the errors of a fold left out are (I - H_ff)^-1 times its errors when fitted (Allen 1974).
    The features must be centred; the intercept is not penalised.
    """
    factor = _hat_factor(features, penalty)
    residuals = labels - factor @ (factor.T @ labels)
    scores = np.empty(len(labels), np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        kept = np.eye(inside.sum(), dtype=factor.dtype) - factor[inside] @ factor[inside].T
        scores[inside] = labels[inside] - solve(kept, residuals[inside], assume_a="pos")
    return scores


def _hat_factor(features: Float[np.ndarray, "n d"], penalty: float) -> Float[np.ndarray, "n r"]:
    """F with H = F F^T for ridge regression on centred features and an intercept."""
    n, d = features.shape
    if d > n:  # n numbers a record with the same dot products do as well
        products = features @ features.T
        products[np.diag_indices(n)] += 1e-4 * penalty
        features, d = cholesky(products, lower=True), n
    gram = features.T @ features
    gram[np.diag_indices(d)] += penalty
    factor = solve_triangular(cholesky(gram, lower=True), features.T, lower=True).T
    return np.concatenate([factor, np.full((n, 1), n**-0.5, factor.dtype)], 1)


def _features(view: View, comparison: Comparison) -> Float[np.ndarray, "n d"]:
    size, length = view.alphabet.size, view.dataset.length
    blocks = [view.kmers(k).astype(np.float32) for k in range(1, 5) if size**k <= MAX_WORDS]
    same_length = bool((comparison.train.lengths == comparison.train.lengths[0]).all())
    positions = comparison.train.modality.aligned or same_length
    if positions and size * length <= MAX_FEATURES:
        blocks.append(view.one_hot.reshape(len(view), -1))
    if comparison.train.modality.aligned and size**2 * (length - 1) <= MAX_FEATURES:
        blocks.append(_neighbours(view.one_hot))
    return np.concatenate(blocks, 1)


def _neighbours(one_hot: Float[np.ndarray, "n length symbols"]) -> Float[np.ndarray, "n pairs"]:
    return (one_hot[:, :-1, :, None] * one_hot[:, 1:, None, :]).reshape(len(one_hot), -1)


def _standardised(features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n varying"]:
    spread = features.std(0)
    varying = spread > 1e-6
    return (features[:, varying] - features[:, varying].mean(0)) / spread[varying]


def folds_of(clusters: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Fold of each record: whole clusters; where all are one cluster, a fold of all would leave nothing to learn from.

    Then each record counts for itself.
    """
    return balanced_groups(clusters if len(np.unique(clusters)) > 1 else np.arange(len(clusters)), FOLDS)
