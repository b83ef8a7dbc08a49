"""Train, validation and holdout: whole clusters of related records, so that no part knows another."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt64

from genomimic.clustering import mix
from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.grouping import source_label
from genomimic.modalities import Modality
from genomimic.modalities.base import Relatives

Part = Literal["train", "validation", "holdout", "duplicate"]

PARTS: tuple[Part, Part, Part] = ("train", "validation", "holdout")

LEAST_RECORDS = 30
"""Fewer distinct records than this are not split: a tenth of them would say nothing."""

_NAMES = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("validation", "valid", "validate", "val", "dev", "development"), 1),
    **dict.fromkeys(("holdout", "hold-out", "heldout", "held-out", "test", "testing", "eval", "evaluation"), 2),
}


@dataclass(frozen=True, eq=False)
class Split:
    """Which part each row of a data set belongs to ("duplicate": to none), and its cluster of related records.

    `w` is the length of the words that make a cluster of sequences, `by` the label column that was split by, if one
    was. `note` says in a sentence how far the parts know each other, where the clusters do not say it.
    """

    part: Shaped[np.ndarray, " n"]
    cluster: Int[np.ndarray, " n"]
    w: int | None = None
    by: str | None = None
    seed: int = 0
    note: str = ""

    def rows(self, part: Part) -> Int[np.ndarray, " m"]:
        """Row numbers of a part, in the order of the file."""
        return np.flatnonzero(self.part == part)

    def train(self, dataset: Dataset) -> Dataset:
        """The records to learn from."""
        return dataset.take(self.rows("train"))

    def validation(self, dataset: Dataset) -> Dataset:
        """The records that choose when to stop and between settings."""
        return dataset.take(self.rows("validation"))

    def holdout(self, dataset: Dataset) -> Dataset:
        """The records that judge, and that nothing else has seen."""
        return dataset.take(self.rows("holdout"))

    @cached_property
    def duplicates(self) -> int:
        """Rows left out because their record stands in another row (a sequence also on its other strand)."""
        return len(self.rows("duplicate"))

    @cached_property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.cluster))

    @cached_property
    def shared(self) -> int:
        """Holdout rows with a related training row: 0 unless a label column decided the parts."""
        return int(np.isin(self.cluster[self.rows("holdout")], self.cluster[self.rows("train")]).sum())


def split(
    dataset: Dataset,
    *,
    by: str | None = None,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    seed: int = 0,
) -> Split:
    """Train, validation and holdout that share no record and no related ones.

    Sequences that share a word on either strand go to the same part, and so do cells of one donor, batch or the like
    where a label says which (`Modality.sources`), else equal cells. With `by`, a label column decides instead: its
    values name the parts ("train", "test", ...), or whole groups of one value (a chromosome, a donor) go to one part.
    Of equal sequences the first is kept (one in a named holdout before all others). Equal cells of one part are all
    kept; where labels put them into several parts, those in the holdout are kept before all others. The same data in
    another order are split the same way. Raises `DataError` for data that cannot be split and `UsageError` for a column
    that is not there.

    >>> from genomimic import data, reading
    >>> found = split(reading.read(data.path("splice_junctions")))
    >>> found.w, found.shared, len(found.rows("train")) > 2000
    (16, 0, True)
    """
    if len(fractions) != 3 or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise UsageError(f"fractions {fractions} must be three positive numbers that add up to 1")
    modality = dataset.modality
    chosen = source_label(dataset.labels, modality.sources) if by is None else by
    labels = None if chosen is None else _column(dataset, chosen)
    named = None if labels is None else _named_parts(labels)
    keys = modality.identities(dataset.values)
    kept, distinct_of_row = _distinct(keys, named)
    _refuse_too_few(len(kept), len(dataset), modality)
    if modality.repeats:
        kept = distinct_of_row = np.arange(len(dataset))
    values = dataset.values if len(kept) == len(dataset) else dataset.values[kept]
    related = modality.relatives(values, labels[kept] if labels is not None and named is None else None)
    if labels is None:
        found = _split_clusters(related, keys[kept], fractions, seed, modality)
    elif named is not None:
        found = _split_named(
            named[kept], related.cluster, keys[kept], fractions, seed, f"--split-by {chosen}", modality
        )
    else:
        found = _split_groups(labels[kept], fractions, seed, str(chosen))
    once = _in_last_part(found, keys[kept])
    _refuse_empty(found[once], str(chosen), modality)
    part = np.full(len(dataset), "duplicate", dtype="<U10")
    part[kept[once]] = np.array(PARTS)[found[once]]
    cluster = related.cluster[distinct_of_row].astype(np.int64)
    return Split(part, cluster, related.w, chosen, seed, _note(modality, by, chosen))


def folds(dataset: Dataset, cluster: Int[np.ndarray, " n"], count: int, *, seed: int = 0) -> Int[np.ndarray, " n"]:
    """The fold of each record, 0 to count - 1: whole clusters, folds of about one size; the order of rows is nothing.

    Raises `DataError` where there are too few clusters for so many folds.
    """
    local = np.unique(cluster, return_inverse=True)[1]
    keys = _cluster_keys(local, dataset.modality.keys(dataset.values))
    found = _deal(np.bincount(local), keys, (1 / count,) * count, seed)[local]
    if len(np.unique(found)) < count:
        raise DataError(
            f"{len(keys)} clusters of related {dataset.modality.records} cannot be parted into {count} folds; give "
            f"more of them, or {dataset.modality.apart}"
        )
    return found


def _note(modality: Modality, by: str | None, chosen: str | None) -> str:
    """How far the parts know each other, where labels could say what records come from."""
    if not modality.sources:
        return ""
    if by is not None:
        return f"split by the label {by}, as it was asked for"
    if chosen is not None:
        return f"split by the label {chosen}: all {modality.records} of one {chosen} stand in one part"
    return (
        f"split by single {modality.records}, as no label parts them into at least three donors, batches or the like: "
        "those of one donor may stand in several parts, so scores may flatter; a label of another name: --split-by"
    )


def _column(dataset: Dataset, by: str) -> Shaped[np.ndarray, " n"]:
    if by in dataset.labels:
        return np.asarray(dataset.labels[by])
    names = list(dataset.labels)
    if not names:
        raise UsageError(
            f"--split-by {by}: the data have no labels; FASTA headers give them as {by}=VALUE, AnnData "
            "files as columns of obs, tables as columns of text"
        )
    close = get_close_matches(by, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(f"--split-by {by}: there is no such label; {hint}there is {', '.join(map(repr, names))}")


def _named_parts(labels: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"] | None:
    """Part numbers, where every value is the name of a part."""
    values, places = np.unique(labels, return_inverse=True)
    found = [_NAMES.get(str(value).strip().lower()) for value in values]
    return None if None in found else np.array(found)[places]


def _distinct(
    keys: UInt64[np.ndarray, " n"], named: Int[np.ndarray, " n"] | None
) -> tuple[Int[np.ndarray, " distinct"], Int[np.ndarray, " n"]]:
    """The row that is kept of each distinct sequence, in the order of rows; and for each row, which of those it is."""
    order = np.argsort(keys, kind="stable") if named is None else np.lexsort((-named, keys))
    starts = np.concatenate([[True], keys[order][1:] != keys[order][:-1]])
    first = order[starts]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    distinct_of_row = np.empty(len(keys), np.int64)
    distinct_of_row[order] = rank[np.cumsum(starts) - 1]
    return np.sort(first), distinct_of_row


def _in_last_part(found: Int[np.ndarray, " n"], keys: UInt64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Rows that stand in the last of the parts that hold their record: nothing is learned from what judges."""
    order = np.lexsort((-found, keys))
    starts = np.concatenate([[True], keys[order][1:] != keys[order][:-1]])
    last = found[order][starts][np.cumsum(starts) - 1]
    kept = np.empty(len(found), bool)
    kept[order] = found[order] == last
    return kept


def _refuse_too_few(distinct: int, rows: int, modality: Modality) -> None:
    if distinct == 1 and rows > 1:
        raise DataError(
            f"all {rows:,} {modality.records} are identical; there is nothing to learn from one {modality.record}"
        )
    if distinct < LEAST_RECORDS:
        raise DataError(
            f"{distinct} distinct {modality.records} (of {rows:,} in all) are too few to learn from and to judge by; "
            f"give at least {LEAST_RECORDS}, better thousands ({modality.more})"
        )


def _refuse_empty(found: Int[np.ndarray, " n"], by: str, modality: Modality) -> None:
    for number, part in enumerate(PARTS):
        if not (found == number).any():
            raise DataError(
                f"--split-by {by}: no {modality.record} is left for {part}, as all of them stand in another part too; "
                "name parts that differ"
            )


def _split_clusters(
    related: Relatives, keys: UInt64[np.ndarray, " n"], fractions: Sequence[float], seed: int, modality: Modality
) -> Int[np.ndarray, " n"]:
    sizes, n = np.bincount(related.cluster), len(keys)
    part = _deal(sizes, _cluster_keys(related.cluster, keys), fractions, seed)[related.cluster]
    if n - sizes.max() < 0.5 * (1 - fractions[0]) * n or len(np.unique(part)) < len(fractions):
        what = modality.records if modality.repeats else f"distinct {modality.records}"
        raise DataError(
            f"{sizes.max():,} of {n:,} {what} {related.relation}, one cluster too large to split; "
            f"use --split-by LABEL, or {modality.apart}"
        )
    return part


def _split_named(
    named: Int[np.ndarray, " n"],
    cluster: Int[np.ndarray, " n"],
    keys: UInt64[np.ndarray, " n"],
    fractions: Sequence[float],
    seed: int,
    by: str,
    modality: Modality,
) -> Int[np.ndarray, " n"]:
    """The named parts; where none is for validation, clusters of the training part become it."""
    for part in (0, 2):
        if not (named == part).any():
            raise DataError(
                f"{by}: no distinct {modality.record} is labelled {PARTS[part]!r}; label some, or leave it out"
            )
    if (named == 1).any():
        return named
    rows = np.flatnonzero(named == 0)
    local = np.unique(cluster[rows], return_inverse=True)[1]
    share = fractions[1] / (fractions[0] + fractions[1])
    found = named.copy()
    found[rows] = _deal(np.bincount(local), _cluster_keys(local, keys[rows]), (1 - share, share), seed)[local]
    if not (found == 1).any():
        raise DataError(f"{by}: the training {modality.records} are one cluster; label some of them 'validation'")
    return found


def _split_groups(
    labels: Shaped[np.ndarray, " n"], fractions: Sequence[float], seed: int, by: str
) -> Int[np.ndarray, " n"]:
    values, group = np.unique(labels, return_inverse=True)
    if len(values) < len(PARTS):
        shown = ", ".join(repr(str(value)) for value in values)
        raise DataError(f"--split-by {by}: {shown} are too few groups for three parts; name train, validation and test")
    digests = [hashlib.sha256(str(value).encode()).digest()[:8] for value in values]
    keys = np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)
    sizes = np.bincount(group)
    part = _deal(sizes, keys, fractions, seed)
    if len(np.unique(part)) < len(PARTS):  # few, large groups: the smallest are held out, the others are learned from
        part = np.zeros(len(sizes), np.int64)
        part[np.argsort(sizes, kind="stable")[:2]] = (2, 1)
    return part[group]


def _cluster_keys(cluster: Int[np.ndarray, " n"], keys: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " clusters"]:
    """A key of each cluster that its sequences decide and their order does not."""
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(cluster[order]) > 0]))
    return np.minimum.reduceat(keys[order], starts)


def _deal(
    sizes: Int[np.ndarray, " clusters"], keys: UInt64[np.ndarray, " clusters"], fractions: Sequence[float], seed: int
) -> Int[np.ndarray, " clusters"]:
    """A part for each cluster: the largest ones where most room is, the others in a random order by shares."""
    order = np.argsort(mix(keys ^ mix(np.array([seed], np.uint64))), kind="stable")
    targets = np.array(fractions) * sizes.sum()
    part, room = np.zeros(len(sizes), np.int64), targets.copy()
    large = sizes[order] > max(1, targets.min() / 2)
    for at in sorted(order[large], key=lambda at: -sizes[at]):
        part[at] = int(room.argmax())
        room[part[at]] -= sizes[at]
    small = order[~large]
    part[small] = _by_shares(sizes[small], np.maximum(room, 0))
    return part


def _by_shares(sizes: Int[np.ndarray, " clusters"], room: Float[np.ndarray, " parts"]) -> Int[np.ndarray, " clusters"]:
    """Clusters in their order cut into consecutive runs whose sizes are in proportion to the room."""
    if not len(sizes):
        return np.zeros(0, np.int64)
    middles = np.cumsum(sizes) - sizes / 2
    ends = np.cumsum(room) / room.sum() * sizes.sum()
    return np.searchsorted(ends[:-1], middles, side="right")
