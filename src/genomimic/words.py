"""Words of k letters as numbers: the code of each window, of its reverse complement, and the word of a code."""

from functools import cache

import numpy as np
from jaxtyping import Bool, Int, Int8, UInt

from genomimic.alphabet import Alphabet
from genomimic.errors import UsageError

MAX_WORDS = 8000  # columns of a k-mer table: 6-mers of DNA, 3-mers of protein
_ROWS_AT_ONCE = 1024


def codes(values: Int8[np.ndarray, "n length"], size: int, k: int) -> Int[np.ndarray, "n windows"]:
    """Number in base `size` of the k-mer that starts at each position; -1 where a letter is unknown or missing."""
    windows = max(values.shape[1] - k + 1, 0)
    found = np.zeros((len(values), windows), np.int64)
    known: Bool[np.ndarray, "n windows"] = np.ones((len(values), windows), bool)
    for offset in range(k):
        letters = values[:, offset : offset + windows]
        found = found * size + letters
        known &= letters < size
    return np.where(known, found, -1)


def reverse_codes(alphabet: Alphabet, k: int) -> Int[np.ndarray, " codes"]:
    """Code of the reverse complement of each k-mer, in the order of the k-mers' codes."""
    complement = alphabet.reverse_complement(np.arange(alphabet.size, dtype=np.int8)[:, None])[:, 0]
    rest, reverse = np.arange(alphabet.size**k), np.zeros(alphabet.size**k, np.int64)
    for _ in range(k):
        rest, last = np.divmod(rest, alphabet.size)
        reverse = reverse * alphabet.size + complement[last]
    return reverse


def word(alphabet: Alphabet, code: int, k: int) -> str:
    """The k-mer of a code.

    >>> from genomimic.alphabet import DNA
    >>> word(DNA, 6, 3)
    'ACG'
    """
    return "".join(alphabet.symbols[code // alphabet.size**place % alphabet.size] for place in reversed(range(k)))


def columns(alphabet: Alphabet, k: int, *, both_strands: bool) -> Int[np.ndarray, " codes"]:
    """The code under which each k-mer is counted: its own, or the smaller of both strands'."""
    own = np.arange(alphabet.size**k)
    return np.minimum(own, reverse_codes(alphabet, k)) if both_strands else own


def count_table(
    values: Int8[np.ndarray, "n length"], alphabet: Alphabet, k: int, *, both_strands: bool
) -> UInt[np.ndarray, "n words"]:
    """Overlapping k-mers of each record, counted; a word with an unknown letter is none."""
    column_of_code, words = _column_numbers(alphabet, k, both_strands)
    counts = np.zeros((len(values), words), np.uint8 if values.shape[1] < 256 else np.uint16)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        found = codes(values[start : start + _ROWS_AT_ONCE], alphabet.size, k)
        row, _ = at = np.nonzero(found >= 0)
        flat = row * words + column_of_code[found[at]]
        chunk = np.bincount(flat, minlength=len(found) * words).reshape(len(found), words)
        counts[start : start + _ROWS_AT_ONCE] = chunk
    return counts


def count_all(
    values: Int8[np.ndarray, "n length"], alphabet: Alphabet, k: int, *, both_strands: bool
) -> Int[np.ndarray, " words"]:
    """Overlapping k-mers of all records together."""
    column_of_code, words = _column_numbers(alphabet, k, both_strands)
    counts = np.zeros(words, np.int64)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        found = codes(values[start : start + _ROWS_AT_ONCE], alphabet.size, k)
        counts += np.bincount(column_of_code[found[found >= 0]], minlength=words)
    return counts


def strand_counts(
    totals: Int[np.ndarray, "*sets words"], alphabet: Alphabet, k: int, *, both_strands: bool
) -> Int[np.ndarray, "*sets codes"]:
    """Counts of all k-mers by code, from those by column: where both strands count, on both strands together."""
    numbers, _ = _column_numbers(alphabet, k, both_strands)
    counts = totals[..., numbers]
    return counts * times_counted(alphabet, k, both_strands=both_strands)


@cache
def times_counted(alphabet: Alphabet, k: int, *, both_strands: bool) -> Int[np.ndarray, " codes"]:
    """How often each k-mer is counted where it stands: a palindrome stands on both strands at once."""
    own = np.arange(alphabet.size**k)
    return np.where(both_strands and reverse_codes(alphabet, k) == own, 2, 1) * np.ones_like(own)


@cache
def _column_numbers(alphabet: Alphabet, k: int, both_strands: bool) -> tuple[Int[np.ndarray, " codes"], int]:
    if alphabet.size**k > MAX_WORDS:
        raise UsageError(f"{k}-mers of {alphabet.name} are more than {MAX_WORDS} words; use a smaller k")
    _, numbers = np.unique(columns(alphabet, k, both_strands=both_strands), return_inverse=True)
    return numbers, int(numbers.max()) + 1
