"""Which genes are wrong, and by which is a synthetic cell recognised?"""

import numpy as np

from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.evidence.giveaways import separation
from genomimic.features import profile
from genomimic.metrics.base import profiles
from genomimic.metrics.discrimination import linear_classifier
from genomimic.metrics.genes import mean_estimate, moments

MOST = 500


@evidence(
    group="fidelity",
    title="Genes whose mean or spread differs from real cells",
    reading="Means and standard deviations of log(1 + counts per 10,000), or of continuous values as they are. z is "
    "the difference of means in standard errors: beyond 4, hardly chance, however many genes there are.",
    needs=[profiles],
)
def genes(comparison: Comparison) -> Columns:
    """Genes by how sure the difference of their means is, the surest first."""
    views = comparison.holdout, comparison.synthetic
    (real, synthetic), (a, b) = (map(moments, views), map(mean_estimate, views))
    error = np.sqrt(np.maximum(a.variances + b.variances, 1e-12))
    z = (b.numbers - a.numbers) / error
    rows = np.argsort(-np.abs(z), kind="stable")[:MOST]
    return {
        "gene": np.array(profile.genes(comparison.train))[rows],
        "real mean": real.mean[rows],
        "synthetic mean": synthetic.mean[rows],
        "real sd": np.sqrt(real.second)[rows],
        "synthetic sd": np.sqrt(synthetic.second)[rows],
        "z": z[rows],
    }


@evidence(
    group="fidelity",
    title="Genes that give synthetic cells away",
    reading="Genes by which the linear classifier tells the sets apart, the mean of log(1 + counts per 10,000) or of "
    "continuous values in each set, and the share of the difference in mean score that each carries.",
    needs=[profiles],
)
def giveaway_genes(comparison: Comparison) -> Columns:
    """Genes by how much the linear classifier tells synthetic cells by them."""
    kinds = comparison.joint(linear_classifier).told
    told = kinds["genes"]
    rows = np.argsort(-told.carried, kind="stable")[:MOST]
    return {
        "gene": np.array(profile.genes(comparison.train))[rows],
        "real mean": told.real[rows],
        "synthetic mean": told.synthetic[rows],
        "share of separation": told.carried[rows] / separation(kinds),
    }
