"""Networks that two or more models share, and the small arithmetic of training them."""

from typing import Any, TypeVar, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic.observation import Observation

Tree = TypeVar("Tree")

CODE = 16
"""Numbers that the latent vector sends to each position."""


def linear(layer: eqx.nn.Linear, x: Float[Array, "*shape inputs"]) -> Float[Array, "*shape outputs"]:
    """A linear layer on the last axis, whatever axes lead."""
    assert layer.bias is not None
    return x @ layer.weight.T + layer.bias


def convolve(layer: eqx.nn.Linear, x: Float[Array, "length channels"]) -> Float[Array, "length out"]:
    """A centred convolution as one matrix product of shifted slices, which is what a processor does fastest."""
    span = layer.weight.shape[1] // x.shape[1]
    padded = jnp.pad(x, ((span // 2, span // 2), (0, 0)))
    return linear(layer, jnp.concatenate([padded[i : i + len(x)] for i in range(span)], -1))


def dropout(x: Float[Array, "*shape"], rate: float, key: PRNGKeyArray | None) -> Float[Array, "*shape"]:
    """Zero each number with probability `rate` and scale the others up; without a key, do nothing."""
    if key is None or rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0.0)


def moving_average(old: Tree, new: Tree, step: Int[Array, ""], decay: float) -> Tree:
    """Exponential moving average of weights, faster in the first steps so that the start is forgotten."""
    rate = jnp.minimum(decay, (1.0 + step) / (10.0 + step))
    return jax.tree.map(lambda a, b: rate * a + (1 - rate) * b, old, new)


def warmed_cosine(rate: float, steps: int) -> optax.Schedule:
    """Learning rate: up over the first 5% of the steps, then down a cosine to 1% of the peak."""
    warm = max(1, steps // 20)
    return optax.warmup_cosine_decay_schedule(0.0, rate, warm, max(steps, warm + 1), 0.01 * rate)


def begin(optimiser: optax.GradientTransformation, weights: Any) -> optax.OptState:
    """The optimiser's moments before the first step."""
    return optimiser.init(weights)


def descend(
    optimiser: optax.GradientTransformation, weights: Tree, gradient: Any, moments: optax.OptState
) -> tuple[Tree, optax.OptState]:
    """Weights and moments after one step of the optimiser."""
    updates, moments = optimiser.update(gradient, moments, cast("Any", weights))
    return cast("Any", optax.apply_updates(cast("Any", weights), updates)), moments


def word_counts(features: Float[Array, "length inputs"], longest: int) -> list[Float[Array, " _"]]:
    """Counts of all words of 1, 2, ... longest letters; products of letters, so gradients pass."""
    counts, words = [], jnp.ones((len(features), 1))
    for k in range(1, longest + 1):
        letters = features[k - 1 :]
        words = (words[: len(letters), :, None] * letters[:, None, :]).reshape(len(letters), -1)
        counts.append(words.sum(0))
    return counts


class WindowDecoder(eqx.Module):
    """Latent vector to sequence, left to right: each position sees z and the `window` values before it.

    The parameters of position i are a two-layer network of the last values, a learned vector of the position and what z
    sends there, its layers scaled and shifted by z (FiLM, Perez et al. 2018), plus a bias that begins at the data's
    independent model and a table of the value just before. A short window leaves what is global to z; window 0 is
    the classical decoder in which all positions are independent given z.
    """

    summary: eqx.nn.Linear
    codes: eqx.nn.Linear
    code_in: eqx.nn.Linear
    film: tuple[eqx.nn.Linear, eqx.nn.Linear]
    past_in: eqx.nn.Linear
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear
    positions: Float[Array, "length width"]
    bias: Float[Array, "length outputs"]
    before: Float[Array, "length inputs outputs"]
    window: int = eqx.field(static=True)

    def __init__(
        self,
        latent: int,
        observation: Observation,
        start: Float[np.ndarray, "length outputs"],
        *,
        window: int,
        width: int,
        key: PRNGKeyArray,
    ) -> None:
        keys = jax.random.split(key, 8)
        length, outputs = start.shape
        inputs = observation.inputs
        broad = 3 * width // 2
        self.summary = eqx.nn.Linear(latent, broad, key=keys[0])
        self.codes = eqx.nn.Linear(broad, length * CODE, key=keys[1])
        self.code_in = eqx.nn.Linear(CODE, width, key=keys[2])
        self.film = (scaled(broad, 2 * width, keys[3], 0.1), scaled(broad, 2 * width, keys[4], 0.1))
        self.past_in = eqx.nn.Linear(window * (inputs + 1), width, key=keys[5])
        self.hidden = eqx.nn.Linear(width, width, key=keys[6])
        self.out = scaled(width, outputs, keys[7], 0.1)
        self.positions = 0.3 * jax.random.normal(keys[7], (length, width))
        self.bias = jnp.asarray(start)
        self.before = jnp.zeros((length, inputs, outputs))
        self.window = window

    def unroll(
        self, z: Float[Array, " latent"], observation: Observation, key: PRNGKeyArray
    ) -> Float[Array, "length inputs"]:
        """Features of one sequence drawn value by value, with a straight-through gradient."""
        codes, films = self._sent(z)

        def place(
            past: tuple[Float[Array, " past"], Float[Array, " inputs"]], at: tuple[Shaped[Array, "..."], ...]
        ) -> tuple[tuple[Float[Array, " past"], Float[Array, " inputs"]], Float[Array, " inputs"]]:
            windows, last = past
            code, position, bias, before, key = at
            params = self._network(windows, last * bool(self.window), code, films, (position, bias, before))
            drawn = observation.stay_ended(last, observation.relax(params, key))
            return (jnp.concatenate([present(drawn), windows])[: windows.size], drawn), drawn

        inputs = self.before.shape[1]
        unseen = (nothing(self.window, inputs).ravel(), jnp.zeros(inputs))
        keys = jax.random.split(key, len(self.positions))
        _, drawn = jax.lax.scan(place, unseen, (codes, self.positions, self.bias, self.before, keys))
        return drawn

    def _sent(
        self, z: Float[Array, " latent"]
    ) -> tuple[Float[Array, "length code"], tuple[Float[Array, " _"], Float[Array, " _"]]]:
        """What z tells each position, and how it scales and shifts the layers."""
        summary = jax.nn.relu(linear(self.summary, z))
        codes = linear(self.codes, summary).reshape(-1, CODE)
        return codes, (linear(self.film[0], summary), linear(self.film[1], summary))

    def _network(
        self,
        windows: Float[Array, "*rows past"],
        last: Float[Array, "*rows inputs"],
        codes: Float[Array, "*rows code"],
        films: tuple[Float[Array, " _"], Float[Array, " _"]],
        tables: tuple[Float[Array, "*rows width"], Float[Array, "*rows outputs"], Float[Array, "*rows inputs outputs"]],
    ) -> Float[Array, "*rows outputs"]:
        position, bias, before = tables
        first = linear(self.past_in, windows) + linear(self.code_in, codes) + position
        first = jax.nn.relu(_modulate(first, films[0]))
        second = first + jax.nn.relu(_modulate(linear(self.hidden, first), films[1]))
        return linear(self.out, second) + bias + jnp.einsum("...i,...io->...o", last, before)


def scaled(inputs: int, outputs: int, key: PRNGKeyArray, scale: float) -> eqx.nn.Linear:
    """A linear layer whose weights begin small."""
    layer = eqx.nn.Linear(inputs, outputs, key=key)
    return jax.tree.map(lambda leaf: scale * leaf, layer)


def _modulate(x: Float[Array, "*rows width"], film: Float[Array, " doubled"]) -> Float[Array, "*rows width"]:
    scale, shift = jnp.split(film, 2)
    return x * (1 + scale) + shift


def nothing(rows: int, inputs: int) -> Float[Array, "rows padded"]:
    """Places before the first value: no features, and a flag that says so."""
    return jnp.concatenate([jnp.zeros((rows, inputs)), jnp.ones((rows, 1))], 1)


def present(features: Float[Array, "*rows inputs"]) -> Float[Array, "*rows padded"]:
    """Features with the flag down."""
    return jnp.concatenate([features, jnp.zeros((*features.shape[:-1], 1))], -1)
