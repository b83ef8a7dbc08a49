"""A census of a whole set: repeats and copies among all its records, however many there are.

Each record is one 64-bit hash (two different ones of a million share theirs once in 40 million sets), so that a million
records of 200 letters take seconds and a few bytes each beyond the records themselves.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from genomimic.clustering import sequence_keys
from genomimic.dataset import Dataset
from genomimic.modalities.sequences import Sequences
from genomimic.views import View


class Census(NamedTuple):
    """How many records a set has; how many different ones, either strand; how many stand in the real data.

    A record which is a copy on both strands counts for the same strand.
    """

    records: int
    different: int
    copies_of_training: int
    copies_of_training_opposite: int
    copies_of_holdout: int

    @property
    def copies(self) -> int:
        """Copies of training records on either strand."""
        return self.copies_of_training + self.copies_of_training_opposite


def take_census(synthetic: Dataset, train: Dataset, holdout: Dataset) -> Census:
    """Count over all records; the sets are equally wide."""
    own, known, unseen = (View(one).canonical for one in (synthetic, train, holdout))
    copied = np.isin(own, known)
    same = _forward(synthetic.take(np.flatnonzero(copied)), train)
    return Census(
        records=len(synthetic),
        different=len(np.unique(own)),
        copies_of_training=int(same.sum()),
        copies_of_training_opposite=int(copied.sum() - same.sum()),
        copies_of_holdout=int(np.isin(own, unseen).sum()),
    )


def _forward(copies: Dataset, train: Dataset) -> Bool[np.ndarray, " copies"]:
    """Which copies stand in the training data as they are."""
    assert isinstance(train.modality, Sequences)
    own, known = (sequence_keys(one.values, train.modality.letters, stranded=True) for one in (copies, train))
    return np.isin(own, known)
