"""Ranks of generators in one table: a row a score, a column a generator, training seeds as points of their own."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Shaped

from genomimic.comparing import Ranking, Standing


class RankCell(NamedTuple):
    """A generator on one score: its rank ("1=" where others share it), its mean, and its seeds.

    `places` say where the seeds stand between the least (0) and the greatest (100) value of the row, `mean_place` where
    their mean does.
    """

    rank: str
    mean: float
    mean_place: float
    seeds: tuple[float, ...]
    places: tuple[float, ...]

    @property
    def leads(self) -> bool:
        """Whether no other generator is clearly ahead."""
        return self.rank.removesuffix("=") == "1"


class RankRow(NamedTuple):
    """One score on which generators are told apart; a cell for each generator."""

    metric: str
    group: Literal["fidelity", "diversity", "novelty"]
    cells: tuple[RankCell, ...]


class Ranks(NamedTuple):
    """What the report shows of ranks: the scores that tell generators apart, and the names of those that do not."""

    generators: tuple[str, ...]
    told_apart: tuple[RankRow, ...]
    alike: tuple[str, ...]

    @property
    def has_seeds(self) -> bool:
        """Whether any generator was trained with several seeds."""
        return any(len(cell.seeds) > 1 for row in self.told_apart for cell in row.cells)


def ranks(rankings: Sequence[Ranking], generators: Sequence[str]) -> Ranks:
    """The table for rankings, its columns in the order of `generators`."""
    told = tuple(_row(one, generators) for one in rankings if one.told_apart)
    return Ranks(tuple(generators), told, tuple(one.metric for one in rankings if not one.told_apart))


def rank_text(one: Standing, standings: Sequence[Standing]) -> str:
    """A rank, with "=" where another generator has the same.

    >>> pwm, gan = Standing("pwm", 0.1, (0.1,), 1), Standing("gan", 0.2, (0.2,), 1)
    >>> rank_text(pwm, [pwm, gan]), rank_text(pwm, [pwm])
    ('1=', '1')
    """
    return f"{one.rank}=" if sum(other.rank == one.rank for other in standings) > 1 else str(one.rank)


def rank_columns(rankings: Sequence[Ranking]) -> dict[str, Shaped[np.ndarray, " standings"]]:
    """All ranks, a row a score and generator."""
    found = [(one, standing) for one in rankings for standing in one.standings]
    columns: dict[str, list[Any]] = {
        "score": [one.metric for one, _ in found],
        "family": [one.family for one, _ in found],
        "group": [one.group for one, _ in found],
        "told apart": [one.told_apart for one, _ in found],
        "generator": [standing.generator for _, standing in found],
        "rank": [rank_text(standing, one.standings) for one, standing in found],
        "mean": [standing.value for _, standing in found],
    }
    most = max((len(standing.seeds) for _, standing in found), default=0)
    columns |= {
        f"seed {number + 1}": [dict(enumerate(standing.seeds)).get(number, np.nan) for _, standing in found]
        for number in range(most)
    }
    return {heading: np.array(column) for heading, column in columns.items()}


def _row(one: Ranking, generators: Sequence[str]) -> RankRow:
    values = [value for standing in one.standings for value in standing.seeds]
    least, width = min(values), max(max(values) - min(values), 1e-12)

    def place(value: float) -> float:
        return round(100 * (value - least) / width, 1)

    by_name = {
        standing.generator: RankCell(
            rank_text(standing, one.standings),
            standing.value,
            place(standing.value),
            standing.seeds,
            tuple(place(value) for value in standing.seeds),
        )
        for standing in one.standings
    }
    return RankRow(one.metric, one.group, tuple(by_name[name] for name in generators))
