"""Layers that two or more networks share, and the small arithmetic of training."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

Tree = TypeVar("Tree")


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


class Averaged(eqx.Module, Generic[Tree]):
    """Weights, their moving average (which samples and scores), and the optimiser's moments."""

    weights: Tree
    average: Tree
    optimiser: optax.OptState
    step: Int[Array, ""]

    @classmethod
    def begin(cls, weights: Tree, optimiser: optax.GradientTransformation) -> "Averaged[Tree]":
        """The state before the first step."""
        return cls(weights, weights, begin(optimiser, weights), jnp.array(0))

    def after(self, gradient: Any, optimiser: optax.GradientTransformation, decay: float = 0.99) -> "Averaged[Tree]":
        """The state after one step of the optimiser."""
        weights, moments = descend(optimiser, self.weights, gradient, self.optimiser)
        return Averaged(weights, moving_average(self.average, weights, self.step, decay), moments, self.step + 1)


def adamw(
    rate: float, steps: int, decay: float, spared: Callable[[Any], Any], *, clip: float = 1.0
) -> optax.GradientTransformation:
    """AdamW with clipped gradients and a warmed-up cosine rate.

    Matrices of layers decay, but not biases, nor the tables that `spared` picks of the weights, which begin at the
    data's own numbers.
    """

    def decaying(weights: Tree) -> Tree:
        matrices = jax.tree.map(lambda leaf: leaf.ndim == 2, weights)
        return eqx.tree_at(spared, matrices, replace_fn=lambda _: False)

    schedule = warmed_cosine(rate, steps)
    return optax.chain(
        optax.clip_by_global_norm(clip), optax.adamw(schedule, b2=0.98, weight_decay=decay, mask=decaying)
    )


def scaled(inputs: int, outputs: int, key: PRNGKeyArray, scale: float) -> eqx.nn.Linear:
    """A linear layer whose weights begin small."""
    layer = eqx.nn.Linear(inputs, outputs, key=key)
    return jax.tree.map(lambda leaf: scale * leaf, layer)


def words(x: Float[Array, "*shape inputs"], size: int) -> Float[Array, "*rest words"]:
    """Which word of `size` letters begins at each place of one-hot letters; products of letters, so gradients pass."""
    found = jnp.ones((*x.shape[:-2], x.shape[-2] + 1, 1))
    for k in range(size):
        found, letters = found[..., : x.shape[-2] - k, :], x[..., k:, :]
        found = (found[..., :, None] * letters[..., None, :]).reshape(*letters.shape[:-1], -1)
    return found


def highest(x: Float[Array, "places channels"], pool: int) -> Float[Array, "fewer channels"]:
    """Highest of each run of `pool` places."""
    padded = jnp.pad(x, ((0, -len(x) % pool), (0, 0)))
    return padded.reshape(-1, pool, x.shape[1]).max(1)


def nothing(rows: int, inputs: int) -> Float[Array, "rows padded"]:
    """Places before the first value: no features, and a flag that says so."""
    return jnp.concatenate([jnp.zeros((rows, inputs)), jnp.ones((rows, 1))], 1)


def present(features: Float[Array, "*rows inputs"]) -> Float[Array, "*rows padded"]:
    """Features with the flag down."""
    return jnp.concatenate([features, jnp.zeros((*features.shape[:-1], 1))], -1)


def weighted(weights: Sequence[float], parts: Sequence[Float[Array, "*shape"]]) -> Float[Array, "*shape"]:
    """The parts added up, each times its weight.

    >>> weighted((2.0, -1.0), (jnp.ones(2), jnp.arange(2.0))).tolist()
    [2.0, 1.0]
    """
    return sum((w * part for w, part in zip(weights, parts, strict=True)), start=jnp.zeros(()))
