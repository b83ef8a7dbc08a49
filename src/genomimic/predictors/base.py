"""What a learner is: fitted once without each fold, and then a pure function of one record's letters."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int8

from genomimic import nn
from genomimic.modalities import Sequences
from genomimic.predictors.targets import Classes, Target

Members = Any
"""A tree of arrays whose first axis counts the members: one for each fold, which it has not seen."""

BLOCK = 256
COMPILED = {"xla_backend_optimization_level": 1}  # it computes more than it compiles, also where a process asks for 0

Told = Callable[[float, str], None]
"""Told of the share of fitting that is done, and a detail."""


@dataclass(frozen=True)
class Task:
    """What learners must know of the records and the label."""

    length: int
    symbols: int
    outputs: int
    classes: bool
    aligned: bool
    complement: tuple[int, ...] | None
    """The opposite strand's letter for each letter, where both strands count alike."""

    @classmethod
    def of(cls, modality: Sequences, length: int, target: Target) -> "Task":
        """The task of predicting a target from sequences of this length."""
        symbols = modality.letters.size
        complement = None if modality.complement is None else modality.complement[:symbols]
        return cls(length, symbols, target.outputs, isinstance(target, Classes), modality.aligned, complement)

    def features(self, tokens: Int[Array, "*shape"]) -> Float[Array, "*shape symbols"]:
        """One-hot letters: nothing where a sequence has ended, an unknown letter spread evenly over all."""
        unknown = (tokens == self.symbols + 1)[..., None]
        return jnp.where(unknown, 1 / self.symbols, jax.nn.one_hot(tokens, self.symbols))

    def turned(self, features: Float[Array, "length symbols"]) -> Float[Array, "length symbols"]:
        """The opposite strand, read 5' to 3', where both count alike."""
        assert self.complement is not None
        turned = features[::-1, np.array(self.complement)]
        return jnp.roll(turned, -jnp.round(self.length - features.sum()).astype(int), 0)

    def loss(
        self, outputs: Float[Array, "*rows outputs"], wanted: Float[Array, "*rows outputs"]
    ) -> Float[Array, "*rows"]:
        """Squared error of numbers, cross-entropy of classes."""
        if self.classes:
            return -(wanted * jax.nn.log_softmax(outputs)).sum(-1)
        return ((outputs - wanted) ** 2).sum(-1)


class Learner(ABC):
    """How to learn; a frozen dataclass of settings, which holds nothing learned."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def fit(
        self,
        task: Task,
        tokens: Int8[np.ndarray, "n length"],
        wanted: Float[np.ndarray, "n outputs"],
        folds: Int[np.ndarray, " n"],
        *,
        seed: int,
        told: Told,
    ) -> Members:
        """One member for each fold 0, 1, ..., fitted to the records of all others."""

    @abstractmethod
    def template(self, task: Task) -> Any:
        """Shapes and types of one member, without computing it."""

    @abstractmethod
    def one(self, task: Task, member: Any, features: Float[Array, "length symbols"]) -> Float[Array, " outputs"]:
        """What a member says of a record as it is read: a standardised number, or the logits of the classes."""

    def config(self) -> Mapping[str, Any]:
        """Plain values from which the learner is made again."""
        return {"name": self.name, **asdict(self)}  # pyright: ignore[reportArgumentType]

    def outputs(self, task: Task, member: Any, features: Float[Array, "length symbols"]) -> Float[Array, " outputs"]:
        """What a member says of a record: the mean over both strands where these count alike."""
        said = self.one(task, member, features)
        return said if task.complement is None else (said + self.one(task, member, task.turned(features))) / 2


def mean_of(
    learner: Learner, task: Task, members: Members, x: Float[Array, "length symbols"]
) -> Float[Array, " outputs"]:
    """What members say of a record on average."""
    return jax.vmap(lambda member: learner.outputs(task, member, x))(members).mean(0)


@partial(jax.jit, static_argnums=(0, 1), compiler_options=COMPILED)
def said_by(
    learner: Learner, task: Task, members: Members, x: Float[Array, "block length symbols"]
) -> Float[Array, "block outputs"]:
    """The mean of what members say of each record."""
    return jax.vmap(partial(mean_of, learner, task, members))(x)


def only(members: Members, number: int) -> Members:
    """One member of several, by itself."""
    return jax.tree.map(lambda leaf: leaf[number : number + 1], members)


def stacked(members: list[Any]) -> Members:
    """Members as one tree."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)


def blocks(
    function: Callable[[Any, Float[Array, "block length symbols"]], Any],
    params: Any,
    task: Task,
    tokens: Int8[np.ndarray, "n length"],
) -> Any:
    """A function of batches of records, on all of them a block at a time, which is compiled once."""
    pad = np.full((-len(tokens) % BLOCK, tokens.shape[1]), task.symbols, np.int8)
    padded = np.concatenate([tokens, pad])
    found = [
        jax.tree.map(np.asarray, function(params, task.features(jnp.asarray(padded[at : at + BLOCK]))))
        for at in range(0, len(padded), BLOCK)
    ]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[: len(tokens)], *found)


def counts(x: Float[Array, "length symbols"], size: int) -> Float[Array, " words"]:
    """How often each word of `size` letters stands in a record: a product of halves, so that gradients pass."""
    front, back = size // 2, size - size // 2
    if not front:
        return x.sum(0)
    first, last = nn.words(x, front), nn.words(x, back)
    places = len(x) - size + 1
    return (first[:places].T @ last[front : front + places]).ravel()
