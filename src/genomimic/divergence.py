"""How far two distributions are apart in bits, and how far chance alone puts two samples of one."""

import math

import numpy as np
from jaxtyping import Float, Num


def entropies(p: Float[np.ndarray, "*sets words"]) -> Float[np.ndarray, "*sets"] | float:
    """Entropy in bits of each distribution."""
    return -(p * np.log2(np.where(p > 0, p, 1))).sum(-1)


def jensen_shannon(
    p: Float[np.ndarray, "*sets words"], q: Float[np.ndarray, "*sets words"]
) -> Float[np.ndarray, "*sets"] | float:
    """Jensen-Shannon divergence in bits of each two distributions, from 0 to 1 (Lin 1991).

    >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([1.])
    """
    return np.maximum(entropies((p + q) / 2) - (entropies(p) + entropies(q)) / 2, 0.0)


def null_bias(
    words: Num[np.ndarray, "*sets"] | int, n: Num[np.ndarray, "*sets"] | int, m: Num[np.ndarray, "*sets"] | int
) -> Float[np.ndarray, "*sets"] | float:
    """Expected divergence in bits of two samples of n and m draws from one distribution over `words` words.

    E0 = (words - 1) / (8 ln 2) (1/n + 1/m): the divergence is a chi-squared variable to second order.
    """
    return (words - 1) / (8 * math.log(2)) * (1 / n + 1 / m)
