"""Train, holdout and synthetic records side by side."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Float32, Int, Num

from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.embedding import embedding
from genomimic.errors import UsageError
from genomimic.kinds import Kind, kind_of
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
    def kind(self) -> Kind:
        """What judging must know of this kind of data."""
        return kind_of(self.train.modality)

    @property
    def nearest(self) -> Nearest:
        """Nearest training record of each synthetic record; indices are rows of `train`."""
        return self.nearest_in(self.synthetic, self.train)

    @property
    def holdout_nearest(self) -> Nearest:
        """Nearest training record of each holdout record; indices are rows of `train`."""
        return self.nearest_in(self.holdout, self.train)

    def points(self, view: View) -> Float32[np.ndarray, "n dimensions"]:
        """Records as points of the embedding that is fitted on the training records."""
        return embedding(self.train).points(view)

    def nearest_in(self, view: View, targets: View) -> Nearest:
        """Nearest record of `targets` for the first records of a view, as many as the cost allows (`Kind.nearest`)."""
        whole = targets.root
        found = view.root.feature(("nearest", whole), lambda root: self.kind.nearest(root, whole, self.points))
        return found.take(view.rows[view.rows < len(found.distance)])

    def relative_nearest(self, view: View, targets: View) -> Num[np.ndarray, " m"]:
        """Distance of the first records to their nearest target, by length where records have one."""
        distance = self.nearest_in(view, targets).distance
        return distance / self.kind.sizes(view)[: len(distance)]

    def distances(self, view: View, targets: View) -> Num[np.ndarray, "n targets"]:
        """Distances among the first records of both, as many as the cost allows (`Kind.distances`)."""
        found = self._whole_distances(view, targets)
        return found[np.ix_(view.rows[view.rows < found.shape[0]], targets.rows[targets.rows < found.shape[1]])]

    def least_distances(self, view: View, targets: View) -> Num[np.ndarray, " m"]:
        """Least distance of each of the first records to the first ones of `targets`, itself left out."""
        return view.feature(("least", targets), lambda part: self._least(part, targets))

    def _least(self, view: View, targets: View) -> Num[np.ndarray, " m"]:
        distances = self.distances(view, targets)
        if view.root is targets.root:
            limit = len(self._whole_distances(view, targets))
            own, others = (one.rows[one.rows < limit] for one in (view, targets))
            distances[own[:, None] == others] = _largest(distances.dtype)
        return distances.min(1)

    def _whole_distances(self, view: View, targets: View) -> Num[np.ndarray, "n targets"]:
        """Distances of the whole sets of which these are parts, not to be written to."""
        whole = targets.root
        return view.root.feature(("distances", whole), lambda root: self.kind.distances(root, whole, self.points))

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
    """Side by side, with the same columns (`alike`); raises `UsageError` for an empty set or data of other kinds."""
    for name, dataset in (("training", train), ("holdout", holdout), ("synthetic", synthetic)):
        if not len(dataset):
            raise UsageError(f"the {name} set has no records; check the file it was read from")
    train, holdout, synthetic = alike(train, holdout, synthetic)
    train_view, holdout_view = View(train, train_clusters), View(holdout, holdout_clusters)
    rows = np.random.default_rng(seed).permutation(len(train))[: len(holdout)]
    matched = View(train.take(rows), train_view.clusters[rows])
    return Comparison(train_view, holdout_view, View(synthetic), matched, motifs=motifs)


def alike(*datasets: Dataset) -> tuple[Dataset, ...]:
    """The same sets with the same columns: sequences padded to one width, profiles with the same genes in one order.

    Raises `UsageError` where they are of different kinds, or cannot be compared.
    """
    first = datasets[0].modality
    for dataset in datasets:
        if type(dataset.modality) is not type(first):
            raise UsageError(
                f"{type(dataset.modality).__name__} data cannot be compared with {type(first).__name__}; give data of "
                "one kind"
            )
    return kind_of(first).alike(datasets)


def _largest(dtype: np.dtype) -> float | int:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max
