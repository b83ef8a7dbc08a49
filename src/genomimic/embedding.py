"""Records as points: principal components of what their kind describes them by, fitted on training records.

Sequences are described by their words and letters at positions, profiles by their log expression. It needs no
download, and no synthetic record moves it. Distances in different embeddings cannot be compared, so `version`, a digest
of the components, stands in the report. Numbers from elsewhere, such as a language model's hidden states, can take the
place of these (`Embed`).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Num
from sklearn.utils.extmath import randomized_svd

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.kinds import Describe, kind_of
from genomimic.views import View

RECORDS_A_DIMENSION = 10
MOST_FITTED = 3000  # records; bounds the fit's memory at 30 MB, and 16 components need no more
CONFIRMED = 0.75
MAP_POINTS = 1500
_ROWS_AT_ONCE = 1000

Embed = Callable[[Dataset], Num[np.ndarray, "n features"]]
"""Anything that gives a row of numbers for each record of a data set; it is called with 1,000 records at most."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Principal components: training records have mean 0, and variance 1 in each dimension where these are whitened."""

    mean: Float32[np.ndarray, " features"]
    components: Float32[np.ndarray, "dimensions features"]
    version: str
    describe: Describe

    @property
    def dimensions(self) -> int:
        """Numbers a record."""
        return len(self.components)

    def points(self, view: View) -> Float32[np.ndarray, "n dimensions"]:
        """The records of a set as points, computed once."""
        return view.per_record(("points", self.version), self._points)

    def _points(self, view: View) -> Float32[np.ndarray, "n dimensions"]:
        return np.concatenate([(rows - self.mean) @ self.components.T for rows in self.describe(view)])


class Map(NamedTuple):
    """The first two dimensions of holdout and synthetic records, at most 1,500 each."""

    holdout: Float[np.ndarray, "holdout 2"]
    synthetic: Float[np.ndarray, "synthetic 2"]


def embedding(train: View) -> Embedding:
    """The embedding fitted on training records, once for each training set."""
    return train.root.feature("embedding", fit)


def wide_embedding(train: View) -> Embedding:
    """All components, confirmed or not, as rare kinds of records show in late ones: for classifiers, not distances."""
    return train.root.feature("wide embedding", partial(fit, confirm=False))


def embedding_map(train: View, holdout: View, synthetic: View) -> Map:
    """Coordinates to draw: as many points of both sets, in random order; one dimension alone is drawn against 0."""
    fitted, n = embedding(train), min(len(holdout), len(synthetic), MAP_POINTS)
    sets = [fitted.points(view)[:n, :2].astype(float) for view in (holdout, synthetic)]
    return Map(*(np.pad(points, ((0, 0), (0, 2 - points.shape[1]))) for points in sets))


def embed_with(train: View, embed: Embed) -> None:
    """Numbers from elsewhere for all sets that are compared beside these training records."""
    train.root.feature("embedding", partial(fit, embed=embed))


def fit(view: View, embed: Embed | None = None, *, confirm: bool = True) -> Embedding:
    """The embedding of a set, from at most 3,000 of its records; fewer dimensions where records are few."""
    kind = kind_of(view.modality)
    describe = kind.describe(view) if embed is None else partial(_asked, embed=embed)
    rows = np.sort(np.random.default_rng(0).permutation(len(view))[:MOST_FITTED])
    features = np.concatenate(list(describe(view.take(rows))))
    mean = features.mean(0)
    dimensions = max(1, min(kind.dimensions, len(features) // RECORDS_A_DIMENSION, features.shape[1]))
    if kind.confirmed and confirm:
        dimensions = confirmed(features, dimensions)
    _, scales, components = randomized_svd(features - mean, dimensions, random_state=0)
    spread = scales / max(len(features) - 1, 1) ** 0.5
    weights = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > max(1e-3 * spread[0], 1e-6))
    scaled = (components * weights[:, None] if kind.whitened else components).astype(np.float32)
    digest = hashlib.sha256(np.round(scaled, 2).tobytes()).hexdigest()[:12]
    return Embedding(mean, scaled, digest if embed is None else f"{name_of(embed)} {digest}", describe)


def confirmed(features: Float32[np.ndarray, "n features"], most: int) -> int:
    """How many leading components of one half of the records are confirmed by the other, at least 2 of `most`.

    Components of few records follow the noise of just these: training records would lie farther out than any others,
    and nearness to them would tell nothing. In those kept, the other half varies at least 3/4 as much as the first.
    """
    halves = np.array_split(features, 2)
    kept = np.mean([_kept_variance(own, other, most) for own, other in (halves, halves[::-1])], 0)
    lost = np.flatnonzero(kept < CONFIRMED)
    return max(int(lost[0]) if len(lost) else len(kept), min(2, most))


def _kept_variance(
    own: Float32[np.ndarray, "n features"], other: Float32[np.ndarray, "m features"], most: int
) -> Float[np.ndarray, " dimensions"]:
    """Variance of other records along the principal components of some, over that of these."""
    mean = own.mean(0)
    _, _, components = randomized_svd(own - mean, min(most, len(own) // 2), random_state=0)
    one, two = (((part - mean) @ components.T).var(0) for part in (own, other))
    return two / np.maximum(one, 1e-12)


def name_of(embed: Embed) -> str:
    """How an embedding is called in the report: the function's name, or that of the object's class."""
    return getattr(embed, "__name__", type(embed).__name__)


def _asked(view: View, embed: Embed) -> Iterator[Float32[np.ndarray, "m features"]]:
    """The numbers that `embed` gives; raises `UsageError` where these are not a row of finite ones for each record."""
    for start in range(0, len(view), _ROWS_AT_ONCE):
        records = view.dataset.take(np.arange(start, min(start + _ROWS_AT_ONCE, len(view))))
        found = np.asarray(embed(records), np.float32)
        if found.ndim != 2 or len(found) != len(records):
            raise UsageError(
                f"the embedding {name_of(embed)} gave numbers of shape {found.shape} for {len(records)} records; "
                "give one row for each"
            )
        if not np.isfinite(found).all():
            raise UsageError(f"the embedding {name_of(embed)} gave numbers that are not finite; mend or leave them out")
        yield found
