"""Records as points: principal components of their words and of their letters at positions, fitted on training records.

It needs no download, and no synthetic record moves it. Distances in different embeddings cannot be compared, so
`version`, a digest of the components, stands in the report. Numbers from elsewhere, such as a language model's hidden
states, can take the place of words and letters (`Embed`).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Num
from sklearn.utils.extmath import randomized_svd

from genomimic import words
from genomimic.comparison import Comparison
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.views import View

DIMENSIONS = 16  # of 16 or 64, whitened or not, these told 5 to 20% of wrong letters from none by most standard errors
RECORDS_A_DIMENSION = 10
MOST_FITTED = 3000  # records; bounds the fit's memory at 30 MB, and 16 components need no more
WORDS = 1100  # columns of one k-mer table: 5-mers of DNA, 2-mers of protein
LONGEST_WORD = 5
POSITIONS = 4000  # columns; letters at more positions are left out
MAP_POINTS = 1500
_ROWS_AT_ONCE = 1000

Embed = Callable[[Dataset], Num[np.ndarray, "n features"]]
"""Anything that gives a row of numbers for each record of a data set; it is called with 1,000 records at most."""
Describe = Callable[[View], Iterator[Float32[np.ndarray, "m features"]]]


@dataclass(frozen=True, eq=False)
class Embedding:
    """Whitened principal components: the training records have mean 0 and variance 1 in each dimension."""

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


def embedding(comparison: Comparison) -> Embedding:
    """The embedding fitted on a comparison's training records, once for each training set."""
    return comparison.train.root.feature("embedding", fit)


def embedding_map(comparison: Comparison) -> Map:
    """Coordinates to draw: as many points of both sets, in random order; one dimension alone is drawn against 0."""
    fitted, n = embedding(comparison), min(len(comparison.holdout), len(comparison.synthetic), MAP_POINTS)
    sets = [fitted.points(view)[:n, :2].astype(float) for view in (comparison.holdout, comparison.synthetic)]
    return Map(*(np.pad(points, ((0, 0), (0, 2 - points.shape[1]))) for points in sets))


def embed_with(train: View, embed: Embed) -> None:
    """Numbers from elsewhere for all sets that are compared beside these training records."""
    train.root.feature("embedding", partial(fit, embed=embed))


def fit(view: View, embed: Embed | None = None) -> Embedding:
    """The embedding of a set, from at most 3,000 of its records; fewer dimensions where records are few."""
    describe = _features if embed is None else partial(_asked, embed=embed)
    rows = np.sort(np.random.default_rng(0).permutation(len(view))[:MOST_FITTED])
    features = np.concatenate(list(describe(view.take(rows))))
    mean = features.mean(0)
    dimensions = max(1, min(DIMENSIONS, len(features) // RECORDS_A_DIMENSION, features.shape[1]))
    _, scales, components = randomized_svd(features - mean, dimensions, random_state=0)
    spread = scales / max(len(features) - 1, 1) ** 0.5
    weights = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > max(1e-3 * spread[0], 1e-6))
    whitened = (components * weights[:, None]).astype(np.float32)
    digest = hashlib.sha256(np.round(whitened, 2).tobytes()).hexdigest()[:12]
    return Embedding(mean, whitened, digest if embed is None else f"{name_of(embed)} {digest}", describe)


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


def _features(view: View) -> Iterator[Float32[np.ndarray, "m features"]]:
    """Square roots of word counts for each word length, and letters at positions of aligned records, each of length 1.

    Square roots make the spread of counts alike; a record of length 1 weighs as much as any other.
    """
    letters, size = view.alphabet, view.alphabet.size
    lengths = [k for k in range(1, LONGEST_WORD + 1) if size**k <= WORDS]
    positions = view.modality.aligned and size * view.dataset.length <= POSITIONS
    for start in range(0, len(view), _ROWS_AT_ONCE):
        values = view.dataset.values[start : start + _ROWS_AT_ONCE]
        tables = [words.count_table(values, letters, k, both_strands=view.both_strands) for k in lengths]
        if positions:
            tables.append((values[..., None] == np.arange(size, dtype=np.int8)).reshape(len(values), -1))
        yield np.concatenate([_unit(np.sqrt(table.astype(np.float32))) for table in tables], 1)


def _unit(rows: Float32[np.ndarray, "m features"]) -> Float32[np.ndarray, "m features"]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
