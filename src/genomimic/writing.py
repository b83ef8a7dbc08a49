"""From `Dataset`s to a file that appears whole or not at all: FASTA for sequences, AnnData or a table for profiles."""

import csv
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from jaxtyping import Num
from scipy import sparse

from genomimic.dataset import Dataset, join
from genomimic.errors import UsageError
from genomimic.io.base import Record
from genomimic.io.compression import bare_suffix, open_compressed
from genomimic.io.fasta import format_record
from genomimic.io.formats import FASTA_SUFFIXES
from genomimic.io.h5ad import check_installed, write_h5ad
from genomimic.modalities import Expression, Modality, Sequences

_PROFILES = (".h5ad", ".csv", ".tsv")

Provenance = Mapping[str, str | int | float | bool]
"""Where data come from, as `uns["genomimic"]` of an AnnData file says it."""


def write(dataset: Dataset, path: Path | str, *, provenance: Provenance | None = None) -> None:
    """Write a data set in the format that the name asks for; raises `UsageError` where it cannot be written.

    Sequences go to FASTA, labels in the headers; gene expression to `.h5ad`, `.csv` or `.tsv`, cells x
    genes, where counts that are not known become NaN or empty.
    """
    with Writer(path, dataset.modality, provenance=provenance) as writer:
        writer.write(dataset)


class Writer:
    """A file that grows by one `Dataset` of a modality after another and takes its name when the `with` block ends.

    On an exception nothing is left behind, and a file of that name that was there before stays as it was.

    >>> with Writer("synthetic.fa.gz", run.modality) as writer:  # doctest: +SKIP
    ...     for batch in batches:
    ...         writer.write(batch)
    """

    def __init__(self, path: Path | str, modality: Modality, *, provenance: Provenance | None = None) -> None:
        self.path = Path(path)
        self.modality = modality
        self.provenance = provenance or {}
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")

    def __enter__(self) -> "Writer":
        try:
            check_format(self.path, self.modality)
            _check_target(self.path)
            with ExitStack() as files:
                files.callback(self._partial.unlink, missing_ok=True)
                self._file = files.enter_context(self._partial.open("wb"))
                self._form = self._start()
                self._files = files.pop_all()
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def _start(self) -> "Form":
        suffix = bare_suffix(self.path)
        if suffix == ".h5ad":
            return AnnDataForm(self._partial, self.provenance)
        stream = open_compressed(self.path, self._file)
        return Fasta(stream) if suffix in FASTA_SUFFIXES else Table(stream, "," if suffix == ".csv" else "\t")

    def write(self, dataset: Dataset) -> None:
        """Add the records of a data set."""
        try:
            self._form.write(dataset)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self._files:
                if kind is None:
                    self._form.finish()
                self._form.close()
                self._file.close()
                if kind is None:
                    self._partial.replace(self.path)
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A place to write a file to that takes its name once it is whole; on an exception nothing is left behind."""
    _check_target(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


class Form(ABC):
    """How records stand in a file."""

    @abstractmethod
    def write(self, dataset: Dataset) -> None:
        """Add the records of a data set."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is left, once all records are there."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""


class Fasta(Form):
    """Sequences below their names, labels behind these."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, dataset: Dataset) -> None:
        assert isinstance(dataset.modality, Sequences)
        columns = {name: column.tolist() for name, column in dataset.labels.items()}
        texts = dataset.modality.texts(dataset)
        for row, (name, text) in enumerate(zip(dataset.ids.tolist(), texts, strict=True)):
            labels = {key: str(column[row]) for key, column in columns.items()}
            self.stream.write(format_record(Record(str(name), text, labels)).encode())

    def finish(self) -> None:
        """Each record was written when it came."""

    def close(self) -> None:
        self.stream.close()


class Table(Form):
    """A row a cell: its name, its labels, and a column for each gene; what is not known is left empty."""

    def __init__(self, stream: BinaryIO, delimiter: str) -> None:
        self.stream, self.delimiter, self.begun = stream, delimiter, False

    def write(self, dataset: Dataset) -> None:
        assert isinstance(dataset.modality, Expression)
        text = io.StringIO(newline="")
        rows = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        if not self.begun:
            rows.writerow(["cell", *dataset.labels, *dataset.modality.genes])
            self.begun = True
        columns = [column.tolist() for column in dataset.labels.values()]
        for row, (name, values) in enumerate(zip(dataset.ids.tolist(), dataset.values, strict=True)):
            rows.writerow([name, *(column[row] for column in columns), *map(_number, values)])
        self.stream.write(text.getvalue().encode())

    def finish(self) -> None:
        """Each cell was written when it came."""

    def close(self) -> None:
        self.stream.close()


class AnnDataForm(Form):
    """Cells kept until all are there, counts sparse; values that are not known are NaN, which makes counts floats."""

    def __init__(self, path: Path, provenance: Provenance) -> None:
        self.path, self.provenance = path, provenance
        self.matrices: list[sparse.csr_array] = []
        self.blocks: list[Dataset] = []

    def write(self, dataset: Dataset) -> None:
        assert isinstance(dataset.modality, Expression)
        if not dataset.modality.counts:
            self.blocks.append(dataset)
            return
        self.matrices.append(sparse.csr_array(known_or_nan(dataset)))
        self.blocks.append(replace(dataset, values=np.zeros((len(dataset), 0), np.int32)))

    def finish(self) -> None:
        whole = join(self.blocks)
        assert isinstance(whole.modality, Expression)
        write_h5ad(
            self.path,
            sparse.csr_array(sparse.vstack(self.matrices)) if self.matrices else whole.values,
            cells=whole.ids,
            genes=whole.modality.genes,
            labels=whole.labels,
            provenance=self.provenance,
        )

    def close(self) -> None:
        """`finish` has opened and closed the file."""


def _number(value: np.integer | np.floating) -> str:
    """A number as short as it can be read back; empty where it is not known."""
    if isinstance(value, np.integer):
        return "" if value < 0 else str(value)
    return (
        ""
        if np.isnan(value)
        else np.format_float_positional(value, trim="-")
        if abs(value) < 1e16
        else repr(float(value))
    )


def known_or_nan(dataset: Dataset) -> Num[np.ndarray, "n length"]:
    """Values as AnnData holds them: counts whole, or floats with NaN where some are not known."""
    unknown = dataset.values < 0
    counts = np.issubdtype(dataset.values.dtype, np.integer)
    return np.where(unknown, np.nan, dataset.values) if counts and unknown.any() else dataset.values


def check_format(path: Path, modality: Modality) -> None:
    """Refuse a name that asks for a format that such data do not go into, or that cannot be written here."""
    suffix = bare_suffix(path)
    if isinstance(modality, Sequences) and suffix not in FASTA_SUFFIXES:
        raise UsageError(f"{path}: sequences are written as FASTA; name the file .fa or .fa.gz (.bz2, .xz, .zst)")
    if isinstance(modality, Expression) and (suffix not in _PROFILES or path.suffix.lower() != ".h5ad" == suffix):
        raise UsageError(
            f"{path}: gene expression is written as AnnData or a table; name the file .h5ad, .csv.gz or .tsv.gz"
        )
    if suffix == ".h5ad":
        check_installed(path)


def _check_target(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not an ordinary file; name one that can be replaced")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}; make it first")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror or error}; choose another place")
