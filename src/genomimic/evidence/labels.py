"""Labels of synthetic sequences: what a judge takes them for, and what adding them to real ones is worth."""

import numpy as np

from genomimic.comparison import Comparison
from genomimic.dataset import Dataset
from genomimic.evidence.base import Columns, evidence
from genomimic.metrics.usefulness import judge_of, of_classes, of_numbers, target_of
from genomimic.predictors import Classes, Numbers
from genomimic.usefulness import augmentation, usable
from genomimic.views import View

MOST_REAL = 3000
"""Real records that learners are taught by at most."""
TENTHS = 10


@evidence(
    group="fidelity",
    title="What synthetic sequences add to few real ones",
    reading="How well ridge regression tells labels of the holdout (accuracy, or Spearman's rho), taught by a share "
    "of the real training records alone, with the synthetic ones, or with as many mutated copies of these real ones, "
    "which anybody can make.",
    needs=[lambda comparison: of_classes(comparison) or of_numbers(comparison)],
)
def label_augmentation(comparison: Comparison) -> Columns:
    """Agreement on the holdout by share of the real records."""
    target = comparison.joint(target_of)
    assert target is not None
    real, groups = _usable(comparison, comparison.train, most=MOST_REAL)
    synthetic, holdout = (_usable(comparison, view)[0] for view in (comparison.synthetic, comparison.holdout))
    rungs = augmentation(target, real, synthetic, groups)
    return {
        "share of real": np.array([rung.share for rung in rungs]),
        "real records": np.array([rung.real for rung in rungs]),
        "synthetic records": np.array([rung.added for rung in rungs]),
        "real alone": np.array([rung.alone.agreement(holdout) for rung in rungs]),
        "with synthetic": np.array([rung.with_synthetic.agreement(holdout) for rung in rungs]),
        "with mutated copies": np.array([rung.with_copies.agreement(holdout) for rung in rungs]),
    }


@evidence(
    group="fidelity",
    title="Classes as a judge sees them",
    reading="What a judge, taught by the holdout, takes sequences of each class for: the share that is told as the "
    "class that it is said to be, of synthetic sequences and of training records, and what is told most often instead.",
    needs=[of_classes],
)
def label_classes(comparison: Comparison) -> Columns:
    """Shares told rightly, class by class."""
    target, judge = comparison.joint(target_of), judge_of(comparison)
    assert isinstance(target, Classes)
    sides = [_usable(comparison, view)[0] for view in (comparison.synthetic, comparison.matched_train)]
    true = [target.codes(one.labels[target.label]) for one in sides]
    told = [judge.outputs(one).argmax(1) for one in sides]
    counts = [np.zeros((len(target.names),) * 2, int) for _ in sides]
    for table, a, b in zip(counts, true, told, strict=True):
        np.add.at(table, (a, b), 1)
    synthetic, real = (np.diag(table) / np.maximum(table.sum(1), 1) for table in counts)
    instead = (counts[0] - np.diag(np.diag(counts[0]))).argmax(1)
    return {
        "class": np.array(target.names, dtype=object),
        "synthetic records": counts[0].sum(1),
        "synthetic, told rightly": synthetic,
        "real, told rightly": real,
        "told instead": np.array(target.names, dtype=object)[instead],
    }


@evidence(
    group="fidelity",
    title="Labels asked for and judged",
    reading="Synthetic sequences and training records by tenths of their label: the mean label, and the mean of what a "
    "judge, taught by the holdout, says. A judge that errs says less than there is of real records too.",
    needs=[of_numbers],
)
def label_tenths(comparison: Comparison) -> Columns:
    """Means in tenths of the labels of training records."""
    target, judge = comparison.joint(target_of), judge_of(comparison)
    assert isinstance(target, Numbers)
    sides = [_usable(comparison, view)[0] for view in (comparison.synthetic, comparison.matched_train)]
    values = [target.values(one.labels[target.label]) for one in sides]
    said = [judge.outputs(one)[:, 0] * target.deviation + target.mean for one in sides]
    edges = np.quantile(values[1], np.linspace(0, 1, TENTHS + 1)[1:-1])
    rows = [np.searchsorted(edges, one) for one in values]
    there = [tenth for tenth in range(TENTHS) if all((one == tenth).any() for one in rows)]
    means = [[one[row == tenth].mean() for tenth in there] for one, row in zip([*values, *said], rows * 2, strict=True)]
    return {
        "synthetic records": np.array([(rows[0] == tenth).sum() for tenth in there]),
        "synthetic label": np.array(means[0]),
        "synthetic, judged": np.array(means[2]),
        "real label": np.array(means[1]),
        "real, judged": np.array(means[3]),
    }


def _usable(comparison: Comparison, view: View, most: int | None = None) -> tuple[Dataset, np.ndarray]:
    """The records of a view whose label is known, and their clusters; of many, some at random."""
    target = comparison.joint(target_of)
    assert target is not None
    rows = np.flatnonzero(usable(target, view.dataset))
    if most is not None and len(rows) > most:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:most])
    return view.dataset.take(rows), view.clusters[rows]
