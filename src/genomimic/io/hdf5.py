"""HDF5 files opened, their faults told in one line, and their matrices read in blocks of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped
from scipy import sparse

from genomimic.errors import DataError, GenomimicError
from genomimic.io.base import shorten
from genomimic.io.profiles import BLOCK_VALUES, Block, row_blocks

MISSING = "{} needs the package anndata, which is not installed; install it with: pip install 'genomimic[expression]'"


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """An HDF5 file to read from; `DataError` where it is none or damaged, also while it is read inside the `with`."""
    try:
        import h5py
    except ModuleNotFoundError:
        raise DataError(MISSING.format(path)) from None
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{path} is a truncated or damaged HDF5 file ({shorten(str(error), 120)}); copy or download it again"
        ) from error
    except (GenomimicError, MemoryError, ModuleNotFoundError):
        raise
    except Exception as error:  # h5py and anndata tell damage by errors of all kinds
        raise DataError(
            f"{path} holds what AnnData and 10x files do not ({shorten(str(error), 120)}), or is damaged; copy it "
            "again, or write it anew with a current anndata"
        ) from error


def texts(stored: Any) -> Shaped[np.ndarray, " n"]:
    """A stored column of text, or of numbers, as text."""
    values = np.asarray(stored)
    return np.array([v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values.tolist()], str)


def layout(stored: Any) -> str:
    """How a matrix is stored: "csr", "csc" or "array"."""
    kind = stored.attrs.get("encoding-type", stored.attrs.get("h5sparse_format", "array"))
    return str(kind).removesuffix("_matrix")


def shape_of(stored: Any) -> tuple[int, int]:
    """Rows and columns of a stored matrix."""
    shape = stored.attrs.get("shape", stored.attrs.get("h5sparse_shape"))
    rows, columns = stored.shape if shape is None else shape
    return int(rows), int(columns)


def blocks_of(path: Path, name: str) -> Iterator[Block]:
    """The matrix `name` of an HDF5 file, dense or sparse by rows or by columns, in blocks of rows."""
    with open_hdf5(path) as file:
        stored = file[name]
        if layout(stored) == "csr":
            yield from compressed_rows(stored, shape_of(stored)[1])
        elif layout(stored) == "csc":
            parts = tuple(stored[part][:] for part in ("data", "indices", "indptr"))
            columns = sparse.csc_array(parts, shape=shape_of(stored))
            columns.check_format()
            whole = columns.tocsr()
            yield from (whole[rows] for rows in row_blocks(whole.indptr))
        else:
            step = max(BLOCK_VALUES // max(stored.shape[1], 1), 1)
            yield from (stored[start : start + step] for start in range(0, stored.shape[0], step))


def compressed_rows(stored: Any, columns: int) -> Iterator[sparse.csr_array]:
    """Blocks of a matrix that is stored by compressed rows."""
    ends = stored["indptr"][:].astype(np.int64)
    for rows in row_blocks(ends):
        inside = slice(int(ends[rows.start]), int(ends[rows.stop]))
        indptr = ends[rows.start : rows.stop + 1] - inside.start
        parts = (stored["data"][inside], stored["indices"][inside], indptr)
        block = sparse.csr_array(parts, shape=(rows.stop - rows.start, columns))
        block.check_format()
        yield block
