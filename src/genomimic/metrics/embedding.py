"""Distances of two sets in the embedding: how far apart are their means, spreads and shapes?

Both are computed from sums over records, so that half-samples are cheap however many records there are.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genomimic.comparison import Comparison
from genomimic.embedding import Embedding, embedding
from genomimic.metrics.base import metric, sequences
from genomimic.metrics.differences import mean_discrepancy, sums_of
from genomimic.views import View

RECORDS_A_DIMENSION = 20


class Moments(NamedTuple):
    """Number of points, their mean and covariance."""

    n: int
    mean: Float[np.ndarray, " d"]
    covariance: Float[np.ndarray, "d d"]

    def first(self, most: int) -> "Moments":
        """Those in the first dimensions."""
        return Moments(self.n, self.mean[:most], self.covariance[:most, :most])


@metric(
    family="embedding",
    group="fidelity",
    question="Do the records lie where real ones do, with the same mean and covariance in the embedding?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="squared standard deviations",
    paper="Heusel et al. 2017, arXiv:1706.08500; DNA: Stark et al. 2024, arXiv:2402.05841",
    floor="composition or independent",
    kind="divergence",
)
def frechet_distance(comparison: Comparison) -> float:
    """Frechet distance of two Gaussians, less what finite samples add to the distance of their means.

    E|mean - mean'|^2 is tr(S)/n + tr(S')/n' too large, which is taken off; what is left of the bias, of covariances,
    is in the ceiling too, as that is measured at the same n. Small sets are compared in the first dimensions alone: 20
    records for each, as a covariance of fewer is mostly chance.
    """
    fitted, smaller = embedding(comparison.train), min(len(comparison.holdout.root), len(comparison.synthetic.root))
    most = max(smaller // RECORDS_A_DIMENSION, 1)
    real, synthetic = (moments(view, fitted).first(most) for view in (comparison.holdout, comparison.synthetic))
    excess = sum(float(np.trace(one.covariance)) / one.n for one in (real, synthetic))
    return gaussian_frechet(real, synthetic) - excess


@metric(
    family="embedding",
    group="fidelity",
    question="Do the records lie where real ones do, up to the third moments in the embedding?",
    better="lower",
    low=-np.inf,
    high=np.inf,
    unit="squared kernel distance",
    paper="Binkowski et al. 2018, arXiv:1801.01401; Gretton et al. 2012",
    floor="composition",
    needs=[sequences],
    kind="divergence",
)
def kernel_distance(comparison: Comparison) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x y / d + 1)^3; 0 is what chance gives."""
    fitted = embedding(comparison.train)
    return mean_discrepancy(*(kernel_sums(view, fitted) for view in (comparison.synthetic, comparison.holdout)))


def gaussian_frechet(a: Moments, b: Moments) -> float:
    """Squared Frechet (2-Wasserstein) distance of two Gaussians: |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2).

    >>> one, two = Moments(9, np.zeros(2), np.eye(2)), Moments(9, np.ones(2), 4 * np.eye(2))
    >>> gaussian_frechet(one, two)
    4.0
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ b.covariance @ root).clip(0)).sum()
    return float(((a.mean - b.mean) ** 2).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * shared)


def moments(view: View, fitted: Embedding) -> Moments:
    """Mean and covariance of a set's points."""
    n, d = len(view), fitted.dimensions
    sums = view.totals(("moments", fitted.version), lambda part: _moment_sums(fitted.points(part)))
    mean = sums[:d] / n
    products = sums[d:].reshape(d, d)
    return Moments(n, mean, (products - n * np.outer(mean, mean)) / max(n - 1, 1))


def kernel_sums(view: View, fitted: Embedding) -> Float[np.ndarray, " sums"]:
    """`sums_of` the cubic kernel's features over a set's points."""
    return view.totals(("cubic", fitted.version), lambda part: sums_of(cubic_features(fitted.points(part))))


def cubic_features(points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n features"]:
    """Features whose dot products are (x y / d + 1)^3: all products of three of (x / sqrt(d), 1).

    >>> cubic_features(np.array([[2.0]])).round(6).tolist()
    [[8.0, 6.928203, 3.464102, 1.0]]
    """
    scaled = points.astype(float) / points.shape[1] ** 0.5
    extended = np.concatenate([scaled, np.ones((len(points), 1))], 1)
    triples, weights = _triples(extended.shape[1])
    return extended[:, triples].prod(-1) * weights


@cache
def _triples(size: int) -> tuple[Int[np.ndarray, "features 3"], Float[np.ndarray, " features"]]:
    """Triples i <= j <= k, and the root of how many orders each has."""
    triples = np.array([(i, j, k) for i in range(size) for j in range(i, size) for k in range(j, size)])
    different = 1 + (np.diff(triples, axis=1) > 0).sum(1)
    return triples, np.sqrt(np.array([0, 1, 3, 6])[different])


def _moment_sums(points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " sums"]:
    exact = points.astype(float)
    return np.concatenate([exact.sum(0), (exact.T @ exact).ravel()])
