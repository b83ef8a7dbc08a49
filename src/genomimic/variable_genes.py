"""Which genes vary more than their level foretells: those that tell cells apart.

For counts the variance of a gene grows with its mean, so its logarithm is fitted on that of the mean by a local
quadratic regression, and each gene's values are standardised by the variance that the fit foretells (Stuart et
al. 2019, doi:10.1016/j.cell.2019.05.031, as in Seurat's "vst" and scanpy's "seurat_v3").
"""

import numpy as np
from jaxtyping import Bool, Float, Int

SPAN = 0.3
"""Share of the genes that each local fit looks at."""

_POINTS = 200


def expected_variance(
    mean: Float[np.ndarray, " genes"], variance: Float[np.ndarray, " genes"]
) -> Float[np.ndarray, " genes"]:
    """The variance that a gene's mean foretells, from all genes; both above 0.

    >>> level = np.geomspace(0.01, 100, 500)
    >>> bool(np.allclose(expected_variance(level, level), level))
    True
    """
    x, y = np.log10(mean), np.log10(variance)
    order = np.argsort(x, kind="stable")
    places = np.unique(np.quantile(x, np.linspace(0, 1, _POINTS)))
    fitted = np.array([_local(x[order], y[order], place) for place in places])
    return 10.0 ** np.interp(x, places, fitted)


def _local(x: Float[np.ndarray, " genes"], y: Float[np.ndarray, " genes"], place: float) -> float:
    """A parabola through the nearest points, weighted by the tricube of their distance, at one place (x ascends)."""
    width = min(max(int(np.ceil(SPAN * len(x))), 4), len(x))
    start = int(np.clip(np.searchsorted(x, place) - width // 2, 0, len(x) - width))
    while start > 0 and place - x[start - 1] < x[start + width - 1] - place:
        start -= 1
    while start + width < len(x) and x[start + width] - place < place - x[start]:
        start += 1
    near = slice(start, start + width)
    distance = np.abs(x[near] - place)
    weight = np.clip(1 - (distance / max(distance.max() * 1.001, 1e-12)) ** 3, 0, None) ** 1.5
    powers = np.vander(x[near] - place, 3, increasing=True)
    return float(np.linalg.lstsq(powers * weight[:, None], y[near] * weight, rcond=None)[0][0])


def most_variable(
    score: Float[np.ndarray, " genes"], usable: Bool[np.ndarray, " genes"], n: int
) -> Int[np.ndarray, " chosen"]:
    """The n usable genes of the highest score, in the order of the file; of equal ones those that stand first.

    >>> most_variable(np.array([1.0, 3.0, 2.0, 3.0]), np.array([True, True, True, False]), 2)
    array([1, 2])
    """
    rows = np.flatnonzero(usable)
    return np.sort(rows[np.argsort(-score[rows], kind="stable")[:n]])
