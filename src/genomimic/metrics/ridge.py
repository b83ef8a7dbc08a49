"""Ridge regression in which each record is predicted by a fit without its fold."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import cho_solve, cholesky, solve_triangular


class Fitted(NamedTuple):
    """Prediction of each record from the other folds, and the weights of the features, averaged over the fits."""

    scores: Float[np.ndarray, " n"]
    weights: Float[np.ndarray, " d"]


def ridge_out_of_fold(
    features: Float[np.ndarray, "n d"], labels: Float[np.ndarray, " n"], folds: Int[np.ndarray, " n"], penalty: float
) -> Fitted:
    """Predictions of each record by ridge regression, with an intercept, on the other folds.

    Products of features add up over records, so those of the other folds are all products less the fold's own.
    """
    n, d = features.shape
    if d <= n:
        return _from_products(features, labels, folds, penalty)
    products = features @ features.T  # n numbers a record with the same dot products do as well
    products[np.diag_indices(n)] += 1e-4 * penalty
    factor = cholesky(products, lower=True, overwrite_a=True, check_finite=False)
    scores, weights = _from_products(factor, labels, folds, penalty)
    return Fitted(scores, features.T @ solve_triangular(factor, weights, lower=True, trans=1))


def _from_products(
    features: Float[np.ndarray, "n d"], labels: Float[np.ndarray, " n"], folds: Int[np.ndarray, " n"], penalty: float
) -> Fitted:
    parts = {fold: (features[folds == fold], labels[folds == fold]) for fold in np.unique(folds)}
    products = {fold: x.T @ x for fold, (x, _) in parts.items()}
    all_products, sums, labelled = sum(products.values()), features.sum(0), features.T @ labels
    scores, weights = np.empty(len(labels), features.dtype), np.zeros(features.shape[1], features.dtype)
    for fold, (x, y) in parts.items():
        others = len(labels) - len(y)
        mean, label = (sums - x.sum(0)) / others, (labels.sum() - y.sum()) / others
        gram = all_products - products.pop(fold) - others * np.outer(mean, mean)
        gram[np.diag_indices(len(gram))] += penalty
        factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        weight = cho_solve((factor, True), labelled - x.T @ y - others * label * mean, check_finite=False)
        scores[folds == fold] = (x - mean) @ weight + label
        weights += weight / len(parts)
    return Fitted(scores, weights)
