"""Edit distances between two sets of texts, within a stated budget of work.

All pairs of two large sets of long sequences would take hours. The first texts of each set are used, as many as the
budget allows, so they must stand in random order; the size of the answer says how many they were. `opposite` holds
the reverse complements of the targets where both strands count alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, UInt
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

CELLS_NEAREST = 6e10  # letter pairs: 1,200 against 20,000 texts of 50 letters; 1 to 3 seconds on two cores
CELLS_MATRIX = 1e10  # 2,000 against 2,000 texts of 50 letters
MAX_TARGETS = 20_000
MIN_QUERIES = 50
_CHUNK = 256


class Nearest(NamedTuple):
    """For each record the row of its nearest target, the edit distance, and whether the opposite strand is meant.

    It covers the first records of the set, as many as the budget of work allowed.
    """

    index: Int[np.ndarray, " queries"]  # pyright: ignore[reportIncompatibleMethodOverride]
    distance: Int[np.ndarray, " queries"]
    reversed: Bool[np.ndarray, " queries"]


def nearest_records(queries: Sequence[str], targets: Sequence[str], opposite: Sequence[str] | None = None) -> Nearest:
    """Nearest target of each query by Levenshtein distance; above 20,000 targets among a sample and all equal ones.

    >>> nearest_records(["ACGT"], ["AAAA", "ACGA"])
    Nearest(index=array([1]), distance=array([1]), reversed=array([False]))
    """
    rows = _target_rows(len(targets))
    strands = [list(targets)] if opposite is None else [list(targets), list(opposite)]
    wanted = _pairs(queries, targets, CELLS_NEAREST) // (len(rows) * len(strands))
    texts = list(queries)[: max(wanted, MIN_QUERIES)]
    found = [_nearest_on_strand(texts, strand, rows) for strand in strands]
    best = np.argmin([distance for _, distance in found], 0)
    pick = np.arange(len(texts))
    index, distance = (np.stack(part)[best, pick] for part in zip(*found, strict=True))
    return Nearest(index, distance, best == 1)


def distance_matrix(
    queries: Sequence[str], targets: Sequence[str], opposite: Sequence[str] | None = None
) -> UInt[np.ndarray, "queries targets"]:
    """Levenshtein distances of the first queries to the first targets, to the nearer strand where both count."""
    strands = [list(targets)] if opposite is None else [list(targets), list(opposite)]
    side = int(np.sqrt(_pairs(queries, targets, CELLS_MATRIX) / len(strands)))
    return np.min([_distances(list(queries)[:side], strand[:side]) for strand in strands], 0)


def _pairs(queries: Sequence[str], targets: Sequence[str], cells: float) -> int:
    """Pairs that the budget allows."""
    area = max(1, max(map(len, queries))) * max(1, max(map(len, targets)))
    return max(int(cells / area), MIN_QUERIES**2)


def _target_rows(size: int) -> Int[np.ndarray, " targets"]:
    if size <= MAX_TARGETS:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, MAX_TARGETS, replace=False))


def _nearest_on_strand(
    queries: list[str], targets: list[str], rows: Int[np.ndarray, " targets"]
) -> tuple[Int[np.ndarray, " queries"], Int[np.ndarray, " queries"]]:
    row_of_text = {text: row for row, text in enumerate(targets)}
    index = np.array([row_of_text.get(text, -1) for text in queries])
    distance = np.zeros(len(queries), np.int64)
    aligned = [targets[row] for row in rows]
    others = np.flatnonzero(index < 0)
    for start in range(0, len(others), _CHUNK):
        part = others[start : start + _CHUNK]
        distances = _distances([queries[query] for query in part], aligned)
        index[part] = rows[distances.argmin(1)]
        distance[part] = distances.min(1)
    return index, distance


def _distances(queries: list[str], targets: list[str]) -> UInt[np.ndarray, "queries targets"]:
    longest = max(map(len, (*queries, *targets)))
    dtype = np.uint8 if longest < 255 else np.uint16
    return process.cdist(queries, targets, scorer=Levenshtein.distance, dtype=dtype, workers=-1)
