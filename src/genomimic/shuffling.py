"""Shuffles that keep what neighbours tell: each record's own dinucleotide counts, exactly."""

import numpy as np
from jaxtyping import Bool, Int, Int8

_ROWS_AT_ONCE = 1024


def shuffled(values: Int8[np.ndarray, "n length"], rng: np.random.Generator) -> Int8[np.ndarray, "n length"]:
    """Each record shuffled, all orders with its dinucleotide counts being equally likely.

    First and last letter stay, and so does padding, which nothing but padding follows. An unknown letter is a letter
    of its own. A record is a walk from letter to letter, and another walk along the same steps is its shuffle: a random
    tree of last exits, all other exits in random order (Altschul & Erickson 1985,
    doi:10.1093/oxfordjournals.molbev.a040370).

    >>> shuffled(np.array([[0, 1, 0, 2, 0, 3]], np.int8), np.random.default_rng(0))
    array([[0, 2, 0, 1, 0, 3]], dtype=int8)
    """
    if values.shape[1] < 4:  # one order only
        return values.copy()
    starts = range(0, len(values), _ROWS_AT_ONCE)
    return np.concatenate([values[:0], *(_shuffled(values[start : start + _ROWS_AT_ONCE], rng) for start in starts)])


def _shuffled(values: Int8[np.ndarray, "n length"], rng: np.random.Generator) -> Int8[np.ndarray, "n length"]:
    letters = int(values.max()) + 1
    leaving, reached = values[:, :-1].astype(np.int64), values[:, 1:]
    exits = last_exits(values, letters, rng)
    keys = 3 * leaving + rng.random(leaving.shape)
    for letter in range(letters):
        chosen = (leaving == letter) & (reached == exits[:, [letter]])
        rows = np.flatnonzero(chosen.any(1) & (values[:, -1] != letter))
        keys[rows, chosen[rows].argmax(1)] = 3 * letter + 2
    steps = np.take_along_axis(reached, keys.argsort(1), 1)  # by the letter that is left, in the order of leaving
    return _walk(values[:, 0], steps, (leaving[..., None] < np.arange(letters)).sum(1))


def _walk(
    first: Int8[np.ndarray, " n"], steps: Int8[np.ndarray, "n steps"], begins: Int[np.ndarray, "n letters"]
) -> Int8[np.ndarray, "n length"]:
    """Walks from the first letters; `begins` is where in `steps` those that leave each letter begin."""
    rows, walk = np.arange(len(first)), np.empty((len(first), steps.shape[1] + 1), np.int8)
    walk[:, 0] = first
    for at in range(steps.shape[1]):
        place = begins[rows, walk[:, at]]
        walk[:, at + 1] = steps[rows, place]
        begins[rows, walk[:, at]] += 1
    return walk


def last_exits(
    values: Int8[np.ndarray, "n length"], letters: int, rng: np.random.Generator
) -> Int[np.ndarray, "n letters"]:
    """Where each letter is left to for the last time: a random tree that leads to the last letter of the record.

    Exits are drawn by their counts; those that run in circles are drawn again until all lead to the end, which draws
    trees without bias (Propp & Wilson 1998, doi:10.1006/jagm.1997.0917). A letter that is never left points to the end.
    """
    rows, ends = np.arange(len(values)), values[:, -1].astype(np.int64)
    pairs = rows[:, None] * letters**2 + values[:, :-1].astype(np.int64) * letters + values[:, 1:]
    counts = np.bincount(pairs.ravel(), minlength=len(values) * letters**2).reshape(-1, letters, letters)
    counts[:, range(letters), range(letters)] = 0  # to stay is not to leave
    cumulative = counts.cumsum(2)
    exits = np.repeat(ends[:, None], letters, 1)
    row, letter = np.nonzero((cumulative[..., -1] > 0) & (np.arange(letters) != ends[:, None]))
    while row.size:
        tickets = rng.integers(cumulative[row, letter, -1])
        exits[row, letter] = (cumulative[row, letter] <= tickets[:, None]).sum(1)
        again = np.unique(row)
        circling, letter = np.nonzero(_circling(exits[again], ends[again]))
        row = again[circling]
    return exits


def _circling(exits: Int[np.ndarray, "n letters"], ends: Int[np.ndarray, " n"]) -> Bool[np.ndarray, "n letters"]:
    """Which letters stand on a circle that does not hold the end."""
    far = exits
    for _ in range(exits.shape[1].bit_length()):
        far = np.take_along_axis(far, far, 1)
    found = np.zeros(exits.shape, bool)
    np.put_along_axis(found, far, True, 1)
    found[np.arange(len(ends)), ends] = False
    return found
