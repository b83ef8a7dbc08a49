"""Autoregressive model: a causal network gives each letter's probabilities from all that stands before it.

    p(x) = product_i p(x_i | x_1 .. x_{i-1}, and position i where records are aligned)

The likelihood is exact. Where both strands of DNA count alike, a record is turned at random (`strands.py`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.base import Limits, Model, Plan, Positive, Scalars, Spec, settled
from genomimic.models.strands import either_strand, log_mean
from genomimic.models.trunk import CausalTrunk


class Network(eqx.Module):
    """The values before each position, and the position itself where records are aligned, to its parameters.

    With `counts` it also sees how the letters so far differ in number from what their places lead one to expect: a
    record rich in G and C is likely to go on so, farther than the layers reach.
    """

    before: eqx.nn.Linear
    positions: Float[Array, "places width"]
    trunk: CausalTrunk
    out: eqx.nn.Linear
    bias: Float[Array, "length outputs"]
    aligned: bool = eqx.field(static=True)
    counts: bool = eqx.field(static=True)

    def __init__(
        self, spec: Spec, width: int, layers: int, taps: int, key: PRNGKeyArray, *, counts: bool = False
    ) -> None:
        keys = jax.random.split(key, 4)
        inputs, outputs = spec.observation.inputs, spec.observation.outputs
        self.before = eqx.nn.Linear(inputs + 1 + counts * inputs, width, key=keys[0])
        self.positions = 0.3 * jax.random.normal(keys[1], (spec.length if spec.aligned else 0, width))
        self.trunk = CausalTrunk(width, layers, taps, keys[2])
        self.out = nn.scaled(width, outputs, keys[3], 0.1)
        self.bias = jnp.asarray(spec.start if spec.aligned else _pooled(spec))
        self.aligned = spec.aligned
        self.counts = counts

    def params(
        self,
        features: Float[Array, "length inputs"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
        told: Float[Array, "length width"] | float = 0.0,
    ) -> Float[Array, "length outputs"]:
        """Parameters of every position given the true values before it and what it is told of the whole, at once."""
        before = jnp.concatenate([nn.nothing(1, features.shape[1]), nn.present(features[:-1])])
        if self.counts:
            surplus = jnp.cumsum(features - self._expected(), 0)[:-1]
            surplus = jnp.concatenate([jnp.zeros((1, features.shape[1])), surplus])
            before = jnp.concatenate([before, _scaled(surplus, jnp.arange(len(features)))], 1)
        x = nn.linear(self.before, before) + (self.positions if self.aligned else 0.0) + told
        return nn.linear(self.out, self.trunk(x, drop, key)) + self._bias()

    def unroll(
        self, spec: Spec, temperature: float, key: PRNGKeyArray, told: Float[Array, "length width"] | float = 0.0
    ) -> Shaped[Array, " length"]:
        """One sequence drawn value by value."""
        observation = spec.observation
        positions = (self.positions if self.aligned else jnp.zeros((spec.length, 1))) + told

        def place(carry: Any, at: tuple[Shaped[Array, "..."], ...]) -> tuple[Any, Shaped[Array, ""]]:
            before, surplus, memory = carry
            i, position, bias, expected, key = at
            seen = jnp.concatenate([before, _scaled(surplus, i)]) if self.counts else before
            x, memory = self.trunk.next(nn.linear(self.before, seen) + position, memory, i)
            drawn = observation.draw((nn.linear(self.out, x) + bias) / temperature, key)
            features = observation.features(drawn)
            return (nn.present(features), surplus + features - expected, memory), drawn

        start = (nn.nothing(1, observation.inputs)[0], jnp.zeros(observation.inputs), self.trunk.start())
        keys = jax.random.split(key, spec.length)
        at = (jnp.arange(spec.length), positions, self._bias(), self._expected(), keys)
        return observation.trim(jax.lax.scan(place, start, at)[1])

    def _expected(self) -> Float[Array, "length outputs"]:
        """What each place expects before it knows any letter."""
        return jax.lax.stop_gradient(jax.nn.softmax(self.bias))

    def _bias(self) -> Float[Array, "length outputs"]:
        """Learned where records are aligned; else only the lengths seen, which are no matter of learning."""
        return self.bias if self.aligned else jax.lax.stop_gradient(self.bias)


@dataclass(frozen=True)
class Autoregressive(Model):
    """Causal convolutions with exact likelihood."""

    name: ClassVar[str] = "autoregressive"
    summary: ClassVar[str] = "causal network: each letter given those before it; exact likelihood, for DNA first"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    shown: ClassVar[tuple[str, ...]] = ("loss", "train_loss")

    width: int = 64
    """Channels of each layer."""
    layers: int | None = None
    """Layers; each looks twice as far back as the one before. Where not given, as many as reach half of a record."""
    taps: int = 3
    """Places at which each layer looks."""
    dropout: Annotated[float, Limits(0, 0.9)] = 0.35
    """Share of channels dropped in training, the same ones all along a record."""
    rate: Positive = 0.004
    """Peak learning rate."""
    decay: float = 0.3
    """Weight decay."""
    batch: int = 128
    """Records in a training step."""
    steps: int | None = None
    """Most training steps; 24 passes over the data, but 600 to 3,000 steps, where not given."""
    patience: int = 4
    """Validations without improvement before training stops."""
    temperature: Positive = 1.0
    """Sampling only: below 1 likely letters become likelier, which is no longer what was learned; samples say so."""

    def settled(self, spec: Spec, n: int) -> "Model":
        return self if self.steps else replace(self, steps=min(3000, max(600, 24 * n // self.batch)))

    def plan(self, n: int) -> Plan:
        every = min(self._steps, 250, max(50, n // self.batch))
        return Plan(self._steps, self.batch, every, self.patience)

    @property
    def _steps(self) -> int:
        return settled(self.steps)

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW with a warmed-up cosine rate."""
        return nn.adamw(self.rate, self._steps, self.decay, lambda m: (m.bias, m.positions))

    def init(self, spec: Spec, key: PRNGKeyArray) -> nn.Averaged[Network]:
        spec.need_order(self.name)
        layers = self.layers or _layers(spec.length, self.taps)
        weights = Network(spec, self.width, layers, self.taps, key, counts=True)
        return nn.Averaged.begin(weights, self.optimiser())

    def step(
        self, spec: Spec, state: nn.Averaged[Network], batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[nn.Averaged[Network], Scalars]:
        def loss(weights: Network) -> Float[Array, ""]:
            def one(x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
                strand_key, drop_key = jax.random.split(key)
                x = either_strand(spec, x, strand_key)
                params = weights.params(spec.observation.features(x), self.dropout, drop_key)
                return spec.observation.log_prob(params, x).sum()

            return -jax.vmap(one)(batch, jax.random.split(key, len(batch))).mean() / spec.length

        value, gradient = jax.value_and_grad(loss)(state.weights)
        return state.after(gradient, self.optimiser()), {"train_loss": value / jnp.log(2.0)}

    def log_prob(
        self, spec: Spec, state: nn.Averaged[Network], x: Shaped[Array, " length"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        def read(x: Shaped[Array, " length"]) -> Float[Array, ""]:
            return spec.observation.log_prob(state.average.params(spec.observation.features(x)), x).sum()

        return log_mean(spec, read, x)

    def sample(self, spec: Spec, state: nn.Averaged[Network], key: PRNGKeyArray) -> Shaped[Array, " length"]:
        draw_key, strand_key = jax.random.split(key)
        return either_strand(spec, state.average.unroll(spec, self.temperature, draw_key), strand_key)

    def networks(self, state: nn.Averaged[Network]) -> Mapping[str, Any]:
        return {"network": state.average}


def _scaled(surplus: Float[Array, "*rows inputs"], i: Int[Array, "*rows"]) -> Float[Array, "*rows inputs"]:
    """A sum of i deviations in units that do not grow with i."""
    return surplus / jnp.sqrt(jnp.maximum(i, 1))[..., None]


def _layers(length: int, taps: int) -> int:
    """The least number of layers that reach half of a record, between 3 and 8.

    >>> [_layers(length, 3) for length in (20, 50, 200, 1000)]
    [3, 4, 6, 8]
    """
    reach = (length // 2) / max(taps - 1, 1) + 1
    return min(max(math.ceil(math.log2(reach)), 3), 8)


def _pooled(spec: Spec) -> Float[np.ndarray, "length outputs"]:
    """The same log-frequencies of letters at all positions, and the chance to end of each."""
    ended = np.exp(spec.start[:, spec.symbols :])
    going_on = np.maximum(1 - ended.sum(1, keepdims=True), 1e-6)
    return np.log(np.concatenate([spec.letter_frequencies().mean(0) * going_on, ended], 1)).astype(np.float32)
