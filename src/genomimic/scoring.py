"""Scores between floor and ceiling: the same statistic, at the same n, on synthetic, fresh real and reference records.

Intervals come from pairs of complementary half-samples, drawn without replacement: homology clusters of real records,
single records of generated ones. A mean over half of n records varies about the mean over all n as that varies about
the truth, so no rescaling is needed, and no record is ever doubled: an ordinary bootstrap's doubles would count as
copies and collapse, and add to every divergence. Half the data shift biased statistics, so intervals are centred on
the score at full n: 1.96 standard errors (`standard_error`) each way.
Records keep the scores of one classifier in all half-samples, so those of its AUC are widened by what they miss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.comparison import Comparison
from genomimic.metrics.base import Kind, Metric
from genomimic.motifs import Motifs
from genomimic.views import View

NORMAL_95 = 1.96


class Score(NamedTuple):
    """One number with its scale.

    `ceiling` is what fresh real data score, `floors` what named references score, all at the same n; `floor` names the
    one from which `skill` = (floor - value) / (floor - ceiling) is measured: 0 is that floor, 1 is as good as fresh
    real data, unclipped. `resolved` is false where the floor is not clearly worse than the ceiling at this n. What is
    unknown is nan: the ceiling of a likelihood, and with it the skill.
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
class Halved:
    """A set and its half-samples."""

    whole: View
    halves: tuple[View, ...]


class Measured(NamedTuple):
    """A statistic on a whole set and on its half-samples."""

    value: float
    halves: Float[np.ndarray, " replicates"]


@dataclass(frozen=True, eq=False)
class Scale:
    """Everything that synthetic records are measured against, at one n; floors and ceilings are measured once.

    `fresh` are draws of training records that stand for fresh real data where records are compared with the holdout;
    `unseen` are real records off the training data, for metrics that look for copies of it. `references` and
    `controls` are halved singly, real data by cluster.
    """

    train: View
    holdout: Halved
    matched_train: Halved
    fresh: tuple[Halved, ...]
    unseen: Halved
    references: Mapping[str, Halved]
    controls: Mapping[str, Halved]
    motifs: Motifs | None = None
    _comparisons: dict[Halved, tuple[Comparison, ...]] = field(default_factory=dict, repr=False)
    _measured: dict[tuple[Halved, str], Measured] = field(default_factory=dict, repr=False)

    def comparison(self, generated: Halved) -> Comparison:
        """A set beside train and holdout."""
        return self._all_comparisons(generated)[0]

    def measure(self, metric: Metric, generated: Halved) -> Measured:
        """The metric on a set and on its half-samples against those of the holdout, computed once."""
        key = generated, metric.name
        if key not in self._measured:
            whole, *halves = self._all_comparisons(generated)
            values = np.array([metric.statistic(half) for half in halves])
            value = metric.statistic(whole)
            about = spread_of_correlation(value, values) if metric.kind == "correlation" else values - values.mean()
            self._measured[key] = Measured(value, value + metric.widen * about)
        return self._measured[key]

    def ceiling(self, metric: Metric) -> Measured:
        """What fresh real data score: known by symmetry, or the mean over the fresh draws."""
        if metric.ceiling is not None:
            return Measured(metric.ceiling, np.full(len(self.holdout.halves), metric.ceiling))
        fresh = (self.unseen,) if metric.group == "novelty" else self.fresh
        draws = [self.measure(metric, one) for one in fresh]
        return Measured(float(np.mean([one.value for one in draws])), np.mean([one.halves for one in draws], 0))

    def floors(self, metric: Metric) -> dict[str, float]:
        """What the references and, where the metric names it, a control score on whole sets."""
        named = {**(self.references if metric.references else {}), **self._floor_set(metric)}
        return {name: metric.statistic(self.comparison(one)) for name, one in named.items()}

    def floor(self, metric: Metric) -> Measured | None:
        """The floor that skill is measured from; None where that reference was not given."""
        found = self._floor_set(metric)
        return self.measure(metric, found[metric.floor]) if found else None

    def _floor_set(self, metric: Metric) -> dict[str, Halved]:
        return {name: one for name, one in {**self.references, **self.controls}.items() if name == metric.floor}

    def _all_comparisons(self, generated: Halved) -> tuple[Comparison, ...]:
        if generated not in self._comparisons:
            views = self.train, self.holdout.whole, generated.whole, self.matched_train.whole
            whole = Comparison(*views, motifs=self.motifs)
            halves = zip(generated.halves, self.holdout.halves, self.matched_train.halves, strict=True)
            parts = [whole.narrow(synthetic=a, holdout=b, matched_train=c) for a, b, c in halves]
            self._comparisons[generated] = (whole, *parts)
        return self._comparisons[generated]


def halved(view: View, replicates: int, rng: np.random.Generator) -> Halved:
    """Random halves of a set's blocks, each followed by the other half: twice `replicates` in all."""
    blocks = int(view.blocks.max()) + 1
    orders = [rng.permutation(blocks) for _ in range(replicates)]
    return Halved(view, tuple(view.part(half) for order in orders for half in np.array_split(order, 2)))


def score(metric: Metric, scale: Scale, generated: Halved) -> Score:
    """A set's score on one metric, with interval, floors, ceiling and skill."""
    value, ceiling, floor = scale.measure(metric, generated), scale.ceiling(metric), scale.floor(metric)
    n = metric.size(scale.comparison(generated))
    low, high = interval(value, metric, n)
    ceiling_low, ceiling_high = interval(ceiling, metric, n)
    skill, error, resolved = skill_of(value, ceiling, floor, metric)
    return Score(
        metric=metric.name,
        family=metric.family,
        group=metric.group,
        value=value.value,
        low=low,
        high=high,
        better=metric.better,
        ceiling=ceiling.value,
        ceiling_low=ceiling_low,
        ceiling_high=ceiling_high,
        floors=scale.floors(metric),
        floor=metric.floor if floor else "",
        skill=skill,
        skill_low=skill - NORMAL_95 * error,
        skill_high=skill + NORMAL_95 * error,
        resolved=resolved,
        n=n,
    )


def interval(measured: Measured, metric: Metric, n: int) -> tuple[float, float]:
    """95% interval of a value from n records, inside the metric's range.

    That of a share holds at least what n records leave open (Wilson 1927), also where all or none of them count.
    """
    value, margin = measured.value, NORMAL_95 * standard_error(measured.halves, metric.kind)
    low, high = value - margin, value + margin
    if metric.kind == "share":
        middle = (value + NORMAL_95**2 / (2 * n)) / (1 + NORMAL_95**2 / n)
        reach = NORMAL_95 * (value * (1 - value) / n + (NORMAL_95 / (2 * n)) ** 2) ** 0.5 / (1 + NORMAL_95**2 / n)
        low, high = min(low, middle - reach), max(high, middle + reach)
    return max(low, metric.low), min(high, metric.high)


def standard_error(halves: Float[np.ndarray, " replicates"], kind: Kind = "difference") -> float:
    """Standard error of a statistic from its values on half-samples, each followed by its complement's.

    Half the difference of such a pair varies with the linear part of the statistic, their mean with its quadratic
    part; of most statistics, all of it counts. Of a divergence of fresh data, which is all quadratic, the first holds
    twice the true variance and the second just the variance; of one that is far from 0, the first holds all. So for
    divergences it is the difference of the two, and never less than the second.
    """
    if kind != "divergence":
        return float(halves.std())
    first, second = halves[0::2], halves[1::2]
    linear = float((((first - second) / 2) ** 2).mean())
    curved = float(((first + second) / 2).var())
    return max(linear - curved, curved, 0.0) ** 0.5


def spread_of_correlation(value: float, halves: Float[np.ndarray, " replicates"]) -> Float[np.ndarray, " replicates"]:
    """How a correlation of noisy numbers varies about its value, from half-samples, in which noise lowers it.

    On Fisher's scale (atanh), where the error does not depend on the correlation, times how much lower it is there.
    """
    scaled = np.arctanh(np.clip(halves, -0.999, 0.999))
    clear = halves.mean() > 3 * halves.std()
    factor = np.clip(value / halves.mean(), 1.0, 2.0) if clear else 1.0
    return factor * (1 - min(value**2, 1.0)) * (scaled - scaled.mean())


def skill_of(value: Measured, ceiling: Measured, floor: Measured | None, metric: Metric) -> tuple[float, float, bool]:
    """Skill, its standard error, and whether the floor is worse than the ceiling by at least two standard errors.

    Value, floor and ceiling are measured again in each half-sample on the same half of the holdout, so that what they
    share cancels. The error is that of the ratio to first order (delta method), which stays finite.
    """
    if floor is None or floor.value == ceiling.value:
        return np.nan, np.nan, False
    span, spans = floor.value - ceiling.value, floor.halves - ceiling.halves
    skill = (floor.value - value.value) / span
    error = standard_error(floor.halves - value.halves - skill * spans, metric.kind) / abs(span)
    worse = span if metric.better == "lower" else -span  # a floor above the ceiling would turn the scale upside down
    return skill, error, worse >= 2 * standard_error(spans, metric.kind)
