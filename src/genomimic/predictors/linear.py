"""The linear baseline: ridge regression on words and, where records are aligned, on the letter at each place.

Words are counted by the square root, so that the tenth copy of a word says less than the first. All that a fit needs of
records are sums of products, which are counted once for each fold: leaving a fold out, or another strength of the
penalty, costs a solution of the same equations and no second look at the data. Classes are told by regression on their
indicators (Hastie, Tibshirani and Friedman 2009, section 4.2).
"""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float, Int, Int8

from genomimic.predictors.base import BLOCK, COMPILED, Learner, Members, Task, Told, blocks, counts, stacked

MOST_PLACES = 4096  # letters times places; of longer records, words alone
STRENGTHS = (10.0, 100.0, 1000.0, 3000.0, 10000.0)  # of the penalty, which counts as much as so many records


class Weights(NamedTuple):
    """What each feature adds to each output, and what all outputs begin at."""

    features: Float[Array, "features outputs"]
    offset: Float[Array, " outputs"]


class Sums(NamedTuple):
    """All that a fit needs of records: how many they are, and sums over them."""

    n: float
    features: Float[np.ndarray, " features"]
    wanted: Float[np.ndarray, " outputs"]
    squares: Float[np.ndarray, "features features"]
    products: Float[np.ndarray, "features outputs"]
    wanted_squares: float


@dataclass(frozen=True)
class Linear(Learner):
    """Ridge regression on words and places."""

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "ridge regression on k-mer counts, and on letters by position where records are aligned"

    most_words: int = 1024
    """Words of one size: 5-mers of DNA, 2-mers of protein."""

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
        """One member for each fold; the penalty is the one that predicts the folds left out best."""
        parts = [
            sums(task, self.most_words, tokens[folds == fold], wanted[folds == fold]) for fold in range(folds.max() + 1)
        ]
        whole = added(parts)
        fits, errors = [], np.zeros(len(STRENGTHS))
        for number, part in enumerate(parts):
            rest = added([whole, part], sign=-1)
            fits.append([solved(rest, strength) for strength in STRENGTHS])
            errors += [squared_error(part, weights) for weights in fits[-1]]
            told((number + 1) / len(parts), self.name)
        return stacked([fit[int(errors.argmin())] for fit in fits])

    def template(self, task: Task) -> Weights:
        width = jax.eval_shape(
            partial(told_of, task, self.most_words), jax.ShapeDtypeStruct((task.length, task.symbols), jnp.float32)
        )
        return Weights(
            jax.ShapeDtypeStruct((*width.shape, task.outputs), jnp.float32),  # pyright: ignore[reportArgumentType]
            jax.ShapeDtypeStruct((task.outputs,), jnp.float32),  # pyright: ignore[reportArgumentType]
        )

    def one(self, task: Task, member: Weights, features: Float[Array, "length symbols"]) -> Float[Array, " outputs"]:
        return told_of(task, self.most_words, features) @ member.features + member.offset


def told_of(task: Task, most_words: int, x: Float[Array, "length symbols"]) -> Float[Array, " features"]:
    """Square roots of word counts, and letters by place where these mean something."""
    sizes = [k for k in range(1, task.length + 1) if task.symbols**k <= most_words]
    parts = [jnp.sqrt(counts(x, k) + 0.25) - 0.5 for k in sizes]
    if task.aligned and x.size <= MOST_PLACES:
        parts.append(x.ravel())
    return jnp.concatenate(parts)


@partial(jax.jit, static_argnums=(0, 1), compiler_options=COMPILED)
def _table(task: Task, most_words: int, x: Float[Array, "block length symbols"]) -> Float[Array, "block features"]:
    of = partial(told_of, task, most_words)
    if task.complement is None:
        return jax.vmap(of)(x)
    return jax.vmap(lambda one: (of(one) + of(task.turned(one))) / 2)(x)


def sums(
    task: Task, most_words: int, tokens: Int8[np.ndarray, "n length"], wanted: Float[np.ndarray, "n outputs"]
) -> Sums:
    """The sums of records, a few at a time."""
    found = []
    for at in range(0, max(len(tokens), 1), 16 * BLOCK):
        rows, y = tokens[at : at + 16 * BLOCK], wanted[at : at + 16 * BLOCK].astype(float)
        table = (
            blocks(lambda _, x: _table(task, most_words, x), None, task, rows)
            if len(rows)
            else np.zeros((0, 1), np.float32)
        )
        squares = (table.T @ table).astype(float)
        total = table.sum(0, dtype=float)
        found.append(Sums(len(rows), total, y.sum(0), squares, table.T.astype(float) @ y, float((y**2).sum())))
    return added(found)


def added(parts: list[Sums], sign: int = 1) -> Sums:
    """The sums of several sets together; with sign -1, the first without the others."""
    first, *others = parts
    return Sums(*(a + sign * sum(rest) if rest else a for a, *rest in zip(first, *others, strict=True)))


def solved(one: Sums, strength: float) -> Weights:
    """Ridge regression whose penalty counts as much as `strength` records."""
    n = max(one.n, 1.0)
    mean, middle = one.features / n, one.wanted / n
    squares = one.squares - n * np.outer(mean, mean)
    squares[np.diag_indices_from(squares)] += strength
    weights = scipy.linalg.solve(squares, one.products - n * np.outer(mean, middle), assume_a="pos", overwrite_a=True)
    return Weights(jnp.asarray(weights, jnp.float32), jnp.asarray(middle - mean @ weights, jnp.float32))


def squared_error(one: Sums, weights: Weights) -> float:
    """Sum of squared errors over the records of these sums."""
    w, c = np.asarray(weights.features, float), np.asarray(weights.offset, float)
    fitted = (w * (one.squares @ w)).sum() + 2 * (one.features @ w) @ c + one.n * c @ c
    return float(one.wanted_squares - 2 * ((w * one.products).sum() + c @ one.wanted) + fitted)
