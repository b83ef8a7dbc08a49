"""AnnData's `.h5ad` files: a matrix, or one of its layers, with the annotation of cells; and how one is written."""

import warnings
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from jaxtyping import Num, Shaped
from scipy import sparse

from genomimic.errors import DataError, UsageError
from genomimic.io.hdf5 import MISSING, blocks_of, layout, open_hdf5, shape_of, texts
from genomimic.io.profiles import Profiles, refuse_shape

if TYPE_CHECKING:
    import pandas as pd


def read_h5ad(path: Path, *, layer: str | None, notes: Counter[str]) -> Profiles:
    """Profiles of X, of the layer of that name, or of `raw`; counts `obs_columns_left_out` into `notes`."""
    with open_hdf5(path) as file:
        matrices = _matrices(file)
        name = _chosen(path, matrices, layer)
        frame = _frame(path, file, "obs")
        cells = texts(frame.index)
        genes = _names(file, "raw/var" if name in ("raw/X", "raw.X") else "var")
        shape = shape_of(file[name])
    refuse_shape(path, shape, len(cells), len(genes))
    elsewhere = tuple(other for other, at in matrices.items() if at != name and _whole(path, at))
    labels = _labels(frame, notes)
    return Profiles(path, cells, genes, lambda: blocks_of(path, name), labels, elsewhere)


def _matrices(file: Any) -> dict[str, str]:
    """What `--layer` may name, and where it stands in the file."""
    found = {"X": "X"} if "X" in file and layout(file["X"]) in ("csr", "csc", "array") else {}
    found |= {name: f"layers/{name}" for name in file.get("layers", ())}
    raw = next((at for at in ("raw/X", "raw.X") if at in file), None)
    return found | ({"raw": raw} if raw else {})


def _chosen(path: Path, matrices: Mapping[str, str], layer: str | None) -> str:
    wanted = "X" if layer is None else layer
    if wanted in matrices:
        return matrices[wanted]
    there = ", ".join(matrices) or "none"
    if layer is None:
        raise DataError(f"{path} holds no matrix X; choose another with --layer NAME (there is {there})")
    close = get_close_matches(layer, matrices, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise DataError(f"{path} has no layer {layer!r}; {hint}there is {there}")


def _frame(path: Path, file: Any, name: str) -> "pd.DataFrame":
    """A table of annotation, also as files of before 2019 hold it."""
    try:
        import pandas as pd
        from anndata.io import read_elem
    except ModuleNotFoundError:
        raise DataError(MISSING.format(path)) from None
    if name not in file:
        raise DataError(f"{path} is an HDF5 file but not AnnData's: it has no {name!r}; give .h5ad, or 10x's .h5")
    stored: Any = file[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "encoding-type" in stored.attrs:
            return cast("pd.DataFrame", read_elem(stored))
    if not hasattr(stored, "dtype"):
        columns = {key: stored[key][:] for key in stored if hasattr(stored[key], "dtype")}
        return pd.DataFrame(columns).set_index(_index(stored))
    frame = pd.DataFrame.from_records(stored[:])
    for column in frame:
        categories = f"uns/{column}_categories"
        if categories in file:
            frame[column] = pd.Categorical.from_codes(frame[column], texts(file[categories]))
    return frame.set_index(_index(stored))


def _index(stored: Any) -> str:
    """The column that holds the names."""
    given = stored.attrs.get("_index")
    fields = stored.dtype.names if hasattr(stored, "dtype") else list(stored)
    return str(given) if given is not None else next(name for name in ("index", "_index", fields[0]) if name in fields)


def _names(file: Any, name: str) -> Shaped[np.ndarray, " n"]:
    stored: Any = file["raw.var" if name == "raw/var" and name not in file else name]
    column = stored[_index(stored)]
    return texts(column[:] if hasattr(column, "shape") else column["values"][:])


def _labels(frame: "pd.DataFrame", notes: Counter[str]) -> dict[str, Shaped[np.ndarray, " n"]]:
    """Columns of text, categories, whole numbers and truths as text, "" where missing; others are left out."""
    found = {}
    for name, column in frame.items():
        if column.dtype.kind == "f" or column.dtype.name.lower().startswith("float"):
            notes["obs_columns_left_out"] += 1
            continue
        lacking = column.isna().to_numpy()
        notes["labels_missing"] += int(lacking.sum())
        found[str(name)] = np.where(lacking, "", texts(column.astype(object)))
    return found


def _whole(path: Path, name: str) -> bool:
    """Whether the first cells of a matrix hold whole numbers only, and not zeros alone."""
    block = next(blocks_of(path, name), None)
    if block is None:
        return False
    values = block.data if isinstance(block, sparse.csr_array) else np.asarray(block).ravel()
    return bool(values.any() and (values >= 0).all() and (values == np.round(values)).all())


def write_h5ad(
    path: Path,
    matrix: sparse.csr_array | Num[np.ndarray, "cells genes"],
    *,
    cells: Shaped[np.ndarray, " cells"],
    genes: tuple[str, ...],
    labels: Mapping[str, Shaped[np.ndarray, " cells"]],
    provenance: Mapping[str, Any],
    layers: Mapping[str, Any] = MappingProxyType({}),
    points: Mapping[str, Num[np.ndarray, "cells axes"]] = MappingProxyType({}),
    numbers: Mapping[str, Num[np.ndarray, " cells"]] = MappingProxyType({}),
) -> None:
    """Write profiles as AnnData: labels as categories in `obs`, where they come from in `uns["genomimic"]`.

    `layers` are further matrices, `points` go to `obsm`, `numbers` to `obs`.
    """
    import pandas as pd
    from anndata import AnnData

    obs = pd.DataFrame({name: pd.Categorical(column.astype(str)) for name, column in labels.items()})
    obs = obs.assign(**{name: np.asarray(column) for name, column in numbers.items()})
    obs.index = pd.Index(cells.astype(str).tolist(), dtype=object)
    var = pd.DataFrame(index=pd.Index(list(genes), dtype=object))
    held = sparse.csr_matrix(matrix) if isinstance(matrix, sparse.csr_array) else matrix
    made = AnnData(held, obs=obs, var=var, uns={"genomimic": dict(provenance)})
    for name, layer in layers.items():
        made.layers[name] = sparse.csr_matrix(layer) if isinstance(layer, sparse.csr_array) else layer
    made.obsm.update(points)
    made.write_h5ad(path, compression="gzip")


def check_installed(path: Path) -> None:
    """Refuse to write `.h5ad` where anndata is missing, before any work is done for it."""
    from importlib.util import find_spec

    if find_spec("anndata") is None:
        raise UsageError(MISSING.format(path) + ", or write .csv.gz")
