"""What a kind of data means: the one interface between files and models."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from jaxtyping import Int, Shaped, UInt64

from genomimic.dataset import Dataset
from genomimic.observation import Observation


class Relatives(NamedTuple):
    """Number of each record's cluster of related records, which no split may cut through.

    `relation` completes the sentence "records of one cluster ...". `w` is the length of the words that make a cluster
    of sequences.
    """

    cluster: Int[np.ndarray, " n"]
    relation: str
    w: int | None = None


class Modality(ABC):
    """How values are observed, compared and written; frozen, and rebuilt from `config()` when a run is loaded."""

    records: ClassVar[str]
    """What its records are called, in the plural."""

    file: ClassVar[str]
    """Name of a file of synthetic records."""

    ordered: ClassVar[bool]
    """Whether a value's neighbours in the record are its neighbours in nature: letters are ordered, genes are not."""

    aligned: bool
    """Whether a position means the same in every record."""

    record: ClassVar[str]
    """What one record is called."""

    value: ClassVar[str]
    """What one value of a record is called."""

    unit: ClassVar[str]
    """What likelihoods are given by, as in bits per base."""

    repeats: ClassVar[bool]
    """Whether equal records are all kept. Cells with few counts are equal by chance; equal sequences are copies."""

    sources: ClassVar[tuple[str, ...]]
    """Names of labels that say what records come from, such as a donor, the surest first; a split keeps these whole."""

    more: ClassVar[str]
    """How to get more records out of the same data."""

    apart: ClassVar[str]
    """How to get records that are less related out of the same data."""

    @property
    @abstractmethod
    def baselines(self) -> tuple[str, ...]:
        """Names of the models that every report holds beside the one judged, the simplest first."""

    @property
    @abstractmethod
    def complement(self) -> tuple[int, ...] | None:
        """The opposite strand's token for each token where both strands count alike; None where they do not."""

    @abstractmethod
    def described(self, length: int) -> str:
        """What records of this many values are, in a few words."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Plain values from which `modalities.build` makes this modality again; "name" is one of them."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Modality":
        """The modality whose `config()` this is."""

    @abstractmethod
    def conform(self, dataset: Dataset, length: int) -> Dataset:
        """The data set with `length` columns that mean what they mean here; raises `UsageError` where it cannot be."""

    @abstractmethod
    def observation(self, values: Shaped[np.ndarray, "n length"]) -> Observation:
        """How a network's numbers become values like these."""

    @abstractmethod
    def keys(self, values: Shaped[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """A 64-bit hash of each record, the same for two of which either is a copy of the other."""

    @abstractmethod
    def identities(self, values: Shaped[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """A 64-bit hash of each record, the same for two that are one and the same to a model."""

    @abstractmethod
    def relatives(self, values: Shaped[np.ndarray, "n length"], source: Shaped[np.ndarray, " n"] | None) -> Relatives:
        """Clusters of related records; `source` is what each comes from, where that is known."""
