"""Expression profiles: the same genes in the same order, far apart in principal components, genes permuted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Float32, Int, Shaped
from scipy.spatial.distance import cdist

from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.errors import UsageError
from genomimic.features import profile
from genomimic.kinds.base import Describe, Kind, Points, Trait
from genomimic.modalities import Expression, Modality
from genomimic.modalities.expression import gene_columns
from genomimic.views import View

MOST_COMPARED = 2000  # records of a matrix of distances
FARTHEST = 10.0  # standard deviations of a gene's values from the mean; what is beyond counts as this
_ROWS_AT_ONCE = 1000
_NAMED = 3


class Profiles(Kind):
    """Counts and continuous values of genes."""

    fewest: ClassVar[int] = 8  # bulk studies are small; the report says what so few cannot tell
    most: ClassVar[int] = 5000  # 40 MB of log expression of 2,000 genes, for each of some twelve sets
    dimensions: ClassVar[int] = 50
    confirmed: ClassVar[bool] = True  # 2,000 genes have many components that are noise of the cells fitted
    shows: ClassVar[str] = "genes that stand out"
    whitened: ClassVar[bool] = False  # most components of the fifty are noise, which whitening would make as large

    def alike(self, datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
        """With the genes of the first, in its order; genes that it does not have are left out."""
        first = profile.modality(View(datasets[0]))
        return tuple(_with_genes(dataset, first.genes, counts=first.counts) for dataset in datasets)

    def controls(self, draw: Dataset, rng: np.random.Generator) -> Mapping[str, Dataset]:
        """Each gene's values permuted among cells; each cell's values permuted among genes."""
        return {
            "shuffled": replace(draw, values=rng.permuted(draw.values, axis=0)),
            "exchanged": replace(draw, values=rng.permuted(draw.values, axis=1)),
        }

    def describe(self, train: View) -> Describe:
        """Log expression in standard deviations of the training records' from their mean; 0 where it is not known."""
        values = profile.log_expression(train)
        spread = values.std(0)
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-6)
        return partial(_standardised, mean=values.mean(0), scale=scale)

    def nearest(self, view: View, targets: View, points: Points) -> Nearest:
        own, others = points(view), points(targets)
        index = np.concatenate([_nearest(own[at : at + _ROWS_AT_ONCE], others) for at in _starts(own)])
        distance = np.linalg.norm(own.astype(float) - others[index], axis=1)
        return Nearest(index, distance, np.zeros(len(own), bool), np.ones(len(own), bool))

    def distances(self, view: View, targets: View, points: Points) -> Float[np.ndarray, "n targets"]:
        return cdist(points(view)[:MOST_COMPARED], points(targets)[:MOST_COMPARED])

    def shown(self, view: View, rows: Int[np.ndarray, " rows"]) -> Shaped[np.ndarray, " rows"]:
        """The genes that stand out in each: the farthest above their mean in the set, in standard deviations."""
        values, names = profile.log_expression(view), np.array(profile.genes(view), dtype=object)
        above = (values[rows] - values.mean(0)) / np.maximum(values.std(0), np.float32(1e-6))
        top = np.argsort(-above, axis=1, kind="stable")[:, :_NAMED]
        return np.array([", ".join(names[genes].tolist()) for genes in top], dtype=object)

    def trait(self, modality: Modality) -> Trait:
        """Library size on a log scale; of continuous values, the mean."""
        assert isinstance(modality, Expression)
        if modality.counts:
            return Trait("log10 library size", lambda view: np.log10(1.0 + profile.library_sizes(view)))
        return Trait("mean expression", lambda view: profile.log_expression(view).mean(1, dtype=float))

    def sizes(self, view: View) -> Float[np.ndarray, " n"]:
        """Distances stand as they are."""
        return np.ones(len(view))


def _with_genes(dataset: Dataset, genes: tuple[str, ...], *, counts: bool) -> Dataset:
    modality = profile.modality(View(dataset))
    if modality.counts != counts:
        raise UsageError("counts cannot be compared with continuous values; read both with the same --modality")
    if modality.genes == genes:
        return dataset
    columns, missing = gene_columns(modality.genes, genes)
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise UsageError(
            f"a set lacks {', '.join(missing[:_NAMED])}{more} of the {len(genes)} genes that it is compared by; "
            "give sets with the same genes"
        )
    return replace(dataset, values=dataset.values[:, columns], modality=replace(modality, genes=genes))


def _standardised(
    view: View, mean: Float32[np.ndarray, " genes"], scale: Float32[np.ndarray, " genes"]
) -> Iterator[Float32[np.ndarray, "m genes"]]:
    values, there = profile.log_expression(view), None if profile.complete(view) else profile.known(view)
    for start in _starts(values):
        rows = slice(start, start + _ROWS_AT_ONCE)
        found = ((values[rows] - mean) * scale).clip(-FARTHEST, FARTHEST)
        yield found if there is None else np.where(there[rows], found, np.float32(0.0))


def _starts(rows: np.ndarray) -> range:
    return range(0, len(rows), _ROWS_AT_ONCE)


def _nearest(own: Float32[np.ndarray, "m d"], others: Float32[np.ndarray, "k d"]) -> np.ndarray:
    return ((others**2).sum(1) - 2 * own @ others.T).argmin(1)
