"""Labels that a model is told: which there are, how often each combination occurs, and records with them.

A label is a class or a quantity. A class has a number for each of its levels; a quantity has the number of its
percentile among the training records, 0 to 100, so that one part in a hundred of them lies between two numbers.
A record with conditions is its values followed by these numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.labels import known, numbers

MOST_LEVELS = 100
MOST_COMBINATIONS = 1000
"""Combinations of labels that are kept to draw from; of more, an even selection."""

BUMPS = 8
"""Numbers by which a network is told a quantity: how near its percentile is to each of so many places."""

UNKNOWN = -1
"""The number of a label that is not known."""

ANY = -2
"""The number of a label that is to be drawn."""


@dataclass(frozen=True)
class Class:
    """A label of a few levels."""

    name: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        """Numbers that a network is told."""
        return len(self.levels)

    def config(self) -> dict[str, Any]:
        """Plain values from which the label is made again."""
        return {"name": self.name, "levels": list(self.levels)}

    @property
    def described(self) -> str:
        """Its levels."""
        return ", ".join(self.levels)

    def codes(self, column: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The number of each label; raises `UsageError` for a level that is not there."""
        given, there = column.astype(str), known(column)
        at = np.minimum(np.searchsorted(self.levels, given), len(self.levels) - 1)
        strange = np.flatnonzero(there & (np.array(self.levels)[at] != given))
        if strange.size:
            close = get_close_matches(str(given[strange[0]]), self.levels, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            shown = ", ".join(self.levels[:10]) + (", ..." if len(self.levels) > 10 else "")
            raise UsageError(
                f"{self.name} is {str(given[strange[0]])!r}, which the model was not told of; {hint}it knows: {shown}"
            )
        return np.where(there, at, UNKNOWN)

    def texts(self, codes: Int[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
        """The label of each number."""
        return np.array([*self.levels, ""], dtype=object)[codes]

    def told(self, code: Int[Array, ""]) -> Float[Array, " width"]:
        """One-hot; zeros where it is not known."""
        return jax.nn.one_hot(code, self.width)


@dataclass(frozen=True)
class Quantity:
    """A label that is a number, by its percentile among the training records."""

    name: str
    percentiles: tuple[float, ...]
    """Of the training records, 0 to 100."""

    width: ClassVar[int] = BUMPS

    def config(self) -> dict[str, Any]:
        """Plain values from which the label is made again."""
        return {"name": self.name, "percentiles": list(self.percentiles)}

    @property
    def described(self) -> str:
        """Its range and its median."""
        low, middle, high = (self.percentiles[at] for at in (0, 50, 100))
        return f"{low:.4g} to {high:.4g}, median {middle:.4g}"

    def codes(self, column: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The nearest percentile of each label, which is a number, or a quantile such as 0.9q."""
        found = np.full(len(column), UNKNOWN)
        for at in np.flatnonzero(known(column)):
            found[at] = self._code(str(column[at]).strip())
        return found

    def _code(self, text: str) -> int:
        quantile = text.endswith("q")
        try:
            number = float(text.removesuffix("q"))
        except ValueError:
            number = np.nan
        if not np.isfinite(number) or (quantile and not 0 <= number <= 1):
            raise UsageError(f"{self.name} is {text!r}; expected a number, or a quantile from 0q to 1q such as 0.9q")
        share = 100 * number if quantile else np.interp(number, self.percentiles, np.arange(101))
        return int(np.rint(share))

    def texts(self, codes: Int[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
        """The value at each percentile."""
        return np.array([f"{value:.5g}" for value in self.percentiles] + [""], dtype=object)[codes]

    def told(self, code: Int[Array, ""]) -> Float[Array, " width"]:
        """How near the percentile is to each of `BUMPS` places, adding up to 1; zeros where it is not known."""
        away = code / 100 - jnp.linspace(0, 1, BUMPS)
        return jnp.where(code >= 0, jax.nn.softmax(-((away * (BUMPS - 1)) ** 2)), 0.0)


Label = Class | Quantity


@dataclass(frozen=True, eq=False)
class Conditions:
    """The labels that a model is told, and the combinations seen in training records with their shares."""

    labels: tuple[Label, ...] = ()
    combinations: Int[np.ndarray, "m labels"] = field(default_factory=lambda: np.zeros((1, 0), np.int32))
    shares: Float[np.ndarray, " m"] = field(default_factory=lambda: np.ones(1))

    @classmethod
    def of(cls, data: Dataset, names: Sequence[str]) -> "Conditions":
        """Those of a data set; raises `UsageError` for a label that is not there, never varies or has many levels."""
        if not names:
            return cls()
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice:
            raise UsageError(f"--condition {twice} stands twice; give each label once")
        labels = tuple(_label(data, name) for name in names)
        codes = np.stack([label.codes(data.labels[label.name]) for label in labels], 1)
        if len(np.unique(codes, axis=0)) > MOST_COMBINATIONS:
            order = np.lexsort(codes.T[::-1])
            codes = codes[order[np.linspace(0, len(codes) - 1, MOST_COMBINATIONS).astype(int)]]
        combinations, counts = np.unique(codes, axis=0, return_counts=True)
        return cls(labels, combinations.astype(np.int32), counts / counts.sum())

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names."""
        return tuple(label.name for label in self.labels)

    @property
    def width(self) -> int:
        """Numbers that a network is told."""
        return sum(label.width for label in self.labels)

    @property
    def groups(self) -> int:
        """Combinations of classes that there may be, unknown ones included."""
        return math.prod(label.width + 1 for label in self.labels)

    def group(self, codes: Int[Array, "*n labels"]) -> Int[Array, "*n"]:
        """The number of the combination of classes."""
        number = jnp.zeros(codes.shape[:-1], jnp.int32)
        for i, label in enumerate(self.labels):
            number = number * (label.width + 1) + codes[..., i].astype(jnp.int32) % (label.width + 1)
        return number

    def hidings(self, codes: Int[Array, "n labels"]) -> tuple[Int[Array, "m labels"], Bool[Array, " m"]]:
        """The numbers as they are and with every choice of labels hidden, choice by choice.

        False where a choice hides what is not known anyway, so that each combination is there once for each record.
        """
        labels = len(self.labels)
        choices = np.array(list(product((False, True), repeat=labels)), bool).reshape(2**labels, 1, labels)
        hidden, again = jnp.where(choices, UNKNOWN, codes), (choices & (codes == UNKNOWN)).any(-1)
        return hidden.reshape(again.size, labels), jnp.ravel(~again)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the labels that are numbers."""
        return tuple(label.name for label in self.labels if isinstance(label, Quantity))

    def config(self) -> dict[str, Any]:
        """Plain values from which `from_config` makes these again."""
        return {
            "labels": [label.config() for label in self.labels],
            "combinations": self.combinations.tolist(),
            "shares": self.shares.tolist(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Conditions":
        """The conditions whose `config()` this is."""
        labels = tuple(
            Class(one["name"], tuple(one["levels"]))
            if "levels" in one
            else Quantity(one["name"], tuple(one["percentiles"]))
            for one in config["labels"]
        )
        combinations = np.array(config["combinations"], np.int32).reshape(-1, len(labels))
        return cls(labels, combinations, np.array(config["shares"]))

    def rows(self, data: Dataset) -> Shaped[np.ndarray, "n columns"]:
        """The values of records, followed by the numbers of their labels."""
        if not self.labels:
            return data.values
        return np.concatenate([data.values, self.codes(data.labels, len(data)).astype(data.values.dtype)], 1)

    def codes(self, labels: Mapping[str, Shaped[np.ndarray, " n"]], n: int) -> Int[np.ndarray, "n labels"]:
        """The numbers of the labels of n records; raises `UsageError` where a label is not there."""
        absent = next((name for name in self.names if name not in labels), None)
        if absent:
            raise UsageError(f"the model is told {absent!r} of each record, and these records have no such label")
        return np.stack([np.zeros(n, int), *(label.codes(labels[label.name]) for label in self.labels)], 1)[:, 1:]

    def cut(self, rows: Shaped[Array, "*n columns"]) -> tuple[Shaped[Array, "*n length"], Int[Array, "*n labels"]]:
        """The values of rows, and the numbers of their labels."""
        length = rows.shape[-1] - len(self.labels)
        return rows[..., :length], rows[..., length:].astype(jnp.int32)

    def apart(self, row: Shaped[Array, " columns"]) -> tuple[Shaped[Array, " length"], Float[Array, " width"]]:
        """The values of a row and what a network is told of it, one label behind the other."""
        values, codes = self.cut(row)
        return values, self.told(codes)

    def told(self, codes: Int[Array, " labels"]) -> Float[Array, " width"]:
        """What a network is told of these numbers."""
        parts = [label.told(codes[i]) for i, label in enumerate(self.labels)]
        return jnp.concatenate(parts) if parts else jnp.zeros(0)

    def hidden(self, told: Float[Array, " width"], share: float, key: PRNGKeyArray) -> Float[Array, " width"]:
        """What a network is told, each label left out with this chance."""
        if not self.labels:
            return told
        kept = jax.random.bernoulli(key, 1 - share, (len(self.labels),))
        return told * jnp.repeat(kept, np.array([label.width for label in self.labels]), total_repeat_length=self.width)

    def draw(self, wanted: Int[Array, " labels"], key: PRNGKeyArray) -> Int[Array, " labels"]:
        """These numbers, those that are `ANY` drawn as often as they stand beside the wanted classes in training."""
        if not self.labels:
            return wanted
        classes = np.array([isinstance(label, Class) for label in self.labels])
        combinations = jnp.asarray(self.combinations)
        fits = ((combinations == wanted) | (wanted == ANY) | ~classes).all(1)
        at = jax.random.choice(key, len(self.shares), p=jnp.asarray(self.shares) * jnp.where(fits, 1.0, 1e-12))
        return jnp.where(wanted == ANY, combinations[at], wanted)

    def contexts(
        self, codes: Int[Array, " labels"], guidance: float
    ) -> tuple[Float[Array, "contexts width"], tuple[float, ...]]:
        """What to tell a network, and the weights of what it then says: classifier-free guidance (Ho & Salimans 2022).

        Logits are (1 + guidance) * those given the labels - guidance * those given none.
        """
        told = self.told(codes)
        if not guidance:
            return told[None], (1.0,)
        return jnp.stack([told, jnp.zeros_like(told)]), (1 + guidance, -guidance)

    def anything(self) -> Int[Array, " labels"]:
        """Numbers that ask for nothing in particular."""
        return jnp.full(len(self.labels), ANY)

    def joined(self, values: Shaped[Array, " length"], codes: Int[Array, " labels"]) -> Shaped[Array, " columns"]:
        """A row from its values and the numbers of its labels."""
        return jnp.concatenate([values, codes.astype(values.dtype)]) if self.labels else values

    def columns(self, codes: Shaped[np.ndarray, "n labels"]) -> dict[str, Shaped[np.ndarray, " n"]]:
        """Label columns of rows with these numbers."""
        return {label.name: label.texts(codes[:, i].astype(int)) for i, label in enumerate(self.labels)}


def _label(data: Dataset, name: str) -> Label:
    if name not in data.labels:
        close = get_close_matches(name, data.labels, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        there = ", ".join(map(repr, data.labels)) or "none"
        raise UsageError(f"--condition {name}: there is no such label; {hint}labels: {there}")
    column = data.labels[name]
    values = numbers(column)
    if values is not None:
        return Quantity(name, tuple(np.nanpercentile(values, np.arange(101)).tolist()))
    levels = tuple(np.unique(column[known(column)].astype(str)).tolist())
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise UsageError(
            f"--condition {name}: {len(levels)} different values; a condition that is no number has "
            f"2 to {MOST_LEVELS}, so leave it out"
        )
    return Class(name, levels)
