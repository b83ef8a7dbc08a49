"""Sequences: padded to one width, far apart by edits, shuffled with dinucleotides kept, described by words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int, Shaped, UInt

from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.errors import UsageError
from genomimic.features import sequence
from genomimic.kinds.base import Describe, Kind, Points, Trait
from genomimic.modalities import Modality, Sequences
from genomimic.shuffling import shuffled
from genomimic.views import View
from genomimic.words import count_table

WORDS = 1100  # columns of one k-mer table: 5-mers of DNA, 2-mers of protein
LONGEST_WORD = 5
POSITIONS = 4000  # columns; letters at more positions are left out
_ROWS_AT_ONCE = 1000


class SequenceKind(Kind):
    """DNA, RNA and protein."""

    fewest: ClassVar[int] = 20
    most: ClassVar[int] = 50_000
    dimensions: ClassVar[int] = 16  # of 16 or 64, whitened or not, these told 5-20% of wrong letters best
    confirmed: ClassVar[bool] = False
    shows: ClassVar[str] = "sequence"
    whitened: ClassVar[bool] = True

    def alike(self, datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
        """Padded on the right to the widest."""
        names = [sequence.alphabet(View(dataset)).name for dataset in datasets]
        for name in names:
            if name != names[0]:
                raise UsageError(f"{name} cannot be compared with {names[0]}; read both with the same --modality")
        width = max(dataset.length for dataset in datasets)
        return tuple(_padded(dataset, width) for dataset in datasets)

    def controls(self, draw: Dataset, rng: np.random.Generator) -> Mapping[str, Dataset]:
        letters, order = shuffled(draw.values, rng), rng.permutation(len(draw))
        labels = {name: column[order] for name, column in draw.labels.items()}
        return {"shuffled": replace(draw, values=letters), "relabelled": replace(draw, labels=labels)}

    def describe(self, train: View) -> Describe:
        return _features

    def nearest(self, view: View, targets: View, points: Points) -> Nearest:
        return sequence.nearest(view, targets)

    def distances(self, view: View, targets: View, points: Points) -> UInt[np.ndarray, "n targets"]:
        return sequence.distances(view, targets)

    def shown(self, view: View, rows: Int[np.ndarray, " rows"]) -> Shaped[np.ndarray, " rows"]:
        """Their letters."""
        letters = sequence.alphabet(view)
        return np.array([letters.decode(view.dataset.values[row]) for row in rows], dtype=object)

    def trait(self, modality: Modality) -> Trait:
        """GC content; of protein, the length."""
        assert isinstance(modality, Sequences)
        if modality.letters.complements is None:
            return Trait("length", lambda view: sequence.lengths(view).astype(float))
        return Trait("GC content", sequence.gc)

    def sizes(self, view: View) -> Int[np.ndarray, " n"]:
        """Letters, at least one."""
        return np.maximum(sequence.lengths(view), 1)


def _padded(dataset: Dataset, width: int) -> Dataset:
    behind = np.full((len(dataset), width - dataset.length), sequence.alphabet(View(dataset)).pad, np.int8)
    return replace(dataset, values=np.concatenate([dataset.values, behind], 1)) if behind.size else dataset


def _features(view: View) -> Iterator[Float32[np.ndarray, "m features"]]:
    """Square roots of word counts for each word length, and letters at positions of aligned records, each of length 1.

    Square roots make the spread of counts alike; a record of length 1 weighs as much as any other.
    """
    letters, size = sequence.alphabet(view), sequence.alphabet(view).size
    lengths = [k for k in range(1, LONGEST_WORD + 1) if size**k <= WORDS]
    positions = view.modality.aligned and size * view.dataset.length <= POSITIONS
    for start in range(0, len(view), _ROWS_AT_ONCE):
        values = view.dataset.values[start : start + _ROWS_AT_ONCE]
        tables = [count_table(values, letters, k, both_strands=sequence.both_strands(view)) for k in lengths]
        if positions:
            tables.append((values[..., None] == np.arange(size, dtype=np.int8)).reshape(len(values), -1))
        yield np.concatenate([_unit(np.sqrt(table.astype(np.float32))) for table in tables], 1)


def _unit(rows: Float32[np.ndarray, "m features"]) -> Float32[np.ndarray, "m features"]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
