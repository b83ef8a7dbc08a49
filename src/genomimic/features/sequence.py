"""Features of sequences: letters, words of k letters, edit distances; computed once for each view and kept there."""

from functools import partial

import numpy as np
from jaxtyping import Float, Int, UInt

from genomimic.alphabet import Alphabet
from genomimic.distances import Nearest, distance_matrix, nearest_records
from genomimic.errors import UsageError
from genomimic.modalities.sequences import Sequences
from genomimic.views import View
from genomimic.words import columns, count_all, count_table, word


def modality(view: View) -> Sequences:
    """What kind of sequences these are; raises `UsageError` for other data."""
    if not isinstance(view.modality, Sequences):
        raise UsageError(f"{type(view.modality).__name__} data have no sequence metrics; give sequences")
    return view.modality


def alphabet(view: View) -> Alphabet:
    """The letters."""
    return modality(view).letters


def both_strands(view: View) -> bool:
    """Whether a sequence and its reverse complement are the same thing here."""
    return alphabet(view).complements is not None and not modality(view).stranded


def lengths(view: View) -> Int[np.ndarray, " n"]:
    """Letters in each record."""
    return view.per_record("lengths", lambda whole: (whole.dataset.values != alphabet(whole).pad).sum(1))


def gc(view: View) -> Float[np.ndarray, " n"]:
    """Share of G and C among the known letters of each record; raises `UsageError` for protein."""
    return view.per_record("gc", _gc)


def kmers(view: View, k: int) -> UInt[np.ndarray, "n words"]:
    """Overlapping k-mers of each record, counted; a word with an unknown letter is none.

    Columns are in alphabetical order; where both strands count alike, a word and its reverse complement share the
    column of the first of the two (see `genomimic.words`).
    """
    return view.per_record(("kmers", k), partial(_kmers, k=k))


def words(view: View, k: int) -> list[str]:
    """The k-mer that each column of `kmers` counts."""
    letters = alphabet(view)
    return [word(letters, code, k) for code in np.unique(columns(letters, k, both_strands=both_strands(view))).tolist()]


def kmer_totals(view: View, k: int) -> Int[np.ndarray, " words"]:
    """K-mers of all records together."""
    return view.totals(("kmers", k), partial(_kmer_totals, k=k))


def kmer_blocks(view: View, k: int) -> Int[np.ndarray, "blocks words"]:
    """K-mers of each block of records together."""
    return view.block_totals(("kmers", k), partial(_kmer_totals, k=k))


def one_hot(view: View) -> Float[np.ndarray, "n length symbols"]:
    """One-hot letters, float32; unknown letters and padding are rows of zeros."""
    return view.per_record("one_hot", _one_hot)


def texts(view: View) -> list[str]:
    """The letters of each record, without padding."""
    return view.feature("texts", lambda whole: [alphabet(whole).decode(row) for row in whole.dataset.values])


def strands(view: View) -> tuple[list[str], list[str] | None]:
    """The texts and, where both strands count alike, those of the opposite strand."""
    return texts(view), view.feature("opposite", _opposite) if both_strands(view) else None


def nearest(view: View, targets: View) -> Nearest:
    """Nearest record of `targets` by edits, for the first records, as many as the cost allows (`distances`)."""
    return nearest_records(texts(view), *strands(targets))


def distances(view: View, targets: View) -> UInt[np.ndarray, "n targets"]:
    """Edit distances among the first records of both, as many as the cost allows (`distances`)."""
    return distance_matrix(texts(view), *strands(targets))


def _gc(view: View) -> Float[np.ndarray, " n"]:
    letters = alphabet(view)
    if letters.complements is None:
        raise UsageError(f"{letters.name} has no GC content; use dna or rna")
    tokens = [letters.symbols.index(letter) for letter in "CG"]
    known = (view.dataset.values < letters.size).sum(1)
    return np.isin(view.dataset.values, tokens).sum(1) / np.maximum(known, 1)


def _one_hot(view: View) -> Float[np.ndarray, "n length symbols"]:
    return (view.dataset.values[..., None] == np.arange(alphabet(view).size, dtype=np.int8)).astype(np.float32)


def _kmers(view: View, k: int) -> UInt[np.ndarray, "n words"]:
    return count_table(view.dataset.values, alphabet(view), k, both_strands=both_strands(view))


def _kmer_totals(view: View, k: int) -> Int[np.ndarray, " words"]:
    return count_all(view.dataset.values, alphabet(view), k, both_strands=both_strands(view))


def _opposite(view: View) -> list[str]:
    return [alphabet(view).decode(row) for row in alphabet(view).reverse_complement(view.dataset.values)]
