"""Records of one set with the features that metrics read, each computed once and kept.

A `Part` of a view slices what the whole view has computed, so that a score can be computed again on a hundred
half-samples for little more than the price of one. Features that add up over records (counts, sums) are kept as sums
over 64 blocks of records: a half-sample is half of the blocks, and costs one addition however many records there are.
"""

from collections.abc import Callable, Hashable
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float, Int, Num, Shaped, UInt, UInt64

from genomimic import words
from genomimic.alphabet import Alphabet
from genomimic.clustering import sequence_keys
from genomimic.dataset import Dataset
from genomimic.distances import Nearest, distance_matrix, nearest_records
from genomimic.errors import UsageError
from genomimic.modalities.sequences import Sequences

BLOCKS = 64

T = TypeVar("T")


class View:
    """Records of one data set with their features.

    `given_clusters` are homology clusters, one integer a record; a cluster is never divided between blocks.
    Raises `UsageError` where there are no records, or where they are not sequences.
    """

    def __init__(self, dataset: Dataset, given_clusters: Int[np.ndarray, " n"] | None = None) -> None:
        if not len(dataset):
            raise UsageError("a set without records cannot be judged; check the file it was read from")
        if given_clusters is not None and len(given_clusters) != len(dataset):
            raise UsageError(f"{len(given_clusters)} cluster numbers for {len(dataset)} records; give one for each")
        self._dataset = dataset
        self.given_clusters = given_clusters
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def dataset(self) -> Dataset:
        """The records."""
        return self._dataset

    @property
    def root(self) -> "View":
        """The view of which this is a part: itself."""
        return self

    @property
    def rows(self) -> Int[np.ndarray, " n"]:
        """Which records of the root these are."""
        return np.arange(len(self))

    @property
    def modality(self) -> Sequences:
        """What kind of sequences these are."""
        if not isinstance(self._dataset.modality, Sequences):
            raise UsageError(f"{type(self._dataset.modality).__name__} data have no sequence metrics; give sequences")
        return self._dataset.modality

    @property
    def alphabet(self) -> Alphabet:
        """The letters."""
        return self.modality.letters

    @property
    def both_strands(self) -> bool:
        """Whether a sequence and its reverse complement are the same thing here."""
        return self.alphabet.complements is not None and not self.modality.stranded

    def take(self, rows: Int[np.ndarray, " m"]) -> "Part":
        """The records at `rows`; their features are slices of this view's."""
        return Part(self.root, self.rows[rows])

    def part(self, blocks: Int[np.ndarray, " blocks"]) -> "Part":
        """The records of these blocks; their totals are sums of this view's."""
        return Part(self, np.flatnonzero(np.isin(self.blocks, blocks)), blocks)

    @cached_property
    def blocks(self) -> Int[np.ndarray, " n"]:
        """Block of each record: whole clusters where they were given, all blocks as large as possible.

        Where all are one cluster, each record counts for itself.
        """
        if self.given_clusters is None or len(np.unique(self.given_clusters)) == 1:
            return np.arange(len(self)) % BLOCKS
        return balanced_groups(self.given_clusters, BLOCKS)

    def feature(self, key: Hashable, compute: Callable[["View"], T]) -> T:
        """A feature of the set as a whole, computed once."""
        if key not in self._kept:
            self._kept[key] = compute(self)
        return self._kept[key]

    def per_record(self, key: Hashable, compute: Callable[["View"], np.ndarray]) -> Shaped[np.ndarray, "n ..."]:
        """A feature of each record, computed once on the root and sliced."""
        return self.feature(key, compute)

    def totals(self, key: Hashable, compute: Callable[["View"], np.ndarray]) -> Num[np.ndarray, "..."]:
        """A feature that adds up over records (`compute` gives the sum over a view's records), as sums over blocks."""
        return self.block_totals(key, compute).sum(0)

    def block_totals(self, key: Hashable, compute: Callable[["View"], np.ndarray]) -> Num[np.ndarray, "blocks ..."]:
        """The totals of each block, computed once."""
        numbers = range(int(self.blocks.max()) + 1)
        return self.feature(
            ("totals", key), lambda view: np.stack([compute(view.part(np.array([number]))) for number in numbers])
        )

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
        columns = words.columns(self.alphabet, k, both_strands=self.both_strands)
        return [words.word(self.alphabet, code, k) for code in np.unique(columns).tolist()]

    def kmer_totals(self, k: int) -> Int[np.ndarray, " words"]:
        """K-mers of all records together."""
        return self.totals(("kmers", k), partial(_kmer_totals, k=k))

    def kmer_blocks(self, k: int) -> Int[np.ndarray, "blocks words"]:
        """K-mers of each block of records together."""
        return self.block_totals(("kmers", k), partial(_kmer_totals, k=k))

    @property
    def one_hot(self) -> Float[np.ndarray, "n length symbols"]:
        """One-hot letters, float32; unknown letters and padding are rows of zeros."""
        return self.per_record("one_hot", _one_hot)

    @property
    def clusters(self) -> Int[np.ndarray, " n"]:
        """Homology clusters where they were given, otherwise clusters of equal records (either strand)."""
        return self.per_record("clusters", _clusters)

    @property
    def canonical(self) -> UInt64[np.ndarray, " n"]:
        """A 64-bit hash of each record, the same for both strands: equal hashes are copies on either strand."""
        return self.per_record("canonical", _canonical)

    @property
    def texts(self) -> list[str]:
        """The letters of each record, without padding."""
        return self.feature("texts", lambda view: [view.alphabet.decode(row) for row in view.dataset.values])

    def nearest(self, targets: "View") -> Nearest:
        """Nearest record of `targets` for the first records of this view, as many as the cost allows (`distances`)."""
        whole = targets.root
        found = self.root.feature(("nearest", whole), lambda view: nearest_records(view.texts, *whole.strands))
        rows = self.rows[self.rows < len(found.distance)]
        return found.take(rows)

    def distances(self, targets: "View") -> UInt[np.ndarray, "n targets"]:
        """Edit distances to `targets`, among the first records of both, as many as the cost allows (`distances`)."""
        found = self.whole_distances(targets)
        return found[np.ix_(self.rows[self.rows < found.shape[0]], targets.rows[targets.rows < found.shape[1]])]

    def whole_distances(self, targets: "View") -> UInt[np.ndarray, "n targets"]:
        """Edit distances of the whole sets of which these are parts, not to be written to."""
        whole = targets.root
        return self.root.feature(("distances", whole), lambda view: distance_matrix(view.texts, *whole.strands))

    def least_distances(self, targets: "View") -> UInt[np.ndarray, " m"]:
        """Least edit distance of each of the first records to the first ones of `targets`, itself left out."""
        return self.feature(("least", targets), lambda view: _least(view, targets))

    @property
    def strands(self) -> tuple[list[str], list[str] | None]:
        """The texts and, where both strands count alike, those of the opposite strand."""
        return self.texts, self.feature("opposite", _opposite) if self.both_strands else None


class Part(View):
    """Some records of a view; what was computed for the whole is sliced, and totals of whole blocks are added."""

    def __init__(
        self, root: View, rows: Int[np.ndarray, " m"], chosen_blocks: Int[np.ndarray, " blocks"] | None = None
    ) -> None:
        self._root, self._rows, self._chosen = root, rows, chosen_blocks
        self._kept = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dataset(self) -> Dataset:
        """The records."""
        return self.feature("dataset", lambda _: self._root.dataset.take(self._rows))

    @property
    def root(self) -> View:
        """The view of which this is a part."""
        return self._root

    @property
    def rows(self) -> Int[np.ndarray, " m"]:
        """Which records of the root these are."""
        return self._rows

    @property
    def modality(self) -> Sequences:
        """What kind of sequences these are."""
        return self._root.modality

    @cached_property
    def given_clusters(self) -> Int[np.ndarray, " m"] | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Homology clusters of these records, where the root was given them."""
        given = self._root.given_clusters
        return None if given is None else given[self._rows]

    def per_record(self, key: Hashable, compute: Callable[[View], np.ndarray]) -> Shaped[np.ndarray, "m ..."]:
        """A feature of each record, computed once on the root and sliced."""
        return self._root.per_record(key, compute)[self._rows]

    def block_totals(self, key: Hashable, compute: Callable[[View], np.ndarray]) -> Num[np.ndarray, "blocks ..."]:
        """The totals of each block: the root's, where these are whole blocks."""
        if self._chosen is None:
            return super().block_totals(key, compute)
        return self._root.block_totals(key, compute)[self._chosen]

    def totals(self, key: Hashable, compute: Callable[[View], np.ndarray]) -> Num[np.ndarray, "..."]:
        """A feature that adds up over records: the sum of the root's blocks, where these are whole blocks."""
        if self._chosen is None:
            return self.feature(("total", key), compute)
        return self.block_totals(key, compute).sum(0)


def balanced_groups(clusters: Int[np.ndarray, " n"], groups: int) -> Int[np.ndarray, " n"]:
    """Group of each record: whole clusters, the largest first, each to the group that is smallest so far."""
    _, members, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    order = np.random.default_rng(0).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled, group_of_cluster = np.zeros(min(groups, len(sizes))), np.empty(len(sizes), int)
    for cluster in order:
        group_of_cluster[cluster] = group = filled.argmin()
        filled[group] += sizes[cluster]
    return group_of_cluster[members]


def _gc(view: View) -> Float[np.ndarray, " n"]:
    if view.alphabet.complements is None:
        raise UsageError(f"{view.alphabet.name} has no GC content; use dna or rna")
    tokens = [view.alphabet.symbols.index(letter) for letter in "CG"]
    known = (view.dataset.values < view.alphabet.size).sum(1)
    return np.isin(view.dataset.values, tokens).sum(1) / np.maximum(known, 1)


def _one_hot(view: View) -> Float[np.ndarray, "n length symbols"]:
    return (view.dataset.values[..., None] == np.arange(view.alphabet.size, dtype=np.int8)).astype(np.float32)


def _kmers(view: View, k: int) -> UInt[np.ndarray, "n words"]:
    return words.count_table(view.dataset.values, view.alphabet, k, both_strands=view.both_strands)


def _kmer_totals(view: View, k: int) -> Int[np.ndarray, " words"]:
    return words.count_all(view.dataset.values, view.alphabet, k, both_strands=view.both_strands)


def _least(view: View, targets: View) -> UInt[np.ndarray, " m"]:
    distances = view.distances(targets)
    if view.root is targets.root:
        limit = len(view.whole_distances(targets))
        own, others = (one.rows[one.rows < limit] for one in (view, targets))
        distances[own[:, None] == others] = np.iinfo(distances.dtype).max
    return distances.min(1)


def _opposite(view: View) -> list[str]:
    return [view.alphabet.decode(row) for row in view.alphabet.reverse_complement(view.dataset.values)]


def _clusters(view: View) -> Int[np.ndarray, " n"]:
    given = view.given_clusters
    return given if given is not None else np.unique(view.canonical, return_inverse=True)[1]


def _canonical(view: View) -> UInt64[np.ndarray, " n"]:
    return sequence_keys(view.dataset.values, view.alphabet, stranded=view.alphabet.complements is None)
