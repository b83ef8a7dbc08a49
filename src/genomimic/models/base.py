"""The interface of every generator, whatever it learns and however."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic.errors import UsageError
from genomimic.models.conditions import Conditions
from genomimic.observation import Observation

NO_CONDITIONS = Conditions()

Size = TypeVar("Size")

State = Any
"""A pytree of arrays that a model alone looks into: counts, weights, optimiser moments."""


class Limits(NamedTuple):
    """The smallest and the largest value that a field of a model may have."""

    low: float
    high: float = math.inf


Count = Annotated[int, Limits(0)]
"""A whole number that may be 0; a plain `int` is at least 1."""
Share = Annotated[float, Limits(0, 1)]
Positive = Annotated[float, Limits(1e-9)]
"""A number that may not be 0; a plain `float` is at least 0."""

Scalars = Mapping[str, Float[Array, ""]]
"""Named numbers of one step or one validation, for the log and the progress bar."""


@dataclass(frozen=True, eq=False)
class Spec:
    """What a model is told of the data before it sees any: sizes, the observation, and where output biases begin.

    `aligned`: a position means the same in every record. `complement`: the opposite strand's token for each token where
    a record and its reverse complement are equally good, and None where they are two different things. `ordered`:
    neighbours in a record are neighbours in nature, so that layers may look at them. `conditions`: labels that the
    model is told; a row of data is then its values followed by the numbers of its levels.
    """

    length: int
    observation: Observation
    start: Float[np.ndarray, "length outputs"]
    aligned: bool = True
    complement: tuple[int, ...] | None = None
    ordered: bool = True
    conditions: Conditions = NO_CONDITIONS

    @property
    def symbols(self) -> int:
        """Letters of the alphabet; padding and missing letters have the two numbers behind them."""
        return getattr(self.observation, "symbols", self.observation.outputs)

    @property
    def ends(self) -> bool:
        """Whether records differ in length, so that their end is an outcome too."""
        return self.observation.outputs > self.symbols

    def need_order(self, model: str) -> None:
        """Raise `UsageError` where values have no order, which a model needs."""
        if not self.ordered:
            raise UsageError(f"{model} needs sequences, and these data have no order of columns; use --model vae")

    def refuse_order(self, model: str) -> None:
        """Raise `UsageError` where values have an order, which a model knows nothing of."""
        if self.ordered:
            raise UsageError(f"{model} is for gene expression, and these are sequences; use --model position-markov")

    def refuse_wide(self, model: str, most: int) -> None:
        """Raise `UsageError` where there are more columns than a model can hold all pairs of."""
        if self.length > most:
            raise UsageError(
                f"{model} holds all pairs of at most {most:,} genes, got {self.length:,}; use --genes {most}"
            )

    def letter_frequencies(self) -> Float[np.ndarray, "length symbols"]:
        """Of the letters at each position of the training records, among those that reach it."""
        probs = np.exp(self.start[:, : self.symbols])
        return probs / probs.sum(1, keepdims=True)


class Finish(NamedTuple):
    """The state that a run keeps, and what was done to it in the end, in words."""

    state: State
    done: str = ""


@dataclass(frozen=True)
class Plan:
    """How the loop feeds a model: `steps` batches of `batch` records, validated every `every` steps.

    A model that only counts sees every record once (`once`); others see shuffled records again and again and stop when
    `patience` validations in a row bring nothing better.
    """

    steps: int
    batch: int
    every: int
    patience: int
    once: bool = False

    @classmethod
    def one_pass(cls, n: int, batch: int) -> "Plan":
        """Every one of n records once, and one validation."""
        steps = -(-n // batch)
        return cls(steps, batch, every=steps, patience=1, once=True)


@dataclass(frozen=True)
class Model(ABC):
    """A generator's hyperparameters with the functions that use them.

    The state is explicit: `init` makes it, `step` returns a new one, and the loop that calls them knows no model.
    `sample` and `log_prob` are written for one record; callers map them over many.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "none"
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "nothing"
    """Which labels of each record it can be told (`Spec.conditions`): none, those of a few levels, or numbers too."""
    rules_on_lengths: ClassVar[bool] = True
    """Whether a model with the method `obey` keeps rules on records of different lengths too."""
    shown: ClassVar[tuple[str, ...]] = ("loss",)
    """Scalars on the progress bar."""

    def heard(self, conditions: Conditions) -> tuple[str, ...]:
        """The names of those labels that it can be told."""
        deaf = {"nothing": conditions.names, "classes": conditions.numbers, "anything": ()}[self.conditional]
        return tuple(name for name in conditions.names if name not in deaf)

    def hears(self, conditions: Conditions) -> bool:
        """Whether it can be told these labels."""
        return self.heard(conditions) == conditions.names

    def settled(self, spec: Spec, n: int) -> "Model":
        """The model with every size that was left open settled for this kind of data and n training records."""
        return self

    @abstractmethod
    def plan(self, n: int) -> Plan:
        """How to train on n records, once settled."""

    @abstractmethod
    def init(self, spec: Spec, key: PRNGKeyArray) -> State:
        """State before the first step."""

    @abstractmethod
    def step(
        self, spec: Spec, state: State, batch: Shaped[Array, "batch columns"], key: PRNGKeyArray
    ) -> tuple[State, Scalars]:
        """State after one more batch, and what to log of it."""

    def validate(
        self, spec: Spec, state: State, values: Shaped[Array, "n columns"], key: PRNGKeyArray
    ) -> tuple[State, Scalars]:
        """The scalar "loss" on unseen records, lower is better, and the state with all that is chosen by them.

        Unless a model says otherwise, it chooses nothing, and the loss is bits per base by `log_prob`.
        """
        log_probs = jax.lax.map(lambda x: self.log_prob(spec, state, x, key), values, batch_size=256)
        return state, {"loss": mean_bits(spec, values, log_probs)}

    def finished(
        self,
        spec: Spec,
        state: State,
        rows: Shaped[Array, "n columns"],
        judge: Callable[[State], float],
        key: PRNGKeyArray,
    ) -> Finish:
        """What is made of the best state once training has ended, from some of the training records.

        `judge` is the loss on unseen records. Unless a model says otherwise, the state stays as it is.
        """
        return Finish(state)

    @abstractmethod
    def sample(
        self, spec: Spec, state: State, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """The values of one new record whose labels have these numbers (see `Conditions`)."""

    def log_prob(self, spec: Spec, state: State, x: Shaped[Array, " columns"], key: PRNGKeyArray) -> Float[Array, ""]:
        """Log-probability of one record, given its labels, in nats: exact, or a lower bound, as `likelihood` says."""
        raise UsageError(f"{self.name} has no likelihood; it can only sample")

    def networks(self, state: State) -> Mapping[str, Any]:
        """The parts of a state that make records, by name, for a summary."""
        return {"tables": state}

    def health(self, log: Sequence[Mapping[str, int | float]]) -> str | None:
        """A sentence that says why training should stop and what to change, or None while all is well."""
        return None


def settled(size: Size | None) -> Size:
    """A size that `Model.settled` has settled."""
    assert size is not None, "settled() comes first"
    return size


def mean_bits(spec: Spec, rows: Shaped[Array, "n columns"], log_probs: Float[Array, " n"]) -> Float[Array, ""]:
    """Bits per base of records whose log-probabilities are given in nats."""
    values = jax.vmap(spec.conditions.apart)(rows)[0]
    bases = jnp.maximum(jax.vmap(spec.observation.observed)(values).sum(), 1)
    return -log_probs.sum() / bases / jnp.log(2.0)
