"""What likelihoods say of learning by heart: are training records likelier under the model than unseen ones are?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genomimic.metrics.discrimination import auc
from genomimic.scoring import NORMAL_95, Score, standard_error

QUESTIONS = {
    "bits_per_base": "How many bits does the model need for one letter of a fresh real record?",
    "bits_per_base_bound": "How many bits does the model need, at most, for one letter of a fresh real record?",
    "generalisation_gap": "How many more bits does the model need for a letter of an unseen record than of one it was "
    "trained on?",
    "membership_auc_likelihood": "Can training records be told from unseen ones by how likely the model finds them?",
}
"""What the scores that need a model's likelihood ask; those that need records alone say it on their cards."""


class SeenAndUnseen(NamedTuple):
    """Bits per base of training records and of holdout records under a model."""

    train: Float[np.ndarray, " train"]
    holdout: Float[np.ndarray, " holdout"]

    def beyond(self, other: "SeenAndUnseen") -> "SeenAndUnseen":
        """What is left when those under another model are taken off, record by record."""
        return SeenAndUnseen(self.train - other.train, self.holdout - other.holdout)


class Halves(NamedTuple):
    """Rows of half-samples, whole clusters, of training and of holdout records."""

    train: Sequence[Int[np.ndarray, " half"]]
    holdout: Sequence[Int[np.ndarray, " half"]]


def gap(bits: SeenAndUnseen) -> float:
    """Bits per base that unseen records need more than training records.

    >>> gap(SeenAndUnseen(np.array([1.0, 2.0]), np.array([1.5, 2.0])))
    0.25
    """
    return float(bits.holdout.mean() - bits.train.mean())


def attack(bits: SeenAndUnseen) -> float:
    """AUC of calling a record a training record where the model finds it likely."""
    return auc(-bits.holdout, -bits.train)


def memory_scores(own: SeenAndUnseen, others: Mapping[str, SeenAndUnseen], halves: Halves) -> tuple[Score, ...]:
    """The generalisation gap and the AUC of the likelihood attack, with those of the baselines as floors."""
    return (
        _score("generalisation_gap", "generalisation gap", gap, own, others, halves, (-np.inf, np.inf, np.nan)),
        _score("membership_auc_likelihood", "likelihood attack", attack, own, others, halves, (0.0, 1.0, 0.5)),
    )


def gap_beyond(own: SeenAndUnseen, others: Mapping[str, SeenAndUnseen], halves: Halves) -> tuple[float, float] | None:
    """The least by which the gap exceeds a baseline's, paired by record, with the half-width of its 95% interval.

    What makes training records easier for everybody cancels. None where there is no baseline.
    """
    left = [own.beyond(other) for other in others.values()]
    found = [(gap(bits), NORMAL_95 * _error(gap, bits, halves)) for bits in left]
    return min(found, key=lambda pair: pair[0] - pair[1], default=None)


def _score(
    name: str,
    family: str,
    statistic: Callable[[SeenAndUnseen], float],
    own: SeenAndUnseen,
    others: Mapping[str, SeenAndUnseen],
    halves: Halves,
    card: tuple[float, float, float],
) -> Score:
    least, most, ceiling = card
    value, margin = statistic(own), NORMAL_95 * _error(statistic, own, halves)
    group: Literal["novelty"] = "novelty"
    return Score(
        metric=name,
        family=family,
        group=group,
        value=value,
        low=max(value - margin, least),
        high=min(value + margin, most),
        better="lower",
        ceiling=ceiling,
        ceiling_low=ceiling,
        ceiling_high=ceiling,
        floors={model: statistic(bits) for model, bits in others.items()},
        floor="",
        skill=np.nan,
        skill_low=np.nan,
        skill_high=np.nan,
        resolved=False,
        n=len(own.holdout),
    )


def _error(statistic: Callable[[SeenAndUnseen], float], bits: SeenAndUnseen, halves: Halves) -> float:
    parts = zip(halves.train, halves.holdout, strict=True)
    return standard_error(np.array([statistic(SeenAndUnseen(bits.train[a], bits.holdout[b])) for a, b in parts]))
