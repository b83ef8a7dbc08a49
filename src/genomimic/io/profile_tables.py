"""Profiles in CSV, TSV and Parquet tables, either way round: which way is told by the names, else by the shape."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple, cast

import numpy as np
import pyarrow as pa
from jaxtyping import Shaped
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from genomimic.errors import DataError
from genomimic.io.base import shorten
from genomimic.io.compression import open_bytes
from genomimic.io.profiles import Profiles, held
from genomimic.io.tables import MIN_LETTERS, SEQUENCE_NAMES, is_sequence

Orientation = Literal["cells-by-genes", "genes-by-cells"]

MISSING = ("", "NA", "N/A", "na", "n/a", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "#N/A", ".")
"""Entries of a table that stand for a value that is missing."""

LABEL_NAMES = frozenset(
    "barcode batch cell celltype class cluster condition disease donor group generator individual label leiden louvain "
    "model mouse part patient phase plate replicate run sample seed sex split state stage subject synthetic tissue "
    "treatment type".split()
)
"""Columns of these names are labels though numbers stand in them; also with _ or "id" and "type" behind them."""

_GENE_CORNERS = tuple("gene genes gene_id gene_ids gene_name gene_symbol geneid symbol feature probe ensembl".split())
_CELL_CORNERS = tuple("cell cells cell_id cellid barcode barcodes sample samples sample_id obs patient donor".split())
_GENE = re.compile(
    r"ENS[A-Z]*[GT]\d{6,}.*|(gene|probe|feature|hgnc)[ _.:-]?\d+|(MT|mt)-\w+|WBGene\d+|FBgn\d+|AT[1-5CM]G\d{5}|"
    r"\d+(_[asx])*_at|ACTB|Actb|GAPDH|Gapdh|CD\d+[A-Z]?|RP[LS]\d+[AXY]?|Rp[ls]\d+|TP53|B2M|MALAT1|Malat1|HLA-\w+|"
    r"EEF1A1|LINC\d+"
)
_CELL = re.compile(
    r"[ACGT]{8,}([-_.]\w+)*|\w+[-_:][ACGT]{8,}([-_.]\w+)?|GS[MR]\d+.*|TCGA-.*|GTEX-.*|[SED]RR\d+|"
    r"(cell|sample|donor|patient|subject|barcode|replicate|rep)[ _.:-]?\d+"
)
LEAST_COLUMNS = 3
"""Columns of numbers behind the first that a table of profiles has at least."""

_BLOCK_BYTES = 1 << 26
_HEAD_ROWS = 100


class Head(NamedTuple):
    """The names of a table's columns and its first rows as text."""

    names: list[str]
    rows: list[list[str]]


def holds_profiles(path: Path, kind: str) -> bool:
    """Whether a table holds numbers, and no column of sequences."""
    head = _parquet_head(path) if kind == "parquet" else _delimited_head(path, kind)
    numeric = _numeric_columns(head)
    named = {name.lower() for name in head.names} & set(SEQUENCE_NAMES)
    if named or sum(numeric[1:]) < LEAST_COLUMNS or not any(map(_is_value, chain(*head.rows))):
        return False
    texts = [at for at, column in enumerate(zip(*head.rows, strict=False)) if not numeric[at] and _sequences(column)]
    barcodes = texts == [0] and sum(numeric) > 1 and all(numeric[1:])
    return (not texts or barcodes) and 2 * sum(numeric) >= len(numeric) - 1


def read_profile_table(path: Path, kind: str, *, orientation: str | None, notes: Counter[str]) -> Profiles:
    """Profiles of a table whose first column names its rows; columns of text beside numbers are labels of cells.

    Counts `genes_in_rows` or `cells_in_rows`, whichever was found and not given, into `notes`.
    """
    head = _parquet_head(path) if kind == "parquet" else _delimited_head(path, kind)
    numeric = _numeric_columns(head)
    if len(numeric) < len(head.names):
        raise DataError(
            f"{path}, line 2: {len(head.rows[0]):,} columns, where the header has {len(head.names):,}; was the file "
            "copied completely?"
        )
    table = _read_parquet(path) if kind == "parquet" else _read_delimited(path, kind, head, numeric)
    named = not numeric[0] or _is_index(head.names[0])
    names = _texts(table.column(0)) if named else np.array([f"{number}" for number in range(1, len(table) + 1)], str)
    way = orientation or _orientation(head, names, numeric, len(table))
    if orientation is None:
        notes["genes_in_rows" if way == "genes-by-cells" else "cells_in_rows"] = len(table)
    labels = [at for at in range(named, len(numeric)) if not numeric[at]]
    columns = [at for at in range(named, len(numeric)) if numeric[at]]
    if not columns:
        raise DataError(f"{path} has no column of numbers; is it a table of gene expression?")
    values = np.column_stack([_numbers(path, table.column(at), head.names[at]) for at in columns])
    others = np.array([head.names[at] for at in columns], str)
    if way == "genes-by-cells":
        notes["gene_columns_left_out"] = len(labels)
        return held(path, np.ascontiguousarray(values.T), others, names)
    return held(path, values, names, others, {head.names[at]: _texts(table.column(at)) for at in labels})


def _delimited_head(path: Path, kind: str) -> Head:
    with open_bytes(path) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", "replace", newline="")
        lines = csv.reader(text, delimiter="," if kind == "csv" else "\t")
        csv.field_size_limit(1 << 30)
        try:
            rows = list(islice(lines, _HEAD_ROWS + 1))
        except csv.Error as error:
            raise DataError(f"{path} is not a table that can be read: {error}") from error
        text.detach()
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise DataError(f"{path} holds no records (a header line only)")
    names, rows = rows[0], rows[1:]
    if len(rows[0]) == len(names) + 1:  # as R's write.table: no name above the names of rows
        names = ["", *names]
    if len(names) < 2:
        raise DataError(f"{path}, line 1: one column only ({shorten(names[0], 40)!r}); separate columns by , or tab")
    return Head(names, [row for row in rows if len(row) == len(names)] or rows)


def _parquet_head(path: Path) -> Head:
    try:
        with parquet.ParquetFile(path) as file:
            order, batch = _names_first(file.schema_arrow), next(file.iter_batches(_HEAD_ROWS), None)
            names, some = [file.schema_arrow.names[at] for at in order], batch.select(order).columns if batch else []
            columns = [["" if v is None else str(v) for v in column.to_pylist()] for column in some]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is not a Parquet file that can be read: {shorten(str(error), 200)}") from error
    if not columns or not columns[0]:
        raise DataError(f"{path} holds no records")
    return Head(names, [list(row) for row in zip(*columns, strict=True)])


def _read_delimited(path: Path, kind: str, head: Head, numeric: Sequence[bool]) -> pa.Table:
    names = [str(at) for at in range(len(head.names))]
    reading = arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=_BLOCK_BYTES)
    types = {name: pa.float64() if number else pa.string() for name, number in zip(names, numeric, strict=True)}
    convert = arrow_csv.ConvertOptions(column_types=types, null_values=list(MISSING), strings_can_be_null=False)
    parse = arrow_csv.ParseOptions(delimiter="," if kind == "csv" else "\t")
    try:
        with open_bytes(path) as file:
            return arrow_csv.read_csv(pa.PythonFile(file, "r"), reading, parse, convert)
    except (pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        said = re.sub(r"column #(\d+)", lambda found: f"column {head.names[int(found[1])]!r}", str(error))
        raise DataError(f"{path} is not a table of numbers that can be read: {shorten(said, 200)}") from error


def _read_parquet(path: Path) -> pa.Table:
    try:
        table = parquet.read_table(path)
        return table.select(_names_first(table.schema))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} is not a Parquet file that can be read: {shorten(str(error), 200)}") from error


def _names_first(schema: pa.Schema) -> list[int]:
    """Columns of a table, those first that pandas keeps the names of its rows in; it writes them last."""
    kept = (schema.pandas_metadata or {}).get("index_columns", [])
    return sorted(range(len(schema.names)), key=lambda at: schema.names[at] not in kept)


def _is_value(text: str) -> bool:
    return _is_number(text) and text.strip() not in MISSING


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip() in MISSING
    return True


def _numeric_columns(head: Head) -> list[bool]:
    """Which columns hold values: numbers, and not those of a column that a label is named after."""
    columns = zip(head.names, zip(*head.rows, strict=False), strict=False)
    return [_numeric(column) and not (at and _is_label(name)) for at, (name, column) in enumerate(columns)]


def _numeric(column: Sequence[str]) -> bool:
    return all(map(_is_number, column))


def _sequences(column: Sequence[str]) -> bool:
    return sum(map(len, column)) >= MIN_LETTERS * len(column) and all(map(is_sequence, column))


def _is_index(name: str) -> bool:
    return name in ("", "index", "Unnamed: 0", "__index_level_0__") or name.lower() in (*_GENE_CORNERS, *_CELL_CORNERS)


def _is_label(name: str) -> bool:
    plain = re.sub(r"[ _.-]?(ids?|types?|names?)$", "", name.lower())
    return plain in LABEL_NAMES or name.lower() in LABEL_NAMES


def _orientation(head: Head, names: Shaped[np.ndarray, " rows"], numeric: Sequence[bool], rows: int) -> Orientation:
    """Which way round: by the name above the first column, by what names look like, by columns of text, by shape."""
    corner = head.names[0].lower().strip()
    if corner in _GENE_CORNERS or corner in _CELL_CORNERS:
        return "genes-by-cells" if corner in _GENE_CORNERS else "cells-by-genes"
    across = [name for name, number in zip(head.names[1:], numeric[1:], strict=True) if number]
    leaning = gene_likeness(across) - gene_likeness(names.tolist())
    if leaning:
        return "cells-by-genes" if leaning > 0 else "genes-by-cells"
    if not all(numeric[1:]) or rows <= 2 * len(across):
        return "cells-by-genes"
    return "genes-by-cells"


def gene_likeness(names: Sequence[str]) -> float:
    """Share of names that look like genes less the share that look like cells: barcodes, numbered samples.

    >>> gene_likeness(["ENSG00000141510", "CD3D"]), gene_likeness(["AAACCTGAGAAACC-1", "TCGA-02-0001"])
    (1.0, -1.0)
    """
    genes = sum(_GENE.fullmatch(name) is not None for name in names)
    cells = sum(_CELL.fullmatch(name) is not None for name in names)
    return (genes - cells) / max(len(names), 1)


def _texts(column: pa.ChunkedArray) -> Shaped[np.ndarray, " rows"]:
    def text(value: object) -> str:
        whole = isinstance(value, float) and value.is_integer()
        return "" if value is None else str(int(cast("float", value)) if whole else value)

    return np.array([text(value) for value in column.to_pylist()], str)


def _numbers(path: Path, column: pa.ChunkedArray, name: str) -> Shaped[np.ndarray, " rows"]:
    try:
        return column.cast(pa.float64()).to_numpy()
    except pa.ArrowException as error:
        raise DataError(
            f"{path}, column {name!r}: {shorten(str(error), 100)}; numbers are needed (text columns beside the names "
            "are labels of cells, so this table may be the other way round: see --orientation)"
        ) from error
