"""What is known of each gene before any is chosen, summed over blocks of cells, sparse or dense."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from genomimic.errors import DataError
from genomimic.io.base import shorten
from genomimic.io.profiles import Block, Profiles, height


@dataclass(frozen=True, eq=False)
class GeneStatistics:
    """Of each gene: cells in which it is known, its mean, variance, lowest and highest value.

    `fraction`, `negative` and `missing` say where the first such value stands, and how many there are in all.
    """

    known: Int[np.ndarray, " genes"]
    mean: Float[np.ndarray, " genes"]
    variance: Float[np.ndarray, " genes"]
    low: Float[np.ndarray, " genes"]
    high: Float[np.ndarray, " genes"]
    fraction: "Found"
    negative: "Found"
    missing: "Found"


@dataclass
class Found:
    """How often something was found, and where first, in words."""

    count: int = 0
    where: str = ""

    def add(self, mask: Bool[np.ndarray, " stored"], place: Callable[[int], str]) -> None:
        """Count what a mask over stored values marks."""
        if not self.count and mask.any():
            self.where = place(int(mask.argmax()))
        self.count += int(mask.sum())


def gene_statistics(found: Profiles) -> GeneStatistics:
    """One pass over the cells; raises `DataError` for values that are infinite or no numbers."""
    genes = len(found.genes)
    known, total, squares, seen = (np.zeros(genes) for _ in range(4))
    low, high = np.full(genes, np.inf), np.full(genes, -np.inf)
    fraction, negative, missing, infinite = Found(), Found(), Found(), Found()
    start = 0
    for block in found.blocks():
        values, columns, place = _stored(found, block, start)
        infinite.add(np.isinf(values), place)
        missing.add(np.isnan(values), place)
        finite = np.isfinite(values)
        fraction.add(finite & (values != np.round(values)), place)
        negative.add(values < 0, place)
        inside, where = values[finite], columns[finite]
        known += height(block) - np.bincount(columns[~finite], minlength=genes)
        seen += np.bincount(where, minlength=genes)
        total += np.bincount(where, inside, genes)
        squares += np.bincount(where, inside * inside, genes)
        np.minimum.at(low, where, inside)
        np.maximum.at(high, where, inside)
        start += height(block)
    if infinite.count:
        raise DataError(f"{found.path}, {infinite.where}: infinite; correct it (log of 0? add 1 first), or empty it")
    zeros = seen < known
    low, high = np.where(zeros, np.minimum(low, 0), low), np.where(zeros, np.maximum(high, 0), high)
    mean = total / np.maximum(known, 1)
    variance = np.maximum(squares - known * mean**2, 0) / np.maximum(known - 1, 1)
    return GeneStatistics(known.astype(np.int64), mean, variance, low, high, fraction, negative, missing)


def _stored(
    found: Profiles, block: Block, start: int
) -> tuple[Float[np.ndarray, " stored"], Int[np.ndarray, " stored"], Callable[[int], str]]:
    """Stored values of a block, their columns, and how to say where one of them stands."""
    genes = len(found.genes)
    if isinstance(block, sparse.csr_array):
        values, columns, ends = np.asarray(block.data, np.float64), block.indices, block.indptr
        row_of = lambda at: int(np.searchsorted(ends, at, side="right")) - 1  # noqa: E731
    else:
        values = np.asarray(block, np.float64).ravel()
        columns = np.tile(np.arange(genes), height(block))
        row_of = lambda at: at // genes  # noqa: E731

    def place(at: int) -> str:
        cell, gene = found.cells[start + row_of(at)], found.genes[columns[at]]
        return f"cell {shorten(str(cell), 40)!r}, gene {shorten(str(gene), 40)!r}: {values[at]:g}"

    return values, columns, place


def clipped_variance(
    found: Profiles, mean: Float[np.ndarray, " genes"], spread: Float[np.ndarray, " genes"]
) -> Float[np.ndarray, " genes"]:
    """Variance of (x - mean) / spread over cells, with x cut at mean + sqrt(cells) spread (Stuart et al. 2019)."""
    cells, genes = found.shape
    most = mean + np.sqrt(cells) * spread
    total, squares, known = np.zeros(genes), np.zeros(genes), np.full(genes, cells)
    for block in found.blocks():
        values, columns, _ = _stored(found, block, 0)
        finite = np.isfinite(values)
        known -= np.bincount(columns[~finite], minlength=genes)
        cut = np.minimum(values[finite], most[columns[finite]])
        total += np.bincount(columns[finite], cut, genes)
        squares += np.bincount(columns[finite], cut * cut, genes)
    return (known * mean**2 + squares - 2 * total * mean) / (np.maximum(known - 1, 1) * spread**2)
