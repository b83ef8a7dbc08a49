"""CSV, TSV and Parquet: one column of sequences, one of names where there is one, and labels in all others."""

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet

from genomimic.errors import DataError
from genomimic.io.base import Record, record_error, shorten
from genomimic.io.compression import open_bytes

SEQUENCE_NAMES = ("sequence", "seq", "dna", "rna", "protein", "peptide", "dna_sequence", "dna_seq", "sequences", "seqs")
ID_NAMES = ("id", "name", "identifier", "accession", "sequence_id", "seq_id")
MIN_LETTERS = 8
"""Entries shorter than this on average are labels ("EI", "A"), not sequences, unless the column is named."""

_NUCLEIC = re.compile(r"[ACGTUNacgtun]+")
_PROTEIN = re.compile(r"[A-Za-z]*[EFILPQefilpq][A-Za-z]*\*?")
_BATCH_ROWS = 8192
_BLOCK_BYTES = 1 << 22


def read_delimited(path: Path, *, delimiter: str, column: str | None = None) -> Iterator[Record]:
    """Records of a CSV or TSV file with a header line; every entry is read as text, as it is written."""
    options = csv.ReadOptions(block_size=_BLOCK_BYTES)
    parse = csv.ParseOptions(delimiter=delimiter)
    try:
        with open_bytes(path) as file:
            names = csv.open_csv(pa.PythonFile(file, "r"), options, parse).schema.names
        _refuse_repeated(path, names)
        convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        with open_bytes(path) as file:
            yield from _records(path, csv.open_csv(pa.PythonFile(file, "r"), options, parse, convert), names, column)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a table that can be read: {shorten(str(error), 200)}") from error


def read_parquet(path: Path, *, column: str | None = None) -> Iterator[Record]:
    """Records of a Parquet file; entries that are not text become it (2.5 -> "2.5", missing -> "")."""
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _refuse_repeated(path, names)
            yield from _records(path, file.iter_batches(_BATCH_ROWS), names, column)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is not a Parquet file that can be read: {shorten(str(error), 200)}") from error


def read_texts(path: Path) -> dict[str, list[str]]:
    """The columns of a small table as text, by name (CSV, TSV by its suffix, Parquet); raises `DataError`."""
    try:
        if ".parquet" in path.suffixes:
            table = parquet.read_table(path)
        else:
            with open_bytes(path) as file:
                parse = csv.ParseOptions(delimiter="\t" if {".tsv", ".bed", ".txt"} & set(path.suffixes) else ",")
                names = csv.open_csv(pa.PythonFile(file, "r"), parse_options=parse).schema.names
            with open_bytes(path) as file:
                convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
                table = csv.read_csv(pa.PythonFile(file, "r"), parse_options=parse, convert_options=convert)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path} is not a table that can be read: {shorten(str(error), 200)}") from error
    _refuse_repeated(path, table.column_names)
    if not table.num_rows:
        raise DataError(f"{path} holds no rows (a header line only)")
    return {name: _texts(table.column(name).combine_chunks()) for name in table.column_names}


BED_COLUMNS = ("chrom", "start", "end", "name", "score", "strand")


def read_bed(path: Path) -> dict[str, list[str]]:
    """The columns of a BED file as text: chrom, start, end, name, score, strand, and those behind by their number."""
    options = csv.ReadOptions(autogenerate_column_names=True)
    try:
        with open_bytes(path) as file:
            lines = [line for line in file.read().splitlines() if not line.startswith((b"#", b"track", b"browser"))]
        parse = csv.ParseOptions(delimiter="\t")
        table = csv.read_csv(pa.BufferReader(b"\n".join(lines) + b"\n"), options, parse)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path} is not a BED file that can be read: {shorten(str(error), 200)}") from error
    if table.num_columns < 3:
        raise DataError(
            f"{path}: a BED file has at least 3 columns with tabs between them, this has {table.num_columns}"
        )
    names = [BED_COLUMNS[at] if at < len(BED_COLUMNS) else f"column_{at + 1}" for at in range(table.num_columns)]
    return {name: _texts(table.column(at).combine_chunks()) for at, name in enumerate(names)}


def _refuse_repeated(path: Path, names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"{path}, header: {len(repeated)} column names stand twice ({_listed(repeated)}); rename them")


def _records(
    path: Path, batches: Iterator[pa.RecordBatch] | csv.CSVStreamingReader, names: list[str], column: str | None
) -> Iterator[Record]:
    number = 0
    chosen: str | None = None
    for batch in batches:
        columns = {name: _texts(batch.column(at)) for at, name in enumerate(names)}
        chosen = column = chosen or _sequence_column(path, columns, column)
        texts = columns.pop(column)
        id_column = next((name for name in columns if name.lower() in ID_NAMES), None)
        ids = [""] * len(texts) if id_column is None else columns.pop(id_column)
        for row, (name, text) in enumerate(zip(ids, texts, strict=True)):
            number += 1
            if not text.strip():
                raise record_error(path, number, name, f"column {column!r} is empty; remove the row or fill it in")
            yield Record("_".join(name.split()), text.strip(), {key: values[row] for key, values in columns.items()})
    if number == 0:
        raise DataError(f"{path} holds no records (a header line only)")


def _texts(array: pa.Array) -> list[str]:
    return ["" if value is None else value if isinstance(value, str) else str(value) for value in array.to_pylist()]


def _sequence_column(path: Path, columns: dict[str, list[str]], wanted: str | None) -> str:
    names = list(columns)
    if wanted is not None:
        if wanted in columns:
            return wanted
        close = get_close_matches(wanted, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise DataError(f"{path} has no column {wanted!r}; {hint}its columns are {_listed(names)}")
    known = [name for wish in SEQUENCE_NAMES for name in names if name.lower() == wish]
    if known:
        return known[0]
    _refuse_headless(path, names)
    for matches in (_NUCLEIC.fullmatch, _PROTEIN.fullmatch):
        found = [name for name, texts in columns.items() if _all_sequences(texts, matches)]
        if len(found) == 1:
            return found[0]
    raise DataError(
        f"{path}: which column holds the sequences? Name it with --column; its columns are {_listed(names)}"
    )


def is_sequence(text: str) -> bool:
    """Whether a text could be a sequence of nucleic acid.

    >>> is_sequence("ACGTN"), is_sequence("B cell")
    (True, False)
    """
    return _NUCLEIC.fullmatch(text) is not None


def _all_sequences(texts: list[str], matches: Callable[[str], object]) -> bool:
    return sum(map(len, texts)) >= MIN_LETTERS * len(texts) and all(map(matches, texts))


def _refuse_headless(path: Path, names: Sequence[str]) -> None:
    for name in names:
        if len(name) >= MIN_LETTERS and _NUCLEIC.fullmatch(name):
            raise DataError(
                f"{path}, line 1: {shorten(name, 30)!r} is a sequence, not a column name; add a header line"
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(shorten(name, 30)) for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
