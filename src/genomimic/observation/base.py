"""Observations: how a network's numbers become data, and what a network sees of data.

`params` are a network's numbers with one last axis of size `outputs`; `features` have one last axis of size `inputs`.
Values whose order means something (letters) are drawn one by one or all at once, with any leading axes; values without
an order (genes) are drawn a whole record at once, since a record's total is shared by all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

Reach = Literal["value", "column", "row"]
"""What an output belongs to: each value, a column whatever the record, or a record whatever the column."""


@jax.custom_vjp
def unstacked(params: Float[Array, "*shape outputs"]) -> tuple[Float[Array, "*shape"], ...]:
    """Each number of the last axis by itself.

    The gradient is put together in one piece: of slices it would be a sum of padded arrays, which took a quarter of a
    training step on counts. It has no forward-mode derivative.
    """
    return tuple(jnp.unstack(params, axis=-1))


unstacked.defvjp(lambda params: (unstacked(params), None), lambda _, parts: (jnp.stack(parts, -1),))


class Observation(ABC):
    """A family of distributions over one value, with the sizes of what a network sees and gives."""

    @property
    @abstractmethod
    def inputs(self) -> int:
        """Numbers that a network sees of one value."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers that a network gives for one value."""

    @property
    def reach(self) -> tuple[Reach, ...]:
        """What each output belongs to, so that a network need not give a record's or a column's number many times."""
        return ("value",) * self.outputs

    @property
    @abstractmethod
    def missing(self) -> int | float:
        """The value that stands for "not known" and counts for nothing."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Plain values from which `observation.build` makes this observation again; "name" is one of them."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Observation":
        """The observation whose `config()` this is."""

    @abstractmethod
    def features(self, x: Shaped[Array, "*shape"]) -> Float[Array, "*shape inputs"]:
        """What a network sees."""

    @abstractmethod
    def observed(self, x: Shaped[Array, " length"]) -> Bool[Array, " length"]:
        """Which values of a row are scored."""

    def known(self, x: Shaped[Array, " length"]) -> Int[Array, ""]:
        """How many values of a row are known: what a likelihood is divided by."""
        return self.observed(x).sum()

    @abstractmethod
    def log_prob(self, params: Float[Array, "length outputs"], x: Shaped[Array, " length"]) -> Float[Array, " length"]:
        """Log-probability of each value of a row in nats; 0 where it is not scored."""

    @abstractmethod
    def draw(self, params: Float[Array, "*shape outputs"], key: PRNGKeyArray) -> Shaped[Array, "*shape"]:
        """One draw for each value."""

    @abstractmethod
    def relax(self, params: Float[Array, "*shape outputs"], key: PRNGKeyArray) -> Float[Array, "*shape inputs"]:
        """Features of a draw, with a gradient with respect to `params`."""

    def stay_ended(self, last: Float[Array, " inputs"], drawn: Float[Array, " inputs"]) -> Float[Array, " inputs"]:
        """Features of a draw given those of the value before it: a record that has ended stays ended."""
        return drawn

    @abstractmethod
    def from_features(self, features: Float[Array, "length inputs"]) -> Shaped[Array, " length"]:
        """The record whose features were drawn by `relax`."""

    def trim(self, x: Shaped[Array, " length"]) -> Shaped[Array, " length"]:
        """A row of draws made a valid record."""
        return x

    def sharp(self, start: Float[np.ndarray, "length outputs"]) -> Float[np.ndarray, "length outputs"]:
        """Where a network that can tell records apart begins: at `start`, unless that leaves too much to chance."""
        return start

    @abstractmethod
    def start(self, values: Shaped[np.ndarray, "n length"]) -> Float[np.ndarray, "length outputs"]:
        """Parameters of the model in which all values are independent, fitted to data."""


class Measured(Observation):
    """Values that are measured, each drawn by itself once its row's parameters and total are known.

    `given` has one last axis of numbers that settle a value's distribution; what they are is the observation's own.
    """

    @abstractmethod
    def compared(self, x: Shaped[Array, " length"]) -> Float[Array, " length"]:
        """A row's values as rows are compared: on the scale of people, without what totals bring; 0 if not known."""

    @abstractmethod
    def given(
        self, params: Float[Array, "length outputs"], x: Shaped[Array, " length"]
    ) -> Float[Array, "length given"]:
        """What settles the distribution of every value of a row, known or not, given the known ones."""

    @abstractmethod
    def anew(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, "length given"]:
        """The same of a new record, whose total is drawn."""

    @abstractmethod
    def log_density(self, given: Float[Array, "*shape given"], x: Shaped[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Log-probability of values in nats."""

    @abstractmethod
    def expected(self, given: Float[Array, "*shape given"]) -> Float[Array, "*shape"]:
        """Mean of each value."""

    @abstractmethod
    def drawn(self, given: Float[np.ndarray, "*shape given"], rng: np.random.Generator) -> Shaped[np.ndarray, "*shape"]:
        """One draw for each value."""
