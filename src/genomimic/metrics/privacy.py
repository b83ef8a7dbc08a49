"""Privacy: can anyone tell from the synthetic records which real ones the generator has learned from?

All of these compare nearest distances. Ties count half, since whole edits tie often.
"""

import numpy as np
from jaxtyping import Num

from genomimic.comparison import Comparison
from genomimic.metrics.base import PAIRS, metric, pairs_read
from genomimic.metrics.discrimination import auc
from genomimic.views import View

FALSE_POSITIVES = 0.01


@metric(
    family="adversarial accuracy",
    group="fidelity",
    question="Are real records nearer to each other than to synthetic ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of holdout records",
    paper="Yale 2020, doi:10.1016/j.neucom.2019.12.136; Yelmen 2021, doi:10.1371/journal.pgen.1009303",
    floor="uniform or independent",
    ceiling=0.5,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def adversarial_accuracy_truth(comparison: Comparison) -> float:
    """P[d(holdout record, synthetic) > d(it, other holdout)] + P[=] / 2: 0.5 ideal, above: real kinds are missing."""
    return farther(comparison, comparison.holdout, comparison.synthetic)


@metric(
    family="adversarial accuracy",
    group="diversity",
    question="Are synthetic records nearer to each other than to real ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of records",
    paper="Yale 2020, doi:10.1016/j.neucom.2019.12.136; Yelmen 2021, doi:10.1371/journal.pgen.1009303",
    floor="collapsed",
    ceiling=0.5,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def adversarial_accuracy_synthetic(comparison: Comparison) -> float:
    """P[d(synthetic record, holdout) > d(it, other synthetic)] + P[=] / 2: 0.5 ideal, above: they crowd together."""
    return farther(comparison, comparison.synthetic, comparison.holdout)


@metric(
    family="distance to training data",
    group="novelty",
    question="Do the records stand closer among training records than among fresh real ones?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="difference of accuracies",
    paper="Yale 2020, doi:10.1016/j.neucom.2019.12.136; Yelmen 2021, doi:10.1371/journal.pgen.1009303",
    floor="copier",
    ceiling=0.0,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def privacy_loss(comparison: Comparison) -> float:
    """Adversarial accuracy beside the holdout less that beside as many training records: 0 where nothing leaks."""
    holdout, train = (adversarial_accuracy(comparison, real) for real in _real(comparison))
    return holdout - train


@metric(
    family="membership inference",
    group="novelty",
    question="Does nearness to synthetic records tell training records from unseen ones?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="AUC",
    paper="Hayes 2019, doi:10.2478/popets-2019-0008; Chen 2020, arXiv:1909.03935",
    floor="copier",
    ceiling=0.5,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def membership_auc(comparison: Comparison) -> float:
    """Area under the ROC curve of the attack that calls a record a training record if a synthetic one is near."""
    members, others = _attack(comparison)
    return auc(others, members)


@metric(
    family="membership inference",
    group="novelty",
    question="Which share of the training records is given away at 1% false alarms?",
    better="lower",
    low=0.0,
    high=1.0,
    unit="share of training records",
    paper="Carlini 2022, arXiv:2112.03570",
    floor="copier",
    ceiling=FALSE_POSITIVES,
    references=False,
    limit=PAIRS,
    size=pairs_read,
)
def membership_tpr(comparison: Comparison) -> float:
    """True positive rate of the same attack at a false positive rate of 1%, on the line between steps of the ROC."""
    return tpr_at(FALSE_POSITIVES, *_attack(comparison))


def adversarial_accuracy(comparison: Comparison, real: View) -> float:
    """Mean of both halves (AATS): how often a nearest neighbour tells real from synthetic; 0.5 ideal."""
    synthetic = comparison.synthetic
    return (farther(comparison, real, synthetic) + farther(comparison, synthetic, real)) / 2


def farther(comparison: Comparison, own: View, other: View) -> float:
    """Share of `own` records whose nearest record of `other` is farther than that of their own set; ties are half."""
    across, within = comparison.least_distances(own, other), comparison.least_distances(own, own)
    size = min(len(across), len(within))
    a, b = across[:size], within[:size]
    return float((a > b).mean() + (a == b).mean() / 2)


def tpr_at(rate: float, members: Num[np.ndarray, " m"], others: Num[np.ndarray, " n"]) -> float:
    """True positive rate at a false positive rate, on straight lines between the points of the ROC curve.

    >>> tpr_at(0.5, np.array([3, 2]), np.array([2, 1]))
    1.0
    """
    steps = np.unique(np.concatenate([members, others]))
    above = [1 - np.searchsorted(np.sort(scores), steps) / len(scores) for scores in (others, members)]
    false, true = (np.append(rates[::-1], 1.0) for rates in above)
    return float(np.interp(rate, np.append(0.0, false), np.append(0.0, true)))


def _real(comparison: Comparison) -> tuple[View, View]:
    return comparison.holdout, comparison.matched_train


def _attack(comparison: Comparison) -> tuple[Num[np.ndarray, " m"], Num[np.ndarray, " n"]]:
    """Scores of members and of others: the nearer a synthetic record, the higher."""
    near = (comparison.least_distances(real, comparison.synthetic) for real in _real(comparison))
    others, members = (-least.astype(float) for least in near)
    return members, others
