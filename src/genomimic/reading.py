"""From a path to a `Dataset`: every policy about letters, lengths and names, each counted.

Reading streams: records are encoded in blocks of a few megabytes, and no more text than that is ever held.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from genomimic.alphabet import ALPHABETS, Alphabet
from genomimic.dataset import Dataset, Source
from genomimic.encoding import NOTES, Columns, Encoder
from genomimic.errors import DataError, UsageError
from genomimic.io import Record, read_records
from genomimic.modalities import Modality, Sequences, check_name
from genomimic.modalities.guessing import choose_alphabet, detect_aligned, detect_stranded
from genomimic.writing import Writer, write

__all__ = ["NOTES", "Writer", "digest", "read", "reread", "write"]

BLOCK_LETTERS = 4_000_000
"""Letters that are encoded at a time; the alphabet is chosen from the first such block."""

_BLOCK_RECORDS = 8192


def read(
    path: Path | str,
    *,
    modality: str | Modality | None = None,
    column: str | None = None,
    window: int | None = None,
    stride: int | None = None,
    stranded: bool | None = None,
    aligned: bool | None = None,
    max_unknown: float = 0.1,
) -> Dataset:
    """The records of a FASTA, FASTQ, CSV, TSV or Parquet file, plain or compressed, as a matrix of tokens.

    What is left out is decided from the data: the alphabet, whether strands matter, whether positions are aligned.
    A `Modality` (of another data set) settles all three. `column` names a table's sequence column. `window` and
    `stride` (letters) cut each record into windows named `id:first-last`, 1-based and inclusive. Sequences of which
    more than the share `max_unknown` is not known are left out. `Dataset.notes` counts what was changed or left
    out, explained by `NOTES`. Raises `DataError` in one line for a file that cannot be used.

    >>> from genomimic import data
    >>> splice = read(data.path("splice_junctions"))
    >>> splice.values.shape, splice.modality
    ((3189, 60), Sequences(alphabet='dna', stranded=True, aligned=True))
    """
    path = Path(path)
    _check_window(window, stride)
    notes: Counter[str] = Counter()
    blocks = _blocks(read_records(path, notes=notes, column=column))
    first = next(blocks)
    alphabet, chosen = _alphabet(path, first, modality)
    encoder = Encoder(path, alphabet, chosen, max_unknown, window, stride or window, notes)
    columns = Columns()
    for block in chain([first], blocks):
        encoder.encode(block, columns)
    dataset = _dataset(path, columns, alphabet, modality, stranded, aligned, notes)
    options = {"column": column, "window": window, "stride": stride, "max_unknown": max_unknown}
    given = {name: value for name, value in options.items() if value is not None}
    return replace(dataset, source=Source(str(path), given))


def reread(source: Source, modality: Modality) -> Dataset:
    """The data set that was once read from a source, as the modality it was found to be."""
    return read(source.path, modality=modality, **source.options)  # pyright: ignore[reportArgumentType]


def _check_window(window: int | None, stride: int | None) -> None:
    if window is None and stride is not None:
        raise UsageError("--stride needs --window: the length of each piece in letters")
    for name, value in (("window", window), ("stride", stride)):
        if value is not None and value < 1:
            raise UsageError(f"--{name} is {value}; it must be at least 1 letter")


def _blocks(records: Iterator[Record]) -> Iterator[list[Record]]:
    block, letters = [], 0
    for record in records:
        block.append(record)
        letters += len(record.text)
        if letters >= BLOCK_LETTERS or len(block) == _BLOCK_RECORDS:
            yield block
            block, letters = [], 0
    if block:
        yield block


def _alphabet(path: Path, block: list[Record], modality: str | Modality | None) -> tuple[Alphabet, bool]:
    """The alphabet, and whether it was chosen from the data."""
    if isinstance(modality, Sequences):
        return modality.letters, False
    if isinstance(modality, str):
        return ALPHABETS[check_name(modality)], False
    if modality is not None:
        raise UsageError(f"{type(modality).__name__} data cannot be read from a file of sequences")
    sample = "".join(record.text for record in block).encode("latin-1", "replace")
    try:
        return choose_alphabet(sample), True
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _dataset(
    path: Path,
    columns: Columns,
    alphabet: Alphabet,
    modality: str | Modality | None,
    stranded: bool | None,
    aligned: bool | None,
    notes: Counter[str],
) -> Dataset:
    if len(columns) == 0:
        counts = ", ".join(f"{name} {count:,}" for name, count in notes.items() if count)
        raise DataError(f"{path}: no sequence is left ({counts}); check the file, or shorten --window")
    values = columns.values(path, alphabet.pad, notes)
    if not isinstance(modality, Modality):
        modality = Sequences(
            alphabet.name,
            stranded=detect_stranded(values, alphabet).answer if stranded is None else stranded,
            aligned=detect_aligned(values, alphabet).answer if aligned is None else aligned,
        )
    labels = columns.labels(notes)
    ids = columns.ids(notes)
    return Dataset(values, ids, modality, labels, {name: count for name, count in sorted(notes.items()) if count})


def digest(path: Path | str) -> str:
    """SHA-256 of a file's bytes in hexadecimal; raises `DataError` where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
