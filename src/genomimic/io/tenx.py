"""What 10x Genomics' Cell Ranger writes: HDF5 files, and Matrix Market files with the names beside them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Shaped
from scipy import sparse
from scipy.io import mmread

from genomimic.errors import DataError
from genomimic.io.base import shorten
from genomimic.io.compression import SUFFIXES, open_bytes
from genomimic.io.hdf5 import compressed_rows, open_hdf5, texts
from genomimic.io.profiles import Block, Profiles, held, refuse_shape

_GENES = ("features", "genes", "var", "rows", "gene_names")
_CELLS = ("barcodes", "cells", "obs", "cols", "columns", "cell_names")
_COLUMN = 2  # id, name, kind of feature


def read_tenx_hdf5(path: Path, *, notes: Counter[str]) -> Profiles:
    """Profiles of a Cell Ranger HDF5 file (version 2 or 3); counts `features_not_genes`, `genes_named_with_id`."""
    with open_hdf5(path) as file:
        groups = [name for name in file if {"barcodes", "indptr"} <= set(file[name])]
        if not groups:
            raise DataError(f"{path} is an HDF5 file of neither AnnData nor 10x Genomics; give .h5ad, or 10x's .h5")
        if len(groups) > 1:
            raise DataError(
                f"{path} holds several genomes ({', '.join(groups)}); write one of them to a file of its own"
            )
        stored: Any = file[groups[0]]
        features = stored.get("features", stored)
        ids, names = (
            texts(features[a if a in features else b][:]) for a, b in (("id", "genes"), ("name", "gene_names"))
        )
        kinds = texts(features["feature_type"][:]) if "feature_type" in features else None
        cells = texts(stored["barcodes"][:])
        genes, barcodes = map(int, stored["shape"][:])
    refuse_shape(path, (barcodes, genes), len(cells), len(names))

    def blocks() -> Any:
        with open_hdf5(path) as file:
            yield from compressed_rows(file[groups[0]], len(names))

    return _of_features(Profiles(path, cells, names, blocks), ids, kinds, notes)


def read_matrix_market(path: Path, *, orientation: str | None, notes: Counter[str]) -> Profiles:
    """Profiles of an .mtx file, or of the one in a folder, named by the files beside it (features.tsv, barcodes.tsv).

    Genes stand in the rows, as 10x Genomics writes them, unless the names or `orientation` say otherwise.
    """
    path = _matrix_in(path) if path.is_dir() else path
    genes, cells = (_read_names(_neighbour(path, names)) for names in (_GENES, _CELLS))
    matrix, shape = _read_matrix(path)
    upright = len(cells) != len(genes) and shape == (len(cells), len(genes))
    found_upright = orientation == "cells-by-genes" or (orientation is None and upright)
    found = sparse.csr_array(matrix if found_upright else matrix.T)
    rows, columns = shape if found_upright else shape[::-1]
    refuse_shape(path, (rows, columns), len(cells), len(genes))
    names = np.array([row[1] if len(row) > 1 else row[0] for row in genes], str)
    kinds = np.array([row[_COLUMN] for row in genes], str) if all(len(row) > _COLUMN for row in genes) else None
    profiles = held(path, found, np.array([row[0] for row in cells], str), names)
    return _of_features(profiles, np.array([row[0] for row in genes], str), kinds, notes)


def _matrix_in(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if _bare(path).endswith(".mtx"))
    if len(found) != 1:
        raise DataError(
            f"{folder} is a folder; name a file in it (folders are read that hold one .mtx file; here are {len(found)})"
        )
    return found[0]


def _bare(path: Path) -> str:
    """Name of a file in lower case without the suffix of its compression."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _neighbour(path: Path, names: Sequence[str]) -> Path:
    """The file beside a matrix that holds its names, at best one with the same beginning."""
    own = _bare(path).removesuffix(".mtx").removesuffix("matrix")
    starts = dict.fromkeys((own, f"{own}_", ""))
    wanted = [f"{start}{name}{ending}" for start in starts for name in names for ending in (".tsv", ".txt", ".csv")]
    beside = {_bare(file): file for file in sorted(path.parent.iterdir())}
    for name in wanted:
        if name in beside:
            return beside[name]
    raise DataError(f"{path}: no file of names beside it; put {names[0]}.tsv there, one name a line")


def _read_names(path: Path) -> list[list[str]]:
    try:
        with open_bytes(path) as file:
            lines = file.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error}); convert it with: iconv -t utf-8") from error
    mark = "," if ".csv" in path.name else "\t"
    return [[part.strip().strip('"') for part in line.split(mark)] for line in lines if line.strip()]


class _OneWay:
    """A file that cannot be wound back: scipy winds one with a wrong header back too far, which ends the program."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read


def _read_matrix(path: Path) -> tuple[sparse.coo_array, tuple[int, int]]:
    try:
        with open_bytes(path) as file:
            found: Any = mmread(_OneWay(file))
            return sparse.coo_array(found), found.shape
    except (ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{path} is not a Matrix Market file that can be read: {shorten(str(error), 160)}") from error


def _of_features(
    found: Profiles, ids: Shaped[np.ndarray, " genes"], kinds: Shaped[np.ndarray, " genes"] | None, notes: Counter[str]
) -> Profiles:
    """Genes only, and a name that several of them share made one's own by its id, as ids are what 10x goes by."""
    names = _own(found.genes, ids, notes)
    genes = np.ones(len(names), bool) if kinds is None else kinds == "Gene Expression"
    if genes.all() or not genes.any():
        return replace(found, genes=names)
    notes["features_not_genes"] = int((~genes).sum())

    def blocks() -> Any:
        yield from (_columns(block, np.flatnonzero(genes)) for block in found.blocks())

    return replace(found, genes=names[genes], blocks=blocks)


def _columns(block: Block, columns: Shaped[np.ndarray, " some"]) -> Block:
    return block[:, columns]


def _own(
    names: Shaped[np.ndarray, " genes"], ids: Shaped[np.ndarray, " genes"], notes: Counter[str]
) -> Shaped[np.ndarray, " genes"]:
    _, place, times = np.unique(names, return_inverse=True, return_counts=True)
    shared = times[place] > 1
    notes["genes_named_with_id"] += int(shared.sum())
    return np.array([f"{name}_{id_}" if two else name for name, id_, two in zip(names, ids, shared, strict=True)], str)
