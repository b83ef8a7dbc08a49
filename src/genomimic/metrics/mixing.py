"""Are cells mixed with real ones? Neighbours, kernels, clusters and a forest of trees, in principal components."""

from functools import partial

import numpy as np
from jaxtyping import Float, Float32, Int
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier

from genomimic.comparison import Comparison, Marks
from genomimic.divergence import jensen_shannon, null_bias
from genomimic.embedding import Embedding, embedding
from genomimic.metrics.base import PAIRS, RECORDS, SHORT_AT_BEST, metric, profiles
from genomimic.metrics.differences import mean_discrepancy, sums_of
from genomimic.metrics.discrimination import TRAINED_ON_EACH_OTHER, auc, labels_and_folds, marks_of
from genomimic.views import View

TREES = 100
FEWEST_IN_A_LEAF = 3
NEIGHBOURS = 30
RECORDS_A_NEIGHBOUR = 10  # of few records, few are near
MOST_NEAR = 1000  # records of each set, as neighbours are looked for in every half-sample
FREQUENCIES = 256
MOST_CLUSTERS = 20
RECORDS_A_CLUSTER = 50
MOST_TRAINED = 5000
_ROWS_AT_ONCE = 1000


@metric(
    family="two-sample test",
    group="fidelity",
    question="Can a random forest tell the cells from real ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="AUC",
    paper="Lopez-Paz & Oquab 2017, arXiv:1610.06545; cells: Zinati et al. 2024, doi:10.1038/s41467-024-48516-6",
    floor="independent",
    needs=[profiles],
    ceiling=0.5,
    widen=TRAINED_ON_EACH_OTHER,
    limit=PAIRS,
)
def two_sample_auc_forest(comparison: Comparison) -> float:
    """Area under the ROC curve of a random forest of 100 trees on the principal components, out of fold.

    Folds, direction and what a value below 0.5 means are those of `two_sample_auc_linear`.
    """
    scores = comparison.marks(forest_scores)
    return auc(scores.holdout, scores.synthetic)


@metric(
    family="mixing",
    group="fidelity",
    question="Do real and synthetic cells have each other as neighbours?",
    better="higher",
    low=1.0,
    high=2.0,
    unit="effective number of kinds",
    paper="Korsunsky et al. 2019 (LISI), doi:10.1038/s41592-019-0619-0",
    floor="independent",
    needs=[profiles],
    limit=MOST_NEAR,
    widen=SHORT_AT_BEST,
)
def mixing(comparison: Comparison) -> float:
    """Mean over cells of 1 / (p^2 + q^2), p and q the shares of real and synthetic cells among the 30 nearest.

    Of fewer than 300 cells, a tenth are near. 2 where both are mixed; 30 neighbours drawn by chance give 1.94. 1 where
    they lie apart. Neighbours are looked for again in every half-sample: those of the whole would tie halves together.
    """
    return float(kinds_nearby(comparison).mean())


@metric(
    family="embedding",
    group="fidelity",
    question="Do the cells lie where real ones do, whatever the shape of the distribution?",
    better="lower",
    low=-1.0,
    high=2.0,
    unit="squared kernel distance",
    paper="Gretton et al. 2012; random features: Rahimi & Recht 2007",
    floor="independent",
    needs=[profiles],
    limit=RECORDS,
    kind="divergence",
)
def kernel_mmd(comparison: Comparison) -> float:
    """Unbiased squared maximum mean discrepancy with a normal kernel as wide as the median distance of real cells.

    The kernel is that of 256 random frequencies, the same for all sets, whose features add up over cells.
    """
    fitted, waves = embedding(comparison.train), comparison.train.root.feature("frequencies", frequencies)
    sides = (
        view.totals(("waves", fitted.version), partial(_wave_sums, fitted=fitted, waves=waves))
        for view in (comparison.synthetic, comparison.holdout)
    )
    return mean_discrepancy(*sides)


@metric(
    family="mixing",
    group="fidelity",
    question="Are all kinds of cells as frequent as in real data?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="bits above chance",
    paper="Lin 1991, doi:10.1109/18.61115",
    floor="independent",
    needs=[profiles],
    limit=RECORDS,
    kind="divergence",
)
def cluster_proportions(comparison: Comparison) -> float:
    """Divergence of the shares of cells in the clusters that k-means finds among training cells, less its null bias."""
    train, smaller = comparison.train.root, min(len(comparison.holdout.root), len(comparison.synthetic.root))
    wanted = max(min(smaller // RECORDS_A_CLUSTER, MOST_CLUSTERS), 2)
    a, b = (
        view.totals(("clusters", train, wanted), partial(_in_clusters, train=train, wanted=wanted))
        for view in (comparison.synthetic, comparison.holdout)
    )
    seen = int(((a + b) > 0).sum())
    return float(jensen_shannon(a / a.sum(), b / b.sum()) - null_bias(seen, int(a.sum()), int(b.sum())))


def forest_scores(comparison: Comparison) -> Marks:
    """Score of each record, higher for synthetic, from a forest grown without its fold."""
    points = np.concatenate([comparison.points(view) for view in (comparison.holdout, comparison.synthetic)])
    labels, folds = labels_and_folds(comparison)
    scores = np.empty(len(points))
    for fold in np.unique(folds):
        forest = RandomForestClassifier(TREES, min_samples_leaf=FEWEST_IN_A_LEAF, random_state=0)
        others = folds != fold
        scores[~others] = forest.fit(points[others], labels[others] > 0).predict_proba(points[~others])[:, 1]
    return marks_of(scores, comparison)


def kinds_nearby(comparison: Comparison) -> Float[np.ndarray, " records"]:
    """Effective number of kinds, real and synthetic, among each cell's nearest others."""
    sides = [comparison.points(view) for view in (comparison.holdout, comparison.synthetic)]
    points, synthetic = np.concatenate(sides), np.repeat([False, True], [len(side) for side in sides])
    share = np.concatenate([_share_nearby(points, synthetic, start) for start in range(0, len(points), _ROWS_AT_ONCE)])
    return 1 / (share**2 + (1 - share) ** 2)


def frequencies(train: View) -> Float[np.ndarray, "dimensions waves"]:
    """Frequencies drawn for a normal kernel as wide as the median distance between training records."""
    points, rng = embedding(train).points(train), np.random.default_rng(0)
    one, other = rng.integers(len(points), size=(2, 2000))
    width = float(np.median(np.linalg.norm((points[one] - points[other])[one != other], axis=1)))
    return rng.normal(0, 1 / max(width, 1e-9), (points.shape[1], FREQUENCIES))


def _wave_sums(
    view: View, fitted: Embedding, waves: Float[np.ndarray, "dimensions waves"]
) -> Float[np.ndarray, " sums"]:
    phases = fitted.points(view) @ waves
    return sums_of(np.concatenate([np.cos(phases), np.sin(phases)], 1) / FREQUENCIES**0.5)


def _share_nearby(points: Float32[np.ndarray, "n d"], synthetic: np.ndarray, start: int) -> Float[np.ndarray, " m"]:
    """Share of synthetic records among the nearest others of some records."""
    rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(points)))
    squares = (points**2).sum(1) - 2 * points[rows] @ points.T
    squares[np.arange(len(rows)), rows] = np.inf
    wanted = max(min(NEIGHBOURS, len(points) // RECORDS_A_NEIGHBOUR), 2)
    nearest = np.argpartition(squares, wanted - 1, 1)[:, :wanted]
    return synthetic[nearest].mean(1)


def _in_clusters(view: View, train: View, wanted: int) -> Int[np.ndarray, " clusters"]:
    """Cells in each cluster."""
    found = train.feature(("cell clusters", wanted), partial(_clusters, wanted=wanted))
    points = embedding(train).points(view)
    return np.bincount(found.predict(points), minlength=found.n_clusters)


def _clusters(train: View, wanted: int) -> KMeans:
    points = embedding(train).points(train)[:MOST_TRAINED]
    return KMeans(min(wanted, len(np.unique(points, axis=0))), n_init="auto", random_state=0).fit(points)
