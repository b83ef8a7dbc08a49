"""A record as a file holds it, and how a file's faults are told."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from genomimic.errors import DataError

NO_LABELS: Mapping[str, str] = MappingProxyType({})
"""The labels of all records that have none."""


class Record(NamedTuple):
    """One named sequence of letters as written in a file; `id` is "" where the file gives none."""

    id: str
    text: str
    labels: Mapping[str, str]
    description: str = ""


def record_error(path: Path, number: int, name: str, problem: str) -> DataError:
    """The error for a fault in record `number` (from 1) of a file.

    >>> record_error(Path("reads.fa"), 12, "chr1:5-205", "no sequence; remove it")
    DataError("reads.fa, record 12 'chr1:5-205': no sequence; remove it")
    """
    shown = f" {shorten(name)!r}" if name else ""
    return DataError(f"{path}, record {number}{shown}: {problem}")


def shorten(text: str, width: int = 60) -> str:
    """The text on one line, cut to `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."
