"""Which sequences are the same, and which share a word: the relations that no split may cut through.

Each word is packed into a 64-bit integer together with the row it stands in, and all are sorted; rows that come to
stand side by side with the same word are linked, and connected rows are a cluster. Memory is bounded: words are taken
in as many portions as needed. A word too long for the bits that the row leaves is hashed to them, which links far
fewer rows by chance than equal words do (see `CHANCE_LINKS`).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int8, Shaped, UInt64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from genomimic.alphabet import Alphabet

WORDS_AT_ONCE = 1 << 26
"""Words held in memory together, 8 bytes each."""

CHANCE_LINKS = 0.05
"""Most links by chance per sequence that a word length may give; above 1/2, chance alone would join everything."""

_LETTERS = 1 << 17  # taken at a time, so that their words stay in the processor's cache
_WORD_BITS = 62
_KEYS_AT_ONCE = 1000


def word_length(values: Int8[np.ndarray, "n length"], alphabet: Alphabet) -> int:
    """Letters of the words by which sequences are called homologous.

    Nucleic acids: 16 for sequences up to 60 letters (their median), 20 up to 300, 30 above; proteins: 5. More
    where the number of pairs that share a word by chance, (n length)^2 / symbols^w, would exceed `CHANCE_LINKS` n.
    """
    lengths = (values != alphabet.pad).sum(1)
    typical, letters = float(np.median(lengths)), float(lengths.sum())
    w = 5 if alphabet.complements is None else 16 if typical <= 60 else 20 if typical <= 300 else 30
    while w < _WORD_BITS // _bits(alphabet) and letters**2 / alphabet.size**w > CHANCE_LINKS * len(values):
        w += 1
    return w


def sequence_keys(
    values: Int8[np.ndarray, "n length"], alphabet: Alphabet, *, stranded: bool
) -> UInt64[np.ndarray, " n"]:
    """A 64-bit hash of each sequence; unless stranded, a sequence and its reverse complement have the same."""
    keys = [np.zeros(0, np.uint64)]
    for _, rows in _chunks(values):
        found = _row_hashes(rows)
        keys.append(found if stranded else np.minimum(found, _row_hashes(alphabet.reverse_complement(rows))))
    return np.concatenate(keys)


def row_keys(values: Shaped[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
    """A 64-bit hash of each row of numbers; equal rows have the same."""
    plain = np.ascontiguousarray(values)
    starts = range(0, len(plain), _KEYS_AT_ONCE)
    parts = [plain[start : start + _KEYS_AT_ONCE].view(np.int8) for start in starts]
    return np.concatenate([np.zeros(0, np.uint64), *map(_row_hashes, parts)])


def clusters(values: Int8[np.ndarray, "n length"], alphabet: Alphabet, *, w: int) -> Int[np.ndarray, " n"]:
    """Number of each sequence's cluster: sequences that share a word of `w` letters, directly or through others.

    Words of nucleic acids count on both strands, even where the strand matters: one model may read either. Words
    with an unknown letter or padding do not count.
    """
    labels = np.arange(len(values))
    words = len(values) * max(values.shape[1] - w + 1, 0)
    portions = -(-words // WORDS_AT_ONCE)
    for portion in range(portions):
        left, right = _links(values, alphabet, w, portion, portions)
        labels = _join(labels, left, right)
    return labels


class KnownWords(NamedTuple):
    """All words of `w` letters that some sequences hold on either strand, sorted.

    Of more than `WORDS_AT_ONCE`, one of `portions` equal portions is kept: some of the words of any longer stretch.
    """

    words: UInt64[np.ndarray, " words"]
    alphabet: Alphabet
    w: int
    portions: int

    def shared(self, values: Int8[np.ndarray, "n length"]) -> Bool[np.ndarray, " n"]:
        """Which sequences hold a known word."""
        found = np.zeros(len(values), bool)
        if not len(self.words) or values.shape[1] < self.w:
            return found
        for start, rows in _chunks(values):
            words, whole = _words(rows, self.alphabet, self.w)
            at = np.searchsorted(self.words, words).clip(max=len(self.words) - 1)
            found[start : start + len(rows)] = ((self.words[at] == words) & whole).any(1)
        return found


def known_words(values: Int8[np.ndarray, "n length"], alphabet: Alphabet, w: int) -> KnownWords:
    """The words of `w` letters that the sequences hold."""
    total = len(values) * max(values.shape[1] - w + 1, 0)
    portions = max(-(-total // WORDS_AT_ONCE), 1)
    kept = [np.zeros(0, np.uint64)]
    for _, rows in _chunks(values if total else values[:0]):
        words, whole = _words(rows, alphabet, w)
        if portions > 1:
            whole = whole & (_portion_of(words, portions) == 0)
        kept.append(words[whole])
    return KnownWords(np.unique(np.concatenate(kept)), alphabet, w, portions)


def _bits(alphabet: Alphabet) -> int:
    return (alphabet.size - 1).bit_length()


def mix(words: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    """A bijection of 64-bit integers without visible order (the finaliser of SplitMix64, Steele et al. 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _row_hashes(rows: Int8[np.ndarray, "m length"]) -> UInt64[np.ndarray, " m"]:
    """Hashes of rows: eight letters are one 64-bit word; each is mixed together with its place."""
    width = -(-rows.shape[1] // 8) * 8
    bytes_ = np.zeros((len(rows), width), np.int8)
    bytes_[:, : rows.shape[1]] = rows
    words = bytes_.view(np.uint64)
    places = mix(np.arange(words.shape[1], dtype=np.uint64))
    return mix(words ^ places).sum(1, dtype=np.uint64)


def _links(
    values: Int8[np.ndarray, "n length"], alphabet: Alphabet, w: int, portion: int, portions: int
) -> tuple[Int[np.ndarray, " links"], Int[np.ndarray, " links"]]:
    """Pairs of sequences that share a word of this portion: enough pairs to connect all that do."""
    row_bits = len(values).bit_length()
    expected = len(values) * (values.shape[1] - w + 1) / portions
    gathered, used = np.empty(int(1.05 * expected) + 1, np.uint64), 0
    for start, rows in _chunks(values):
        words, known = _words(rows, alphabet, w)
        if portions > 1:
            known &= _portion_of(words, portions) == portion
        if w * _bits(alphabet) + row_bits > 64:
            words = mix(words) >> np.uint64(row_bits)
        words <<= np.uint64(row_bits)
        words |= np.arange(start, start + len(words), dtype=np.uint64)[:, None]
        gathered, used = _append(gathered, used, words[known])
    gathered[:used].sort()
    return _neighbours(gathered[:used], row_bits)


def _portion_of(words: UInt64[np.ndarray, "*shape"], portions: int) -> UInt64[np.ndarray, "*shape"]:
    return ((words * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) * np.uint64(portions)) >> np.uint64(32)


def _append(
    gathered: UInt64[np.ndarray, " size"], used: int, more: UInt64[np.ndarray, " m"]
) -> tuple[UInt64[np.ndarray, " size2"], int]:
    """The array, enlarged where `more` does not fit behind what is used of it, and how much is used then."""
    if used + len(more) > len(gathered):
        gathered = np.concatenate([gathered[:used], np.empty(max(len(gathered), len(more)), np.uint64)])
    gathered[used : used + len(more)] = more
    return gathered, used + len(more)


def _chunks(values: Int8[np.ndarray, "n length"]) -> Iterator[tuple[int, Int8[np.ndarray, "m length"]]]:
    """Consecutive rows with the number of their first."""
    rows = max(1, _LETTERS // max(values.shape[1], 1))
    for start in range(0, len(values), rows):
        yield start, values[start : start + rows]


def _neighbours(
    gathered: UInt64[np.ndarray, " m"], row_bits: int
) -> tuple[Int[np.ndarray, " links"], Int[np.ndarray, " links"]]:
    """Rows that stand side by side with the same word, each pair once; the low bits are the row."""
    shift, mask = np.uint64(row_bits), np.uint64((1 << row_bits) - 1)
    pairs = [np.zeros(0, np.uint64)]
    for start in range(0, len(gathered), _LETTERS):
        some = gathered[start : start + _LETTERS + 1]
        changed = some[1:] ^ some[:-1]
        same = np.flatnonzero((changed >> shift == 0) & (changed != 0))
        pairs.append(np.unique((some[same] & mask) << np.uint64(32) | (some[same + 1] & mask)))
    found = np.unique(np.concatenate(pairs))
    return (found >> np.uint64(32)).astype(np.int64), (found & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _words(
    rows: Int8[np.ndarray, "m length"], alphabet: Alphabet, w: int
) -> tuple[UInt64[np.ndarray, "m windows"], Bool[np.ndarray, "m windows"]]:
    """Words of each row packed into integers, the smaller of both strands, and which are known."""
    letters = rows.astype(np.uint64)
    bits = _bits(alphabet)
    words = _pack(letters, w, bits)
    if alphabet.complements is not None:
        complement = np.uint64(alphabet.size - 1) - letters
        words = np.minimum(words, _pack(complement[:, ::-1], w, bits)[:, ::-1])
    return words, _all_known(rows < alphabet.size, w)


def _pack(letters: UInt64[np.ndarray, "m length"], w: int, bits: int) -> UInt64[np.ndarray, "m windows"]:
    """Integers of all windows of `w` letters, by doubling: a word is its first half, its second, and an odd letter."""
    if w == 1:
        return letters
    half = w // 2
    halves = _pack(letters, half, bits)
    words = (halves[:, :-half] << np.uint64(half * bits)) | halves[:, half:]
    return words if w % 2 == 0 else (words[:, :-1] << np.uint64(bits)) | letters[:, 2 * half :]


def _all_known(known: Bool[np.ndarray, "m length"], w: int) -> Bool[np.ndarray, "m windows"]:
    windows = known.shape[1] - w + 1
    if known.all():
        return np.ones((len(known), windows), bool)
    before = np.zeros((len(known), known.shape[1] + 1), np.int32)
    np.cumsum(known, axis=1, out=before[:, 1:])
    return before[:, w:] - before[:, :-w] == w


def _join(
    labels: Int[np.ndarray, " n"], left: Int[np.ndarray, " links"], right: Int[np.ndarray, " links"]
) -> Int[np.ndarray, " n"]:
    """Labels after the clusters of linked sequences were made one."""
    ends = labels[left], labels[right]
    graph = coo_array((np.ones(len(left), np.int8), ends), shape=(len(labels), len(labels)))
    found: Shaped[np.ndarray, " n"] = connected_components(graph, directed=False)[1]
    return found[labels].astype(np.int64)
