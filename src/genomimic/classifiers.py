"""A convolutional classifier that learns to tell synthetic sequences from real ones, each judged out of fold.

Two convolutions, one path that sees where things are and one that sees what is there at all: what discriminators of
regulatory DNA look like, at a size that trains in seconds on two cores. Its cost grows with the letters it is given, up
to a bound; one compiled function serves all folds and all sets of about the same size.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, Int8, PRNGKeyArray

from genomimic import nn

CHANNELS = 32
HEAD = 64
SPANS = (9, 5)  # letters that a convolution sees, and places that the next one sees
DROP = 0.5
RATE = 3e-3
DECAY = 0.02
BATCH = 128
EPOCHS = 20
MOST_LETTERS = 10_000_000  # trained on in one fold
FEWEST_STEPS = 50
ROWS = 256  # sets are padded to multiples of this, so that few sizes are compiled
BLOCK = 256
COMPILED = {"xla_backend_optimization_level": 1, "xla_cpu_use_fusion_emitters": False}
"""Measured: compiled in two thirds, and trained in three quarters, of the time that XLA's defaults take."""


class Judged(NamedTuple):
    """Score of each record, higher for synthetic, and how much each of its letters adds to it.

    A letter adds what the score would lose, to first order, if it were exchanged for the mean of all letters.
    """

    scores: Float[np.ndarray, " n"]
    sites: Float[np.ndarray, "n length"]


class Network(eqx.Module):
    """One-hot letters to the log-odds of being synthetic."""

    convolutions: tuple[eqx.nn.Linear, ...]
    where: eqx.nn.Linear
    what: eqx.nn.Linear
    out: eqx.nn.Linear
    pools: tuple[int, int] = eqx.field(static=True)

    def __init__(self, length: int, letters: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 5)
        self.pools = (2, 2) if length < 100 else (4, 2)
        places = math.ceil(math.ceil(length / self.pools[0]) / self.pools[1])
        self.convolutions = (
            eqx.nn.Linear(SPANS[0] * letters, CHANNELS, key=keys[0]),
            eqx.nn.Linear(SPANS[1] * CHANNELS, CHANNELS, key=keys[1]),
        )
        self.where = eqx.nn.Linear(places * CHANNELS, HEAD, key=keys[2])
        self.what = eqx.nn.Linear(2 * CHANNELS, HEAD, key=keys[3])
        self.out = eqx.nn.Linear(HEAD, 1, key=keys[4])

    def __call__(self, x: Float[Array, "length letters"], key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Log-odds; with a key, some hidden numbers are dropped."""
        for layer, pool in zip(self.convolutions, self.pools, strict=True):
            x = nn.highest(jax.nn.relu(nn.convolve(layer, x)), pool)
        first, second = (None, None) if key is None else jax.random.split(key)
        where = nn.linear(self.where, nn.dropout(x.ravel(), DROP / 2, first))
        what = nn.linear(self.what, jnp.concatenate([x.max(0), x.mean(0)]))
        return nn.linear(self.out, nn.dropout(jax.nn.relu(where + what), DROP, second))[0]


def judge_out_of_fold(
    values: Int8[np.ndarray, "strands n length"],
    synthetic: Bool[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    letters: int,
    *,
    seed: int = 0,
) -> tuple[Judged, ...]:
    """What networks trained on the other folds say of each record: for each of the strands that count alike.

    Tokens from `letters` on are no letters. The result does not depend on the order of the records.
    """
    strands, n, length = values.shape
    order = np.lexsort((*values[0].T[::-1], synthetic))
    rows = -(-n // ROWS) * ROWS
    tokens = np.full((strands, rows, length), letters, np.int8)
    tokens[:, :n] = values[:, order]
    steps = _steps(rows, length)
    scores, sites = np.empty((strands, n), np.float32), np.empty((strands, n, length), np.float32)
    for fold in np.unique(folds):
        inside = folds[order] == fold
        kinds = [np.flatnonzero(~inside & (synthetic[order] == kind)) for kind in (False, True)]
        rng = np.random.default_rng([seed, int(fold)])
        draws = np.concatenate([_draws(kind, steps, rng) for kind in kinds], 1)
        draws += rows * rng.integers(strands, size=draws.shape)
        network = _train(tokens.reshape(-1, length), draws.astype(np.int32), letters, jax.random.key(seed, impl="rbg"))
        judged = np.flatnonzero(inside)
        for strand in range(strands):
            found = _judge(network, tokens[strand, judged], letters)
            scores[strand, order[judged]], sites[strand, order[judged]] = found
    return tuple(Judged(*both) for both in zip(scores, sites, strict=True))


def _steps(rows: int, length: int) -> int:
    most = MOST_LETTERS // (BATCH * max(length, 1))
    return max(min(EPOCHS * rows * 4 // 5 // BATCH, most), FEWEST_STEPS)


def _draws(rows: Int[np.ndarray, " kind"], steps: int, rng: np.random.Generator) -> Int[np.ndarray, "steps half"]:
    """Rows of one kind for each step: all of them once, then all of them again, in new order each time."""
    wanted = steps * BATCH // 2
    rounds = [rng.permutation(rows) for _ in range(-(-wanted // len(rows)))]
    return np.concatenate(rounds)[:wanted].reshape(steps, -1)


@partial(jax.jit, static_argnames="letters", compiler_options=COMPILED)
def _train(
    tokens: Int8[Array, "rows length"], draws: Int[Array, "steps batch"], letters: int, key: PRNGKeyArray
) -> Network:
    """A network trained on these rows in turn; of each step's, the second half are synthetic."""
    first, second = jax.random.split(key)
    weights, shape = eqx.partition(Network(tokens.shape[1], letters, first), eqx.is_inexact_array)
    optimiser = optax.adamw(nn.warmed_cosine(RATE, len(draws)), weight_decay=DECAY)
    labels = jnp.arange(BATCH) >= BATCH // 2

    def loss(weights: Any, x: Float[Array, "batch length letters"], key: PRNGKeyArray) -> Float[Array, ""]:
        logits = jax.vmap(eqx.combine(weights, shape))(x, jax.random.split(key, BATCH))
        return optax.sigmoid_binary_cross_entropy(logits, labels).mean()

    def step(state: tuple[Any, Any], at: tuple[Any, Any]) -> tuple[tuple[Any, Any], None]:
        weights, moments = state
        rows, key = at
        gradient = jax.grad(loss)(weights, jax.nn.one_hot(tokens[rows], letters), key)
        return nn.descend(optimiser, weights, gradient, moments), None

    state = weights, nn.begin(optimiser, weights)
    (weights, _), _ = jax.lax.scan(step, state, (draws, jax.random.split(second, len(draws))))
    return eqx.combine(weights, shape)


def _judge(network: Network, tokens: Int8[np.ndarray, "n length"], letters: int) -> Judged:
    padded = np.concatenate([tokens, np.full((-len(tokens) % BLOCK, tokens.shape[1]), letters, np.int8)])
    blocks = [_judge_block(network, padded[at : at + BLOCK], letters) for at in range(0, len(padded), BLOCK)]
    scores, sites = (np.concatenate(parts)[: len(tokens)] for parts in zip(*blocks, strict=True))
    return Judged(scores, sites)


@partial(jax.jit, static_argnames="letters", compiler_options=COMPILED)
def _judge_block(
    network: Network, tokens: Int8[Array, "block length"], letters: int
) -> tuple[Float[Array, " block"], Float[Array, "block length"]]:
    x = jax.nn.one_hot(tokens, letters)
    scores, slopes = jax.vmap(jax.value_and_grad(lambda one: network(one)))(x)
    return scores, ((slopes - slopes.mean(-1, keepdims=True)) * x).sum(-1)
