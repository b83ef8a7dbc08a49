"""Geometry of the score chart: every score on one axis where 0 is its floor and 1 its ceiling."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from genomimic.evaluation import Score
from genomimic.plots.colours import set_colour, set_shape

FARTHEST_LEFT, NEAREST_LEFT = -1.5, -0.35
FARTHEST_RIGHT, NEAREST_RIGHT = 1.75, 1.3
LETTER_PERCENT = 2.0


class Axis(NamedTuple):
    """The range of skill that the chart shows."""

    start: float
    end: float

    def percent(self, skill: float) -> float:
        """Place of a skill in percent of the width, held within the chart."""
        share = (skill - self.start) / (self.end - self.start)
        return 0.0 if math.isnan(share) else round(100 * min(max(share, 0.0), 1.0), 2)

    def shows(self, skill: float) -> bool:
        """Whether the skill lies within the chart."""
        return self.start <= skill <= self.end


class Tick(NamedTuple):
    """A named reference on the axis; `level` lifts its name over its neighbours, `left` puts it left of the tick."""

    name: str
    percent: float
    level: int
    left: bool

    @property
    def start(self) -> float:
        """Where tick and name begin, in percent."""
        return self.percent - len(self.name) * LETTER_PERCENT if self.left else self.percent

    @property
    def end(self) -> float:
        """Where tick and name end, in percent."""
        return self.percent if self.left else self.percent + len(self.name) * LETTER_PERCENT


@dataclass(frozen=True)
class Lane:
    """One synthetic set in one row."""

    set_name: str
    colour: str
    shape: str
    score: Score
    percent: float
    low_percent: float
    high_percent: float
    beyond: str

    @property
    def alt(self) -> str:
        """The lane in words."""
        if not self.score.resolved:
            return f"{self.set_name}: {self.score.metric} cannot be told apart at n={self.score.n}"
        skill = f"skill {self.score.skill:.2f}, interval {self.score.skill_low:.2f} to {self.score.skill_high:.2f}"
        return f"{self.set_name}: {self.score.metric} {skill}, where 0 is the floor and 1 is fresh real data"


@dataclass(frozen=True)
class Row:
    """One score of all synthetic sets, with what it stands between."""

    score: Score
    title: str
    question: str
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    band: tuple[float, float]

    @property
    def resolved(self) -> bool:
        """Whether floor and ceiling can be told apart for any of the sets."""
        return any(lane.score.resolved for lane in self.lanes)

    @property
    def skill(self) -> float:
        """The lowest skill of the sets; infinite where there is none."""
        return min((lane.score.skill for lane in self.lanes if lane.score.resolved), default=math.inf)

    @property
    def vague(self) -> bool:
        """Whether it has a scale that this n cannot resolve."""
        known = not math.isnan(self.score.ceiling) and self.score.floor in self.score.floors
        return not self.resolved and known

    @property
    def reason(self) -> str:
        """Why the row has no place on the axis."""
        others = ", ".join(f"{name} {value:.4g}" for name, value in self.score.floors.items())
        if math.isnan(self.score.ceiling):
            said = f"no ceiling is known, so there is no skill; references: {others or 'none'}"
            return f"{said}. {self.score.note}" if self.score.note else said
        if self.score.floor not in self.score.floors:
            return f"no floor is set, so there is no skill; references: {others or 'none'}"
        return f"cannot be told apart at n={self.score.n:,}: floor and ceiling lie within each other's error"

    @property
    def levels(self) -> int:
        """How many lines the names of the ticks take."""
        return 1 + max((tick.level for tick in self.ticks), default=0)


@dataclass(frozen=True)
class Family:
    """Rows of one kind of score, the worst first; `worst` is the worst lane of each set that has one."""

    name: str
    rows: tuple[Row, ...]
    worst: tuple[Lane, ...]

    @property
    def resolved(self) -> int:
        """Number of rows with a skill."""
        return sum(row.resolved for row in self.rows)

    @property
    def vague(self) -> bool:
        """Whether it has rows that this n cannot resolve."""
        return any(row.vague for row in self.rows)

    @property
    def skill(self) -> float:
        """The lowest skill in it; infinite where there is none."""
        return min((lane.score.skill for lane in self.worst), default=math.inf)

    @property
    def weakest(self) -> Row:
        """The row with the lowest skill."""
        return min(self.rows, key=lambda row: row.skill)


@dataclass(frozen=True)
class ScoreChart:
    """Rows by group on one axis."""

    axis: Axis
    groups: Mapping[str, tuple[Row, ...]]

    @property
    def families(self) -> dict[str, tuple[Family, ...]]:
        """Rows of each group by family, the family with the worst score first."""
        return {
            group: tuple(sorted((_family(name, rows) for name, rows in _by_family(of_group).items()), key=_skill))
            for group, of_group in self.groups.items()
        }

    @property
    def lanes(self) -> int:
        """Number of lanes that would be drawn with all families open."""
        return sum(len(row.lanes) if row.resolved else 1 for rows in self.groups.values() for row in rows)

    @property
    def floor_percent(self) -> float:
        """Place of skill 0."""
        return self.axis.percent(0.0)

    @property
    def ceiling_percent(self) -> float:
        """Place of skill 1."""
        return self.axis.percent(1.0)


def score_chart(
    scores: Mapping[str, Sequence[Score]], titles: Mapping[str, str], questions: Mapping[str, str]
) -> ScoreChart:
    """Chart of the scores of every set, by set name; the first set that has a score gives its references."""
    axis = skill_axis(score for of_set in scores.values() for score in of_set)
    metrics = dict.fromkeys(score.metric for of_set in scores.values() for score in of_set)
    groups: dict[str, list[Row]] = {"fidelity": [], "diversity": [], "novelty": []}
    for metric in metrics:
        lanes = tuple(
            _lane(name, number, score, axis)
            for number, (name, of_set) in enumerate(scores.items())
            for score in of_set
            if score.metric == metric
        )
        score = next((lane.score for lane in lanes if lane.score.resolved), lanes[0].score)
        row = Row(score, titles[metric], questions[metric], lanes, _ticks(score, axis), _band(score, axis))
        groups[score.group].append(row)
    return ScoreChart(axis, {name: tuple(rows) for name, rows in groups.items() if rows})


def _by_family(rows: Sequence[Row]) -> dict[str, list[Row]]:
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.score.family, []).append(row)
    return families


def _family(name: str, rows: Sequence[Row]) -> Family:
    lanes = [lane for row in rows for lane in row.lanes if lane.score.resolved]
    sets = dict.fromkeys(lane.set_name for lane in lanes)
    worst = tuple(min((lane for lane in lanes if lane.set_name == one), key=_lane_skill) for one in sets)
    return Family(name, tuple(sorted(rows, key=_skill)), worst)


def _skill(part: Row | Family) -> float:
    return part.skill


def _lane_skill(lane: Lane) -> float:
    return lane.score.skill


def skill_axis(scores: Iterable[Score]) -> Axis:
    """Range that holds the skills of all resolved scores, within sensible ends."""
    resolved = [score for score in scores if score.resolved]
    start = min((score.skill_low for score in resolved), default=0.0) - 0.1
    end = max((score.skill_high for score in resolved), default=1.0) + 0.1
    return Axis(min(max(start, FARTHEST_LEFT), NEAREST_LEFT), max(min(end, FARTHEST_RIGHT), NEAREST_RIGHT))


def skill_of(score: Score, value: float) -> float:
    """Skill that another value of the same metric would have; 0 where it has no scale."""
    floor = score.floors.get(score.floor, math.nan)
    return (floor - value) / (floor - score.ceiling) if abs(floor - score.ceiling) > 0 else 0.0


def _lane(name: str, number: int, score: Score, axis: Axis) -> Lane:
    beyond = "left" if score.skill < axis.start else "right" if score.skill > axis.end else ""
    return Lane(
        name,
        set_colour(number),
        set_shape(number),
        score,
        axis.percent(score.skill),
        axis.percent(score.skill_low),
        axis.percent(score.skill_high),
        beyond,
    )


def _band(score: Score, axis: Axis) -> tuple[float, float]:
    """The ceiling's interval, or its point where an interval means nothing."""
    skills = [skill_of(score, value) for value in (score.ceiling_low, score.ceiling_high)] if score.resolved else [1.0]
    return axis.percent(min(skills)), axis.percent(max(1.0, *skills))


def _ticks(score: Score, axis: Axis) -> tuple[Tick, ...]:
    """References within the chart, from right to left; each name stands above the names and ticks it would cross."""
    if not score.resolved:
        return ()
    ticks: list[Tick] = []
    for skill, name in sorted(((skill_of(score, value), name) for name, value in score.floors.items()), reverse=True):
        if axis.shows(skill):
            percent = axis.percent(skill)
            flipped = percent + len(name) * LETTER_PERCENT > 100
            tick = Tick(name, percent, 0, flipped)
            crossed = [other.level for other in ticks if tick.start <= other.end and other.start <= tick.end]
            ticks.append(tick._replace(level=max(crossed, default=-1) + 1))
    return tuple(ticks)
