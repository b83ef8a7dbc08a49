"""The interface between the evaluation and a kind of data: side by side, far apart, shuffled, as numbers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int, Num, Shaped

from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.modalities import Modality
from genomimic.views import View

Describe = Callable[[View], Iterator[Float32[np.ndarray, "m features"]]]
"""Records as rows of numbers, some at a time."""
Points = Callable[[View], Float32[np.ndarray, "n dimensions"]]


class Trait(NamedTuple):
    """A number that each record has, and its name."""

    name: str
    of: Callable[[View], Float[np.ndarray, " n"]]


class Kind(ABC):
    """How records of a kind are compared; it holds no data."""

    fewest: ClassVar[int]
    """Fewest records of a set that are judged."""

    most: ClassVar[int]
    """Most records of a set that are judged."""

    dimensions: ClassVar[int]
    """Most dimensions of the embedding."""

    confirmed: ClassVar[bool]
    """Whether dimensions are left out in which training records vary and others do not (`embedding`)."""

    whitened: ClassVar[bool]
    """Whether training records have variance 1 in each dimension of the embedding, or each its own."""

    shows: ClassVar[str]
    """What `shown` gives of a record, as the heading of a column."""

    @abstractmethod
    def alike(self, datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
        """The same sets with the same columns; raises `UsageError` where they cannot be compared."""

    @abstractmethod
    def controls(self, draw: Dataset, rng: np.random.Generator) -> Mapping[str, Dataset]:
        """Sets made from real records that have lost a property, by the name that cards give them as floors."""

    @abstractmethod
    def describe(self, train: View) -> Describe:
        """The numbers that the embedding is made of, as training records scale them."""

    @abstractmethod
    def nearest(self, view: View, targets: View, points: Points) -> Nearest:
        """Nearest target of the first records, as many as the cost allows; `points` are those of the embedding."""

    @abstractmethod
    def distances(self, view: View, targets: View, points: Points) -> Num[np.ndarray, "n targets"]:
        """Distances of the first records to the first targets, as many as the cost allows."""

    @abstractmethod
    def shown(self, view: View, rows: Int[np.ndarray, " rows"]) -> Shaped[np.ndarray, " rows"]:
        """Some records as a table shows them."""

    @abstractmethod
    def trait(self, modality: Modality) -> Trait:
        """A number in which records of this kind differ that everybody knows."""

    @abstractmethod
    def sizes(self, view: View) -> Num[np.ndarray, " n"]:
        """What a record's distances are divided by to be comparable between records."""
