"""Train, holdout and synthetic records side by side."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int

from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.errors import UsageError
from genomimic.motifs import Motifs
from genomimic.views import View

T = TypeVar("T")


class Marks(NamedTuple):
    """One number for each holdout and each synthetic record."""

    holdout: Float[np.ndarray, " holdout"]
    synthetic: Float[np.ndarray, " synthetic"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Train, holdout and synthetic side by side; `matched_train` is as many training records as there is holdout.

    `motifs` is a library of motifs to look for, where one was given.
    """

    train: View
    holdout: View
    synthetic: View
    matched_train: View
    root: "Comparison | None" = None
    motifs: Motifs | None = None
    _joint: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def nearest(self) -> Nearest:
        """Nearest training record of each synthetic record; indices are rows of `train`."""
        return self.synthetic.nearest(self.train)

    @property
    def holdout_nearest(self) -> Nearest:
        """Nearest training record of each holdout record; indices are rows of `train`."""
        return self.holdout.nearest(self.train)

    def narrow(self, *, synthetic: View, holdout: View, matched_train: View) -> "Comparison":
        """The same comparison on parts of its sets; what was computed for the whole is sliced."""
        whole = self.root or self
        return replace(self, synthetic=synthetic, holdout=holdout, matched_train=matched_train, root=whole, _joint={})

    def joint(self, compute: Callable[["Comparison"], T]) -> T:
        """What needs both sets at once, computed once on the whole comparison."""
        whole = self.root or self
        if compute not in whole._joint:
            whole._joint[compute] = compute(whole)
        return whole._joint[compute]

    def marks(self, compute: Callable[["Comparison"], Marks]) -> Marks:
        """Numbers for each record that need both sets at once, computed once on the whole comparison and sliced."""
        kept = self.joint(compute)
        if self.root is None:
            return kept
        return Marks(kept.holdout[self.holdout.rows], kept.synthetic[self.synthetic.rows])


def compare(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    train_clusters: Int[np.ndarray, " train"] | None = None,
    holdout_clusters: Int[np.ndarray, " holdout"] | None = None,
    motifs: Motifs | None = None,
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
    return Comparison(train_view, holdout_view, View(synthetic), matched, motifs=motifs)


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
