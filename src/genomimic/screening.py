"""Which few of many texts may be near a text: those that share the most words of k letters with it.

Each text is a row of 0 and 1, one column for each word (words are hashed to columns where there are too many), so that
one matrix product counts the columns that all pairs share. By the q-gram lemma (Jokinen & Ukkonen 1991) d edits
destroy at most d k words. So the pairs that were left out have a least distance, which proves what was found.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

TARGETS_AT_ONCE = 16_384
QUERIES_AT_ONCE = 1_024
LONG = 300
_GROUPS = 16
_ORDER = "ACGTBDEFHIJKLMNOPQRSUVWXYZ"
_DIGITS = np.zeros(256, np.int64)  # of letters: nucleotides are 0 to 3
_DIGITS[np.frombuffer(_ORDER.encode(), np.uint8)] = np.arange(len(_ORDER))
_DIGITS[ord("U")] = _DIGITS[ord("T")]


class Words(NamedTuple):
    """Length of words in letters, how many columns they are hashed to, and the base in which letters are digits."""

    k: int
    columns: int
    base: int


class Candidates(NamedTuple):
    """The targets that share the most words with each query, and a distance which no other target goes below."""

    rows: Int[np.ndarray, "queries candidates"]
    least: Int[np.ndarray, " queries"]


def words_for(texts: Sequence[str]) -> Words:
    """Words of 5 nucleotides or 3 amino acids up to 300 letters, of two more above, where chance shares too many."""
    longest = max(map(len, texts))
    k, base = (5, 4) if len(set().union(*texts[:100])) <= 8 else (3, 31)
    return Words(k, 1021, base) if longest <= LONG else Words(k + 2, 8191, base)


def screen(queries: Sequence[str], strands: Sequence[Sequence[str]], candidates: int, words: Words) -> Candidates:
    """The `candidates` targets that share the most words with each query on any strand, best first.

    All strands have the same number of texts, more than `candidates`. Memory is bounded by blocks of both sets.
    """
    asked = presence(queries, words)
    lengths = _lengths(queries)
    best = np.full((len(queries), 0), 0, np.float32), np.zeros((len(queries), 0), np.int64)
    for start, texts in _blocks(strands):
        found = np.maximum.reduce([presence(text, words) for text in texts])
        parts = [slice(at, at + QUERIES_AT_ONCE) for at in range(0, len(queries), QUERIES_AT_ONCE)]
        others = _lengths(texts[0])
        tops = [_top(asked[part] @ found.T, lengths[part], others, candidates + 1) for part in parts]
        scores, rows = (np.concatenate(part) for part in zip(*tops, strict=True))
        best = _best(np.hstack([best[0], scores]), np.hstack([best[1], rows + start]), candidates + 1)
    hidden = np.maximum(lengths - words.k + 1, 0) - asked.sum(1)  # words of a query that share a column
    least = np.ceil((1 - words.k - best[0][:, -1] - hidden) / words.k - 1e-6)
    return Candidates(best[1][:, :candidates], np.maximum(least, 0).astype(np.int64))


def presence(texts: Sequence[str], words: Words) -> Float32[np.ndarray, "texts columns"]:
    """1 in the column of each word that a text holds."""
    letters = _DIGITS[_bytes(texts)]
    windows = letters.shape[1] - words.k + 1
    table = np.zeros((len(texts), words.columns), np.float32)
    if windows > 0:
        code = np.zeros((len(texts), windows), np.int64)
        for offset in range(words.k):
            code = code * words.base + letters[:, offset : offset + windows]
        whole = np.arange(windows) <= _lengths(texts)[:, None] - words.k
        rows = np.broadcast_to(np.arange(len(texts))[:, None], code.shape)
        table[rows[whole], code[whole] % words.columns] = 1
    return table


def _bytes(texts: Sequence[str]) -> UInt8[np.ndarray, "texts width"]:
    width = max(1, *map(len, texts)) if len(texts) else 1
    return np.array(list(texts), dtype=f"S{width}").view(np.uint8).reshape(len(texts), width)


def _lengths(texts: Sequence[str]) -> Int[np.ndarray, " texts"]:
    return np.fromiter(map(len, texts), np.int64, len(texts))


def _blocks(strands: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[Sequence[str]]]]:
    for start in range(0, len(strands[0]), TARGETS_AT_ONCE):
        yield start, [strand[start : start + TARGETS_AT_ONCE] for strand in strands]


def _top(
    shared: Float32[np.ndarray, "queries targets"],
    lengths: Int[np.ndarray, " queries"],
    others: Int[np.ndarray, " targets"],
    most: int,
) -> tuple[Float32[np.ndarray, "queries most"], Int[np.ndarray, "queries most"]]:
    """The highest of shared words - longer length, and their columns.

    The highest ones stand in the groups of columns with the highest maxima, so that few numbers need sorting.
    """
    shared -= np.maximum.outer(lengths, others).astype(np.float32)
    groups = -(-shared.shape[1] // _GROUPS)
    if groups <= most:
        return _best(shared, np.broadcast_to(np.arange(shared.shape[1]), shared.shape), most)
    width = groups * (_GROUPS - 1)
    maxima = shared[:, :width].reshape(len(shared), _GROUPS - 1, groups).max(1)
    rest = shared[:, width:]
    maxima[:, : rest.shape[1]] = np.maximum(maxima[:, : rest.shape[1]], rest)
    chosen = np.argpartition(maxima, groups - most, 1)[:, groups - most :]
    columns = (chosen[:, None, :] + groups * np.arange(_GROUPS)[:, None]).reshape(len(shared), -1)
    inside = columns < shared.shape[1]
    scores = np.take_along_axis(shared, np.where(inside, columns, 0), 1)
    return _best(np.where(inside, scores, -np.inf).astype(np.float32), columns, most)


def _best(
    scores: Float[np.ndarray, "queries targets"], rows: Int[np.ndarray, "queries targets"], most: int
) -> tuple[Float32[np.ndarray, "queries best"], Int[np.ndarray, "queries best"]]:
    """The `most` highest scores of each query, best first, equal ones in the order of their rows."""
    if scores.shape[1] > 4 * most:
        kept = np.argpartition(scores, scores.shape[1] - most, 1)[:, scores.shape[1] - most :]
        scores, rows = np.take_along_axis(scores, kept, 1), np.take_along_axis(rows, kept, 1)
    order = np.argsort(-scores, 1, kind="stable")[:, :most]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
