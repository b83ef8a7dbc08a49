"""Labels that stand in a table of their own: joined to records by name, or by place where the table is BED."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from genomimic.dataset import Dataset, Source
from genomimic.errors import DataError
from genomimic.io.tables import ID_NAMES, read_bed, read_texts

BED = (".bed", ".narrowPeak", ".broadPeak")


def with_labels(data: Dataset, path: Path) -> Dataset:
    """The records with the labels of a table (CSV, TSV, Parquet: a column of names; BED: places), by its columns.

    A place is matched as `bedtools getfasta` names it: chrom:start-end, with or without a name before and a strand
    behind. Records that the table does not hold have empty labels, which is counted. Raises `DataError` where a name
    stands twice in the table, and where no record is in it.
    """
    names, columns = _places(path) if set(path.suffixes) & set(BED) else _named(path, data)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{path}: {twice!r} stands twice; give each record one row of labels")
    at = {name: row for row, name in enumerate(names)}
    given = data.labels.get("record", data.ids)
    rows = [at.get(str(one), at.get(_place(str(one)))) for one in given]
    lacking = sum(row is None for row in rows)
    if lacking == len(rows):
        raise DataError(
            f"{path}: no record is in it; it names {names[0]!r} and the like, and records are named {str(given[0])!r}"
        )
    labels = {name: np.array(["" if row is None else column[row] for row in rows]) for name, column in columns.items()}
    counted = Counter(data.notes) + Counter(labels_missing=lacking * len(columns))
    notes = dict(sorted(counted.items()))
    return replace(data, labels={**data.labels, **labels}, notes=notes, source=_source(data, path))


def _source(data: Dataset, path: Path) -> Source | None:
    """Where the records and their labels come from."""
    return data.source and replace(data.source, options={**data.source.options, "labels": str(path.resolve())})


def _named(path: Path, data: Dataset) -> tuple[list[str], dict[str, list[str]]]:
    """Names of rows, from the column that is called so, else from that which names most records; and the others."""
    columns = read_texts(path)
    known = set(data.labels.get("record", data.ids).astype(str).tolist())
    called = next((name for name in columns if name.lower() in ID_NAMES), None)
    key = called or max(columns, key=lambda name: len(known & set(columns[name])))
    names = columns.pop(key)
    if not columns:
        raise DataError(f"{path}: no labels beside the names in column {key!r}; add columns")
    return names, columns


def _places(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    columns = read_bed(path)
    chrom, start, end = (columns.pop(name) for name in ("chrom", "start", "end"))
    if not columns:
        raise DataError(f"{path}: no labels beside the places; add columns (name, score, ...)")
    return [f"{c}:{s}-{e}" for c, s, e in zip(chrom, start, end, strict=True)], columns


def _place(name: str) -> str:
    """A record's place in its name, without what stands before and behind.

    >>> _place("peak_7::chr1:100-200(+)")
    'chr1:100-200'
    """
    return name.rpartition("::")[2].removesuffix("(+)").removesuffix("(-)")
