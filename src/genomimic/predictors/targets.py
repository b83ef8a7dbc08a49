"""What is predicted: a number or one of a few classes, as the columns that learners are fitted to."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.labels import FEWEST_NUMBERS, known, numbers

MOST_CLASSES = 100
FEWEST_OF_CLASS = 10
MOST_STRAYS = 0.1
"""Share of values that are no numbers, up to which a label of many numbers is taken for one with mistakes."""


@dataclass(frozen=True)
class Numbers:
    """A label that is a number; learners see it with mean 0 and deviation 1."""

    label: str
    mean: float
    deviation: float
    kind: ClassVar[str] = "number"

    @property
    def outputs(self) -> int:
        """Numbers that a learner gives."""
        return 1

    def columns(self, labels: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, "n 1"]:
        """What learners are fitted to."""
        return ((self.values(labels) - self.mean) / self.deviation)[:, None].astype(np.float32)

    def values(self, labels: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The labels in their own units."""
        return labels.astype(str).astype(float)

    def config(self) -> dict[str, Any]:
        """Plain values from which `from_config` makes this again."""
        return {"kind": self.kind, "label": self.label, "mean": self.mean, "deviation": self.deviation}


@dataclass(frozen=True)
class Classes:
    """A label that is one of a few names."""

    label: str
    names: tuple[str, ...]
    kind: ClassVar[str] = "class"

    @property
    def outputs(self) -> int:
        """Numbers that a learner gives."""
        return len(self.names)

    def columns(self, labels: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, "n classes"]:
        """What learners are fitted to: 1 for the class of a record and 0 for the others."""
        return np.eye(len(self.names), dtype=np.float32)[self.codes(labels)]

    def codes(self, labels: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The number of each record's class; raises `DataError` for a class that is not there."""
        number = {name: code for code, name in enumerate(self.names)}
        strange = next((name for name in labels.astype(str) if name not in number), None)
        if strange is not None:
            raise DataError(f"{self.label} is {strange!r}, which the predictor was not told of; it knows: {self.names}")
        return np.array([number[name] for name in labels.astype(str)], np.int64)

    def code(self, name: str) -> int:
        """The number of a class; raises `UsageError` for one that is not there."""
        if name in self.names:
            return self.names.index(name)
        close = get_close_matches(name, self.names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UsageError(f"{self.label} has no class {name!r}; {hint}it has {', '.join(self.names)}")

    def config(self) -> dict[str, Any]:
        """Plain values from which `from_config` makes this again."""
        return {"kind": self.kind, "label": self.label, "names": list(self.names)}


Target = Numbers | Classes


def from_config(config: Mapping[str, Any]) -> Target:
    """The target whose `config()` this is."""
    if config["kind"] == Classes.kind:
        return Classes(str(config["label"]), tuple(map(str, config["names"])))
    return Numbers(str(config["label"]), float(config["mean"]), float(config["deviation"]))


def target_of(data: Dataset, label: str) -> Target:
    """What a label is: numbers where all of its known values are and more than 20 of them differ, classes otherwise.

    Raises `UsageError` for a label that is not there, and `DataError` for one that cannot be learned.
    """
    column = label_column(data, label)
    there = known(column)
    found = numbers(column)
    if found is not None:
        values = found[there]
        return Numbers(label, float(values.mean()), float(values.std()))
    names, counts = np.unique(column[there].astype(str), return_counts=True)
    if len(names) == 1:
        raise DataError(f"{label} is {str(names[0])!r} in all records; what never differs cannot be learned")
    _check_strays(column, there, label)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{label} has {len(names)} different values and some are no numbers; give numbers or 2 to {MOST_CLASSES} "
            "classes"
        )
    if counts.min() < FEWEST_OF_CLASS:
        raise DataError(
            f"{label}: too few records of class {str(names[counts.argmin()])!r} ({counts.min()}); give at least "
            f"{FEWEST_OF_CLASS} of each class, or leave that one out"
        )
    return Classes(label, tuple(names.tolist()))


def _check_strays(column: Shaped[np.ndarray, " n"], there: Bool[np.ndarray, " n"], label: str) -> None:
    """Refuse a few values that are no numbers among many different ones that are."""
    strays = there.copy()
    strays[there] = [not _finite(value) for value in column[there].astype(str)]
    rows, different = np.flatnonzero(strays), len(np.unique(column[there & ~strays].astype(str)))
    if rows.size and different > FEWEST_NUMBERS and len(rows) <= MOST_STRAYS * there.sum():
        raise DataError(
            f"{label}: {str(column[rows[0]])!r} of labelled record {there[: rows[0] + 1].sum()} is no finite number, "
            f"and {(there & ~strays).sum():,} others are numbers; mend it, or leave it empty"
        )


def _finite(value: str) -> bool:
    try:
        return isfinite(float(value))
    except ValueError:
        return False


def label_column(data: Dataset, label: str) -> Shaped[np.ndarray, " n"]:
    """The labels of records, as they stand in the file."""
    if label in data.labels:
        return np.asarray(data.labels[label])
    names = list(data.labels)
    if not names:
        raise UsageError(
            f"label {label}: the records have no labels; FASTA headers give them as {label}=VALUE, tables as columns"
        )
    close = get_close_matches(label, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(f"label {label}: there is no such label; {hint}there is {', '.join(map(repr, names))}")
