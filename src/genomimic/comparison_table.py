"""All sets in one table: a row a metric, a column a set, with intervals and marks."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from genomimic.evaluation import Report, Score
from genomimic.verdicts import Mark, ahead, mark_of

MARKS: dict[Mark, tuple[str, str]] = {
    "real": ("●", "as good as fresh real data"),
    "between": ("◐", "better than the floor, short of fresh real data"),
    "floor": ("○", "no better than the floor"),
    "unsure": ("?", "undecided: the interval holds both floor and fresh real data"),
    "unresolved": ("·", "not resolved: floor and ceiling cannot be told apart, or one is not known"),
}


class Cell(NamedTuple):
    """One score of one set; `mark` is a key of `MARKS`, `simpler` the simplest baseline that clearly does better."""

    score: Score
    mark: Mark
    simpler: str


class ComparedMetric(NamedTuple):
    """One metric of all sets; a set that lacks it has None."""

    metric: str
    group: str
    better: str
    floor: str
    floor_value: float
    ceiling: float
    cells: tuple[Cell | None, ...]

    @property
    def resolved(self) -> bool:
        """Whether any set has a skill on it."""
        return any(cell is not None and cell.score.resolved for cell in self.cells)

    @property
    def worst(self) -> float:
        """The lowest skill of any set; infinite where there is none."""
        return min((cell.score.skill for cell in self.cells if cell and cell.score.resolved), default=math.inf)


def compared(report: Report) -> list[ComparedMetric]:
    """Every metric of a report with the scores of all sets, in the order in which they were made."""
    by_set = [{score.metric: score for score in one.scores} for one in report.sets]
    metrics = dict.fromkeys(metric for scores in by_set for metric in scores)
    return [_row(metric, [scores.get(metric) for scores in by_set]) for metric in metrics]


def _row(metric: str, scores: list[Score | None]) -> ComparedMetric:
    known = [score for score in scores if score is not None]
    one = next((score for score in known if score.resolved), known[0])
    cells = tuple(None if score is None else Cell(score, mark_of(score), _simpler(score)) for score in scores)
    floor = one.floors.get(one.floor, math.nan)
    return ComparedMetric(metric, one.group, one.better, one.floor, floor, one.ceiling, cells)


def _simpler(score: Score) -> str:
    return next(iter(ahead(score)), "")


def legend(rows: list[ComparedMetric]) -> Mapping[Mark, tuple[str, str]]:
    """The marks that a table uses, with their meaning."""
    used = {cell.mark for row in rows for cell in row.cells if cell is not None}
    return {mark: words for mark, words in MARKS.items() if mark in used}
