"""Which kinds of real records are missing, and which come too often?"""

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import chi2_contingency, false_discovery_control
from sklearn.cluster import KMeans

from genomimic.comparison import Comparison
from genomimic.embedding import embedding
from genomimic.evidence.base import Columns, evidence
from genomimic.metrics.base import PAIRS
from genomimic.metrics.neighbourhoods import NEIGHBOURS, distances, neighbourhoods, radii

RECORDS_A_REGION = 50
MOST_REGIONS = 20
MOST_TRAINED = 5000
MOST_ROWS = 200


@evidence(
    group="diversity",
    title="Kinds of records that are missing or come too often",
    reading="Regions of the embedding, found among training records. A share far below the real one is a kind of "
    "record that the generator misses; q below 0.05: more than chance. The example is the holdout record nearest to "
    "the region's middle.",
)
def regions(comparison: Comparison) -> Columns:
    """Shares of holdout and synthetic records in regions found by k-means on training records; none of one region."""
    fitted, views = embedding(comparison.train), (comparison.holdout, comparison.synthetic)
    train = fitted.points(comparison.train)[:MOST_TRAINED]
    most = min(min(map(len, views)) // RECORDS_A_REGION, MOST_REGIONS, len(np.unique(train, axis=0)))
    wanted = max(most, 1)
    found = KMeans(wanted, n_init="auto", random_state=0).fit(train)
    real, synthetic = (np.bincount(found.predict(fitted.points(view)), minlength=wanted) for view in views)
    shares = real / real.sum(), synthetic / synthetic.sum()
    typical = found.transform(fitted.points(comparison.holdout)).argmin(0)
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")
    columns = {
        "region": np.arange(1, len(real) + 1),
        "real share": shares[0],
        "synthetic share": shares[1],
        "synthetic / real": (synthetic + 0.5) / (real + 0.5) * real.sum() / synthetic.sum(),
        "q": _q_values(real, synthetic),
        "example": comparison.kind.shown(comparison.holdout, typical),
    }
    return {name: column[order if wanted > 1 else order[:0]] for name, column in columns.items()}


@evidence(
    group="diversity",
    title="Real records that no synthetic record comes near",
    reading="Holdout records whose nearest synthetic record is farther than their fifth nearest holdout record, the "
    "loneliest first. About 3% of the holdout are listed for fresh real data, too.",
)
def missed_records(comparison: Comparison) -> Columns:
    """Holdout records that embedding coverage counts as not covered."""
    fitted, real = embedding(comparison.train), comparison.holdout
    nearest = distances(real, comparison.synthetic, fitted).min(1)
    reach = radii(real, fitted)
    ratio = nearest / np.maximum(reach, 1e-6)
    missed = np.flatnonzero(nearest >= reach)
    rows = missed[np.argsort(-ratio[missed], kind="stable")][:MOST_ROWS]
    return {
        "record": real.dataset.ids[rows],
        "to nearest synthetic": nearest[rows],
        "to fifth real": reach[rows],
        "ratio": ratio[rows],
        comparison.kind.shows: comparison.kind.shown(real, rows),
    }


@evidence(
    group="fidelity",
    title="Precision, recall, density and coverage",
    reading="Neighbourhoods in the embedding, of the set and of as many training records in its place. Precision or "
    "density above that of real records is no merit: smooth and random records crowd in the middle.",
)
def neighbourhood_shares(comparison: Comparison) -> Columns:
    """The four numbers of the set and of fresh real records."""
    train = comparison.narrow(
        synthetic=comparison.matched_train, holdout=comparison.holdout, matched_train=comparison.matched_train
    )
    synthetic, real = neighbourhoods(comparison), neighbourhoods(train)
    return {
        "measure": np.array([f"{name}, k = {NEIGHBOURS}" for name in synthetic._fields]),
        "synthetic": np.array(synthetic),
        "real": np.array(real),
        "records": np.full(len(synthetic), min(len(comparison.synthetic), PAIRS)),
    }


def _q_values(real: Int[np.ndarray, " regions"], synthetic: Int[np.ndarray, " regions"]) -> Float[np.ndarray, " rows"]:
    """Chance of so unequal shares, region against all others, as false discovery rates (Benjamini-Hochberg)."""
    tables = [np.array([[a, b], [real.sum() - a, synthetic.sum() - b]]) for a, b in zip(real, synthetic, strict=True)]
    testable = [bool(table.sum(0).all() and table.sum(1).all()) for table in tables]
    pairs = zip(tables, testable, strict=True)
    return false_discovery_control(np.array([chi2_contingency(table)[1] if fit else 1.0 for table, fit in pairs]))
