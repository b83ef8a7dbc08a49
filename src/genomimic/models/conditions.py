"""Labels that a model is told: which there are, how often each combination occurs, and records with them.

A record with conditions is its values followed by the number of the level of each condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import UsageError

MOST_LEVELS = 100


@dataclass(frozen=True, eq=False)
class Conditions:
    """Names of labels, the levels of each, and the combinations seen in training records with their shares."""

    names: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    combinations: Int[np.ndarray, "m names"] = field(default_factory=lambda: np.zeros((1, 0), np.int32))
    shares: Float[np.ndarray, " m"] = field(default_factory=lambda: np.ones(1))

    @classmethod
    def of(cls, data: Dataset, names: Sequence[str]) -> "Conditions":
        """Those of a data set; raises `UsageError` for a label that is not there, never varies or has many levels."""
        if not names:
            return cls()
        levels = tuple(_levels(data, name) for name in names)
        codes = _codes(data.ids, data.labels, names, levels)
        combinations, counts = np.unique(codes, axis=0, return_counts=True)
        return cls(tuple(names), levels, combinations.astype(np.int32), counts / counts.sum())

    @property
    def width(self) -> int:
        """Numbers that a network is told."""
        return sum(map(len, self.levels))

    def config(self) -> dict[str, Any]:
        """Plain values from which `from_config` makes these again."""
        return {
            "names": list(self.names),
            "levels": [list(levels) for levels in self.levels],
            "combinations": self.combinations.tolist(),
            "shares": self.shares.tolist(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Conditions":
        """The conditions whose `config()` this is."""
        levels = tuple(tuple(levels) for levels in config["levels"])
        combinations = np.array(config["combinations"], np.int32).reshape(-1, len(levels))
        return cls(tuple(config["names"]), levels, combinations, np.array(config["shares"]))

    def rows(self, data: Dataset) -> Shaped[np.ndarray, "n columns"]:
        """The values of records, followed by the numbers of their levels."""
        if not self.names:
            return data.values
        codes = _codes(data.ids, data.labels, self.names, self.levels)
        return np.concatenate([data.values, codes.astype(data.values.dtype)], 1)

    def codes(self, labels: Mapping[str, Shaped[np.ndarray, " n"]]) -> Int[np.ndarray, "n names"]:
        """The numbers of the levels of records with these labels."""
        return _codes(np.arange(len(next(iter(labels.values()), ()))), labels, self.names, self.levels)

    def apart(self, row: Shaped[Array, " columns"]) -> tuple[Shaped[Array, " length"], Float[Array, " width"]]:
        """The values of a row and what a network is told of it: one-hot levels, one condition behind the other."""
        if not self.names:
            return row, jnp.zeros(0)
        values, codes = row[: -len(self.names)], row[-len(self.names) :].astype(jnp.int32)
        return values, self.one_hot(codes)

    def one_hot(self, codes: Int[Array, " names"]) -> Float[Array, " width"]:
        """What a network is told of the numbers of levels."""
        parts = [jax.nn.one_hot(codes[i], len(levels)) for i, levels in enumerate(self.levels)]
        return jnp.concatenate(parts) if parts else jnp.zeros(0)

    def draw(self, key: PRNGKeyArray) -> Int[Array, " names"]:
        """Numbers of levels, combinations being as frequent as in the training records."""
        at = jax.random.choice(key, len(self.shares), p=jnp.asarray(self.shares))
        return jnp.asarray(self.combinations)[at]

    def joined(self, values: Shaped[Array, " length"], codes: Int[Array, " names"]) -> Shaped[Array, " columns"]:
        """A row from its values and the numbers of its levels."""
        return jnp.concatenate([values, codes.astype(values.dtype)]) if self.names else values

    def labels(self, codes: Shaped[np.ndarray, "n names"]) -> dict[str, Shaped[np.ndarray, " n"]]:
        """Label columns of rows whose levels have these numbers."""
        named = zip(self.names, self.levels, codes.T.astype(int), strict=True)
        return {name: np.array(levels, dtype=object)[column] for name, levels, column in named}


def _levels(data: Dataset, name: str) -> tuple[str, ...]:
    if name not in data.labels:
        close = get_close_matches(name, data.labels, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        there = ", ".join(map(repr, data.labels)) or "none"
        raise UsageError(f"--condition {name}: there is no such label; {hint}labels: {there}")
    levels = tuple(np.unique(data.labels[name].astype(str)).tolist())
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise UsageError(
            f"--condition {name}: {len(levels)} different values; a condition has 2 to {MOST_LEVELS}, so leave it out"
        )
    return levels


def _codes(
    ids: Shaped[np.ndarray, " n"],
    labels: Mapping[str, Shaped[np.ndarray, " n"]],
    names: Sequence[str],
    levels: Sequence[tuple[str, ...]],
) -> Int[np.ndarray, "n names"]:
    """The number of the level of each condition of each record."""
    columns = []
    for name, known in zip(names, levels, strict=True):
        if name not in labels:
            raise UsageError(f"the model is told {name!r} of each record, and these records have no such label")
        given = labels[name].astype(str)
        at = np.minimum(np.searchsorted(known, given), len(known) - 1)
        strange = np.flatnonzero(np.array(known)[at] != given)
        if strange.size:
            raise UsageError(f"{name} of record {ids[strange[0]]!r} is {given[strange[0]]!r}; known: {known}")
        columns.append(at)
    return np.stack(columns, 1)
