"""Neighbourhoods in the embedding: do synthetic records reach all places where real ones are?

A record's neighbourhood is the ball around it that reaches to its fifth nearest record of its own set. Precision and
density, which ask whether synthetic records lie in real neighbourhoods, are no metrics here: short random records lie
in the middle of the real cloud and score better than real ones (`docs/metrics.md`). The evidence tables show them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32
from scipy.spatial.distance import cdist

from genomimic.comparison import Comparison
from genomimic.embedding import Embedding, embedding
from genomimic.metrics.base import PAIRS, metric
from genomimic.views import View

NEIGHBOURS = 5


class Neighbourhoods(NamedTuple):
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020)."""

    precision: float
    recall: float
    density: float
    coverage: float


@metric(
    family="embedding",
    group="diversity",
    question="Which share of real records lies in the neighbourhood of a synthetic one?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="Kynkaanniemi et al. 2019, arXiv:1904.06991",
    floor="collapsed",
    references=False,
    limit=PAIRS,
    kind="share",
)
def embedding_recall(comparison: Comparison) -> float:
    """Share of holdout records nearer to some synthetic record than that one's fifth neighbour of its own set."""
    return neighbourhoods(comparison).recall


@metric(
    family="embedding",
    group="diversity",
    question="Which share of real records has a synthetic one in its neighbourhood?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="Naeem et al. 2020, arXiv:2002.09797",
    floor="collapsed",
    references=False,
    limit=PAIRS,
    kind="share",
)
def embedding_coverage(comparison: Comparison) -> float:
    """Share of holdout records whose nearest synthetic record is nearer than their fifth neighbour in the holdout."""
    return neighbourhoods(comparison).coverage


def neighbourhoods(comparison: Comparison) -> Neighbourhoods:
    """All four for the first 2,000 records of both sets, computed once for each comparison."""
    fitted, real = embedding(comparison.train), comparison.holdout

    def compute(synthetic: View) -> Neighbourhoods:
        return shares(distances(real, synthetic, fitted), radii(real, fitted), radii(synthetic, fitted))

    return comparison.synthetic.feature(("neighbourhoods", real), compute)


def shares(
    between: Float32[np.ndarray, "real synthetic"],
    real: Float32[np.ndarray, " real"],
    synthetic: Float32[np.ndarray, " synthetic"],
) -> Neighbourhoods:
    """The four shares from the distances between two sets and the radii of their records' neighbourhoods."""
    in_real: Bool[np.ndarray, "real synthetic"] = between < real[:, None]
    return Neighbourhoods(
        precision=float(in_real.any(0).mean()),
        recall=float((between < synthetic).any(1).mean()),
        density=float(in_real.sum() / (NEIGHBOURS * between.shape[1])),
        coverage=float(in_real.any(1).mean()),
    )


def radii(view: View, fitted: Embedding) -> Float32[np.ndarray, " n"]:
    """Distance of each record to its fifth nearest other record of the set, or to the farthest of fewer."""

    def compute(part: View) -> Float32[np.ndarray, " n"]:
        within = distances(part, part, fitted)
        nth = min(NEIGHBOURS, len(within) - 1)  # a record itself is its nearest
        return np.partition(within, nth, 1)[:, nth]

    return view.feature(("radii", fitted.version), compute)


def distances(view: View, others: View, fitted: Embedding) -> Float32[np.ndarray, "n others"]:
    """Euclidean distances in the embedding between the first 2,000 records of two sets, computed once and sliced."""
    whole = others.root

    def compute(root: View) -> Float32[np.ndarray, "n others"]:
        return cdist(fitted.points(root)[:PAIRS], fitted.points(whole)[:PAIRS]).astype(np.float32)

    found = view.root.feature(("embedded distances", whole, fitted.version), compute)
    rows, columns = (one.rows[one.rows < PAIRS] for one in (view, others))
    return found[np.ix_(rows, columns)]
