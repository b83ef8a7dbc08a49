"""Judging synthetic data: every score between its floor and its ceiling, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from genomimic.comparison import Comparison
from genomimic.dataset import Dataset


class Score(NamedTuple):
    """One number with its scale.

    `ceiling` is what fresh real data scores, `floors` what named references score, all at the same n; `floor` names the
    one from which `skill` = (floor - value) / (floor - ceiling) is measured: 0 is that floor, 1 is as good as fresh
    real data, unclipped. `resolved` is false where floor and ceiling cannot be told apart at this n.
    """

    metric: str
    family: str
    group: Literal["fidelity", "diversity", "novelty"]
    value: float
    low: float
    high: float
    better: Literal["lower", "higher"]
    ceiling: float
    ceiling_low: float
    ceiling_high: float
    floors: Mapping[str, float]
    floor: str
    skill: float
    skill_low: float
    skill_high: float
    resolved: bool
    n: int


@dataclass(frozen=True, eq=False)
class SetReport:
    """What was found about one synthetic set: scores, the verdict in one sentence, and the sentences behind it."""

    name: str
    comparison: Comparison
    scores: tuple[Score, ...]
    verdict: str
    findings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Report:
    """Scores of one or several synthetic sets against the same real data."""

    sets: tuple[SetReport, ...]
    train: Dataset
    holdout: Dataset
    provenance: Mapping[str, str | int | float | bool]
