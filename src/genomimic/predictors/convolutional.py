"""A convolutional network: which patterns stand where, and which stand there at all.

It is told more than there is: letters are exchanged at random, and two records are mixed, their labels with them
(mixup, Zhang et al. 2018, arXiv:1710.09412). Both keep a network from learning its records by heart. Training is one
compiled function, for all members.
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Int8, PRNGKeyArray

from genomimic import nn
from genomimic.predictors.base import COMPILED, Learner, Members, Task, Told, blocks, said_by, stacked

BATCH = 128
FEW_PASSES = 5
CLIP = 1.0


class Network(eqx.Module):
    """One-hot letters to outputs."""

    convolutions: tuple[eqx.nn.Linear, ...]
    where: eqx.nn.Linear
    what: eqx.nn.Linear
    out: eqx.nn.Linear
    pools: tuple[int, int] = eqx.field(static=True)

    def __init__(self, task: Task, channels: int, spans: tuple[int, int], head: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 5)
        self.pools = (2, 2) if task.length < 100 else (4, 2)
        places = math.ceil(math.ceil(task.length / self.pools[0]) / self.pools[1])
        self.convolutions = (
            eqx.nn.Linear(spans[0] * task.symbols, channels, key=keys[0]),
            eqx.nn.Linear(spans[1] * channels, channels, key=keys[1]),
        )
        self.where = eqx.nn.Linear(places * channels, head, key=keys[2])
        self.what = eqx.nn.Linear(2 * channels, head, key=keys[3])
        self.out = eqx.nn.Linear(head, task.outputs, key=keys[4])

    def __call__(
        self, x: Float[Array, "length symbols"], key: PRNGKeyArray | None = None, drop: float = 0.0
    ) -> Float[Array, " outputs"]:
        """Outputs; with a key, the share `drop` of hidden numbers is dropped."""
        for layer, pool in zip(self.convolutions, self.pools, strict=True):
            x = nn.highest(jax.nn.gelu(nn.convolve(layer, x)), pool)
        keys = [None] * 3 if key is None else jax.random.split(key, 3)
        where = nn.linear(self.where, nn.dropout(x.ravel(), drop, keys[0]))
        what = nn.linear(self.what, nn.dropout(jnp.concatenate([x.max(0), x.mean(0)]), drop / 2, keys[1]))
        return nn.linear(self.out, nn.dropout(jax.nn.relu(where + what), drop, keys[2]))


@dataclass(frozen=True)
class Convolutional(Learner):
    """Two convolutions and one hidden layer; settings chosen on validation clusters of promoter activities."""

    name: ClassVar[str] = "convolutional"
    summary: ClassVar[str] = "a convolutional network"

    channels: int = 48
    spans: tuple[int, int] = (13, 5)
    head: int = 64
    drop: float = 0.4
    rate: float = 3e-3
    decay: float = 0.02
    epochs: int = 12
    exchanged: float = 0.05
    """Share of letters that are drawn anew each time a record is seen."""
    moved: int = 3
    """Places by which records are moved at most each time they are seen, where that helps."""
    mixed: float = 0.3
    """Parameter of the Beta distribution that two records are mixed by."""
    most_letters: int = 20_000_000
    """Letters that a member is trained on."""
    fewest_steps: int = 600

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
        """One network for each fold, with records moved where that helps to predict the first fold."""
        count, letters, labels = int(folds.max()) + 1, jnp.asarray(tokens), jnp.asarray(wanted)
        seen = len(tokens) * (count - 1) // max(count, 1)
        steps = self._steps(task, seen)
        learner = self.freed(steps * BATCH / max(seen, 1))

        def member(fold: int, moved: float) -> Any:
            draws = _draws(np.flatnonzero(folds != fold), steps, np.random.default_rng([seed, fold]))
            key = jax.random.fold_in(jax.random.key(seed, impl="rbg"), fold)
            return jax.block_until_ready(_train(learner, task, letters, labels, jnp.asarray(draws), moved, key))

        told(0.0, f"{self.name}, whether the exact place matters")
        first, rows = {moved: member(0, moved) for moved in (0.0, float(self.moved))}, folds == 0
        losses = {moved: self._loss(task, one, tokens[rows], wanted[rows]) for moved, one in first.items()}
        moved = min(losses, key=lambda one: losses[one])
        members = [first[moved]]
        for fold in range(1, count):
            told(fold / count, f"{self.name}, member {fold + 1} of {count}")
            members.append(member(fold, moved))
        told(1.0, self.name)
        return stacked(members)

    def freed(self, passes: float) -> "Convolutional":
        """The settings for so many passes: in few, no record is learned by heart, and being careful only costs time."""
        if passes >= FEW_PASSES:
            return self
        return replace(self, drop=0.1, exchanged=0.0, mixed=0.01, rate=2 * self.rate)

    def _loss(
        self, task: Task, member: Any, tokens: Int8[np.ndarray, "n length"], wanted: Float[np.ndarray, "n outputs"]
    ) -> float:
        alone = jax.tree.map(lambda leaf: leaf[None], member)
        said = blocks(partial(said_by, self, task), alone, task, tokens)
        return float(task.loss(jnp.asarray(said), jnp.asarray(wanted)).mean())

    def template(self, task: Task) -> Any:
        return jax.eval_shape(partial(self._weights, task), jax.random.key(0, impl="rbg"))

    def one(self, task: Task, member: Any, features: Float[Array, "length symbols"]) -> Float[Array, " outputs"]:
        return self._network(task, member)(features)

    def _weights(self, task: Task, key: PRNGKeyArray) -> Any:
        return eqx.filter(Network(task, self.channels, self.spans, self.head, key), eqx.is_inexact_array)

    def _network(self, task: Task, weights: Any) -> Network:
        """The network with these weights; what is no weight does not depend on the key."""
        shape = eqx.filter_eval_shape(Network, task, self.channels, self.spans, self.head, jax.random.key(0))
        return eqx.combine(weights, eqx.partition(shape, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))[1])

    def _steps(self, task: Task, n: int) -> int:
        most = self.most_letters // (BATCH * max(task.length, 1))
        return max(min(self.epochs * n // BATCH, most), self.fewest_steps)


def _draws(rows: Int[np.ndarray, " m"], steps: int, rng: np.random.Generator) -> Int[np.ndarray, "steps batch"]:
    """Rows for each step: all of them once, then all of them again, in new order each time."""
    rounds = [rng.permutation(rows) for _ in range(-(-steps * BATCH // len(rows)))]
    return np.concatenate(rounds)[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)


@partial(jax.jit, static_argnums=(0, 1), compiler_options=COMPILED)
def _train(
    learner: Convolutional,
    task: Task,
    tokens: Int8[Array, "n length"],
    wanted: Float[Array, "n outputs"],
    draws: Int[Array, "steps batch"],
    moved: float | Float[Array, ""],
    key: PRNGKeyArray,
) -> Any:
    """The weights of a network trained on these rows in turn."""
    first, second = jax.random.split(key)
    weights = learner._weights(task, first)
    schedule = nn.warmed_cosine(learner.rate, len(draws))
    optimiser = optax.chain(optax.clip_by_global_norm(CLIP), optax.adamw(schedule, weight_decay=learner.decay))

    def loss(weights: Any, rows: Int[Array, " batch"], key: PRNGKeyArray) -> Float[Array, ""]:
        told, dropped = jax.random.split(key)
        x, y = _varied(learner, task, tokens[rows], wanted[rows], moved, told)
        network = learner._network(task, weights)
        said = jax.vmap(lambda one, key: network(one, key, learner.drop))(x, jax.random.split(dropped, BATCH))
        return task.loss(said, y).mean()

    def step(state: tuple[Any, Any], at: tuple[Any, Any]) -> tuple[tuple[Any, Any], None]:
        weights, moments = state
        gradient = jax.grad(loss)(weights, *at)
        return nn.descend(optimiser, weights, gradient, moments), None

    state = weights, nn.begin(optimiser, weights)
    (weights, _), _ = jax.lax.scan(step, state, (draws, jax.random.split(second, len(draws))))
    return weights


def _varied(
    learner: Convolutional,
    task: Task,
    tokens: Int8[Array, "batch length"],
    wanted: Float[Array, "batch outputs"],
    moved: float | Float[Array, ""],
    key: PRNGKeyArray,
) -> tuple[Float[Array, "batch length symbols"], Float[Array, "batch outputs"]]:
    """Records as they are told: some letters exchanged, moved, strands turned where these count alike, pairs mixed."""
    keys = jax.random.split(key, 5)
    hit = jax.random.bernoulli(keys[0], learner.exchanged, tokens.shape) & (tokens < task.symbols)
    x = task.features(jnp.where(hit, jax.random.randint(keys[1], tokens.shape, 0, task.symbols, tokens.dtype), tokens))
    if task.complement is not None:
        turned = jax.random.bernoulli(keys[2], shape=(len(x), 1, 1))
        x = jnp.where(turned, jax.vmap(task.turned)(x), x)
    x = jax.vmap(_move)(x, jnp.round(jax.random.uniform(keys[4], (len(x),), minval=-moved, maxval=moved)))
    share = jax.random.beta(keys[3], learner.mixed, learner.mixed, (len(x),))
    share = jnp.maximum(share, 1 - share)
    mixed = share[:, None, None] * x + (1 - share)[:, None, None] * x[::-1]
    return mixed, share[:, None] * wanted + (1 - share)[:, None] * wanted[::-1]


def _move(x: Float[Array, "length symbols"], places: Float[Array, ""]) -> Float[Array, "length symbols"]:
    """Letters moved to the right, or to the left by fewer than no places; nothing stands where they came from."""
    at = jnp.arange(len(x)) - places.astype(int)
    return jnp.where(((at >= 0) & (at < len(x)))[:, None], x[at], 0.0)
