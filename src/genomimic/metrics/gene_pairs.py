"""Pairs of genes: do those that rise and fall together do so in synthetic cells, and as strongly?

Products of two genes add up over cells, so they are kept as sums. Pairs of values of which one is not known are left
out.
"""

from functools import partial

import numpy as np
from jaxtyping import Float, Float32, Int

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.features import profile
from genomimic.metrics.base import RECORDS, metric, profiles, several_genes
from genomimic.views import View

GENES = 500

CONSTANT = 1e-5
"""Variance that rounding may leave to a gene that is constant, as a share of its mean square and of the variance of
training cells; such a gene goes with no other."""


@metric(
    family="gene pairs",
    group="fidelity",
    question="Do genes rise and fall together as in real cells?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="independent",
    needs=[profiles, several_genes],
    limit=RECORDS,
    kind="correlation",
)
def gene_correlation(comparison: Comparison) -> float:
    """Pearson's r of the correlations of all pairs of the 500 genes that vary most, synthetic against holdout."""
    synthetic, real = correlations(comparison)
    return float(correlation(synthetic, real))


@metric(
    family="gene pairs",
    group="fidelity",
    question="Do genes rise and fall together as strongly as in real cells?",
    better="higher",
    low=-np.inf,
    high=np.inf,
    unit="slope",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="independent",
    needs=[profiles, several_genes],
    limit=RECORDS,
)
def gene_correlation_slope(comparison: Comparison) -> float:
    """Slope of these correlations, synthetic over holdout: below that of fresh real data they are too weak."""
    return slope(*correlations(comparison))


def slope(y: Float[np.ndarray, " numbers"], x: Float[np.ndarray, " numbers"]) -> float:
    """Slope of the least-squares line of y over x; 0 where x does not vary.

    >>> slope(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 4.0]))
    0.5
    """
    centred = x - x.mean()
    return float(centred @ y / max(float(centred @ centred), 1e-12))


def correlations(comparison: Comparison) -> tuple[Float[np.ndarray, " pairs"], Float[np.ndarray, " pairs"]]:
    """Correlations of all pairs of genes, of synthetic and of holdout cells."""
    train = comparison.train.root
    synthetic, real = (
        view.feature(("gene correlations", train), partial(_correlations, train=train))
        for view in (comparison.synthetic, comparison.holdout)
    )
    return synthetic, real


def chosen_genes(train: View) -> Int[np.ndarray, " chosen"]:
    """Columns of the 500 genes that vary most among training cells."""
    return train.root.feature("variable genes", _most_variable)


def _most_variable(train: View) -> Int[np.ndarray, " chosen"]:
    variances = profile.log_expression(train).var(0)
    return np.sort(np.argsort(-variances, kind="stable")[:GENES])


def _correlations(view: View, train: View) -> Float32[np.ndarray, " pairs"]:
    genes = len(chosen_genes(train))
    upper = np.triu_indices(genes)
    sums = view.totals(("gene products", train), partial(_products, train=train))
    n, means = _number_and_means(view, train, sums, upper)
    products = sums[genes:] / n - means[upper[0]] * means[upper[1]]
    diagonal = upper[0] == upper[1]
    variances = products[diagonal]
    least = CONSTANT * np.maximum((sums[genes:] / n)[diagonal], 1)
    spread = np.where(variances > least, np.sqrt(np.maximum(variances, least)), np.float32(np.inf))
    return (products / (spread[upper[0]] * spread[upper[1]]))[~diagonal]


def _number_and_means(
    view: View, train: View, sums: Float32[np.ndarray, " sums"], upper: tuple[np.ndarray, np.ndarray]
) -> tuple[Float32[np.ndarray, " pairs"] | float, Float32[np.ndarray, " genes"]]:
    """How many cells each pair of genes is known in, and the mean of each gene."""
    genes = int(upper[0][-1]) + 1
    if profile.complete(view):
        return float(len(view)), sums[:genes] / len(view)
    n = np.maximum(view.totals(("gene pairs known", train), partial(_pairs_known, train=train)), 1.0)
    return n, sums[:genes] / n[upper[0] == upper[1]]


def _products(view: View, train: View) -> Float32[np.ndarray, " sums"]:
    """Sums over cells of each gene, in standard deviations of training cells, and of the products of each two."""
    genes = chosen_genes(train)
    mean, spread = train.feature("variable genes' scale", _scale)
    values = (profile.log_expression(view)[:, genes] - mean) / spread
    values = np.where(profile.known(view)[:, genes], values, np.float32(0.0))
    return np.concatenate([values.sum(0), (values.T @ values)[np.triu_indices(len(genes))]])


def _pairs_known(view: View, train: View) -> Float32[np.ndarray, " pairs"]:
    there = profile.known(view)[:, chosen_genes(train)].astype(np.float32)
    return (there.T @ there)[np.triu_indices(there.shape[1])]


def _scale(train: View) -> tuple[Float32[np.ndarray, " genes"], Float32[np.ndarray, " genes"]]:
    values = profile.log_expression(train)[:, chosen_genes(train)]
    return values.mean(0), np.maximum(values.std(0), np.float32(1e-6))
