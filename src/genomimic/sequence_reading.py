"""From a path to a `Dataset` of sequences: every policy about letters, lengths and names, each counted.

Reading streams: records are encoded in blocks of a few megabytes, and no more text than that is ever held.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from genomimic.alphabet import ALPHABETS, Alphabet
from genomimic.dataset import Dataset, Source
from genomimic.encoding import Columns, Encoder
from genomimic.errors import DataError, UsageError
from genomimic.io import Record, read_records
from genomimic.modalities import Modality, Sequences, check_name
from genomimic.modalities.guessing import choose_alphabet, detect_aligned, detect_stranded

BLOCK_LETTERS = 4_000_000
"""Letters that are encoded at a time; the alphabet is chosen from the first such block."""

_BLOCK_RECORDS = 8192


@dataclass(frozen=True)
class Options:
    """How sequences are read; None where the data decide."""

    column: str | None = None
    window: int | None = None
    stride: int | None = None
    stranded: bool | None = None
    aligned: bool | None = None
    max_unknown: float = 0.1

    @property
    def given(self) -> dict[str, str | int | float | bool]:
        """What was said and is not as if nothing had been said."""
        fields = vars(Options())
        return {name: value for name, value in vars(self).items() if value != fields[name]}

    @property
    def source(self) -> dict[str, str | int | float | bool]:
        """What is needed to read the same records again, once their modality is known."""
        names = ("column", "window", "stride", "max_unknown")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def read_sequences(path: Path, modality: str | Modality | None, options: Options) -> Dataset:
    """The records of a FASTA, FASTQ, CSV, TSV or Parquet file, plain or compressed, as a matrix of tokens.

    The alphabet, whether strands matter and whether positions are aligned are decided from the data where not said; a
    `Modality` settles all three. Windows are named `id:first-last`, 1-based and inclusive.
    """
    _check_window(options.window, options.stride)
    notes: Counter[str] = Counter()
    blocks = _blocks(read_records(path, notes=notes, column=options.column))
    first = next(blocks)
    alphabet, chosen = _alphabet(path, first, modality)
    stride = options.stride or options.window
    encoder = Encoder(path, alphabet, chosen, options.max_unknown, options.window, stride, notes)
    columns = Columns()
    for block in chain([first], blocks):
        encoder.encode(block, columns)
    dataset = _dataset(path, columns, alphabet, modality, options, notes)
    return replace(dataset, source=Source(str(path), options.source))


def stream_sequences(path: Path, modality: Sequences, options: Options, notes: Counter[str]) -> Iterator[Dataset]:
    """The records of a file, a block of it in memory at a time: without labels, names as they stand, padded by block.

    `notes` counts what was found as far as the file has been read.
    """
    _check_window(options.window, options.stride)
    stride = options.stride or options.window
    encoder = Encoder(path, modality.letters, False, options.max_unknown, options.window, stride, notes)
    found = 0
    for block in _blocks(read_records(path, notes=notes, column=options.column)):
        columns = Columns()
        encoder.encode(block, columns)
        found += len(columns)
        if len(columns):
            yield Dataset(columns.values(path, modality.letters.pad, Counter()), np.array(columns.names), modality)
    if not found:
        raise _nothing_left(path, notes)


def _nothing_left(path: Path, notes: Counter[str]) -> DataError:
    counts = ", ".join(f"{name} {count:,}" for name, count in notes.items() if count)
    return DataError(f"{path}: no sequence is left ({counts}); check the file, or shorten --window")


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
    options: Options,
    notes: Counter[str],
) -> Dataset:
    if len(columns) == 0:
        raise _nothing_left(path, notes)
    values = columns.values(path, alphabet.pad, notes)
    if not isinstance(modality, Modality):
        modality = Sequences(
            alphabet.name,
            stranded=detect_stranded(values, alphabet).answer if options.stranded is None else options.stranded,
            aligned=detect_aligned(values, alphabet).answer if options.aligned is None else options.aligned,
        )
    labels = columns.labels(notes)
    ids = columns.ids(notes)
    return Dataset(values, ids, modality, labels, {name: count for name, count in sorted(notes.items()) if count})
