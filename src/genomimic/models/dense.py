"""Networks for records whose values have no order, such as genes: every value sees all of them."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genomimic import nn
from genomimic.models.base import Spec
from genomimic.observation import Reach, unstacked

QUICK = 3.0
"""Times that a column's own number learns faster than the weights of layers."""


class Profile(eqx.Module):
    """Numbers that stand for a record, such as a latent vector, to the observation's parameters of all its values.

    What belongs to a value comes from the last layer; what belongs to a record from a small layer of its own; what
    belongs to a column is one learned number for each (`Observation.reach`). All begin at the data's independent model,
    but for chance, which begins small (`Observation.sharp`).
    """

    layers: tuple[eqx.nn.Linear, ...]
    values: tuple[eqx.nn.Linear, ...]
    rows: eqx.nn.Linear
    start: Float[Array, "length outputs"]
    """In units of 1 / `QUICK`."""

    def __init__(self, spec: Spec, inputs: int, widths: tuple[int, ...], key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 3)
        reach = spec.observation.reach
        sizes = (inputs, *widths)
        shapes = zip(sizes[:-1], sizes[1:], jax.random.split(keys[0], len(widths)), strict=True)
        self.layers = tuple(eqx.nn.Linear(before, after, key=one) for before, after, one in shapes)
        heads = jax.random.split(keys[1], reach.count("value"))
        self.values = tuple(nn.scaled(sizes[-1], spec.length, one, 0.1) for one in heads)
        self.rows = nn.scaled(sizes[-1], reach.count("row"), keys[2], 0.1)
        self.start = jnp.asarray(spec.observation.sharp(spec.start)) / QUICK

    def __call__(
        self, spec: Spec, z: Float[Array, " inputs"], drop: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, "length outputs"]:
        """Parameters of every value."""
        z = self.hidden(z, drop, key)
        of_values = iter([nn.linear(head, z) for head in self.values])
        of_rows = iter(nn.linear(self.rows, z))
        added = [_added(reach, of_values, of_rows, spec.length) for reach in spec.observation.reach]
        return jnp.stack([own + more for own, more in zip(unstacked(QUICK * self.start), added, strict=True)], 1)

    def hidden(
        self, z: Float[Array, " inputs"], drop: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, " width"]:
        """What the last layer reads."""
        keys = [None] * len(self.layers) if key is None else jax.random.split(key, len(self.layers))
        for layer, one in zip(self.layers, keys, strict=True):
            z = nn.dropout(jax.nn.relu(nn.linear(layer, z)), drop, one)
        return z


def _added(
    reach: Reach, of_values: Iterator[Float[Array, " length"]], of_rows: Iterator[Float[Array, ""]], length: int
) -> Float[Array, " length"]:
    if reach == "value":
        return next(of_values)
    return jnp.full(length, next(of_rows)) if reach == "row" else jnp.zeros(length)
