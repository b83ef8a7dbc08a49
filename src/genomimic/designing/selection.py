"""Sample many and keep the best that are not near twins: what every cleverer method must beat."""

import numpy as np
from jaxtyping import Float, Int
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.modalities import Sequences

SAMPLES = 200
"""Drawn for each design."""

APART = 0.1
"""Share of letters in which two designs must differ."""


def select(brief: Brief, *, pool: int | None = None) -> Dataset:
    """The best n of `pool` samples (200 for each design where not given), no two of them near twins."""
    drawn = brief.drawn(pool or SAMPLES * brief.n)
    return brief.finished("select", drawn.values[distinct(drawn, brief.reward(drawn), brief.n)])


def distinct(dataset: Dataset, reward: Float[np.ndarray, " n"], most: int) -> Int[np.ndarray, " kept"]:
    """The rows of the best records, the best first, of which no two are near twins, as long as there are such."""
    assert isinstance(dataset.modality, Sequences)
    texts, kept, twins = list(dataset.modality.texts(dataset)), [], []
    for row in np.argsort(-reward, kind="stable"):
        if len(kept) == most:
            break
        near = cdist([texts[row]], [texts[k] for k in kept], scorer=Levenshtein.normalized_distance)
        (twins if near.min(initial=1.0) < APART else kept).append(int(row))
    return np.array([*kept, *twins][:most], np.int64)
