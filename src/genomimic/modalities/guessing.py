"""What kind of sequences these are: which alphabet, whether strands matter, whether positions are aligned.

Each is decided from the data by a test that is both significant and large enough to matter, and each can be said.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int8
from scipy.stats import chi2

from genomimic.alphabet import DNA, PROTEIN, RNA, Alphabet
from genomimic.divergence import jensen_shannon
from genomimic.errors import DataError
from genomimic.words import count_table, reverse_codes

CORE_SHARE = 0.9
"""Least share of A, C, G, T, U and N among the letters of nucleic acids; in real proteins it is near 0.3."""

STRAND_BITS = 0.001
"""Least divergence of 4-mers between the strands, bias removed, for the strand to matter."""

POSITION_BITS = 0.03
"""Least divergence of one position's composition from the average for positions to be aligned."""

_MAX_ROWS = 5_000
_FLIPS = 100
_P_VALUE = 1e-6


class Guess(NamedTuple):
    """An answer with the numbers behind it: `bits` the size of the effect and `least` the size that is asked for."""

    answer: bool
    bits: float
    least: float
    significant: bool


def choose_alphabet(letters: bytes) -> Alphabet:
    """The alphabet of a sample of letters; raises `DataError` where nucleic acid and protein are equally likely.

    >>> choose_alphabet(b"ACGUUGCA").name, choose_alphabet(b"MKVLAAGITEF").name
    ('rna', 'protein')
    """
    counts = np.bincount(np.frombuffer(letters.upper(), np.uint8), minlength=256)
    present = {chr(code) for code in np.flatnonzero(counts)} & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    total = counts[ord("A") : ord("Z") + 1].sum()
    core = sum(counts[ord(letter)] for letter in "ACGTUN")
    if core >= CORE_SHARE * total:
        if {"T", "U"} <= present:
            raise DataError(
                "both T and U occur; say --modality dna or --modality rna, and the other letter is read as it"
            )
        return RNA if "U" in present else DNA
    if not present <= set(DNA.symbols + RNA.symbols + DNA.ambiguous):
        return PROTEIN
    raise DataError(
        f"{100 * core / total:.0f}% of the letters are A, C, G, T, U or N and the others may be ambiguity codes or "
        "amino acids; say --modality dna, rna or protein"
    )


def detect_stranded(values: Int8[np.ndarray, "n length"], alphabet: Alphabet) -> Guess:
    """Whether DNA differs from its reverse complement, by its 4-mers or by position; RNA and protein always do."""
    if alphabet is not DNA:
        return Guess(answer=True, bits=float("inf"), least=0.0, significant=True)
    by_kmer = _compare_strands_by_kmer(values)
    return by_kmer if by_kmer.answer or (values == alphabet.pad).any() else _compare_strands_by_position(values)


def _compare_strands_by_kmer(values: Int8[np.ndarray, "n length"]) -> Guess:
    """Jensen-Shannon divergence between the 4-mers of the two strands.

    It is compared with its distribution when each sequence is turned to a random strand; the mean of that
    distribution is its bias and is taken off.
    """
    counts = count_table(_some(values), DNA, 4, both_strands=False).astype(np.float64)
    mirrored = counts[:, reverse_codes(DNA, 4)]
    total, difference = (counts + mirrored).sum(0) / 2, (counts - mirrored) / 2
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_FLIPS, len(counts)))
    null = _divergence(total, signs @ difference)
    observed = _divergence(total, difference.sum(0)[None])[0]
    bits, significant = float(observed - null.mean()), bool(observed > null.mean() + 5 * null.std())
    return Guess(significant and bits > STRAND_BITS, bits, STRAND_BITS, significant)


def _compare_strands_by_position(values: Int8[np.ndarray, "n length"]) -> Guess:
    """Largest divergence between a position's composition and its mirror image's on the other strand."""
    counts = _position_counts(_some(values), DNA)
    mirrored = counts[::-1, ::-1]
    total = np.maximum((counts + mirrored).sum(1), 1)
    sides = [side / np.maximum(side.sum(1, keepdims=True), 1) for side in (counts, mirrored)]
    return _largest(np.asarray(jensen_shannon(*sides)), total, freedom=3)


def _some(values: Int8[np.ndarray, "n length"]) -> Int8[np.ndarray, "m length"]:
    return values[np.unique(np.linspace(0, len(values) - 1, _MAX_ROWS).astype(np.int64))]


def _divergence(
    total: Float[np.ndarray, " kmers"], difference: Float[np.ndarray, "m kmers"]
) -> Float[np.ndarray, " m"]:
    """Jensen-Shannon divergence in bits between the counts total + difference and total - difference."""
    scale = max(float(total.sum()), 1.0)
    return np.asarray(jensen_shannon((total + difference) / scale, (total - difference) / scale))


def detect_aligned(values: Int8[np.ndarray, "n length"], alphabet: Alphabet) -> Guess:
    """Whether some position's composition differs from the average of all; sequences of unequal length never are.

    A position counts when a likelihood-ratio test finds it (p below 1e-6 over all positions) and its divergence
    from the average, bias removed, is at least `POSITION_BITS`: a slow drift of composition along the sequence is not
    alignment.
    """
    if values.size == 0 or (values == alphabet.pad).any():
        return Guess(answer=False, bits=0.0, least=POSITION_BITS, significant=False)
    counts = _position_counts(_some(values), alphabet)
    counts = counts[:, counts.sum(0) > 0]
    seen, average = np.maximum(counts.sum(1), 1), counts.sum(0) / counts.sum()
    probs = counts / seen[:, None]
    bits = (probs * np.log2(np.where(probs > 0, probs / average, 1.0))).sum(1)
    return _largest(bits, seen, freedom=counts.shape[1] - 1)


def _position_counts(values: Int8[np.ndarray, "n length"], alphabet: Alphabet) -> Float[np.ndarray, "length symbols"]:
    return np.stack([(values == token).sum(0) for token in range(alphabet.size)], 1).astype(np.float64)


def _largest(bits: Float[np.ndarray, " length"], seen: Float[np.ndarray, " length"], freedom: int) -> Guess:
    """The largest divergence among the positions where a likelihood-ratio test finds one, its bias removed."""
    tail = chi2.sf(2 * np.log(2) * seen * bits, max(freedom, 1))
    significant = tail < _P_VALUE / len(bits)
    unbiased = bits - freedom / (2 * np.log(2) * seen)
    best = float(unbiased[significant].max(initial=0.0))
    return Guess(best > POSITION_BITS, best, POSITION_BITS, bool(significant.any()))
