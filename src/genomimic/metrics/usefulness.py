"""Sequences whose labels are known: can a learner be trained on synthetic ones, and do these carry the right labels?

The label is the first that training, holdout and synthetic records share, such as the one a generator was conditioned
on. Classes with fewer than 10 records in a set are left out.
"""

import numpy as np
from jaxtyping import Float

from genomimic.comparison import Comparison, Marks
from genomimic.correlation import spearman
from genomimic.dataset import Dataset
from genomimic.metrics.base import RECORDS, metric, sequences
from genomimic.predictors import Classes, Numbers, Target
from genomimic.usefulness import Taught, shared_target, teach, usable
from genomimic.views import View


def of_classes(comparison: Comparison) -> bool:
    """Training, holdout and synthetic sequences share a label that is a class."""
    return sequences(comparison) and isinstance(comparison.joint(target_of), Classes)


def of_numbers(comparison: Comparison) -> bool:
    """Training, holdout and synthetic sequences share a label that is a number."""
    return sequences(comparison) and isinstance(comparison.joint(target_of), Numbers)


@metric(
    family="labels",
    group="fidelity",
    question="Does a learner that has seen synthetic sequences alone tell the classes of real ones?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="accuracy",
    paper="Esteban et al. 2017 (TSTR), arXiv:1706.02633",
    floor="relabelled",
    needs=[of_classes],
    references=False,
    limit=RECORDS,
    kind="share",
)
def transfer_accuracy(comparison: Comparison) -> float:
    """Share of holdout records whose class is told by ridge regression that was taught by the synthetic ones."""
    return _mean(comparison.marks(transferred).holdout)


@metric(
    family="labels",
    group="fidelity",
    question="Does a learner that has seen synthetic sequences alone rank real ones by their label?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="Spearman's rho",
    paper="Esteban et al. 2017 (TSTR), arXiv:1706.02633",
    floor="relabelled",
    needs=[of_numbers],
    references=False,
    limit=RECORDS,
    kind="correlation",
)
def transfer_correlation(comparison: Comparison) -> float:
    """Spearman's rho of the labels of holdout records and what ridge regression taught by synthetic ones says."""
    return _ranked(comparison.marks(transferred).holdout, _values(comparison, comparison.holdout))


@metric(
    family="labels",
    group="fidelity",
    question="Are synthetic sequences of the class that they are said to be?",
    better="higher",
    low=0.0,
    high=1.0,
    unit="accuracy",
    paper="Lal et al. 2024 (regLM), doi:10.1101/gr.279142.124",
    floor="relabelled",
    needs=[of_classes],
    references=False,
    limit=RECORDS,
    kind="share",
)
def judged_accuracy(comparison: Comparison) -> float:
    """Share of synthetic records that a judge, taught by the holdout, takes for the class that they are said to be."""
    return _mean(comparison.marks(judged).synthetic)


@metric(
    family="labels",
    group="fidelity",
    question="Do labels of synthetic sequences rank them as a judge does?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="Spearman's rho",
    paper="Sarkar et al. 2024 (D3), doi:10.1101/2024.05.23.595630",
    floor="relabelled",
    needs=[of_numbers],
    references=False,
    limit=RECORDS,
    kind="correlation",
)
def judged_correlation(comparison: Comparison) -> float:
    """Spearman's rho of the labels of synthetic records and what a judge says who was taught by the holdout."""
    return _ranked(comparison.marks(judged).synthetic, _values(comparison, comparison.synthetic))


@metric(
    family="labels",
    group="fidelity",
    question="Do synthetic sequences change with their label as strongly as real ones?",
    better="higher",
    low=-np.inf,
    high=np.inf,
    unit="slope",
    paper="Sarkar et al. 2024 (D3), doi:10.1101/2024.05.23.595630",
    floor="relabelled",
    needs=[of_numbers],
    references=False,
    limit=RECORDS,
)
def judged_slope(comparison: Comparison) -> float:
    """Slope of what the judge says over the labels of synthetic records: below real ones', labels do too little."""
    said, values = comparison.marks(judged).synthetic, _values(comparison, comparison.synthetic)
    there = np.isfinite(said) & np.isfinite(values)
    away = values[there] - values[there].mean()
    return float(away @ said[there] / max(away @ away, 1e-12))


def target_of(comparison: Comparison) -> Target | None:
    """The label that is asked about."""
    return shared_target([view.root.dataset for view in (comparison.train, comparison.holdout, comparison.synthetic)])


def transferred(comparison: Comparison) -> Marks:
    """What a learner taught by the synthetic records says of the holdout: 1 for the right class, or the number."""
    taught = _taught(comparison, comparison.synthetic)
    said = _said(taught, comparison.holdout.dataset)
    return Marks(said, np.zeros(len(comparison.synthetic)))


def judged(comparison: Comparison) -> Marks:
    """What a judge taught by the holdout says of the synthetic records: 1 for the class they have, or the number."""
    return Marks(np.zeros(len(comparison.holdout)), _said(judge_of(comparison), comparison.synthetic.dataset))


def judge_of(comparison: Comparison) -> Taught:
    """A learner taught by all of the holdout."""
    whole = comparison.root or comparison
    target = whole.joint(target_of)
    return whole.holdout.root.feature(("judge", target), lambda _: _taught(whole, whole.holdout))


def _taught(comparison: Comparison, view: View) -> Taught:
    target = comparison.joint(target_of)
    assert target is not None
    rows = np.flatnonzero(usable(target, view.dataset))
    return teach(target, view.dataset.take(rows), view.clusters[rows])


def _said(taught: Taught, dataset: Dataset) -> Float[np.ndarray, " n"]:
    """1 where the class is told rightly and 0 where not, or the number; nan where the label is not known."""
    found, rows = np.full(len(dataset), np.nan), np.flatnonzero(usable(taught.target, dataset))
    some = dataset.take(rows)
    outputs, target = taught.outputs(some), taught.target
    if isinstance(target, Classes):
        found[rows] = outputs.argmax(1) == target.codes(some.labels[target.label])
    else:
        found[rows] = outputs[:, 0] * target.deviation + target.mean
    return found


def _values(comparison: Comparison, view: View) -> Float[np.ndarray, " n"]:
    target = comparison.joint(target_of)
    assert isinstance(target, Numbers)
    return view.per_record(("label", target.label), lambda whole: _numbers(target, whole.dataset))


def _numbers(target: Numbers, dataset: Dataset) -> Float[np.ndarray, " n"]:
    found, rows = np.full(len(dataset), np.nan), usable(target, dataset)
    found[rows] = target.values(dataset.labels[target.label][rows])
    return found


def _ranked(said: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"]) -> float:
    there = np.isfinite(said) & np.isfinite(values)
    return spearman(said[there], values[there])


def _mean(right: Float[np.ndarray, " n"]) -> float:
    known = right[np.isfinite(right)]
    return float(known.mean()) if known.size else 0.0
