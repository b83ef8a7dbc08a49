"""Pearson's correlation, and Spearman's of ranks."""

import numpy as np
from jaxtyping import Bool, Float, Num
from scipy.stats import rankdata


def correlation(
    a: Num[np.ndarray, "*sets numbers"],
    b: Num[np.ndarray, "*sets numbers"],
    listed: Bool[np.ndarray, "*sets numbers"] | None = None,
) -> Float[np.ndarray, "*sets"]:
    """Pearson's r of each two rows of numbers, of all or of the listed ones; 0 where a row does not vary.

    >>> correlation(np.array([[1, 2, 3], [1, 2, 9]]), np.array([[3, 5, 7], [1, 1, 1]])).tolist()
    [1.0, 0.0]
    """
    a, b = (_centred(side, listed) for side in (a, b))
    size = np.sqrt(np.vecdot(a, a) * np.vecdot(b, b))
    return np.asarray(np.vecdot(a, b) / np.maximum(size, 1e-12), float)


def spearman(a: Num[np.ndarray, " n"], b: Num[np.ndarray, " n"]) -> float:
    """Spearman's rho: Pearson's r of ranks; 0 where either does not vary.

    >>> spearman(np.array([1, 2, 3]), np.array([1, 8, 27]))
    1.0
    """
    return float(correlation(rankdata(a), rankdata(b)))


def _centred(
    numbers: Num[np.ndarray, "*sets numbers"], listed: Bool[np.ndarray, "*sets numbers"] | None
) -> Float[np.ndarray, "*sets numbers"]:
    if listed is None:
        return numbers - numbers.sum(-1, keepdims=True) / max(numbers.shape[-1], 1)
    count = np.maximum(listed.sum(-1, keepdims=True), 1)
    return np.where(listed, numbers - (numbers * listed).sum(-1, keepdims=True) / count, 0.0)
