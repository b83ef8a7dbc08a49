"""Scores between floor and ceiling: the same statistic, at the same n, on synthetic, fresh real and reference records.

Intervals come from pairs of complementary half-samples, drawn without replacement: homology clusters of real records,
single records of generated ones. The two halves of a pair are independent samples of half the size, so that their
difference tells the variance without any assumption; no record is ever doubled: an ordinary bootstrap's doubles would
count as copies and collapse, and add to every divergence. What an interval means to hold is the mean of the score over
all sets of as many records from the same two sources. Half the data shift biased statistics, so intervals start from
the score at full n. Records keep the scores of one classifier in all half-samples, so those of its AUC are widened by
what they miss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from genomimic.comparison import Comparison
from genomimic.metrics.base import Kind, Metric
from genomimic.motifs import Motifs
from genomimic.views import View

NORMAL_95 = 1.96
MOST = 0.999  # of a correlation on Fisher's scale, which has no end


class Score(NamedTuple):
    """One number with its scale.

    `ceiling` is what fresh real data score, `floors` what named references score, all at the same n; `floor` names the
    one from which `skill` = (floor - value) / (floor - ceiling) is measured: 0 is that floor, 1 is as good as fresh
    real data, unclipped. `resolved` is false where the floor is not clearly worse than the ceiling at this n. What is
    unknown is nan: the ceiling of a likelihood, and with it the skill. `note` is what must be known to read it.
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
    note: str = ""


@dataclass(frozen=True, eq=False)
class Halved:
    """A set and its half-samples."""

    whole: View
    halves: tuple[View, ...]


class Measured(NamedTuple):
    """A statistic on a whole set and on its half-samples.

    Of a divergence, also how far the value is above what each of both sets scores beside itself, and how much higher
    finite samples make it on average.
    """

    value: float
    halves: Float[np.ndarray, " replicates"]
    above: float = 0.0
    bias: float = 0.0


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
            spread = value + metric.widen * about
            if metric.kind == "divergence":
                above, bias = value - _beside_itself(metric, whole), float(values.mean()) - value
                self._measured[key] = Measured(value, spread, above, bias)
            else:
                self._measured[key] = Measured(value, spread)
        return self._measured[key]

    def ceiling(self, metric: Metric) -> Measured:
        """What fresh real data score: known by symmetry, or the mean over the fresh draws."""
        if metric.ceiling is not None:
            return Measured(metric.ceiling, np.full(len(self.holdout.halves), metric.ceiling))
        fresh = (self.unseen,) if metric.group == "novelty" else self.fresh
        draws = [self.measure(metric, one) for one in fresh]
        value, above, bias = np.mean([(one.value, one.above, one.bias) for one in draws], 0).tolist()
        return Measured(value, np.mean([one.halves for one in draws], 0), above, bias)

    def floors(self, metric: Metric) -> dict[str, float]:
        """What the references and, where the metric names it, a control score on whole sets."""
        named = {**(self.references if metric.references else {}), **self._floor_set(metric)}
        return {name: metric.statistic(self.comparison(one)) for name, one in named.items()}

    def floor(self, metric: Metric) -> Measured | None:
        """The floor that skill is measured from; None where that reference was not given."""
        found = self._floor_set(metric)
        return self.measure(metric, next(iter(found.values()))) if found else None

    def floor_name(self, metric: Metric) -> str:
        """Name of that floor; empty where it was not given."""
        return next(iter(self._floor_set(metric)), "")

    def _floor_set(self, metric: Metric) -> dict[str, Halved]:
        found = {**self.references, **self.controls}
        return {name: found[name] for name in metric.floors if name in found}

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
        floor=scale.floor_name(metric),
        skill=skill,
        skill_low=skill - NORMAL_95 * error,
        skill_high=skill + NORMAL_95 * error,
        resolved=resolved,
        n=n,
    )


def interval(measured: Measured, metric: Metric, n: int) -> tuple[float, float]:
    """95% interval of a value from n records, inside the metric's range."""
    match metric.kind:
        case "divergence":
            low, high = divergence_interval(measured)
        case "share":
            low, high = share_interval(measured, n)
        case "correlation":
            low, high = correlation_interval(measured)
        case _:
            margin = quantile(measured.halves) * standard_error(measured.halves)
            low, high = measured.value - margin, measured.value + margin
    return max(low, metric.low), min(high, metric.high)


def correlation_interval(measured: Measured) -> tuple[float, float]:
    """The interval on Fisher's scale (atanh), where the error does not depend on the correlation, brought back."""
    value = min(max(measured.value, -MOST), MOST)
    margin = quantile(measured.halves) * standard_error(measured.halves) / (1 - value**2)
    return float(np.tanh(np.arctanh(value) - margin)), float(np.tanh(np.arctanh(value) + margin))


def share_interval(measured: Measured, n: int) -> tuple[float, float]:
    """Jeffreys' interval of a share of as many independent records as have the error of the half-samples, at most n.

    It holds where few records count, or nearly all, and where none or all do (Brown, Cai & DasGupta 2001,
    doi:10.1214/ss/1009213286).
    """
    value, variance = measured.value, variances(measured.halves)[0]
    size = min(n, value * (1 - value) / variance) if variance > 0 and 0 < value < 1 else n
    low, high = stats.beta.ppf([0.025, 0.975], value * size + 0.5, (1 - value) * size + 0.5)
    return float(low) if value > 0 else 0.0, float(high) if value < 1 else 1.0


def divergence_interval(measured: Measured) -> tuple[float, float]:
    """The true values beside which the measured one is no surprise.

    The error of a divergence depends on its true value: a square |d + e|^2 of a difference d with noise e, less what
    chance gives, has the variance 4 d'Vd + 2 tr(V^2), a multiple of the true |d|^2 and a constant. Half-samples tell
    both. The error at the *measured* value would be too small below the truth and too large above it: intervals would
    be too short in earnest and too long for fresh data. Wilson (1927) mended those of shares in the same way. The lower
    end is the value from which the measured one is two standard errors away; the upper one is so on the scale of the
    square root, since a square has no long tail downward. For one number both are those of its own interval, squared.
    """
    linear, constant = variances(measured.halves)
    value, wide = measured.value - measured.bias, quantile(measured.halves)
    flat = wide * constant**0.5
    chance = measured.above - measured.value
    slope = (linear + 2 * constant) / max(measured.above + chance, 1e-12)  # of a square, and of chance on average
    if value > flat:
        slope = max(slope, (linear - constant) / value)
    low, high = value - flat, value + flat
    if value > flat:
        middle = value + wide**2 * slope / 2
        low = middle - (middle**2 - value**2 + flat**2) ** 0.5
    if slope > 0:
        root = max(slope * value + constant + slope**2 / 8, 0.0) ** 0.5 + wide * slope / 2
        high = max(high, (root**2 - constant) / slope + slope / 8)
    return measured.bias + low, measured.bias + high


def quantile(halves: Float[np.ndarray, " replicates"]) -> float:
    """Standard errors to each side of a 95% interval, where the error is known from so many pairs of half-samples."""
    return float(stats.t.ppf(0.975, len(halves) // 2))


def standard_error(halves: Float[np.ndarray, " replicates"], kind: Kind = "difference") -> float:
    """Standard error of a statistic from its values on half-samples, each followed by its complement's.

    Half the difference of the two is all of it: they are independent, with twice the variance. A divergence of fresh
    data is all quadratic, with four times the variance in half the records: what is constant is taken off, once more
    than it stands in the other part, and it is never less than that.
    """
    linear, constant = variances(halves)
    return (max(linear - constant, constant) if kind == "divergence" else linear) ** 0.5


def variances(halves: Float[np.ndarray, " replicates"]) -> tuple[float, float]:
    """Of pairs of half-samples: the mean square of half the difference, and the variance of the mean.

    Of a quadratic statistic |d + e|^2 these are 4 (d + e)'V(d + e) and 2 tr(V^2) on average.
    """
    first, second = halves[0::2], halves[1::2]
    return float((((first - second) / 2) ** 2).mean()), float(((first + second) / 2).var())


def _beside_itself(metric: Metric, whole: Comparison) -> float:
    """What each of both sets scores beside itself, the least that it can: minus what chance gives."""
    alone = [replace(whole, synthetic=one, holdout=one, _joint={}) for one in (whole.synthetic, whole.holdout)]
    return float(np.mean([metric.statistic(one) for one in alone]))


def spread_of_correlation(value: float, halves: Float[np.ndarray, " replicates"]) -> Float[np.ndarray, " replicates"]:
    """How a correlation of noisy numbers varies about its value, from half-samples, in which noise lowers it.

    On Fisher's scale (atanh), where the error does not depend on the correlation, times how much lower it is there.
    """
    scaled = np.arctanh(np.clip(halves, -MOST, MOST))
    clear = halves.mean() > 3 * halves.std()
    factor = np.clip(value / halves.mean(), 1.0, 2.0) if clear else 1.0
    return factor * (1 - min(value**2, MOST**2)) * (scaled - scaled.mean())


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
