"""What a kind of data means: the one interface between files and models."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from jaxtyping import Shaped

from genomimic.dataset import Dataset
from genomimic.observation import Observation


class Modality(ABC):
    """How values are observed, compared and written; frozen, and rebuilt from `config()` when a run is loaded."""

    aligned: bool
    """Whether a position means the same in every record."""

    @property
    @abstractmethod
    def complement(self) -> tuple[int, ...] | None:
        """The opposite strand's token for each token where both strands count alike; None where they do not."""

    @abstractmethod
    def config(self) -> dict[str, str | bool | int]:
        """Plain values from which `modalities.build` makes this modality again; "name" is one of them."""

    @abstractmethod
    def observation(self, values: Shaped[np.ndarray, "n length"]) -> Observation:
        """How a network's numbers become values like these."""

    @abstractmethod
    def texts(self, dataset: Dataset) -> Iterator[str]:
        """The records of a data set as they are written to files, one after another."""
