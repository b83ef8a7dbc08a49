"""Train, holdout and synthetic records side by side, with the features that metrics and figures read.

A `View` computes a feature once for all its records; a view of some of them (`take`) slices what the whole view has
computed, so that a score can be computed again on hundreds of subsamples for little more than the price of one.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int, Int8, Shaped, UInt

from genomimic.alphabet import Alphabet
from genomimic.dataset import Dataset
from genomimic.distances import Nearest, distance_matrix, nearest_records
from genomimic.errors import UsageError
from genomimic.modalities.sequences import Sequences

MAX_WORDS = 8000  # columns of a k-mer table: 6-mers of DNA, 3-mers of protein
_ROWS_AT_ONCE = 1024

T = TypeVar("T")


class Marks(NamedTuple):
    """One number for each holdout and each synthetic record."""

    holdout: Float[np.ndarray, " holdout"]
    synthetic: Float[np.ndarray, " synthetic"]


@dataclass(frozen=True, eq=False)
class View:
    """Records of one data set with their features, each computed at first use and kept.

    `given_clusters` are homology clusters, one integer a record; `root` and `rows` say of which view this is a part.
    Raises `UsageError` where there are no records, or where they are not sequences.
    """

    dataset: Dataset
    given_clusters: Int[np.ndarray, " n"] | None = None
    root: "View | None" = None
    rows: Int[np.ndarray, " n"] | None = None
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not len(self.dataset):
            raise UsageError("a set without records cannot be judged; check the file it was read from")
        if self.given_clusters is not None and len(self.given_clusters) != len(self.dataset):
            given, n = len(self.given_clusters), len(self.dataset)
            raise UsageError(f"{given} cluster numbers for {n} records; give one for each record")

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def modality(self) -> Sequences:
        """What kind of sequences these are."""
        if not isinstance(self.dataset.modality, Sequences):
            raise UsageError(f"{type(self.dataset.modality).__name__} data have no sequence metrics; give sequences")
        return self.dataset.modality

    @property
    def alphabet(self) -> Alphabet:
        """The letters."""
        return self.modality.letters

    @property
    def both_strands(self) -> bool:
        """Whether a sequence and its reverse complement are the same thing here."""
        return self.alphabet.complements is not None and not self.modality.stranded

    def take(self, rows: Int[np.ndarray, " m"]) -> "View":
        """The records at `rows`; their features are slices of this view's."""
        whole_rows = rows if self.rows is None else self.rows[rows]
        return View(self.dataset.take(rows), root=self.root or self, rows=whole_rows)

    def pick(self, values: Shaped[np.ndarray, "whole ..."]) -> Shaped[np.ndarray, "n ..."]:
        """This view's part of an array that has one entry for each record of the whole view."""
        return values if self.rows is None else values[self.rows]

    def feature(self, key: Hashable, compute: Callable[["View"], T]) -> T:
        """A feature of the set as a whole, computed once."""
        if key not in self._kept:
            self._kept[key] = compute(self)
        return self._kept[key]

    def per_record(self, key: Hashable, compute: Callable[["View"], np.ndarray]) -> Shaped[np.ndarray, "n ..."]:
        """A feature of each record, computed once on the whole view and sliced."""
        return self.pick((self.root or self).feature(key, compute))

    @property
    def lengths(self) -> Int[np.ndarray, " n"]:
        """Letters in each record."""
        return self.per_record("lengths", lambda view: (view.dataset.values != view.alphabet.pad).sum(1))

    @property
    def gc(self) -> Float[np.ndarray, " n"]:
        """Share of G and C among the known letters of each record; raises `UsageError` for protein."""
        return self.per_record("gc", _gc)

    def kmers(self, k: int) -> UInt[np.ndarray, "n words"]:
        """Overlapping k-mers of each record, counted; a word with an unknown letter is none.

        Columns are in alphabetical order; where both strands count alike, a word and its reverse complement share the
        column of the first of the two (see `words`).
        """
        return self.per_record(("kmers", k), partial(_kmers, k=k))

    def words(self, k: int) -> list[str]:
        """The k-mer that each column of `kmers(k)` counts."""
        return [_word(self.alphabet, code, k) for code in np.unique(self._columns(k)).tolist()]

    def kmer_totals(self, k: int) -> Int[np.ndarray, " words"]:
        """K-mers of all records together."""
        return self.feature(("kmer_totals", k), lambda view: view.kmers(k).sum(0, dtype=np.int64))

    @property
    def one_hot(self) -> Float[np.ndarray, "n length symbols"]:
        """One-hot letters, float32; unknown letters and padding are rows of zeros."""
        return self.per_record("one_hot", _one_hot)

    @property
    def clusters(self) -> Int[np.ndarray, " n"]:
        """Homology clusters where they were given, otherwise clusters of equal records (either strand)."""
        return self.per_record("clusters", _clusters)

    @property
    def canonical(self) -> Shaped[np.ndarray, " n"]:
        """Each record as bytes, the smaller of its two strands: equal bytes are copies on either strand."""
        return self.per_record("canonical", _canonical)

    @property
    def texts(self) -> list[str]:
        """The letters of each record, without padding."""
        return self.feature("texts", lambda view: [view.alphabet.decode(row) for row in view.dataset.values])

    def nearest(self, targets: "View") -> Nearest:
        """Nearest record of `targets` for the first records of this view, as many as the cost allows (`distances`)."""
        root, whole = self.root or self, targets.root or targets
        found = root.feature(("nearest", whole), lambda view: nearest_records(view.texts, *whole._strands))
        if self.rows is None:
            return found
        rows = self.rows[self.rows < len(found.distance)]
        return Nearest(found.index[rows], found.distance[rows], found.reversed[rows])

    def distances(self, targets: "View") -> UInt[np.ndarray, "n targets"]:
        """Edit distances to `targets`, among the first records of both, as many as the cost allows (`distances`)."""
        root, whole = self.root or self, targets.root or targets
        found = root.feature(("distances", whole), lambda view: distance_matrix(view.texts, *whole._strands))
        return found[np.ix_(_within(self.rows, found.shape[0]), _within(targets.rows, found.shape[1]))]

    @property
    def _strands(self) -> tuple[list[str], list[str] | None]:
        """The texts and, where both strands count alike, those of the opposite strand."""
        return self.texts, self.feature("opposite", _opposite) if self.both_strands else None

    def _columns(self, k: int) -> Int[np.ndarray, " codes"]:
        """The code under which each k-mer is counted: its own, or the smaller of both strands'."""
        codes = np.arange(self.alphabet.size**k)
        return np.minimum(codes, _reverse_codes(self.alphabet, k)) if self.both_strands else codes


@dataclass(frozen=True, eq=False)
class Comparison:
    """Train, holdout and synthetic side by side; `matched_train` is as many training records as there is holdout."""

    train: View
    holdout: View
    synthetic: View
    matched_train: View
    root: "Comparison | None" = None
    _marks: dict[Hashable, Marks] = field(default_factory=dict, repr=False)

    @property
    def nearest(self) -> Nearest:
        """Nearest training record of each synthetic record; indices are rows of `train`."""
        return self.synthetic.nearest(self.train)

    @property
    def holdout_nearest(self) -> Nearest:
        """Nearest training record of each holdout record; indices are rows of `train`."""
        return self.holdout.nearest(self.train)

    def narrow(self, *, synthetic: View, holdout: View, matched_train: View) -> "Comparison":
        """The same comparison on parts (`View.take`) of its sets; what was computed for the whole is sliced."""
        whole = self.root or self
        return Comparison(self.train, holdout, synthetic, matched_train, root=whole)

    def marks(self, compute: Callable[["Comparison"], Marks]) -> Marks:
        """Numbers for each record that need both sets at once, computed once on the whole comparison and sliced."""
        whole = self.root or self
        if compute not in whole._marks:
            whole._marks[compute] = compute(whole)
        kept = whole._marks[compute]
        return Marks(self.holdout.pick(kept.holdout), self.synthetic.pick(kept.synthetic))


def compare(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    train_clusters: Int[np.ndarray, " train"] | None = None,
    holdout_clusters: Int[np.ndarray, " holdout"] | None = None,
    seed: int = 0,
) -> Comparison:
    """Side by side, all rows as wide as the widest; raises `UsageError` for an empty set or differing alphabets."""
    for name, dataset in (("training", train), ("holdout", holdout), ("synthetic", synthetic)):
        if not len(dataset):
            raise UsageError(f"the {name} set has no records; check the file it was read from")
    train, holdout, synthetic = same_width(train, holdout, synthetic)
    train_view, holdout_view = View(train, train_clusters), View(holdout, holdout_clusters)
    rows = np.random.default_rng(seed).permutation(len(train))[: len(holdout)]
    matched = View(train.take(rows), train_view.clusters[rows])
    return Comparison(train_view, holdout_view, View(synthetic), matched)


def same_width(*datasets: Dataset) -> tuple[Dataset, ...]:
    """Data sets padded on the right to the widest; raises `UsageError` where the alphabets differ."""
    names = [View(dataset).alphabet.name for dataset in datasets]
    for name in names:
        if name != names[0]:
            raise UsageError(f"{name} cannot be compared with {names[0]}; read both with the same --modality")
    width = max(dataset.length for dataset in datasets)
    return tuple(_padded(dataset, width) for dataset in datasets)


def _padded(dataset: Dataset, width: int) -> Dataset:
    behind = np.full((len(dataset), width - dataset.length), View(dataset).alphabet.pad, np.int8)
    return replace(dataset, values=np.concatenate([dataset.values, behind], 1)) if behind.size else dataset


def _within(rows: Int[np.ndarray, " n"] | None, size: int) -> Int[np.ndarray, " m"]:
    return np.arange(size) if rows is None else rows[rows < size]


def _gc(view: View) -> Float[np.ndarray, " n"]:
    if view.alphabet.complements is None:
        raise UsageError(f"{view.alphabet.name} has no GC content; use dna or rna")
    tokens = [view.alphabet.symbols.index(letter) for letter in "CG"]
    known = (view.dataset.values < view.alphabet.size).sum(1)
    return np.isin(view.dataset.values, tokens).sum(1) / np.maximum(known, 1)


def _one_hot(view: View) -> Float[np.ndarray, "n length symbols"]:
    return (view.dataset.values[..., None] == np.arange(view.alphabet.size, dtype=np.int8)).astype(np.float32)


def _kmers(view: View, k: int) -> UInt[np.ndarray, "n words"]:
    size = view.alphabet.size
    if size**k > MAX_WORDS:
        raise UsageError(f"{k}-mers of {view.alphabet.name} are more than {MAX_WORDS} words; use a smaller k")
    _, column_of_code = np.unique(view._columns(k), return_inverse=True)
    words = int(column_of_code.max()) + 1
    counts = np.zeros((len(view), words), np.uint8 if view.dataset.length < 256 else np.uint16)
    for start in range(0, len(view), _ROWS_AT_ONCE):
        codes = _codes(view.dataset.values[start : start + _ROWS_AT_ONCE], size, k)
        row, _ = at = np.nonzero(codes >= 0)
        flat = row * words + column_of_code[codes[at]]
        chunk = np.bincount(flat, minlength=len(codes) * words).reshape(len(codes), words)
        counts[start : start + _ROWS_AT_ONCE] = chunk
    return counts


def _codes(values: Int8[np.ndarray, "n length"], size: int, k: int) -> Int[np.ndarray, "n windows"]:
    """Number in base `size` of the k-mer that starts at each position; -1 where a letter is unknown or missing."""
    windows = max(values.shape[1] - k + 1, 0)
    codes = np.zeros((len(values), windows), np.int64)
    known: Bool[np.ndarray, "n windows"] = np.ones((len(values), windows), bool)
    for offset in range(k):
        letters = values[:, offset : offset + windows]
        codes = codes * size + letters
        known &= letters < size
    return np.where(known, codes, -1)


def _reverse_codes(alphabet: Alphabet, k: int) -> Int[np.ndarray, " codes"]:
    complement = alphabet.reverse_complement(np.arange(alphabet.size, dtype=np.int8)[:, None])[:, 0]
    rest, reverse = np.arange(alphabet.size**k), np.zeros(alphabet.size**k, np.int64)
    for _ in range(k):
        rest, last = np.divmod(rest, alphabet.size)
        reverse = reverse * alphabet.size + complement[last]
    return reverse


def _word(alphabet: Alphabet, code: int, k: int) -> str:
    return "".join(alphabet.symbols[code // alphabet.size**place % alphabet.size] for place in reversed(range(k)))


def _opposite(view: View) -> list[str]:
    return [view.alphabet.decode(row) for row in view.alphabet.reverse_complement(view.dataset.values)]


def _clusters(view: View) -> Int[np.ndarray, " n"]:
    given = view.given_clusters
    return given if given is not None else np.unique(view.canonical, return_inverse=True)[1]


def _canonical(view: View) -> Shaped[np.ndarray, " n"]:
    values = view.dataset.values
    forward = [row.tobytes() for row in values]
    if view.alphabet.complements is not None:
        backward = [row.tobytes() for row in view.alphabet.reverse_complement(values)]
        forward = [min(pair) for pair in zip(forward, backward, strict=True)]
    return np.array(forward, dtype=object)
