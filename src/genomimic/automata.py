"""All rules as one automaton over positions that knows of every beginning whether it can still be finished.

The machines of the rules (`machines.py`) read a sequence together. Beginnings of one length that have the same future
are one state, so a layer of states belongs to each position. Going back from the last position, a state is live, with
so many letters G and C behind it, where some letter leads to a live state: drawing live letters only never ends in a
dead end, and gives every sequence that keeps the rules.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from genomimic.alphabet import Alphabet
from genomimic.errors import UsageError
from genomimic.machines import Machine, machine
from genomimic.rules import GC, Rules, shortened

DEAD = -1
MOST_STATES = 20_000
"""States that a layer may have."""
MOST_CELLS = 2**28
"""Bytes that the table of live states may take."""


class Automaton(NamedTuple):
    """`next` is the state in the next layer after each letter; `live` and `ends` are told by state and count of G, C.

    Before position i + 1 the state is one of layer i; the first is state 0 of layer 0 with a count of 0. `live`: some
    way of going on, or of ending here, keeps the rules. `ends`: the sequence may end here. `weights`: 1 for letters
    that are counted.
    """

    next: Int[np.ndarray, "length states letters"]
    live: Bool[np.ndarray, "layers states counts"]
    ends: Bool[np.ndarray, "layers states counts"]
    weights: Int[np.ndarray, " letters"]

    def accepts(self, values: Int[np.ndarray, "n length"]) -> Bool[np.ndarray, " n"]:
        """Whether each row keeps the rules; a row may end early where the automaton was built so."""
        states, counts = np.zeros(len(values), np.int64), np.zeros(len(values), np.int64)
        alive, done = np.ones(len(values), bool), np.zeros(len(values), bool)
        for i in range(values.shape[1]):
            ending = ~done & (values[:, i] == len(self.weights))
            alive &= ~ending | self.ends[i, states, counts]
            done |= ending
            letters = np.where(done | ~alive, 0, np.minimum(values[:, i], len(self.weights) - 1))
            after = self.next[i, states, letters]
            more = np.minimum(counts + self.weights[letters], self.live.shape[2] - 1)
            fine = (after != DEAD) & (counts + self.weights[letters] == more) & self.live[i + 1, after, more]
            alive &= done | (fine & (values[:, i] < len(self.weights)))
            going = alive & ~done
            states, counts = np.where(going, after, states), np.where(going, more, counts)
        return alive & (done | self.ends[-1, states, counts])


def build(rules: Rules, alphabet: Alphabet, length: int, *, ends: bool) -> Automaton:
    """The automaton of all rules for sequences of `length` letters, or up to that where they may end.

    Raises `UsageError` where no sequence keeps them all, and says which rules clash.
    """
    found = _build(rules, alphabet, length, ends)
    if found is None:
        clash = clashing(rules, alphabet, length, ends=ends)
        letters = f"{'up to ' if ends else ''}{length} letters"
        raise UsageError(
            f"no sequence of {letters} keeps {'both' if len(clash) == 2 else 'all of' if len(clash) > 2 else ''} "
            f"{shortened(clash)}; loosen or leave out {'one of these' if len(clash) > 1 else 'this rule'}".replace(
                "  ", " "
            )
        )
    return found


def clashing(rules: Rules, alphabet: Alphabet, length: int, *, ends: bool) -> Rules:
    """Rules that cannot be kept together, while without any one of them the others can; none where all can be kept."""
    if _build(rules, alphabet, length, ends) is not None:
        return ()
    kept = rules
    for rule in rules:
        fewer = tuple(other for other in kept if other is not rule)
        if _build(fewer, alphabet, length, ends) is None:
            kept = fewer
    return kept


def _build(rules: Rules, alphabet: Alphabet, length: int, ends: bool) -> Automaton | None:
    """The automaton, or None where it accepts nothing."""
    machines = [made for rule in rules if (made := machine(rule, alphabet)) is not None]
    following, accepting = _merged(*_explored(machines, alphabet, length), ends)
    if not following[0].size and not accepting[0].any():
        return None
    table = _padded(following, DEAD)
    last = _padded(accepting, False)
    window = _window([rule for rule in rules if isinstance(rule, GC)], length)
    if window.size * table.shape[1] > MOST_CELLS:
        raise UsageError(
            f"{shortened(rules)}: together these need {table.shape[1]:,} states; leave out the longest words"
        )
    weights = np.array([letter in "GC" for letter in alphabet.symbols], np.int64) * any(
        isinstance(rule, GC) for rule in rules
    )
    final = last[:, :, None] & window[:, None, :]
    live = _live(table, final, weights)
    return Automaton(table, live, final, weights) if live[0, 0, 0] else None


def _explored(
    machines: Sequence[Machine], alphabet: Alphabet, length: int
) -> tuple[list[Int[np.ndarray, "_ letters"]], list[Bool[np.ndarray, " _"]]]:
    """The states that can be reached, layer by layer: where each letter leads, and where a sequence may end."""
    layer: dict[tuple[Any, ...], int] = {tuple(one.start for one in machines): 0}
    known: dict[Any, tuple[tuple[Any, ...] | None, ...]] = {}
    following, accepting = [], []
    for i in range(length + 1):
        may_end = [i > 0 and all(m.accepts(s, i) for m, s in zip(machines, state, strict=True)) for state in layer]
        accepting.append(np.array(may_end, bool))
        if i == length:
            break
        place, after = tuple(one.at(i) for one in machines), {}
        rows = np.full((len(layer), alphabet.size), DEAD)
        for row, state in enumerate(layer):
            if (place, state) not in known:
                known[place, state] = tuple(_step(machines, state, place, letter) for letter in alphabet.symbols)
            for letter, reached in enumerate(known[place, state]):
                if reached is not None:
                    rows[row, letter] = after.setdefault(reached, len(after))
        if len(after) > MOST_STATES:
            raise UsageError(f"the rules need more than {MOST_STATES:,} states; leave out long words with many N")
        following.append(rows)
        layer = after
    return following, accepting


def _step(
    machines: Sequence[Machine], state: tuple[Any, ...], place: tuple[Any, ...], letter: str
) -> tuple[Any, ...] | None:
    """The states of all machines after a letter, or None where one of them is broken."""
    reached = []
    for one, before, at in zip(machines, state, place, strict=True):
        after = one.next(before, at, letter)
        if after is None:
            return None
        reached.append(after)
    return tuple(reached)


def _merged(
    following: list[Int[np.ndarray, "_ letters"]], accepting: list[Bool[np.ndarray, " _"]], ends: bool
) -> tuple[list[Int[np.ndarray, "_ letters"]], list[Bool[np.ndarray, " _"]]]:
    """States of a layer with the same future made one, and dead ones left out, from the last layer back."""
    merged, last = [], [np.ones(int(accepting[-1].any()), bool)]
    number = np.where(accepting[-1], 0, DEAD)
    for rows, accepts in zip(following[::-1], accepting[-2::-1], strict=True):
        known = np.append(number, DEAD)[rows]
        kinds = np.concatenate([known, (accepts & ends)[:, None]], 1)
        alive = (known != DEAD).any(1) | kinds[:, -1].astype(bool)
        unique, inverse = np.unique(kinds[alive], axis=0, return_inverse=True)
        number = np.full(len(rows), DEAD)
        number[alive] = inverse.ravel()
        merged.append(unique[:, :-1])
        last.append(unique[:, -1].astype(bool))
    return merged[::-1], last[::-1]


def _padded(layers: Sequence[np.ndarray], value: Any) -> np.ndarray:
    """Layers of different numbers of states as one array."""
    states = max(map(len, layers))
    found = np.full((len(layers), max(states, 1), *layers[0].shape[1:]), value)
    for i, layer in enumerate(layers):
        found[i, : len(layer)] = layer
    return found


def _window(rules: Sequence[GC], length: int) -> Bool[np.ndarray, "layers counts"]:
    """Whether a sequence of 0, 1, ... letters may hold 0, 1, ... letters G and C; one column where none are counted."""
    low, high = max((rule.low for rule in rules), default=0.0), min((rule.high for rule in rules), default=1.0)
    if not rules:
        return np.ones((length + 1, 1), bool)
    counts, letters = np.arange(int(high * length + 1e-9) + 1), np.arange(length + 1)[:, None]
    return (low * letters - 1e-9 <= counts) & (counts <= high * letters + 1e-9)


def _live(
    table: Int[np.ndarray, "length states letters"],
    final: Bool[np.ndarray, "layers states counts"],
    weights: Int[np.ndarray, " letters"],
) -> Bool[np.ndarray, "layers states counts"]:
    """Where some way of going on, or of ending, keeps all rules."""
    live = final.copy()
    for i in range(len(table) - 1, -1, -1):
        for letter, weight in enumerate(weights):
            after = table[i, :, letter]
            reached = live[i + 1, np.maximum(after, 0)] & (after != DEAD)[:, None]
            live[i, :, : reached.shape[1] - weight] |= reached[:, weight:]
    return live
