"""Every column alone: the model of the start, in which nothing goes with anything but the size of the record."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic.models.base import Model, Plan, Scalars, Spec

Table = Float[Array, "length outputs"]


@dataclass(frozen=True)
class Independent(Model):
    """Genes drawn alone: negative binomial counts given the library size, or normal values."""

    name: ClassVar[str] = "independent"
    summary: ClassVar[str] = "every gene alone, given the cell's library size; what any model of expression must beat"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"

    def plan(self, n: int) -> Plan:
        return Plan(1, 1, 1, 1, once=True)

    def init(self, spec: Spec, key: PRNGKeyArray) -> Table:
        spec.refuse_order(self.name)
        return jnp.asarray(spec.start)

    def step(
        self, spec: Spec, state: Table, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[Table, Scalars]:
        return state, {}

    def log_prob(self, spec: Spec, state: Table, x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
        return spec.observation.log_prob(state, x).sum()

    def sample(
        self, spec: Spec, state: Table, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        return spec.observation.draw(state, key)
