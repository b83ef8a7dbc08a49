"""Edit distances between two sets of texts, within a stated budget of work.

Where all pairs are within the budget, each nearest record is exact. Beyond it, all targets are screened by the words
that they share with a query, the best candidates are measured, and the answer says which minima are proven
(`screening`). `opposite` holds the reverse complements of the targets where both strands count alike. Of a matrix of
all distances the first texts of each set are used, as many as the budget allows, so they must stand in random order.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Num, UInt
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from genomimic.screening import Words, screen, words_for

CELLS_NEAREST = 60_000_000_000  # letter pairs: 2,400 against 10,000 texts of 50 letters; 1 to 3 seconds on two cores
CELLS_MATRIX = 4e10  # 4,000 against 4,000 texts of 50 letters, 1,000 against 1,000 of 200
CELLS_SCREEN = 6e11  # columns of words times pairs: 6,000 against 100,000 texts of 200 letters
CANDIDATES = 64  # see benchmarks/neighbours.py
MIN_QUERIES = 50
_CHUNK = 256


class Nearest(NamedTuple):
    """For each record the row of its nearest target, the distance, and whether the opposite strand is meant.

    `proven` says that no target is nearer; of the others, a target which shares few words may be a little nearer.
    It covers the first records of the set, as many as the budget of work allowed.
    """

    index: Int[np.ndarray, " queries"]  # pyright: ignore[reportIncompatibleMethodOverride]
    distance: Num[np.ndarray, " queries"]
    reversed: Bool[np.ndarray, " queries"]
    proven: Bool[np.ndarray, " queries"]

    def take(self, rows: Int[np.ndarray, " rows"]) -> "Nearest":
        """Those of some records."""
        return Nearest(*(column[rows] for column in self))


def nearest_records(
    queries: Sequence[str],
    targets: Sequence[str],
    opposite: Sequence[str] | None = None,
    *,
    cells: int = CELLS_NEAREST,
    candidates: int = CANDIDATES,
) -> Nearest:
    """Nearest target of each query by Levenshtein distance: exact up to `cells` letter pairs, screened beyond.

    >>> nearest_records(["ACGT"], ["AAAA", "ACGA"])
    Nearest(index=array([1]), distance=array([1]), reversed=array([False]), proven=array([ True]))
    """
    strands = [list(targets)] if opposite is None else [list(targets), list(opposite)]
    pairs = len(queries) * len(targets) * len(strands)
    if len(targets) <= candidates or pairs * _area(queries, targets) <= cells:
        return _exact(list(queries), strands)
    words = words_for(queries)
    wanted = max(int(CELLS_SCREEN / (len(targets) * words.columns)), MIN_QUERIES)
    return _screened(list(queries)[:wanted], strands, candidates, words)


def distance_matrix(
    queries: Sequence[str], targets: Sequence[str], opposite: Sequence[str] | None = None
) -> UInt[np.ndarray, "queries targets"]:
    """Levenshtein distances of the first queries to the first targets, to the nearer strand where both count."""
    strands = [list(targets)] if opposite is None else [list(targets), list(opposite)]
    side = max(int(np.sqrt(CELLS_MATRIX / _area(queries, targets) / len(strands))), MIN_QUERIES)
    return np.min([_distances(list(queries)[:side], strand[:side]) for strand in strands], 0)


def _area(queries: Sequence[str], targets: Sequence[str]) -> int:
    """Letter pairs of a pair of texts."""
    return max(1, max(map(len, queries))) * max(1, max(map(len, targets)))


def _exact(queries: list[str], strands: list[list[str]]) -> Nearest:
    found = [_nearest_on_strand(queries, strand) for strand in strands]
    best = np.argmin([distance for _, distance in found], 0)
    pick = np.arange(len(queries))
    index, distance = (np.stack(part)[best, pick] for part in zip(*found, strict=True))
    return Nearest(index, distance, best == 1, np.ones(len(queries), bool))


def _nearest_on_strand(
    queries: list[str], targets: list[str]
) -> tuple[Int[np.ndarray, " queries"], Int[np.ndarray, " queries"]]:
    row_of_text = {text: row for row, text in enumerate(targets)}
    index = np.array([row_of_text.get(text, -1) for text in queries])
    distance = np.zeros(len(queries), np.int64)
    others = np.flatnonzero(index < 0)
    for start in range(0, len(others), _CHUNK):
        part = others[start : start + _CHUNK]
        distances = _distances([queries[query] for query in part], targets)
        index[part] = distances.argmin(1)
        distance[part] = distances.min(1)
    return index, distance


def _screened(queries: list[str], strands: list[list[str]], candidates: int, words: Words) -> Nearest:
    rows, least = screen(queries, strands, candidates, words)
    distances = np.hstack([_aligned(queries, strand, rows) for strand in strands])
    best = distances.argmin(1)
    pick = np.arange(len(queries))
    distance = distances[pick, best]
    return Nearest(rows[pick, best % candidates], distance, best >= candidates, distance <= least)


def _aligned(
    queries: list[str], targets: list[str], rows: Int[np.ndarray, "queries candidates"]
) -> Int[np.ndarray, "queries candidates"]:
    """Distances of each query to the targets at its rows."""
    found = np.empty(rows.shape, np.int64)
    for start in range(0, len(queries), _CHUNK):
        part = rows[start : start + _CHUNK]
        left = [query for query in queries[start : start + _CHUNK] for _ in range(rows.shape[1])]
        right = [targets[row] for row in part.ravel().tolist()]
        distances = process.cpdist(left, right, scorer=Levenshtein.distance, workers=-1)
        found[start : start + _CHUNK] = distances.reshape(part.shape)
    return found


def _distances(queries: list[str], targets: list[str]) -> UInt[np.ndarray, "queries targets"]:
    longest = max(map(len, (*queries, *targets)))
    dtype = np.uint8 if longest < 255 else np.uint16
    return process.cdist(queries, targets, scorer=Levenshtein.distance, dtype=dtype, workers=-1)
