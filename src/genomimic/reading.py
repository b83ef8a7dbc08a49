"""From a path to a `Dataset`, by the reader for its kind of data: sequences or profiles."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from genomimic import profile_reading, sequence_reading
from genomimic.dataset import Dataset, Source
from genomimic.errors import DataError, UsageError
from genomimic.io import stores_profiles
from genomimic.label_tables import with_labels
from genomimic.modalities import MODALITIES, Expression, Modality, Sequences, check_name
from genomimic.notes import NOTES, explain
from genomimic.writing import Writer, write

__all__ = ["NOTES", "Writer", "digest", "digest_of", "explain", "read", "reread", "stream", "write"]


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
    layer: str | None = None,
    genes: int | str | None = None,
    orientation: str | None = None,
    missing: bool | None = None,
    labels: Path | str | None = None,
) -> Dataset:
    """The records of a file: sequences of FASTA, FASTQ or a table, or cells of AnnData, 10x, Matrix Market or a table.

    What is left out is decided from the data. A `Modality` (of another data set) settles what it is and, for gene
    expression, which genes are read. `Dataset.notes` counts what was found, changed or left out, explained by `NOTES`.
    `labels` is a table of labels, joined by the records' names (see `label_tables`). Raises `DataError` in one line
    for a file that cannot be used.

    Sequences (see `sequence_reading`): `column` names a table's sequence column; `window` and `stride` (letters) cut
    each record into windows; `stranded` and `aligned` say what is else found from the letters; sequences of which more
    than the share `max_unknown` is not known are left out.

    Gene expression (see `profile_reading`): `layer` names a layer of AnnData, or "raw"; `genes` is how many variable
    genes are kept (2,000 if not said), "all", or a file of names; `orientation`: "cells-by-genes" or "genes-by-cells";
    with `missing`, counts that are missing are read as not known in place of being refused.

    >>> from genomimic import data
    >>> splice = read(data.path("splice_junctions"))
    >>> splice.values.shape, splice.modality
    ((3189, 60), Sequences(alphabet='dna', stranded=True, aligned=True))
    """
    path = Path(path)
    for_sequences = sequence_reading.Options(column, window, stride, stranded, aligned, max_unknown)
    for_profiles = profile_reading.Options(layer, genes, orientation, missing)
    if _is_expression(path, modality, column):
        _refuse(path, for_sequences.given, "gene expression")
        data = profile_reading.read_profiles(path, modality, for_profiles)
    else:
        _refuse(path, replace(for_profiles, missing=None).given, "sequences")
        data = sequence_reading.read_sequences(path, modality, for_sequences)
    return data if labels is None else with_labels(data, Path(labels))


def stream(
    path: Path | str,
    modality: Sequences,
    *,
    notes: Counter[str],
    column: str | None = None,
    window: int | None = None,
    stride: int | None = None,
    max_unknown: float = 0.1,
) -> Iterator[Dataset]:
    """The sequences of a file in pieces, of which one is in memory at a time, as `read` reads them (see its arguments).

    They have no labels, and names as they stand in the file. `notes` counts what was found.
    """
    options = sequence_reading.Options(column, window, stride, max_unknown=max_unknown)
    return sequence_reading.stream_sequences(Path(path), modality, options, notes)


def reread(source: Source, modality: Modality) -> Dataset:
    """The data set that was once read from a source, as the modality it was found to be."""
    return read(source.path, modality=modality, **source.options)  # pyright: ignore[reportArgumentType]


def _is_expression(path: Path, modality: str | Modality | None, column: str | None) -> bool:
    if modality is not None:
        kind = MODALITIES[check_name(modality)] if isinstance(modality, str) else type(modality)
        return kind is Expression
    return column is None and stores_profiles(path)


def _refuse(path: Path, given: dict[str, str | int | float | bool], kind: str) -> None:
    for name in given:
        raise UsageError(f"{path} holds {kind}, for which there is no --{name}; leave it out, or say --modality")


def digest_of(source: Source) -> str:
    """SHA-256 in hexadecimal of the files that a data set was read from."""
    if "labels" not in source.options:
        return digest(source.path)
    both = digest(source.path) + digest(str(source.options["labels"]))
    return hashlib.sha256(both.encode()).hexdigest()


def digest(path: Path | str) -> str:
    """SHA-256 in hexadecimal of a file's bytes, or of those in a folder; `DataError` where it cannot be read."""
    path = Path(path)
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    try:
        found = []
        for file in files:
            with file.open("rb") as opened:
                found.append(hashlib.file_digest(opened, "sha256").hexdigest())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()
