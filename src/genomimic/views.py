"""Records of one set with the features that metrics read, each computed once and kept.

A `Part` of a view slices what the whole view has computed, so that a score can be computed again on a hundred
half-samples for little more than the price of one. Features that add up over records (counts, sums) are kept as sums
over 64 blocks of records: a half-sample is half of the blocks, and costs one addition however many records there are.
"""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Int, Num, Shaped, UInt64

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities import Modality

BLOCKS = 64

T = TypeVar("T")


class View:
    """Records of one data set, of any kind, with their features; what these are stands in `genomimic.features`.

    `given_clusters` are clusters of related records, one integer a record; a cluster is never divided between blocks.
    Raises `UsageError` where there are no records.
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
    def modality(self) -> Modality:
        """What kind of data these are."""
        return self._dataset.modality

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
    def clusters(self) -> Int[np.ndarray, " n"]:
        """Clusters of related records where they were given, otherwise of equal ones (`Modality.keys`)."""
        return self.per_record("clusters", _clusters)

    @property
    def canonical(self) -> UInt64[np.ndarray, " n"]:
        """A 64-bit hash of each record: equal hashes are copies (`Modality.keys`)."""
        return self.per_record("canonical", _canonical)


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
    def modality(self) -> Modality:
        """What kind of data these are."""
        return self._root.modality

    @cached_property
    def given_clusters(self) -> Int[np.ndarray, " m"] | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Clusters of related records among these, where the root was given them."""
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


def _clusters(view: View) -> Int[np.ndarray, " n"]:
    given = view.given_clusters
    return given if given is not None else np.unique(view.canonical, return_inverse=True)[1]


def _canonical(view: View) -> UInt64[np.ndarray, " n"]:
    return view.modality.keys(view.dataset.values)
