"""What fills in values without a generative model: gene means, nearest neighbours, and matrices of low rank.

All work on one scale (see `forecasts`), on which errors may be squared.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.utils.extmath import randomized_svd

ROUNDS = 15
"""Times that a matrix of low rank is fitted to itself."""

Scale = Float[np.ndarray, "_ length"]
"""Values on the scale of the imputers, NaN where not known."""


class Imputer(ABC):
    """Foretells all values of cells, known or not, from training cells."""

    @abstractmethod
    def __call__(self, train: Scale, cells: Scale) -> Scale:
        """One forecast for each value."""


@dataclass(frozen=True)
class GeneMean(Imputer):
    """The mean of the gene over the training cells."""

    def __call__(self, train: Scale, cells: Scale) -> Scale:
        """The same for all cells."""
        return np.broadcast_to(column_means(train), cells.shape)


@dataclass(frozen=True)
class Neighbours(Imputer):
    """The mean of the gene over the k training cells that are nearest in what is known (Troyanskaya et al. 2001)."""

    k: int

    def __call__(self, train: Scale, cells: Scale) -> Scale:
        """Means over neighbours; the gene's mean where none of them knows it."""
        near = np.argpartition(distances(cells, train), min(self.k, len(train)) - 1, 1)
        means, known = column_means(train), ~np.isnan(train)
        filled = np.where(known, train, 0.0)
        found = np.empty(cells.shape, np.float32)
        for i, rows in enumerate(near[:, : self.k]):
            n = known[rows].sum(0)
            found[i] = np.where(n > 0, filled[rows].sum(0) / np.maximum(n, 1), means)
        return found


@dataclass(frozen=True)
class LowRank(Imputer):
    """A matrix of low rank fitted to what is known: PCA where `centred`, else a truncated singular value decomposition.

    What is not known begins at the gene's mean and is exchanged for what the fit says of it, again and again.
    """

    rank: int
    centred: bool

    def __call__(self, train: Scale, cells: Scale) -> Scale:
        """What the fit says, with the axes of the training cells."""
        means = column_means(train)
        centre = means if self.centred else np.zeros_like(means)
        learned = np.where(np.isnan(train), means, train) - centre
        axes = _axes(learned, self.rank)
        for _ in range(4 if np.isnan(train).any() else 0):
            learned = np.where(np.isnan(train), learned @ axes.T @ axes, train - centre)
            axes = _axes(learned, self.rank)
        unknown = np.isnan(cells)
        filled = np.where(unknown, means, cells) - centre
        for _ in range(ROUNDS):
            filled = np.where(unknown, filled @ axes.T @ axes, filled)
        return filled @ axes.T @ axes + centre


IMPUTERS: Mapping[str, tuple[Imputer, ...]] = {
    "gene mean": (GeneMean(),),
    "nearest neighbours": (Neighbours(5), Neighbours(15), Neighbours(50)),
    "PCA": (LowRank(5, True), LowRank(15, True), LowRank(40, True)),
    "truncated SVD": (LowRank(5, False), LowRank(15, False), LowRank(40, False)),
}
"""Each with the settings among which validation cells choose."""


def distances(first: Scale, second: Scale) -> Float[np.ndarray, "n m"]:
    """Mean squared difference of two cells over what is known in both; infinite where nothing is.

    >>> distances(np.array([[1.0, np.nan]]), np.array([[3.0, 5.0], [np.nan, 1.0]])).tolist()
    [[4.0, inf]]
    """
    (x, one), (y, two) = ((np.nan_to_num(rows), (~np.isnan(rows)).astype(rows.dtype)) for rows in (first, second))
    square = (x * x) @ two.T + one @ (y * y).T - 2 * (x @ y.T)
    n = one @ two.T
    return np.where(n > 0, np.maximum(square, 0) / np.maximum(n, 1), np.inf)


def _axes(rows: Scale, rank: int) -> Float[np.ndarray, "rank length"]:
    return randomized_svd(rows, min(rank, *rows.shape), random_state=0)[2]


def column_means(values: Scale) -> Float[np.ndarray, " length"]:
    """Mean of what is known; 0 for a gene of which nothing is."""
    known = ~np.isnan(values)
    return (np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1)).astype(np.float32)
