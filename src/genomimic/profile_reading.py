"""From a path to a `Dataset` of gene expression: counts or continuous values, and which genes; each policy counted.

A sparse matrix stays sparse, and in its file, until genes are chosen: one pass finds out about each gene, a second (for
counts) standardises their variances, a last one takes the chosen genes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import cast, get_args

import numpy as np
from jaxtyping import Int, Shaped
from scipy import sparse

from genomimic.dataset import Dataset, Source
from genomimic.encoding import unique_names
from genomimic.errors import DataError, UsageError
from genomimic.gene_statistics import GeneStatistics, clipped_variance, gene_statistics
from genomimic.io import Profiles, open_profiles
from genomimic.io.base import shorten
from genomimic.io.compression import open_bytes
from genomimic.io.profile_tables import Orientation, gene_likeness
from genomimic.io.profiles import height
from genomimic.modalities import Expression, Modality
from genomimic.modalities.expression import Kind, gene_columns
from genomimic.variable_genes import expected_variance, most_variable

GENES = 2000
"""Genes that are kept where nothing is said: those that vary most."""

MAX_COUNT = 2**31 - 1
"""Largest count that a data set holds."""

MAX_BYTES = 16 * 2**30
"""Largest dense matrix that reading makes."""


@dataclass(frozen=True)
class Options:
    """How gene expression is read; None where the data decide. `missing`: counts may be missing (-1)."""

    layer: str | None = None
    genes: int | str | None = None
    orientation: str | None = None
    missing: bool | None = None

    @property
    def given(self) -> dict[str, str | int | float | bool]:
        """What was said."""
        return {name: value for name, value in vars(self).items() if value is not None}


def read_profiles(path: Path, modality: str | Modality | None, options: Options) -> Dataset:
    """The cells of an AnnData, 10x or Matrix Market file, or of a table, as a dense matrix of the chosen genes.

    An `Expression` settles which genes, in which order, and whether they are counts; else the data decide.
    """
    _check(options)
    notes: Counter[str] = Counter()
    found = open_profiles(path, layer=options.layer, orientation=options.orientation, notes=notes)
    _refuse_empty(found)
    _refuse_repeated(found)
    statistics = gene_statistics(found)
    if isinstance(modality, Expression):
        kind, columns = modality.kind, _named(found, modality.genes, "of the training data")
        _refuse_not_counts(found, statistics, kind, options)
    else:
        kind = _kind(found, statistics, cast("Kind | None", modality), options, notes)
        columns = _chosen(found, statistics, options.genes, kind, notes)
    dataset = _dataset(found, columns, Expression(kind, tuple(found.genes[columns].tolist())), notes)
    return replace(dataset, source=Source(str(path), options.given))


def _check(options: Options) -> None:
    if options.orientation not in (None, *get_args(Orientation)):
        raise UsageError(f"--orientation is {options.orientation!r}; give {' or '.join(get_args(Orientation))}")
    if isinstance(options.genes, int) and options.genes < 1:
        raise UsageError(f"--genes is {options.genes}; give a number above 0, all, or a file of names")


def _refuse_empty(found: Profiles) -> None:
    for count, what in zip(found.shape, ("cells", "genes"), strict=True):
        if count == 0:
            raise DataError(f"{found.path} holds no {what}; was the file written completely?")


def _refuse_repeated(found: Profiles) -> None:
    names, times = np.unique(found.genes, return_counts=True)
    if "" in names:
        at = int(np.flatnonzero(found.genes == "")[0]) + 1
        raise DataError(f"{found.path}: gene {at:,} has no name; name it or remove it")
    if (times > 1).any():
        shown = ", ".join(map(repr, names[times > 1][:3].tolist()))
        raise DataError(
            f"{found.path}: {int((times > 1).sum()):,} names of genes stand more than once (such as {shown}); add "
            "them up, or make names unique (AnnData: var_names_make_unique); if these are cells, see --orientation"
        )
    across = gene_likeness(found.genes.tolist())
    if across < -0.5 and gene_likeness(found.cells.tolist()) > across + 0.5:
        raise DataError(
            f"{found.path} seems transposed: its genes are named as cells are ({str(found.genes[0])!r}) and its cells "
            f"are not ({str(found.cells[0])!r}); read it with --orientation genes-by-cells"
        )


def _kind(
    found: Profiles, statistics: GeneStatistics, said: Kind | None, options: Options, notes: Counter[str]
) -> Kind:
    """Counts where all values are whole and none is negative, unless something else was said."""
    if said is not None:
        _refuse_not_counts(found, statistics, said, options)
        return said
    broken = max(statistics.fraction.count, statistics.negative.count)
    if broken:
        notes["read_as_continuous"] = broken
        for name in found.elsewhere:
            notes[f"counts_elsewhere {name}"] = 1
        return "continuous"
    if statistics.missing.count and not options.missing:
        raise DataError(
            f"{found.path}, {_missing_at(statistics)}: missing in what else looks like counts; write 0 where nothing "
            "was counted, or say --modality continuous"
        )
    _refuse_too_large(found, statistics)
    notes["read_as_counts"] = found.shape[0] * found.shape[1]
    return "counts"


def _refuse_not_counts(found: Profiles, statistics: GeneStatistics, kind: Kind, options: Options) -> None:
    if kind == "continuous":
        return
    others = f"; whole numbers stand in {found.elsewhere[0]}: --layer {found.elsewhere[0]}" if found.elsewhere else ""
    for what, wrong in (("negative", statistics.negative), ("not a whole number", statistics.fraction)):
        if wrong.count:
            raise DataError(
                f"{found.path}, {wrong.where} is {what} ({wrong.count:,} values are), which no count can be; give raw "
                f"counts, or say --modality continuous{others}"
            )
    if statistics.missing.count and not options.missing:
        raise DataError(
            f"{found.path}, {_missing_at(statistics)}: missing (NaN), which no count can be; write 0 where nothing was "
            "counted, or say --modality continuous"
        )
    _refuse_too_large(found, statistics)


def _refuse_too_large(found: Profiles, statistics: GeneStatistics) -> None:
    gene = int(statistics.high.argmax())
    if statistics.high[gene] > MAX_COUNT:
        raise DataError(
            f"{found.path}, gene {str(found.genes[gene])!r}: {statistics.high[gene]:g} is too large for a count; say "
            "--modality continuous"
        )


def _missing_at(statistics: GeneStatistics) -> str:
    return statistics.missing.where.removesuffix(": nan")


def _chosen(
    found: Profiles, statistics: GeneStatistics, wanted: int | str | None, kind: Kind, notes: Counter[str]
) -> Int[np.ndarray, " chosen"]:
    """Columns of the genes to read: by number, by name, or all that were ever seen."""
    counts = kind != "continuous"
    if isinstance(wanted, str) and not wanted.isdecimal() and wanted != "all":
        columns = _named(found, _names_in(Path(wanted)), f"in {wanted}")
        notes["genes_not_wanted"] = found.shape[1] - len(columns)
        return columns
    never = statistics.high <= 0 if counts else statistics.known == 0
    constant = ~never & (statistics.high == statistics.low)
    usable = ~never & (True if counts else ~constant)
    notes["genes_never_seen"] = int(never.sum())
    notes["genes_constant"] = 0 if counts else int(constant.sum())
    if not usable.any():
        raise DataError(f"{found.path}: no gene varies; is the matrix empty?")
    n = int(usable.sum()) if wanted == "all" else int(GENES if wanted is None else wanted)
    if usable.sum() <= n:
        return np.flatnonzero(usable)
    notes["genes_not_variable"] = int(usable.sum()) - n
    return most_variable(_variability(found, statistics, usable) if counts else statistics.variance, usable, n)


def _variability(
    found: Profiles, statistics: GeneStatistics, usable: Shaped[np.ndarray, " genes"]
) -> Shaped[np.ndarray, " genes"]:
    """Standardised variance of each gene; 0 for those that do not vary."""
    fitted = usable & (statistics.variance > 0)
    spread = np.ones(len(usable))
    spread[fitted] = np.sqrt(expected_variance(statistics.mean[fitted], statistics.variance[fitted]))
    return np.where(fitted, clipped_variance(found, statistics.mean, spread), 0.0)


def _names_in(path: Path) -> list[str]:
    if not path.exists():
        raise UsageError(f"--genes {path}: give a number, all, or a file with the name of one gene a line")
    with open_bytes(path) as file:
        names = list(dict.fromkeys(file.read().decode("utf-8", "replace").split("\n")))
    return [name.strip() for name in names if name.strip()]


def _named(found: Profiles, names: Sequence[str], whose: str) -> Int[np.ndarray, " chosen"]:
    """Columns of genes by name, in the order of the names."""
    genes = found.genes.tolist()
    columns, lacking = gene_columns(genes, names)
    if not lacking:
        return columns
    if set(lacking) <= set(found.cells.tolist()):
        raise DataError(
            f"{found.path} seems transposed: the genes stand where cells do; turn it about by --orientation"
        )
    close = get_close_matches(lacking[0], genes, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise DataError(
        f"{found.path} lacks {len(lacking):,} of the {len(names):,} genes {whose}, such as "
        f"{shorten(lacking[0], 40)!r}; {hint}name genes the same way in both"
    )


def _dataset(
    found: Profiles, columns: Int[np.ndarray, " chosen"], modality: Expression, notes: Counter[str]
) -> Dataset:
    values = _dense(found, columns, counts=modality.counts)
    if modality.counts:
        unknown, keep, note = values < 0, (values > 0).any(1), "cells_without_counts"
    else:
        unknown = np.isnan(values)
        keep, note = ~unknown.all(1), "cells_without_values"
    notes["values_missing"] = int(unknown[keep].sum())
    notes[note] = int((~keep).sum())
    if not keep.any():
        raise DataError(f"{found.path}: no cell has a value in these genes; choose more with --genes")
    cells = found.cells.tolist()
    taken = set(cells)
    notes["ids_made_unique"] = len(cells) - len(taken)
    ids = np.array(list(unique_names(cells, taken)) if len(taken) < len(cells) else cells, str)
    dataset = Dataset(values, ids, modality, found.labels, {name: n for name, n in sorted(notes.items()) if n})
    return dataset if keep.all() else dataset.take(np.flatnonzero(keep))


def _dense(found: Profiles, columns: Int[np.ndarray, " chosen"], *, counts: bool) -> Shaped[np.ndarray, "cells chosen"]:
    size = found.shape[0] * len(columns) * 4
    if size > MAX_BYTES:
        raise DataError(
            f"{found.path}: {found.shape[0]:,} cells x {len(columns):,} genes take {size / 2**30:,.0f} GB; choose "
            "fewer genes with --genes"
        )
    values = np.empty((found.shape[0], len(columns)), np.int32 if counts else np.float32)
    start = 0
    for block in found.blocks():
        some = block[:, columns]
        dense = some.toarray() if isinstance(some, sparse.csr_array) else some
        values[start : start + height(block)] = np.where(np.isnan(dense), -1, dense) if counts else dense
        start += height(block)
    return values
