"""Models that count: from equal letters to a Markov chain of its own at every position.

All five are one interpolated Markov chain. The table of order k is shrunk towards that of order k - 1,

    p_k(a | c) = (count(c, a) + alpha p_{k-1}(a | c without its oldest letter)) / (count(c) + alpha),

down to p_{-1}(a) = 1 / symbols. Counts are pooled over positions, or kept apart for each. The end of a sequence,
where lengths vary, is drawn from the share of training sequences of each length.

Jelinek & Mercer 1980 (interpolation); Ohler et al. 1999, Bioinformatics 15:362 (such chains on promoters).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from genomimic.errors import UsageError
from genomimic.models.base import Count, Model, Plan, Positive, Scalars, Spec
from genomimic.models.guard import FREE, Free
from genomimic.observation import Categorical

ALPHAS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0)
MOST_COUNTS = 2**20
HIGHEST_ORDER = 8


class Counts(eqx.Module):
    """How often each word was seen, for words of 1, 2, ... letters, and how often a sequence ended at each position.

    Each combination of classes that records are labelled with has rows of its own; where a class is not known, these
    count all records, whatever their class.
    """

    words: tuple[Int[Array, "rows _"], ...]
    outcomes: Int[Array, "groups length 2"]
    order: Int[Array, ""]
    alpha: Float[Array, ""]


@dataclass(frozen=True)
class Chain(Model):
    """An interpolated Markov chain; subclasses say which orders and strengths of shrinking may be chosen."""

    positional: ClassVar[bool] = False
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "classes"

    def orders(self, spec: Spec) -> tuple[int, ...]:
        """Orders among which validation chooses."""
        raise NotImplementedError

    def alphas(self) -> tuple[float, ...]:
        """Strengths of shrinking among which validation chooses."""
        raise NotImplementedError

    def plan(self, n: int) -> Plan:
        return Plan.one_pass(n, batch=1024)

    def init(self, spec: Spec, key: PRNGKeyArray) -> Counts:
        symbols, rows = _symbols(spec), _rows(spec, positional=self.positional)
        words = tuple(jnp.zeros((rows, symbols ** (k + 1)), jnp.int32) for k in range(max(self.orders(spec)) + 1))
        outcomes = jnp.zeros((spec.conditions.groups, spec.length, 2), jnp.int32)
        return Counts(words, outcomes, jnp.array(0), jnp.array(1.0))

    def step(
        self, spec: Spec, state: Counts, batch: Int[Array, "batch columns"], key: PRNGKeyArray
    ) -> tuple[Counts, Scalars]:
        values, codes = spec.conditions.cut(batch)
        codes, once = spec.conditions.hidings(codes)
        values = jnp.tile(values, (len(codes) // len(values), 1))
        place = jax.vmap(lambda codes: self._place(spec, codes))(codes)
        words = tuple(
            counted.at[place, code].add(known & once[:, None])
            for counted, (code, known) in zip(
                state.words, _words(values, len(state.words), _symbols(spec)), strict=True
            )
        )
        scored = jax.vmap(spec.observation.observed)(values) & once[:, None]
        ended = scored & (values == _symbols(spec))
        outcomes = state.outcomes.at[spec.conditions.group(codes)].add(jnp.stack([scored & ~ended, ended], 2))
        return eqx.tree_at(lambda s: (s.words, s.outcomes), state, (words, outcomes)), {}

    def validate(
        self, spec: Spec, state: Counts, values: Int[Array, "n columns"], key: PRNGKeyArray
    ) -> tuple[Counts, Scalars]:
        """Choose the order and the strength with the fewest bits per base on records not counted."""
        orders, alphas = jnp.array(self.orders(spec)), jnp.array(self.alphas())

        def bits(alpha: Float[Array, ""]) -> Float[Array, " orders"]:
            tables = _tables(state.words, alpha, _symbols(spec))
            log_probs = jax.lax.map(lambda row: self._log_probs(spec, state, tables, row), values, batch_size=256)
            return -log_probs.sum((0, 2))[orders + 1] / jnp.log(2.0)

        bases = jnp.maximum((spec.conditions.cut(values)[0] < _symbols(spec)).sum(), 1)
        losses = jax.lax.map(bits, alphas) / bases
        best = jnp.argmin(losses)
        order, alpha = orders[best % len(orders)], alphas[best // len(orders)]
        chosen = eqx.tree_at(lambda s: (s.order, s.alpha), state, (order, alpha))
        return chosen, {"loss": losses.ravel()[best], "order": order.astype(float), "alpha": alpha}

    def log_prob(self, spec: Spec, state: Counts, x: Int[Array, " columns"], key: PRNGKeyArray) -> Float[Array, ""]:
        tables = _tables(state.words, state.alpha, _symbols(spec))
        return self._log_probs(spec, state, tables, x)[state.order + 1].sum()

    def sample(
        self, spec: Spec, state: Counts, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        return self.obey(spec, state, codes, FREE, key)

    def obey(
        self, spec: Spec, state: Counts, codes: Int[Array, " labels"], guard: Free, key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        """Letter by letter, each from the table of the highest order that the letters before it allow."""
        symbols, places = _symbols(spec), self._place(spec, codes)
        tables = _tables(state.words, state.alpha, symbols)
        ends = (
            _end_probs(state.outcomes[spec.conditions.group(codes)])
            if spec.observation.outputs > symbols
            else jnp.zeros(spec.length)
        )
        longest = len(state.words) - 1

        def letter(
            carry: tuple[Int[Array, ""], Any], at: tuple[Int[Array, ""], Int[Array, ""], Float[Array, ""], PRNGKeyArray]
        ) -> tuple[tuple[Int[Array, ""], Any], Int[Array, ""]]:
            (history, known), (i, place, end, key) = carry, at
            options = [tables[0][0, 0]] + [table[place, history % symbols**k] for k, table in enumerate(tables[1:])]
            probs = jnp.stack(options)[jnp.minimum(i, state.order) + 1]
            end_key, letter_key = jax.random.split(key)
            barred = jnp.broadcast_to(guard.barred(known, i), (spec.observation.outputs,))
            token = jax.random.categorical(letter_key, jnp.log(probs) + barred[:symbols])
            history = (history * symbols + token) % symbols ** max(longest, 1)
            drawn = jnp.where(jax.random.uniform(end_key) < _ruled(end, barred, symbols), symbols, token)
            return (history, guard.after(known, i, drawn)), drawn

        at = (jnp.arange(spec.length), places, ends, jax.random.split(key, spec.length))
        _, tokens = jax.lax.scan(letter, (jnp.array(0), guard.start()), at)
        return spec.observation.trim(tokens)

    def _place(self, spec: Spec, codes: Int[Array, " labels"]) -> Int[Array, " length"]:
        """Row of the tables that serves each position of a record with these labels."""
        places = jnp.arange(spec.length)
        group = spec.conditions.group(codes)
        return group * spec.length + places if self.positional else jnp.full(spec.length, group)

    def _log_probs(
        self, spec: Spec, state: Counts, tables: list[Float[Array, "_ _ symbols"]], row: Int[Array, " columns"]
    ) -> Float[Array, "orders length"]:
        """Log-probability of each position of a row under each order -1, 0, 1, ..."""
        x, codes = spec.conditions.cut(row)
        symbols, place = _symbols(spec), self._place(spec, codes)
        known = x < symbols
        best = jnp.full(x.shape, jnp.log(1.0 / symbols))
        rows = [best]
        for table, (code, valid) in zip(tables[1:], _words(x, len(state.words), symbols), strict=True):
            best = jnp.where(valid, jnp.log(table.reshape(len(table), -1)[place, code]), best)
            rows.append(best)
        letters = jnp.where(known, jnp.stack(rows), 0.0)
        if spec.observation.outputs == symbols:
            return letters
        ends, scored = _end_probs(state.outcomes[spec.conditions.group(codes)]), spec.observation.observed(x)
        return letters + jnp.where(scored, jnp.where(known, jnp.log1p(-ends), jnp.log(ends)), 0.0)


@dataclass(frozen=True)
class Uniform(Chain):
    """Every letter equally likely; lengths as in the training data."""

    name: ClassVar[str] = "uniform"
    summary: ClassVar[str] = "every letter equally likely: the floor of floors"

    def orders(self, spec: Spec) -> tuple[int, ...]:
        return (-1,)

    def alphas(self) -> tuple[float, ...]:
        return (1.0,)


@dataclass(frozen=True)
class Composition(Chain):
    """Independent letters with the training data's base composition."""

    name: ClassVar[str] = "composition"
    summary: ClassVar[str] = "independent letters in the training data's proportions"

    def orders(self, spec: Spec) -> tuple[int, ...]:
        return (0,)

    def alphas(self) -> tuple[float, ...]:
        return (1.0,)


@dataclass(frozen=True)
class PWM(Chain):
    """Independent positions, each with its own letter proportions: a position weight matrix (Stormo et al. 1982)."""

    name: ClassVar[str] = "pwm"
    summary: ClassVar[str] = "position weight matrix: each position on its own"
    positional: ClassVar[bool] = True

    pseudocount: Positive = 1.0
    """Letters added to the counts of each position, spread evenly."""

    def orders(self, spec: Spec) -> tuple[int, ...]:
        return (0,)

    def alphas(self) -> tuple[float, ...]:
        return (self.pseudocount,)


@dataclass(frozen=True)
class Markov(Chain):
    """One Markov chain for all positions; order and smoothing chosen by validation unless given."""

    name: ClassVar[str] = "markov"
    summary: ClassVar[str] = "Markov chain: each letter given the k before it, the same everywhere"

    order: Count | None = None
    """Letters of memory; chosen by validation where not given."""
    alpha: Positive | None = None
    """Strength of shrinking towards shorter memory, in letters; chosen by validation where not given."""

    def orders(self, spec: Spec) -> tuple[int, ...]:
        return _orders(spec, self.order, _rows(spec, positional=False))

    def alphas(self) -> tuple[float, ...]:
        return ALPHAS if self.alpha is None else (self.alpha,)


@dataclass(frozen=True)
class PositionMarkov(Chain):
    """A Markov chain of its own at every position, interpolated; the baseline to beat on aligned data."""

    name: ClassVar[str] = "position-markov"
    summary: ClassVar[str] = "Markov chain with its own table at each position: the strong baseline for aligned data"
    positional: ClassVar[bool] = True

    order: Count | None = None
    """Letters of memory; chosen by validation where not given."""
    alpha: Positive | None = None
    """Strength of shrinking towards shorter memory, in letters; chosen by validation where not given."""

    def orders(self, spec: Spec) -> tuple[int, ...]:
        return _orders(spec, self.order, _rows(spec, positional=True))

    def alphas(self) -> tuple[float, ...]:
        return ALPHAS if self.alpha is None else (self.alpha,)


def _symbols(spec: Spec) -> int:
    if not isinstance(spec.observation, Categorical):
        raise UsageError("this model needs sequences, and these data hold no letters; use --model independent or vae")
    return spec.observation.symbols


def _rows(spec: Spec, *, positional: bool) -> int:
    """Rows of a table: one for each position or one for all of them, for each combination of classes."""
    return spec.conditions.groups * (spec.length if positional else 1)


def _orders(spec: Spec, given: int | None, rows: int) -> tuple[int, ...]:
    """Orders whose counts stay small enough to hold, or the one given if it does."""
    symbols = _symbols(spec)
    highest = min(HIGHEST_ORDER, spec.length - 1)
    fitting = [k for k in range(highest + 1) if rows * symbols ** (k + 1) <= MOST_COUNTS]
    if given is None:
        return tuple(fitting) or (0,)
    if given not in fitting:
        raise UsageError(f"order {given} is not possible on this data; use 0 to {max(fitting, default=0)}")
    return (given,)


def _words(
    x: Int[Array, "*rows length"], sizes: int, symbols: int
) -> list[tuple[Int[Array, "*rows length"], Bool[Array, "*rows length"]]]:
    """Number of the word that ends at each position, and whether all its letters are known, for 1 .. sizes letters."""
    found = []
    code, known = jnp.zeros(x.shape, jnp.int32), jnp.ones(x.shape, bool)
    for back in range(sizes):
        letter = jnp.concatenate([jnp.full((*x.shape[:-1], back), symbols, x.dtype), x[..., : x.shape[-1] - back]], -1)
        known &= letter < symbols
        code = code + jnp.where(letter < symbols, letter, 0).astype(jnp.int32) * symbols**back
        found.append((code, known))
    return found


def _tables(
    words: tuple[Int[Array, "positions _"], ...], alpha: Float[Array, ""], symbols: int
) -> list[Float[Array, "_ _ symbols"]]:
    """Probabilities of each letter after each context, for orders -1, 0, 1, ..."""
    tables = [jnp.full((1, 1, symbols), 1.0 / symbols)]
    for counted in words:
        counts = counted.reshape(len(counted), -1, symbols)
        shorter = tables[-1]
        prior = jnp.tile(shorter, (1, counts.shape[1] // shorter.shape[1], 1))
        tables.append((counts + alpha * prior) / (counts.sum(-1, keepdims=True) + alpha))
    return tables


def _ruled(end: Float[Array, ""], barred: Float[Array, " outcomes"], symbols: int) -> Float[Array, ""]:
    """The chance of an end where rules may bar it, or bar all letters."""
    letters_barred = (barred[:symbols] < 0).all()
    return jnp.where(letters_barred, 1.0, end * (barred[symbols:] == 0).any())


def _end_probs(outcomes: Int[Array, "length 2"]) -> Float[Array, " length"]:
    """Chance that a sequence which has not ended ends at each position; never before the first letter."""
    going_on, ended = outcomes[:, 0], outcomes[:, 1]
    typical = ended.sum() / jnp.maximum(outcomes.sum(), 1)
    probs = (ended + typical) / (going_on + ended + 1.0)
    return probs.at[0].set(0.0)
