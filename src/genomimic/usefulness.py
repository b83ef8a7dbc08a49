"""What a learner makes of labelled records: taught by some, tested on others.

Train on synthetic and test on real (TSTR), the reverse, and augmentation all are the same two steps (Esteban et al.
2017, arXiv:1706.02633). The learner is that of `genomimic predict`, and linear where not said: it takes seconds.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from genomimic.correlation import spearman
from genomimic.dataset import Dataset, join
from genomimic.labels import known, numbers
from genomimic.modalities import Sequences
from genomimic.mutation import exchanged
from genomimic.predictors import Classes, Learner, Linear, Members, Numbers, Target, Task
from genomimic.predictors.base import blocks, said_by
from genomimic.predictors.targets import FEWEST_OF_CLASS, MOST_CLASSES
from genomimic.views import balanced_groups

LEARNER = Linear(most_words=256)
FOLDS = 3
MUTATED = 0.0225
"""Share of letters that are exchanged in copies of real records, which anybody can make without a generator: of DNA,
what becomes another letter where 3% are drawn anew."""


class Taught(NamedTuple):
    """A learner that has seen some records."""

    learner: Learner
    task: Task
    target: Target
    members: Members

    def outputs(self, dataset: Dataset) -> Float[np.ndarray, "n outputs"]:
        """What it says of records: standardised numbers, or logits."""
        values = dataset.modality.conform(dataset, self.task.length).values
        said = blocks(lambda members, x: said_by(self.learner, self.task, members, x), self.members, self.task, values)
        return said.astype(float)

    def agreement(self, dataset: Dataset) -> float:
        """Share of classes that it tells rightly, or Spearman's rank correlation of numbers."""
        labels = dataset.labels[self.target.label]
        return agreement(self.target, self.outputs(dataset), labels)


def teach(
    target: Target,
    dataset: Dataset,
    clusters: Int[np.ndarray, " n"] | None = None,
    *,
    learner: Learner = LEARNER,
    length: int | None = None,
    seed: int = 0,
) -> Taught:
    """A learner taught by labelled records; clusters keep related ones in one fold."""
    assert isinstance(dataset.modality, Sequences)
    task = Task.of(dataset.modality, length or dataset.length, target)
    groups = balanced_groups(np.arange(len(dataset)) if clusters is None else clusters, FOLDS)
    wanted = target.columns(dataset.labels[target.label])
    values = dataset.modality.conform(dataset, task.length).values
    members = learner.fit(task, values, wanted, groups, seed=seed, told=lambda share, detail: None)
    return Taught(learner, task, target, members)


def shared_target(datasets: Sequence[Dataset]) -> Target | None:
    """The first label that all sets share and that can be learned: a number, or classes with 10 records in each set."""
    for label in datasets[0].labels:
        columns = [np.asarray(one.labels[label]) for one in datasets if label in one.labels]
        if len(columns) == len(datasets) and (found := _learnable(label, columns)) is not None:
            return found
    return None


def _learnable(label: str, columns: Sequence[Shaped[np.ndarray, " n"]]) -> Target | None:
    values = numbers(columns[0])
    if values is not None:
        given = values[np.isfinite(values)]
        usable = all(with_numbers(column).sum() >= FEWEST_OF_CLASS for column in columns)
        return Numbers(label, float(given.mean()), float(given.std()) or 1.0) if usable else None
    counted = [
        dict(zip(*np.unique(column[known(column)].astype(str), return_counts=True), strict=True)) for column in columns
    ]
    names = [name for name in counted[0] if all(counts.get(name, 0) >= FEWEST_OF_CLASS for counts in counted)]
    return Classes(label, tuple(map(str, names))) if 1 < len(names) and len(counted[0]) <= MOST_CLASSES else None


def with_numbers(column: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which labels are numbers."""

    def is_number(text: str) -> bool:
        try:
            return bool(np.isfinite(float(text)))
        except ValueError:
            return False

    return np.array([is_number(str(text)) for text in column], bool)


def usable(target: Target, dataset: Dataset) -> Bool[np.ndarray, " n"]:
    """Which records have a label that the target knows."""
    column = np.asarray(dataset.labels[target.label])
    if isinstance(target, Numbers):
        return with_numbers(column)
    return np.isin(column.astype(str), target.names)


def agreement(target: Target, outputs: Float[np.ndarray, "n outputs"], labels: Shaped[np.ndarray, " n"]) -> float:
    """Share of classes told rightly, or Spearman's rank correlation of numbers."""
    if isinstance(target, Classes):
        return float((outputs.argmax(1) == target.codes(labels)).mean())
    return spearman(outputs[:, 0], target.values(labels))


def chance(target: Target, dataset: Dataset) -> float:
    """The agreement that a learner reaches which looks at nothing: of the most frequent class; none of numbers."""
    if isinstance(target, Numbers):
        return 0.0
    return float(np.bincount(target.codes(dataset.labels[target.label])).max() / len(dataset))


def mutated(dataset: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Copies of records with some letters exchanged, and their labels: augmentation without a generator."""
    assert isinstance(dataset.modality, Sequences)
    copies = dataset.take(rng.integers(len(dataset), size=n))
    return replace(copies, values=exchanged(copies.values, MUTATED, dataset.modality.letters.size, rng))


class Rung(NamedTuple):
    """Agreement on the holdout of learners taught by a share of the real records, alone or with others added."""

    share: float
    real: int
    added: int
    alone: Taught
    with_synthetic: Taught
    with_copies: Taught


def augmentation(
    target: Target,
    real: Dataset,
    synthetic: Dataset,
    clusters: Int[np.ndarray, " n"],
    *,
    shares: Sequence[float] = (0.1, 0.25, 0.5, 1.0),
    learner: Learner = LEARNER,
    seed: int = 0,
) -> list[Rung]:
    """Learners taught by shares of the real records, in whole clusters: alone, with synthetic records, and with copies.

    As many mutated copies are added as synthetic records. Copies stay in the fold of the record that they are of.
    """
    order = _cluster_order(clusters, seed)
    found = []
    for share in shares:
        rows = order[: max(round(share * len(real)), 3 * FOLDS)]
        some, groups, added = real.take(rows), clusters[rows], len(synthetic)
        rng = np.random.default_rng([seed, len(rows)])
        copies, own = _labelled_by_row(some, added, groups, rng)
        fresh = np.arange(added) + clusters.max() + 1
        taught = [
            teach(target, some, groups, learner=learner, seed=seed),
            teach(target, both(some, synthetic, target), np.concatenate([groups, fresh]), learner=learner, seed=seed),
            teach(target, both(some, copies, target), np.concatenate([groups, own]), learner=learner, seed=seed),
        ]
        found.append(Rung(share, len(rows), added, *taught))
    return found


def both(a: Dataset, b: Dataset, target: Target) -> Dataset:
    """Two sets, one behind the other, with the label of the target alone."""
    width = max(a.length, b.length)
    alone = [
        replace(one.modality.conform(one, width), labels={target.label: one.labels[target.label].astype(str)})
        for one in (a, b)
    ]
    return join(alone)


def _labelled_by_row(
    some: Dataset, n: int, groups: Int[np.ndarray, " n"], rng: np.random.Generator
) -> tuple[Dataset, Int[np.ndarray, " copies"]]:
    numbered = replace(some, labels={**some.labels, "_group": groups.astype(str)})
    copies = mutated(numbered, n, rng)
    return copies, copies.labels["_group"].astype(int)


def _cluster_order(clusters: Int[np.ndarray, " n"], seed: int) -> Int[np.ndarray, " n"]:
    """Rows with those of a cluster together, clusters in random order."""
    local = np.unique(clusters, return_inverse=True)[1]
    turn = np.random.default_rng([seed, 11]).permutation(local.max() + 1)
    return np.argsort(turn[local], kind="stable")
