"""Letters: one of a few symbols, and where records differ in length, their end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from genomimic.observation.base import Observation


@dataclass(frozen=True)
class Categorical(Observation):
    """One of `symbols` tokens; where `ends`, one more outcome says that the sequence has ended.

    The end is an outcome of its own and absorbing: behind it nothing is scored and only padding is drawn, so
    variable lengths have a proper likelihood and padding never stands inside a sequence.
    """

    symbols: int
    ends: bool = False

    @property
    def inputs(self) -> int:
        return self.symbols + self.ends

    @property
    def outputs(self) -> int:
        return self.symbols + self.ends

    @property
    def pad(self) -> int:
        return self.symbols

    @property
    def missing(self) -> int:
        return self.symbols + 1

    def config(self) -> dict[str, Any]:
        return {"name": "categorical", "symbols": self.symbols, "ends": self.ends}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Categorical":
        return cls(int(config["symbols"]), bool(config["ends"]))

    def features(self, x: Int[Array, "*shape"]) -> Float[Array, "*shape inputs"]:
        """One-hot; an unknown letter is spread evenly over the symbols."""
        spread = jnp.where(jnp.arange(self.inputs) < self.symbols, 1.0 / self.symbols, 0.0)
        return jnp.where((x == self.missing)[..., None], spread, jax.nn.one_hot(x, self.inputs))

    def observed(self, x: Int[Array, " length"]) -> Bool[Array, " length"]:
        """Known symbols and, where sequences may end, the first padding behind each."""
        behind_end = jnp.concatenate([jnp.zeros(1, bool), x[:-1] == self.pad])
        return (x < self.outputs) & ~behind_end

    def known(self, x: Int[Array, " length"]) -> Int[Array, ""]:
        """Symbols; an end is none."""
        return (x < self.symbols).sum()

    def log_prob(self, params: Float[Array, "length outputs"], x: Int[Array, " length"]) -> Float[Array, " length"]:
        log_probs = jax.nn.log_softmax(params)
        picked = jnp.take_along_axis(log_probs, jnp.minimum(x, self.outputs - 1)[:, None].astype(jnp.int32), 1)[:, 0]
        return jnp.where(self.observed(x), picked, 0.0)

    def draw(self, params: Float[Array, "*shape outputs"], key: PRNGKeyArray) -> Int[Array, "*shape"]:
        return jax.random.categorical(key, params).astype(jnp.int8)

    def relax(self, params: Float[Array, "*shape outputs"], key: PRNGKeyArray) -> Float[Array, "*shape inputs"]:
        """Straight-through draw: exactly one-hot forward, the softmax's gradient backward (Bengio et al. 2013)."""
        hard = jax.nn.one_hot(self.draw(params, key), self.outputs)
        soft = jax.nn.softmax(params)
        return hard + soft - jax.lax.stop_gradient(soft)

    def stay_ended(self, last: Float[Array, " inputs"], drawn: Float[Array, " inputs"]) -> Float[Array, " inputs"]:
        if not self.ends:
            return drawn
        return jnp.where(last[self.pad] > 0.5, jax.nn.one_hot(self.pad, self.inputs), drawn)

    def from_features(self, features: Float[Array, "length inputs"]) -> Int[Array, " length"]:
        return self.trim(jnp.argmax(features, -1))

    def trim(self, x: Int[Array, " length"]) -> Int[Array, " length"]:
        """Padding from the first end on."""
        ended = jnp.cumsum(x == self.pad) > 0
        return jnp.where(ended, self.pad, x).astype(jnp.int8)

    def start(self, values: Int[np.ndarray, "n length"]) -> Float[np.ndarray, "length outputs"]:
        """Log-frequencies of the outcomes at each position among sequences not yet ended, one added to each count.

        No sequence is empty: an end at the first position has a probability of 1e-13.
        """
        counts = np.stack([(values == k).sum(0) for k in range(self.outputs)], 1) + 1.0
        if self.ends:
            ended_before = np.concatenate([[0], (values == self.pad).sum(0)[:-1]])
            counts[:, self.pad] -= ended_before
            counts[0, self.pad] = 1e-13 * len(values)
        return np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
