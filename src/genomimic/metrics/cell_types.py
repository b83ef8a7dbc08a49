"""Cells whose type is known: do types differ as real ones do, and does a classifier learn them from synthetic cells?

The label is the first that training, holdout and synthetic cells share, such as the one a generator was conditioned on.
Types with fewer than 10 training, holdout or synthetic cells are left out.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.embedding import wide_embedding
from genomimic.features import profile
from genomimic.metrics.base import OF_FEW_NUMBERS, RECORDS, metric, profiles
from genomimic.metrics.gene_pairs import slope
from genomimic.views import View

FEWEST = 10
MOST_TYPES = 50
MARKERS = 50  # genes of each type
RIDGE = 1e-3  # of the mean variance, added to each


class Types(NamedTuple):
    """A label and its values that are compared."""

    label: str
    names: tuple[str, ...]


def labelled(comparison: Comparison) -> bool:
    """Training, holdout and synthetic cells share a label."""
    return types_of(comparison) is not None


def some_types(comparison: Comparison) -> bool:
    """At least two types have 10 cells in each set."""
    found = types_of(comparison)
    return found is not None and len(found.names) > 1


def types_of(comparison: Comparison) -> Types | None:
    """The first label that all three sets share and that says of several cells what they are; None without one."""
    return comparison.joint(_types)


@metric(
    family="cell types",
    group="fidelity",
    question="Do the same genes tell cell types apart?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="shuffled",
    needs=[profiles, labelled],
    enough=some_types,
    references=False,
    limit=RECORDS,
    kind="correlation",
    widen=OF_FEW_NUMBERS,
)
def fold_change_correlation(comparison: Comparison) -> float:
    """Pearson's r of log-fold changes, one type against all others, over the genes that mark types in training data."""
    return float(correlation(*fold_changes(comparison)))


@metric(
    family="cell types",
    group="fidelity",
    question="Do cell types differ as strongly as real ones?",
    better="higher",
    low=-np.inf,
    high=np.inf,
    unit="slope",
    paper="Crowell et al. 2023, doi:10.1186/s13059-023-02904-1",
    floor="shuffled",
    needs=[profiles, labelled],
    enough=some_types,
    references=False,
    limit=RECORDS,
)
def fold_change_slope(comparison: Comparison) -> float:
    """Slope of these log-fold changes, synthetic over holdout: below that of fresh real data types are too alike."""
    return slope(*fold_changes(comparison))


@metric(
    family="cell types",
    group="fidelity",
    question="Do the same genes stand out in each cell type?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="shared share of genes",
    paper="Squair et al. 2021, doi:10.1038/s41467-021-25960-2",
    floor="shuffled",
    needs=[profiles, labelled],
    enough=some_types,
    references=False,
    limit=RECORDS,
    widen=OF_FEW_NUMBERS,
)
def marker_overlap(comparison: Comparison) -> float:
    """Shared over all of the 50 genes that differ most from other types, synthetic and holdout; mean over types."""
    views, types = (comparison.synthetic, comparison.holdout), _known_types(comparison)
    tops = [_top(np.abs(changes(view, types)), min(MARKERS, view.dataset.length // 4 + 1)) for view in views]
    shared = (tops[0] & tops[1]).sum(1) / (tops[0] | tops[1]).sum(1)
    return float(shared.mean())


@metric(
    family="cell types",
    group="fidelity",
    question="Does a classifier that has seen synthetic cells alone know the types of real ones?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="macro F1",
    paper="Esteban et al. 2017 (TSTR), arXiv:1706.02633",
    floor="shuffled",
    needs=[profiles, labelled],
    enough=some_types,
    references=False,
    limit=RECORDS,
)
def cell_type_f1(comparison: Comparison) -> float:
    """F1 of each type, mean over types, of a linear discriminant learned from synthetic and tested on holdout cells.

    The ceiling is that of one learned from as many real cells.
    """
    types, fitted = _known_types(comparison), wide_embedding(comparison.train)
    sums = comparison.synthetic.totals(("type moments", types), partial(_moments, types=types, train=comparison.train))
    weights, offsets = discriminant(sums)
    told = (fitted.points(comparison.holdout) @ weights.T + offsets).argmax(1)
    return macro_f1(codes(comparison.holdout, types), told, len(types.names))


def fold_changes(comparison: Comparison) -> tuple[Float[np.ndarray, " numbers"], Float[np.ndarray, " numbers"]]:
    """Log-fold changes of synthetic and of holdout cells, of each type over its marker genes in training data."""
    types = _known_types(comparison)
    train = comparison.train.root
    marks = train.feature(("markers", types), partial(_markers, types=types))
    synthetic, real = (changes(view, types)[marks] for view in (comparison.synthetic, comparison.holdout))
    return synthetic, real


def changes(view: View, types: Types) -> Float[np.ndarray, "types genes"]:
    """Mean of each gene in each type less that in all others; of log expression, a log-fold change."""
    values, n = view.totals(("type sums", types), partial(_sums, types=types))
    others, others_n = values.sum(0) - values, n.sum(0) - n
    return values / np.maximum(n, 1) - others / np.maximum(others_n, 1)


def codes(view: View, types: Types) -> Int[np.ndarray, " n"]:
    """Number of each cell's type; -1 where it is none of these."""
    number = {name: i for i, name in enumerate(types.names)}
    column = view.per_record(("types", types), lambda whole: _numbers(whole, types.label, number))
    return column


def discriminant(
    sums: Float[np.ndarray, "rows columns"],
) -> tuple[Float[np.ndarray, "types d"], Float[np.ndarray, " types"]]:
    """Weights and offsets of Fisher's linear discriminant from `_moments`; a type without cells is never told."""
    d = sums.shape[1] - 1
    n, totals, products = sums[:-d, 0], sums[:-d, 1:], sums[-d:, 1:]
    means = totals / np.maximum(n, 1)[:, None]
    within = (products - means.T @ totals) / max(n.sum() - len(n), 1)
    within[np.diag_indices(d)] += RIDGE * np.trace(within) / d + 1e-9
    weights = np.linalg.solve(within, means.T).T
    with np.errstate(divide="ignore"):
        prior = np.log(n / max(n.sum(), 1))
    return weights, prior - (weights * means).sum(1) / 2


def macro_f1(true: Int[np.ndarray, " n"], told: Int[np.ndarray, " n"], types: int) -> float:
    """Mean over types that occur of 2 hits / (cells of the type + cells called so); cells of no type are left out.

    >>> macro_f1(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]), 2)
    0.7333333333333334
    """
    true, told = true[true >= 0], told[true >= 0]
    hits = np.bincount(true[true == told], minlength=types)
    real, called = np.bincount(true, minlength=types), np.bincount(told, minlength=types)
    found = 2 * hits / np.maximum(real + called, 1)
    return float(found[real > 0].mean()) if len(true) else 0.0


def _types(comparison: Comparison) -> Types | None:
    sets = [view.root.dataset for view in (comparison.train, comparison.holdout, comparison.synthetic)]
    for label in sets[0].labels:
        if all(label in dataset.labels for dataset in sets):
            counted = [_cells_of_each(dataset.labels[label]) for dataset in sets]
            if 1 < len(counted[0]) <= MOST_TYPES:
                names = [name for name in counted[0] if all(counts.get(name, 0) >= FEWEST for counts in counted)]
                return Types(label, tuple(names))
    return None


def _cells_of_each(column: Shaped[np.ndarray, " n"]) -> dict[str, int]:
    names, counts = np.unique(column.astype(str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _known_types(comparison: Comparison) -> Types:
    found = types_of(comparison)
    if found is None:
        raise ValueError("a comparison without labels has no cell types")
    return found


def _numbers(view: View, label: str, number: dict[str, int]) -> Int[np.ndarray, " n"]:
    return np.array([number.get(name, -1) for name in view.dataset.labels[label].astype(str).tolist()])


def _sums(view: View, types: Types) -> Float[np.ndarray, "2 types genes"]:
    """Sums of the known log expression of each gene over the cells of each type, and how many these are."""
    member = (codes(view, types) == np.arange(len(types.names))[:, None]).astype(float)
    there = profile.known(view)
    return np.stack([member @ np.where(there, profile.log_expression(view), 0.0), member @ there])


def _moments(view: View, types: Types, train: View) -> Float[np.ndarray, "rows columns"]:
    """Cells of each type and the sum of their points; below, the products of the points of all of these."""
    points = wide_embedding(train).points(view).astype(float)
    member = codes(view, types) == np.arange(len(types.names))[:, None]
    chosen = points[member.any(0)]
    top = np.concatenate([member.sum(1, keepdims=True), member.astype(float) @ points], 1)
    return np.concatenate([top, np.pad(chosen.T @ chosen, ((0, 0), (1, 0)))])


def _markers(train: View, types: Types) -> Bool[np.ndarray, "types genes"]:
    """Genes of each type whose log-fold change in training data is largest, as a table of yes and no."""
    return _top(np.abs(changes(train, types)), min(2 * MARKERS, train.dataset.length))


def _top(scores: Float[np.ndarray, "types genes"], most: int) -> Bool[np.ndarray, "types genes"]:
    chosen = np.zeros(scores.shape, bool)
    np.put_along_axis(chosen, np.argsort(-scores, axis=1, kind="stable")[:, :most], True, axis=1)
    return chosen
