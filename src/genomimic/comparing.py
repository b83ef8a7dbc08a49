"""Which generator is ahead on which score: ranks only where the difference is larger than its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import false_discovery_control, norm

from genomimic.evaluation import Report, Score, SetReport
from genomimic.metrics import METRICS
from genomimic.scoring import standard_error

FALSE_DISCOVERIES = 0.05


class Standing(NamedTuple):
    """A generator on one score: the mean over its training seeds, the values of each seed, and its rank.

    The rank is one more than the number of generators that are clearly ahead; generators that cannot be told apart
    share it.
    """

    generator: str
    value: float
    seeds: tuple[float, ...]
    rank: int


@dataclass(frozen=True)
class Ranking:
    """The generators on one score, the best first; `told_apart` says whether any is clearly ahead of another."""

    metric: str
    family: str
    group: Literal["fidelity", "diversity", "novelty"]
    standings: tuple[Standing, ...]

    @property
    def told_apart(self) -> bool:
        """Whether any generator is clearly ahead of another."""
        return len({one.rank for one in self.standings}) > 1


class _Side(NamedTuple):
    """What is known of a generator on one score."""

    values: Float[np.ndarray, " seeds"]
    halves: Float[np.ndarray, " replicates"]


def ranking(report: Report) -> tuple[Ranking, ...]:
    """Generators ranked on each score that all of them have, from as many records.

    One is ahead of another where it stays less far behind fresh real data, by more than chance - the error of the
    difference comes from the same half-samples of the holdout for both, and false discoveries are held to 5% within a
    family of scores (Benjamini & Hochberg 1995) - and where each of its seeds is better than each of the other's.
    Training seeds vary apart from sampling error and are never mixed into it.
    """
    generators = list(dict.fromkeys(one.generator for one in report.sets))
    if len(generators) < 2:
        return ()
    sides = {score.metric: _sides(report, generators, score.metric) for score in report.sets[0].scores}
    cards = {score.metric: score for score in report.sets[0].scores if sides[score.metric]}
    families: dict[str, list[str]] = {}
    for metric, score in cards.items():
        families.setdefault(score.family, []).append(metric)
    ahead = {metric: pairs for names in families.values() for metric, pairs in _ahead(names, cards, sides).items()}
    return tuple(_ranking(score, sides[metric], ahead[metric]) for metric, score in cards.items())


def rankings_json(rankings: Sequence[Ranking]) -> list[dict]:
    """Rankings as plain values, as they stand in scores.json under "ranks"."""
    return [
        {
            "metric": one.metric,
            "family": one.family,
            "group": one.group,
            "told_apart": one.told_apart,
            "standings": [
                {"generator": each.generator, "rank": each.rank, "value": each.value, "seeds": list(each.seeds)}
                for each in one.standings
            ],
        }
        for one in rankings
    ]


def _sides(report: Report, generators: Sequence[str], metric: str) -> dict[str, _Side]:
    """Each generator's values; empty where one lacks the score or was judged from fewer records."""
    found = {name: [one for one in report.sets if one.generator == name] for name in generators}
    scores = [_score(one, metric) for sets in found.values() for one in sets]
    if None in scores or len({score.n for score in scores if score}) > 1:
        return {}
    if any(metric not in one.halves for one in report.sets):
        return {}
    return {
        name: _Side(
            np.array([score.value for one in sets if (score := _score(one, metric))]),
            np.mean([one.halves[metric] for one in sets], 0),
        )
        for name, sets in found.items()
    }


def _score(one: SetReport, metric: str) -> Score | None:
    return next((score for score in one.scores if score.metric == metric), None)


def _ahead(
    names: Sequence[str], cards: dict[str, Score], sides: dict[str, dict[str, _Side]]
) -> dict[str, set[tuple[str, str]]]:
    """Pairs (better, worse) of generators that are told apart on each score of a family."""
    tests = [(metric, a, b) for metric in names for a, b in permutations(sides[metric], 2)]
    p = np.array([_p_better(sides[metric][a], sides[metric][b], cards[metric]) for metric, a, b in tests])
    clear = false_discovery_control(p) < FALSE_DISCOVERIES
    ahead: dict[str, set[tuple[str, str]]] = {metric: set() for metric in names}
    for (metric, a, b), found in zip(tests, clear, strict=True):
        if found and _every_seed_better(sides[metric][a], sides[metric][b], cards[metric]):
            ahead[metric].add((a, b))
    return ahead


def _p_better(a: _Side, b: _Side, score: Score) -> float:
    """Two-sided p of no difference where a is the better one, otherwise 1."""
    gain = float(_short_of_real(b, score).mean() - _short_of_real(a, score).mean())
    error = standard_error(a.halves - b.halves, METRICS[score.metric].kind if score.metric in METRICS else "difference")
    if gain <= 0:
        return 1.0
    return float(2 * norm.sf(gain / error)) if error > 0 else 0.0


def _every_seed_better(a: _Side, b: _Side, score: Score) -> bool:
    return bool(_short_of_real(a, score).max() < _short_of_real(b, score).min())


def _short_of_real(side: _Side, score: Score) -> Float[np.ndarray, " seeds"]:
    """How far each seed stays behind fresh real data; beyond these nothing is gained."""
    sign, target = (1 if score.better == "lower" else -1), np.nan_to_num(score.ceiling)
    behind = sign * (side.values - target)
    return behind if np.isnan(score.ceiling) else np.maximum(behind, 0)


def _ranking(score: Score, sides: dict[str, _Side], ahead: set[tuple[str, str]]) -> Ranking:
    standings = [
        Standing(
            name,
            float(side.values.mean()),
            tuple(side.values.tolist()),
            1 + sum(worse == name for _, worse in ahead),
        )
        for name, side in sides.items()
    ]
    sign = 1 if score.better == "lower" else -1
    ordered = sorted(standings, key=lambda one: (one.rank, sign * one.value))
    return Ranking(score.metric, score.family, score.group, tuple(ordered))
