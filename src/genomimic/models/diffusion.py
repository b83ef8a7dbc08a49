"""Masked discrete diffusion: the letters of a record are written in a random order, each given those already there.

    log p(x) >= mean over orders of  sum_i log p(x_i | letters of x that come before i in the order)

(Uria et al. 2014; Austin et al. 2021; Hoogeboom et al. 2022). Any order serves, so any letters may be given and the
others filled in. Where records have different lengths, a length is drawn first, from those of the training records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from genomimic import nn
from genomimic.models.base import Limits, Model, Plan, Positive, Scalars, Share, Spec, mean_bits, settled
from genomimic.models.guard import Free, Partly, Ruled
from genomimic.models.strands import either_strand, log_mean
from genomimic.models.telling import Telling, telling_of_labels, told_by
from genomimic.models.trunk import CausalTrunk

FEW = 4
"""Draws for each record where speed counts."""


class Network(eqx.Module):
    """The known letters on the left, those on the right and the shares of all, to logits of each letter.

    What is said of a place never depends on the letter there, so that one call scores every letter of a record given
    the others that are known. Added to the networks are the letter frequencies with which training begins and
    tables of the letters just before and just behind, where these are known.
    """

    letters: tuple[eqx.nn.Linear, eqx.nn.Linear]
    positions: Float[Array, "places width"]
    sides: tuple[CausalTrunk, CausalTrunk]
    joined: eqx.nn.Linear
    joined_positions: Float[Array, "places joined"]
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear
    bias: Float[Array, "places symbols"]
    beside: tuple[Float[Array, "places tokens symbols"], Float[Array, "places tokens symbols"]]
    lengths: Float[Array, " lengths"]
    telling: Telling | None

    def __init__(self, spec: Spec, width: int, layers: int, taps: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 9)
        symbols, places = spec.symbols, spec.length if spec.aligned else 1
        self.letters = (eqx.nn.Linear(symbols + 2, width, key=keys[0]), eqx.nn.Linear(symbols + 2, width, key=keys[1]))
        self.positions = 0.3 * spec.aligned * jax.random.normal(keys[2], (places, width))
        self.sides = (CausalTrunk(width, layers, taps, keys[3]), CausalTrunk(width, layers, taps, keys[4]))
        self.telling = telling_of_labels(
            spec.conditions.width, spec.length * spec.aligned, width, jax.random.fold_in(key, 0)
        )
        known = 2 * width + symbols + 1 + width * (self.telling is not None)
        self.joined = eqx.nn.Linear(known, 2 * width, key=keys[5])
        self.joined_positions = 0.3 * spec.aligned * jax.random.normal(keys[6], (places, 2 * width))
        self.hidden = eqx.nn.Linear(2 * width, 2 * width, key=keys[7])
        self.out = nn.scaled(2 * width, symbols, keys[8], 0.1)
        self.bias = jnp.asarray(_log_frequencies(spec))
        self.beside = (jnp.zeros((places, symbols + 2, symbols)), jnp.zeros((places, symbols + 2, symbols)))
        self.lengths = jnp.asarray(_log_lengths(spec))

    def logits(
        self,
        x: Int[Array, " length"],
        told: Float[Array, " labels"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "length symbols"]:
        """Logits at every place; a missing letter is one that is not known yet. With a key, channels are dropped."""
        heard = told_by(self.telling, told)
        keys = (None, None, None) if key is None else jax.random.split(key, 3)
        tokens = jax.nn.one_hot(x, self.beside[0].shape[1])
        beside = _shifted(tokens, 1), _shifted(tokens, -1)
        left = self.sides[0](nn.linear(self.letters[0], beside[0]) + self.positions + heard, drop, keys[0])
        right = self._right(beside[1], heard, drop, keys[1])
        mask = nn.dropout(jnp.ones(self.hidden.weight.shape[0]), drop, keys[2])
        return self._said((left, right), _others(tokens), heard, beside, self._tables(), mask)

    def unroll(
        self,
        spec: Spec,
        x: Int[Array, " length"],
        contexts: Float[Array, "contexts labels"],
        weights: tuple[float, ...],
        guard: Free,
        key: PRNGKeyArray,
    ) -> Int[Array, " length"]:
        """The row with all letters drawn anew from left to right, each given those drawn and known ones behind it.

        Its length stays.
        """
        symbols, width = spec.symbols + 2, self.positions.shape[1]
        told = [told_by(self.telling, one) for one in contexts]
        behind = _shifted(jax.nn.one_hot(x, symbols), -1)
        right = jnp.stack([self._right(behind, one, 0.0, None) for one in told], 1)
        heard = jnp.stack([jnp.broadcast_to(one, (spec.length, one.shape[1])) for one in told], 1)
        tables = jax.tree.map(lambda one: jnp.broadcast_to(one, (spec.length, *one.shape[1:])), self._tables())
        positions = jnp.broadcast_to(self.positions, (spec.length, width))

        def place(carry: Any, at: Any) -> tuple[Any, Int[Array, ""]]:
            x, before, memories, known = carry
            i, position, right, behind, heard, tables, key = at
            tokens, seen = jax.nn.one_hot(x, symbols), nn.linear(self.letters[0], before) + position
            followed = [self.sides[0].next(seen + one, memory, i) for one, memory in zip(heard, memories, strict=True)]
            others, beside = _others(tokens)[i][None], (before[None], behind[None])
            tables = jax.tree.map(lambda one: one[None], tables)
            said = [
                self._said((left[None], right[k][None]), others, heard[k][None], beside, tables)[0]
                for k, (left, _) in enumerate(followed)
            ]
            barred = jnp.broadcast_to(guard.barred(known, i), (spec.observation.outputs,))[: spec.symbols]
            drawn = spec.observation.draw(nn.weighted(weights, said) + barred, key)
            drawn = jnp.where(x[i] == spec.symbols, x[i].astype(drawn.dtype), drawn)
            memories = tuple(memory for _, memory in followed)
            return (x.at[i].set(drawn), jax.nn.one_hot(drawn, symbols), memories, guard.after(known, i, drawn)), drawn

        unseen = jax.nn.one_hot(spec.symbols, symbols)
        start = (x, unseen, (self.sides[0].start(),) * len(told), guard.start())
        keys = jax.random.split(key, spec.length)
        at = (jnp.arange(spec.length), positions, right, behind, heard, tables, keys)
        return jax.lax.scan(place, start, at)[1]

    def _right(
        self,
        behind: Float[Array, "length tokens"],
        heard: Float[Array, "#length #width"],
        drop: float,
        key: PRNGKeyArray | None,
    ) -> Float[Array, "length width"]:
        """What the letters behind each place say."""
        seen = nn.linear(self.letters[1], behind) + self.positions + heard
        return self.sides[1](seen[::-1], drop, key)[::-1]

    def _tables(self) -> tuple[Float[Array, "places ..."], ...]:
        """What belongs to places, whatever the letters."""
        return self.joined_positions, self.bias, *self.beside

    def _said(
        self,
        sides: tuple[Float[Array, "rows width"], Float[Array, "rows width"]],
        others: Float[Array, "rows shares"],
        heard: Float[Array, "#rows #width"],
        beside: tuple[Float[Array, "rows tokens"], Float[Array, "rows tokens"]],
        tables: tuple[Any, ...],
        mask: Float[Array, " joined"] | float = 1.0,
    ) -> Float[Array, "rows symbols"]:
        """Logits from both sides; `mask` multiplies channels."""
        joined_positions, bias, *tables_beside = tables
        told = [] if self.telling is None else [jnp.broadcast_to(heard, sides[0].shape)]
        joined = jnp.concatenate([*sides, others, *told], 1)
        first = mask * jax.nn.relu(nn.linear(self.joined, joined) + joined_positions)
        second = first + jax.nn.relu(nn.linear(self.hidden, first))
        neighbours = [_rows(table, tokens) for table, tokens in zip(tables_beside, beside, strict=True)]
        return nn.linear(self.out, second) + bias + neighbours[0] + neighbours[1]


@dataclass(frozen=True)
class Diffusion(Model):
    """Masked discrete diffusion, which writes letters in any order."""

    name: ClassVar[str] = "diffusion"
    summary: ClassVar[str] = "masked diffusion: letters in any order, given all that are known; fills in templates"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "anything"
    rules_on_lengths: ClassVar[bool] = False
    shown: ClassVar[tuple[str, ...]] = ("loss", "train_loss")

    width: int = 48
    """Channels of each layer on either side."""
    layers: int = 4
    """Layers on either side; each looks twice as far as the one before."""
    taps: int = 3
    """Places at which each layer looks."""
    dropout: Annotated[float, Limits(0, 0.9)] = 0.25
    """Share of channels dropped in training, the same ones all along a record."""
    rate: Positive = 0.004
    """Peak learning rate."""
    decay: float = 0.3
    """Weight decay."""
    batch: int = 128
    """Records in a training step."""
    steps: int | None = None
    """Most training steps; 16 passes over the data, but 800 to 3,000 steps, where not given."""
    patience: int = 6
    """Validations without improvement before training stops."""
    rounds: int = 20
    """Rounds in which a record is written; the letters of one round are drawn at once, not knowing of each other."""
    draws: int = 32
    """Sets of hidden letters for each record in the likelihood bound."""
    hidden: Share = 0.1
    """With --condition: share of labels hidden in training, so that records without a label can be judged and made."""
    guidance: float = 0.0
    """Sampling only, with --condition: above 0 records become more typical of their labels, and less varied."""

    def settled(self, spec: Spec, n: int) -> "Model":
        return self if self.steps else replace(self, steps=min(3000, max(800, 16 * n // self.batch)))

    def plan(self, n: int) -> Plan:
        every = min(self._steps, 250, max(50, 2 * n // self.batch))
        return Plan(self._steps, self.batch, every, self.patience)

    @property
    def _steps(self) -> int:
        return settled(self.steps)

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW with a warmed-up cosine rate."""
        return nn.adamw(self.rate, self._steps, self.decay, lambda m: (m.bias, m.positions, m.joined_positions))

    def init(self, spec: Spec, key: PRNGKeyArray) -> nn.Averaged[Network]:
        spec.need_order(self.name)
        weights = Network(spec, self.width, self.layers, self.taps, key)
        return nn.Averaged.begin(weights, self.optimiser())

    def step(
        self, spec: Spec, state: nn.Averaged[Network], batch: Int[Array, "batch columns"], key: PRNGKeyArray
    ) -> tuple[nn.Averaged[Network], Scalars]:
        """The shares of hidden letters are spread evenly over the records of the batch."""
        keys, shares = jax.random.split(key, len(batch)), _even(len(batch), jax.random.fold_in(key, 0))

        def loss(weights: Network) -> Float[Array, ""]:
            def one(row: Int[Array, " columns"], share: Float[Array, ""], key: PRNGKeyArray) -> Float[Array, ""]:
                strand_key, hide_key, drop_key = jax.random.split(key, 3)
                x, told = spec.conditions.apart(row)
                told = spec.conditions.hidden(told, self.hidden, jax.random.fold_in(key, 0))
                x = either_strand(spec, x, strand_key)
                return _cost(spec, weights, x, _hide(spec, x, share, hide_key), told, self.dropout, drop_key)

            return jax.vmap(one)(batch, shares, keys).mean() / spec.length

        value, gradient = jax.value_and_grad(loss)(state.weights)
        return state.after(gradient, self.optimiser()), {"train_loss": value / jnp.log(2.0)}

    def validate(
        self, spec: Spec, state: nn.Averaged[Network], values: Int[Array, "n columns"], key: PRNGKeyArray
    ) -> tuple[nn.Averaged[Network], Scalars]:
        """Bits per base by the bound; each validation hides the same letters, so that chance does not choose."""
        keys = jax.random.split(jax.random.key(0), len(values))
        bounds = jax.lax.map(lambda at: self.quick.log_prob(spec, state, *at), (values, keys), batch_size=256)
        return state, {"loss": mean_bits(spec, values, bounds)}

    @property
    def quick(self) -> "Diffusion":
        """The same with a rougher likelihood, which is still right on average."""
        return replace(self, draws=min(self.draws, FEW))

    def log_prob(
        self, spec: Spec, state: nn.Averaged[Network], x: Int[Array, " columns"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        """The bound, estimated without bias from `draws` sets of hidden letters of all sizes."""
        values, told = spec.conditions.apart(x)
        share_key, hide_key = jax.random.split(key)
        draws = _even(self.draws, share_key), jax.random.split(hide_key, self.draws)

        def read(x: Int[Array, " length"]) -> Float[Array, ""]:
            def cost(at: tuple[Float[Array, ""], PRNGKeyArray]) -> Float[Array, ""]:
                return _cost(spec, state.average, x, _hide(spec, x, *at), told)

            return _log_length(spec, state.average, x) - jax.lax.map(cost, draws).mean()

        return log_mean(spec, read, values)

    def sample(
        self, spec: Spec, state: nn.Averaged[Network], codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        length_key, fill_key, strand_key = jax.random.split(key, 3)
        length = jnp.array(spec.length)
        if state.average.lengths.size:
            length = 1 + jax.random.categorical(length_key, state.average.lengths)
        allowed = jnp.broadcast_to((jnp.arange(spec.length) < length)[:, None], (spec.length, spec.symbols))
        return either_strand(spec, self.fill(spec, state, allowed, codes, fill_key), strand_key)

    def fill(
        self,
        spec: Spec,
        state: nn.Averaged[Network],
        allowed: Bool[Array, "length symbols"],
        codes: Int[Array, " labels"],
        key: PRNGKeyArray,
    ) -> Int[Array, " length"]:
        """A record of the letters allowed at each place, which ends before the first that allows none.

        Letters that are not settled are drawn in rounds, each given all that are known by then. Each round draws
        one of every `rounds` such places that follow each other, so letters drawn at once stand apart; up to `rounds`
        of them are drawn one by one.
        """
        order_key, draw_key = jax.random.split(key)
        rounds = min(self.rounds, spec.length)
        choices, known = allowed.sum(1), jnp.argmax(allowed, 1)
        known = jnp.where(choices == 0, spec.symbols, jnp.where(choices == 1, known, spec.observation.missing))
        turns = _rounds(choices > 1, rounds, order_key)
        barred = jnp.where(allowed | (choices < 2)[:, None], 0.0, -jnp.inf)

        contexts, weights = spec.conditions.contexts(codes, self.guidance)

        def draw(x: Int[Array, " length"], now: tuple[Int[Array, ""], PRNGKeyArray]) -> tuple[Any, None]:
            said = nn.weighted(weights, [state.average.logits(x, told) for told in contexts])
            drawn = spec.observation.draw(said + barred, now[1])
            return jnp.where(turns == now[0], drawn, x), None

        now = jnp.arange(rounds), jax.random.split(draw_key, rounds)
        return jax.lax.scan(draw, known.astype(jnp.int8), now)[0]

    def obey(
        self,
        spec: Spec,
        state: nn.Averaged[Network],
        codes: Int[Array, " labels"],
        guard: Ruled | Partly,
        key: PRNGKeyArray,
    ) -> Int[Array, " length"]:
        """From left to right, since rules are told of beginnings; letters that the rules settle are known before."""
        contexts, weights = spec.conditions.contexts(codes, self.guidance)
        possible = guard.possible()
        known = jnp.where(possible.sum(1) == 1, jnp.argmax(possible, 1), spec.observation.missing).astype(jnp.int8)
        return state.average.unroll(spec, known, contexts, weights, guard, key)

    def networks(self, state: nn.Averaged[Network]) -> Mapping[str, Any]:
        return {"network": state.average}


def _shifted(tokens: Float[Array, "length tokens"], by: int) -> Float[Array, "length tokens"]:
    """Each place's neighbour before (1) or behind (-1); padding beyond the ends."""
    beyond = jax.nn.one_hot(jnp.array([tokens.shape[1] - 2]), tokens.shape[1])
    return jnp.concatenate([beyond, tokens[:-1]] if by > 0 else [tokens[1:], beyond])


def _rows(
    table: Float[Array, "#length tokens symbols"], tokens: Float[Array, "length tokens"]
) -> Float[Array, "length symbols"]:
    """The row of each place's table that its token names."""
    return (tokens[:, :, None] * table).sum(1)


def _others(tokens: Float[Array, "length tokens"]) -> Float[Array, "length shares"]:
    """Shares of the letters among all known ones but that of the place, and how many of all are known."""
    known = tokens[:, :-2]
    others = known.sum(0) - known
    number = others.sum(1, keepdims=True)
    symbols = known.shape[1]
    return jnp.concatenate([(others + 2 / symbols) / (number + 2), number / len(tokens)], 1)


def _even(n: int, key: PRNGKeyArray) -> Float[Array, " n"]:
    """One number in each n-th of the range from 0 to 1."""
    return (jnp.arange(n) + jax.random.uniform(key)) / n


def _hide(spec: Spec, x: Int[Array, " length"], share: Float[Array, ""], key: PRNGKeyArray) -> Int[Array, " length"]:
    """The row with a random set of its letters missing: none to all of them, as `share` goes from 0 to 1."""
    letters = x < spec.symbols
    order = jnp.argsort(jnp.argsort(jnp.where(letters, jax.random.uniform(key, x.shape), jnp.inf)))
    hidden = letters & (order < jnp.floor(share * (letters.sum() + 1)))
    return jnp.where(hidden, jnp.array(spec.observation.missing, x.dtype), x)


def _cost(
    spec: Spec,
    weights: Network,
    x: Int[Array, " length"],
    seen: Int[Array, " length"],
    told: Float[Array, " labels"],
    drop: float = 0.0,
    key: PRNGKeyArray | None = None,
) -> Float[Array, ""]:
    """Nats of all letters of a row, each given those that are seen of the others.

    The mean over sets of seen letters of all sizes, each size as likely, is the cost of the row written in a random
    order: a letter then has before it 0, 1, ... n - 1 of the n letters, each number as likely, and any of them.
    """
    log_probs = jax.nn.log_softmax(weights.logits(seen, told, drop, key))
    letters = jnp.minimum(x, spec.symbols - 1).astype(jnp.int32)
    picked = jnp.take_along_axis(log_probs, letters[:, None], 1)[:, 0]
    return -jnp.where(x < spec.symbols, picked, 0.0).sum()


def _rounds(missing: Bool[Array, " length"], rounds: int, key: PRNGKeyArray) -> Int[Array, " length"]:
    """Round in which each missing position is drawn: each run of `rounds` missing ones in a random order of its own."""
    run = (jnp.cumsum(missing) - 1) // rounds
    order = jnp.argsort(jnp.argsort(jnp.where(missing, run + jax.random.uniform(key, missing.shape), jnp.inf)))
    return jnp.where(missing, order % rounds, -1)


def _log_frequencies(spec: Spec) -> Float[np.ndarray, "places symbols"]:
    """Of the letters at each position, or at all of them together where a position means nothing."""
    probs = spec.letter_frequencies()
    return np.log(probs if spec.aligned else probs.mean(0, keepdims=True))


def _log_lengths(spec: Spec) -> Float[np.ndarray, " lengths"]:
    """Log-probabilities of lengths 1, 2, ... among the training records; none where all are of one length."""
    if not spec.ends:
        return np.zeros(0, np.float32)
    ends = np.exp(spec.start[:, spec.symbols].astype(float))
    reached = np.cumprod(1 - ends)
    return np.log(np.append(ends[1:] * reached[:-1], reached[-1])).astype(np.float32)


def _log_length(spec: Spec, weights: Network, x: Int[Array, " length"]) -> Float[Array, ""]:
    """Log-probability of the record's length."""
    if not weights.lengths.size:
        return jnp.array(0.0)
    return weights.lengths[jnp.maximum((x != spec.symbols).sum(), 1) - 1]
