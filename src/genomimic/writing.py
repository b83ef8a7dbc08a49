"""From `Dataset`s to a FASTA file that appears whole or not at all."""

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.io.base import Record
from genomimic.io.compression import bare_suffix, open_compressed
from genomimic.io.fasta import format_record
from genomimic.io.formats import FASTA_SUFFIXES
from genomimic.modalities import Sequences


def write(dataset: Dataset, path: Path | str) -> None:
    """Write a data set as FASTA, compressed by suffix, labels in the headers; raises `UsageError` where it cannot."""
    with Writer(path) as writer:
        writer.write(dataset)


class Writer:
    """A FASTA file that grows by one `Dataset` after another and takes its name when the `with` block ends.

    On an exception nothing is left behind, and a file of that name that was there before stays as it was.

    >>> with Writer("synthetic.fa.gz") as writer:  # doctest: +SKIP
    ...     for batch in batches:
    ...         writer.write(batch)
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")

    def __enter__(self) -> "Writer":
        try:
            _check_target(self.path)
            with ExitStack() as files:
                files.callback(self._partial.unlink, missing_ok=True)
                self._file = files.enter_context(self._partial.open("wb"))
                self._stream = files.enter_context(open_compressed(self.path, self._file))
                self._files = files.pop_all()
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def write(self, dataset: Dataset) -> None:
        """Add the records of a data set."""
        assert isinstance(dataset.modality, Sequences)
        columns = {name: column.tolist() for name, column in dataset.labels.items()}
        texts = dataset.modality.texts(dataset)
        for row, (name, text) in enumerate(zip(dataset.ids.tolist(), texts, strict=True)):
            labels = {key: str(column[row]) for key, column in columns.items()}
            record = format_record(Record(str(name), text, labels))
            try:
                self._stream.write(record.encode())
            except OSError as error:
                raise _unwritable(self.path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self._files:
                self._stream.close()
                self._file.close()
                if kind is None:
                    self._partial.replace(self.path)
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault


def _check_target(path: Path) -> None:
    if bare_suffix(path) not in FASTA_SUFFIXES:
        raise UsageError(f"{path}: sequences are written as FASTA; name the file .fa or .fa.gz (.bz2, .xz, .zst)")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not an ordinary file; name one that can be replaced")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}; make it first")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror or error}; choose another place")
