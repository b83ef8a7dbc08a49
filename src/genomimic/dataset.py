"""Data in memory: one immutable type for real and synthetic records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int, Shaped

if TYPE_CHECKING:
    from genomimic.modalities.base import Modality


@dataclass(frozen=True)
class Source:
    """Where a data set was read from and with which options, so that it can be read again."""

    path: str
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Records as a matrix of values with their names and labels; real and synthetic data are the same type.

    `values` is (n, length): tokens for sequences (see `genomimic.alphabet`). `labels` maps a name to n entries.
    `notes` counts what reading changed or left out, by policy ("letters_unknown", "records_too_ambiguous", ...).
    `source` is None for data that no file holds.
    """

    values: Shaped[np.ndarray, "n length"]
    ids: Shaped[np.ndarray, " n"]
    modality: "Modality"
    labels: Mapping[str, Shaped[np.ndarray, " n"]] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    source: Source | None = None

    def __post_init__(self) -> None:
        self.values.setflags(write=False)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        """Number of values in a record, padding included."""
        return self.values.shape[1]

    def take(self, rows: Int[np.ndarray, " m"]) -> "Dataset":
        """The records at `rows`, in that order."""
        labels = {name: column[rows] for name, column in self.labels.items()}
        return replace(self, values=self.values[rows], ids=self.ids[rows], labels=labels)

    def some(self, most: int) -> "Dataset":
        """At most so many records, spread evenly."""
        if len(self) <= most:
            return self
        return self.take(np.linspace(0, len(self) - 1, most).astype(np.int64))


def join(parts: Sequence[Dataset]) -> Dataset:
    """Data sets of one kind and width, one behind the other, with the notes and the source of the first."""
    labels = {name: np.concatenate([part.labels[name] for part in parts]) for name in parts[0].labels}
    values, ids = (np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "ids"))
    return replace(parts[0], values=values, ids=ids, labels=labels)
