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
from genomimic.models.base import Limits, Model, Plan, Positive, Scalars, Share, Spec, settled
from genomimic.models.guard import FREE, Free
from genomimic.models.strands import either_strand, log_mean
from genomimic.models.telling import Telling, telling_of_labels, told_by
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
        told: Float[Array, "#length #width"] | float = 0.0,
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
        self,
        spec: Spec,
        temperature: float,
        key: PRNGKeyArray,
        told: Float[Array, "contexts #length #width"],
        weights: tuple[float, ...] = (1.0,),
        guard: Free = FREE,
    ) -> Shaped[Array, " length"]:
        """One sequence drawn value by value; where it is told several things, what the network says is weighted."""
        observation = spec.observation
        places = (spec.length, self.trunk.width)
        told = jnp.broadcast_to(told, (len(weights), *places)).swapaxes(0, 1)
        positions = told + (self.positions if self.aligned else jnp.zeros(places))[:, None]

        def place(carry: Any, at: tuple[Shaped[Array, "..."], ...]) -> tuple[Any, Shaped[Array, ""]]:
            before, surplus, memories, known = carry
            i, position, bias, expected, key = at
            seen = nn.linear(self.before, jnp.concatenate([before, _scaled(surplus, i)]) if self.counts else before)
            followed = [self.trunk.next(seen + position[k], memory, i) for k, memory in enumerate(memories)]
            params = nn.weighted(weights, [nn.linear(self.out, x) for x, _ in followed]) + bias
            drawn = observation.draw(params / temperature + guard.barred(known, i), key)
            features = observation.features(drawn)
            memories = tuple(memory for _, memory in followed)
            return (nn.present(features), surplus + features - expected, memories, guard.after(known, i, drawn)), drawn

        memories = (self.trunk.start(),) * len(weights)
        start = (nn.nothing(1, observation.inputs)[0], jnp.zeros(observation.inputs), memories, guard.start())
        keys = jax.random.split(key, spec.length)
        at = (jnp.arange(spec.length), positions, self._bias(), self._expected(), keys)
        return observation.trim(jax.lax.scan(place, start, at)[1])

    def _expected(self) -> Float[Array, "length outputs"]:
        """What each place expects before it knows any letter."""
        return jax.lax.stop_gradient(jax.nn.softmax(self.bias))

    def _bias(self) -> Float[Array, "length outputs"]:
        """Learned where records are aligned; else only the lengths seen, which are no matter of learning."""
        return self.bias if self.aligned else jax.lax.stop_gradient(self.bias)


class Told(eqx.Module):
    """The network, and what labels tell it."""

    network: Network
    telling: Telling | None

    def params(
        self,
        features: Float[Array, "length inputs"],
        told: Float[Array, " labels"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "length outputs"]:
        """Parameters of every position given the true values before it and the labels."""
        return self.network.params(features, drop, key, told_by(self.telling, told))


@dataclass(frozen=True)
class Autoregressive(Model):
    """Causal convolutions with exact likelihood."""

    name: ClassVar[str] = "autoregressive"
    summary: ClassVar[str] = "causal network: each letter given those before it; exact likelihood, for DNA first"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "anything"
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
    hidden: Share = 0.1
    """With --condition: share of labels hidden in training, so that records without a label can be judged and made."""
    guidance: float = 0.0
    """Sampling only, with --condition: above 0 records become more typical of their labels, and less varied."""

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
        return nn.adamw(self.rate, self._steps, self.decay, lambda m: (m.network.bias, m.network.positions))

    def init(self, spec: Spec, key: PRNGKeyArray) -> nn.Averaged[Told]:
        spec.need_order(self.name)
        layers = self.layers or _layers(spec.length, self.taps)
        network = Network(spec, self.width, layers, self.taps, key, counts=True)
        places, key = spec.length * spec.aligned, jax.random.fold_in(key, 0)
        telling = telling_of_labels(spec.conditions.width, places, self.width, key)
        return nn.Averaged.begin(Told(network, telling), self.optimiser())

    def step(
        self, spec: Spec, state: nn.Averaged[Told], batch: Shaped[Array, "batch columns"], key: PRNGKeyArray
    ) -> tuple[nn.Averaged[Told], Scalars]:
        def loss(weights: Told) -> Float[Array, ""]:
            def one(row: Shaped[Array, " columns"], key: PRNGKeyArray) -> Float[Array, ""]:
                strand_key, drop_key = jax.random.split(key)
                x, told = spec.conditions.apart(row)
                told = spec.conditions.hidden(told, self.hidden, jax.random.fold_in(key, 0))
                x = either_strand(spec, x, strand_key)
                params = weights.params(spec.observation.features(x), told, self.dropout, drop_key)
                return spec.observation.log_prob(params, x).sum()

            return -jax.vmap(one)(batch, jax.random.split(key, len(batch))).mean() / spec.length

        value, gradient = jax.value_and_grad(loss)(state.weights)
        return state.after(gradient, self.optimiser()), {"train_loss": value / jnp.log(2.0)}

    def log_prob(
        self, spec: Spec, state: nn.Averaged[Told], x: Shaped[Array, " columns"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        values, told = spec.conditions.apart(x)

        def read(x: Shaped[Array, " length"]) -> Float[Array, ""]:
            return spec.observation.log_prob(state.average.params(spec.observation.features(x), told), x).sum()

        return log_mean(spec, read, values)

    def sample(
        self, spec: Spec, state: nn.Averaged[Told], codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        draw_key, strand_key = jax.random.split(key)
        return either_strand(spec, self.obey(spec, state, codes, FREE, draw_key), strand_key)

    def obey(
        self, spec: Spec, state: nn.Averaged[Told], codes: Int[Array, " labels"], guard: Free, key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """The values of one new record that keeps the guard's rules, on the strand that is written."""
        contexts, weights = spec.conditions.contexts(codes, self.guidance)
        told = jax.vmap(lambda told: told_by(state.average.telling, told))(contexts)
        return state.average.network.unroll(spec, self.temperature, key, told, weights, guard)

    def networks(self, state: nn.Averaged[Told]) -> Mapping[str, Any]:
        told = {} if state.average.telling is None else {"labels": state.average.telling}
        return {"network": state.average.network} | told


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
