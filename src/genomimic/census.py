"""A census of a whole set: repeats and copies among all its records, however many there are.

Each record is one 64-bit hash (two different ones of a million share theirs once in 40 million sets), so that a million
records of 200 letters take seconds and a few bytes each beyond the records themselves.
"""

from typing import NamedTuple

import numpy as np

from genomimic.clustering import row_keys
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


def take_census(synthetic: View, train: View, holdout: View) -> Census:
    """Count over all records; the sets are equally wide."""
    copied = np.isin(synthetic.canonical, train.canonical)
    copies = synthetic.dataset.values[copied]
    own, known = (row_keys(values) for values in (copies, train.dataset.values))
    same = np.isin(own, known)
    return Census(
        records=len(synthetic),
        different=len(np.unique(synthetic.canonical)),
        copies_of_training=int(same.sum()),
        copies_of_training_opposite=int(copied.sum() - same.sum()),
        copies_of_holdout=int(np.isin(synthetic.canonical, holdout.canonical).sum()),
    )
