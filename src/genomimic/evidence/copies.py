"""Records that stand close to training records, side by side with them, and records that are made again and again."""

import numpy as np

from genomimic.alignment import Column, align, count_differences, marks
from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.features import sequence
from genomimic.metrics.base import sequences

MOST = 200


@evidence(
    group="novelty",
    title="Synthetic records nearest to training records",
    reading="Edits are letters to replace, add or remove. In the marks | is a letter that both have, . a replaced one "
    "and - one that stands on one side alone. Copies stand first; compare the identity with that of holdout records.",
    needs=[sequences],
)
def nearest_records(comparison: Comparison) -> Columns:
    """Each of the closest synthetic records beside its nearest training record, the closest first."""
    view, train, nearest = comparison.synthetic, comparison.train, comparison.nearest
    lengths = np.maximum(sequence.lengths(view)[: len(nearest.distance)], 1)
    rows = np.argsort(nearest.distance / lengths, kind="stable")[:MOST]
    forward, opposite = sequence.strands(train)
    texts = [sequence.texts(view)[row] for row in rows]
    chosen = zip(nearest.index[rows].tolist(), nearest.reversed[rows].tolist(), strict=True)
    theirs = [opposite[index] if back and opposite else forward[index] for index, back in chosen]
    aligned = [align(own, other) for own, other in zip(texts, theirs, strict=True)]
    return {
        "synthetic": view.dataset.ids[rows],
        "training": train.dataset.ids[nearest.index[rows]],
        "edits": nearest.distance[rows],
        "identity %": np.array([identity(columns) for columns in aligned]),
        "strand": np.where(nearest.reversed[rows], "opposite", "same"),
        "longest shared word": np.array([longest_word(own, other) for own, other in zip(texts, theirs, strict=True)]),
        "synthetic letters": np.array(["".join(column.synthetic for column in columns) for columns in aligned]),
        "marks": np.array([marks(columns) for columns in aligned]),
        "training letters": np.array(["".join(column.real for column in columns) for columns in aligned]),
    }


@evidence(
    group="diversity",
    title="Records made again and again",
    reading="How often a record stands among those that were judged, on either strand, the most frequent first.",
    needs=[sequences],
)
def duplicates(comparison: Comparison) -> Columns:
    """Records that stand more than once, the most frequent first."""
    view = comparison.synthetic
    _, first, times = np.unique(view.canonical, return_index=True, return_counts=True)
    order = np.lexsort((first, -times))[: int((times > 1).sum())][:MOST]
    rows = first[order]
    return {
        "record": view.dataset.ids[rows],
        "times": times[order],
        "letters": np.array([sequence.texts(view)[row] for row in rows], dtype=str),
    }


def identity(columns: list[Column]) -> float:
    """Share of an alignment's columns, in percent, in which both have the same letter."""
    return round(100 * (1 - count_differences(columns) / max(len(columns), 1)), 1)


def longest_word(own: str, other: str) -> int:
    """Letters of the longest word that stands in both texts, wherever.

    >>> longest_word("AACGT", "CGTTA")
    3
    """
    table = np.zeros(len(other) + 1, int)
    letters, most = np.array(list(other)), 0
    for letter in own:
        table[1:] = np.where(letters == letter, table[:-1] + 1, 0) if len(other) else 0
        most = max(most, int(table.max()))
    return most
