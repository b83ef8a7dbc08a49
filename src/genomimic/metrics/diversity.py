"""Diversity: does a generator make many different records, or a few again and again?"""

from functools import partial

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from genomimic.comparison import Comparison
from genomimic.features import sequence
from genomimic.metrics.base import PAIRS, RECORDS, metric, sequences
from genomimic.views import View
from genomimic.words import MAX_WORDS

MAX_SIMILARITY = 2000
ALIKE = 0.2  # of the letters edited at most: 80% identity


def _matrix_size(comparison: Comparison) -> int:
    return len(comparison.distances(comparison.synthetic, comparison.synthetic))


def _similarity_size(comparison: Comparison) -> int:
    return min(len(comparison.synthetic), MAX_SIMILARITY)


@metric(
    family="repeats",
    group="diversity",
    question="Which share of the records is different from all others?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="",
    floor="collapsed",
    kind="share",
)
def unique_fraction(comparison: Comparison) -> float:
    """Different records (a record and its reverse complement are one) over all records."""
    return len(set(comparison.synthetic.canonical)) / len(comparison.synthetic)


@metric(
    family="spread",
    group="diversity",
    question="Are the records as far from each other as real ones are?",
    better="higher",
    low=0.0,
    high=np.inf,
    unit="ratio of distances",
    paper="",
    floor="collapsed",
    references=False,
    limit=RECORDS,
    size=_matrix_size,
)
def within_distance(comparison: Comparison) -> float:
    """Mean edit distance to the nearest other record of the set by length, over that of holdout records."""
    synthetic, holdout = (
        view.feature("within", partial(_mean_within, comparison=comparison))
        for view in (comparison.synthetic, comparison.holdout)
    )
    return synthetic / max(holdout, 1e-12)


@metric(
    family="spread",
    group="diversity",
    question="Is the effective number of different records as large as in real data?",
    better="higher",
    low=0.0,
    high=np.inf,
    unit="ratio of effective numbers",
    paper="Friedman & Dieng 2023, arXiv:2210.02410; order 2: Jalali 2023, arXiv:2306.12219",
    floor="collapsed",
    needs=[sequences],
    references=False,
    limit=RECORDS,
    size=_similarity_size,
)
def vendi_ratio(comparison: Comparison) -> float:
    """Vendi score of order 2, cosine similarity of k-mer counts, over that of as many holdout records."""
    whole = comparison.root or comparison
    size = min(len(whole.synthetic), len(whole.holdout), MAX_SIMILARITY)
    synthetic, holdout = (_squared_similarity(view) for view in (comparison.synthetic, comparison.holdout))
    return vendi(synthetic, size) / vendi(holdout, size)


@metric(
    family="repeats",
    group="diversity",
    question="How many clusters of 80% identity are there for each record?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="clusters a record",
    paper="",
    floor="collapsed",
    needs=[sequences],
    references=False,
    limit=PAIRS,
    size=_matrix_size,
    kind="share",
)
def cluster_fraction(comparison: Comparison) -> float:
    """Clusters over records; records at most 20% edits apart are linked, also through others."""
    view = comparison.synthetic
    whole = view.root.feature("alike", partial(_alike, comparison=comparison))
    rows = view.rows[view.rows < len(whole)]
    return connected_components(csr_array(whole[np.ix_(rows, rows)]), directed=False)[0] / len(rows)


def vendi(squared_similarity: Float[np.ndarray, "n n"], size: int) -> float:
    """Effective number 1 / |K/size|^2 of `size` records (Vendi score of order 2) from the squares of similarities.

    A subsample of n records tells the mean square off the diagonal, from which that of `size` records follows.

    >>> vendi(np.eye(5), 5), vendi(np.ones((5, 5)), 5), vendi(np.eye(5), 10)
    (5.0, 1.0, 10.0)
    """
    n = len(squared_similarity)
    off_diagonal = (squared_similarity.sum(dtype=np.float64) - np.trace(squared_similarity)) / max(n * (n - 1), 1)
    return float(size / (1 + (size - 1) * off_diagonal))


def _squared_similarity(view: View) -> Float[np.ndarray, "n n"]:
    whole = view.root.feature("squared_similarity", _cosines_squared)
    rows = view.rows[view.rows < len(whole)]
    return whole[np.ix_(rows, rows)]


def _cosines_squared(view: View) -> Float[np.ndarray, "n n"]:
    size = sequence.alphabet(view).size
    k = max(k for k in range(1, 7) if size**k <= MAX_WORDS and k <= max(int(sequence.lengths(view).min()), 1))
    counts = csr_array(sequence.kmers(view, k)[:MAX_SIMILARITY].astype(np.float32))
    dots = (counts @ counts.T).toarray()
    norms = np.sqrt(np.maximum(np.diag(dots), 1e-12))
    cosines = dots / norms / norms[:, None]
    np.fill_diagonal(cosines, 1.0)
    return cosines**2


def _alike(view: View, comparison: Comparison) -> Bool[np.ndarray, "n n"]:
    distances = comparison.distances(view, view)
    lengths = sequence.lengths(view)[: len(distances)]
    return distances <= ALIKE * np.maximum(lengths, lengths[:, None])


def _mean_within(view: View, comparison: Comparison) -> float:
    nearest = comparison.least_distances(view, view)
    return float((nearest / comparison.kind.sizes(view)[: len(nearest)]).mean())
