"""Profiles as a file holds them: cells x genes with names, read block by block as often as wanted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int, Num, Shaped
from scipy import sparse

from genomimic.errors import DataError

BLOCK_VALUES = 4_000_000
"""Values that a block of cells holds at most; zeros of a sparse matrix are not stored and do not count."""

Block = sparse.csr_array | Num[np.ndarray, "rows genes"]
"""Rows of a matrix, sparse or dense."""


@dataclass(frozen=True, eq=False)
class Profiles:
    """A matrix of cells x genes that stays where it is; `blocks()` reads its rows in their order.

    `elsewhere` names other matrices of the file that hold whole numbers only, as raw counts do.
    """

    path: Path
    cells: Shaped[np.ndarray, " cells"]
    genes: Shaped[np.ndarray, " genes"]
    blocks: Callable[[], Iterator[Block]]
    labels: Mapping[str, Shaped[np.ndarray, " cells"]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and genes."""
        return len(self.cells), len(self.genes)


def held(
    path: Path,
    matrix: Block,
    cells: Shaped[np.ndarray, " cells"],
    genes: Shaped[np.ndarray, " genes"],
    labels: Mapping[str, Shaped[np.ndarray, " cells"]] | None = None,
) -> Profiles:
    """Profiles whose matrix is in memory."""
    if isinstance(matrix, sparse.csr_array):
        ends = np.asarray(matrix.indptr)
    else:
        ends = np.arange(len(matrix) + 1, dtype=np.int64) * matrix.shape[1]
    return Profiles(path, cells, genes, lambda: (matrix[rows] for rows in row_blocks(ends)), labels or {})


def height(block: Block) -> int:
    """Number of rows."""
    return len(block) if isinstance(block, np.ndarray) else len(block.indptr) - 1


def row_blocks(ends: Int[np.ndarray, " rows+1"]) -> Iterator[slice]:
    """Consecutive rows of at most `BLOCK_VALUES` stored values; `ends` counts the values before each row.

    >>> list(row_blocks(np.array([0, 3_000_000, 5_000_000, 6_000_000])))
    [slice(0, 1, None), slice(1, 3, None)]
    """
    start, rows = 0, len(ends) - 1
    while start < rows:
        stop = int(np.searchsorted(ends, ends[start] + BLOCK_VALUES, side="right")) - 1
        stop = min(max(stop, start + 1), rows)
        yield slice(start, stop)
        start = stop


def turned(found: Profiles) -> Profiles:
    """The same matrix with its cells as genes and its genes as cells; the labels belonged to what are genes now."""
    parts = [sparse.csr_array(block) for block in found.blocks()]
    matrix = sparse.csr_array(sparse.vstack(parts).T)
    return replace(held(found.path, matrix, found.genes, found.cells), elsewhere=found.elsewhere)


def refuse_shape(path: Path, shape: tuple[int, int], cells: int, genes: int) -> None:
    """Raise `DataError` where a matrix of this shape (cells, genes) does not fit its names."""
    if shape != (cells, genes):
        raise DataError(
            f"{path}: the matrix has {shape[0]:,} cells x {shape[1]:,} genes, but there are {cells:,} names of cells "
            f"and {genes:,} of genes; was the file, or the one with the names, copied completely?"
        )
