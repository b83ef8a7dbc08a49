"""What keeps a sequence within rules while a model writes it from left to right.

Letters after which the rules can no longer be kept are barred, whatever the model says of them. So every sequence keeps
the rules, and every sequence that keeps them can be drawn. What is drawn is not the model's distribution given the
rules: a beginning counts as much as its own letters are likely, however unlikely its endings are that keep the rules.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from genomimic.automata import DEAD, Automaton
from genomimic.models.base import Spec


class Free(eqx.Module):
    """No rules at all."""

    def start(self) -> Any:
        """What is known of a sequence before its first letter."""
        return ()

    def barred(self, known: Any, i: Int[Array, ""]) -> Float[Array, " outcomes"] | float:
        """What to add to the logits of the outcomes at place i: 0, or minus infinity."""
        return 0.0

    def after(self, known: Any, i: Int[Array, ""], drawn: Int[Array, ""]) -> Any:
        """What is known after one more outcome."""
        return known


FREE = Free()


class Ruled(Free):
    """The automaton of rules; `known` is its state, the letters G and C so far, and whether the sequence has ended."""

    next: Int[Array, "length states letters"]
    live: Bool[Array, "layers states counts"]
    may_end: Bool[Array, "layers states counts"]
    weights: Int[Array, " letters"]
    outcomes: int = eqx.field(static=True)

    @classmethod
    def of(cls, automaton: Automaton, spec: Spec) -> "Ruled":
        """For sequences that a model writes."""
        small = jnp.int16 if automaton.next.shape[1] < 2**15 else jnp.int32
        tables = jnp.asarray(automaton.live), jnp.asarray(automaton.ends), jnp.asarray(automaton.weights, jnp.int32)
        return cls(jnp.asarray(automaton.next, small), *tables, spec.observation.outputs)

    def possible(self) -> Bool[Array, "length letters"]:
        """Letters that some sequence that keeps the rules may have at each place, and at most a few others."""
        return (self.next != DEAD).any(1)

    def start(self) -> tuple[Int[Array, ""], Int[Array, ""], Bool[Array, ""]]:
        return jnp.array(0), jnp.array(0), jnp.array(False)

    def barred(
        self, known: tuple[Int[Array, ""], Int[Array, ""], Bool[Array, ""]], i: Int[Array, ""]
    ) -> Float[Array, " outcomes"]:
        state, count, ended = known
        after, more = self.next[i, state].astype(jnp.int32), count + self.weights
        going = (after != DEAD) & (more < self.live.shape[2])
        going &= self.live[i + 1, jnp.maximum(after, 0), jnp.minimum(more, self.live.shape[2] - 1)]
        ending = self.may_end[i, state, count][None][: self.outcomes - len(self.weights)]
        return jnp.where(jnp.concatenate([going, ending]) | ended, 0.0, -jnp.inf)

    def after(
        self, known: tuple[Int[Array, ""], Int[Array, ""], Bool[Array, ""]], i: Int[Array, ""], drawn: Int[Array, ""]
    ) -> tuple[Int[Array, ""], Int[Array, ""], Bool[Array, ""]]:
        state, count, ended = known
        letter = jnp.minimum(drawn, len(self.weights) - 1).astype(jnp.int32)
        ended |= drawn >= len(self.weights)
        after = jnp.maximum(self.next[i, state, letter].astype(jnp.int32), 0)
        return jnp.where(ended, 0, after), jnp.where(ended, 0, count + self.weights[letter]), ended


class Partly(Free):
    """Rules, and letters that are given; a row's free places have the number -1, and its end that of padding.

    What is given stands whatever the rules say, so that a row may break them, or come to where all letters are barred.
    """

    rules: Free
    given: Int[Array, " length"]
    outcomes: int = eqx.field(static=True)

    def possible(self) -> Bool[Array, "length letters"]:
        """Letters that each place may have; of rules, only what they settle place by place."""
        letters = (self.given < 0)[:, None] | (jnp.arange(self.outcomes) == self.given[:, None])
        return letters & self.rules.possible() if isinstance(self.rules, Ruled) else letters

    def start(self) -> Any:
        return self.rules.start()

    def barred(self, known: Any, i: Int[Array, ""]) -> Float[Array, " outcomes"]:
        others = jnp.where(jnp.arange(self.outcomes) == self.given[i], 0.0, -jnp.inf)
        return jnp.where(self.given[i] < 0, self.rules.barred(known, i), others)

    def after(self, known: Any, i: Int[Array, ""], drawn: Int[Array, ""]) -> Any:
        return self.rules.after(known, i, drawn)
