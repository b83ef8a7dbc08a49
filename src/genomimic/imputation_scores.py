"""How well values that were hidden are foretold: a model beside gene means, nearest neighbours and low-rank fits.

Values of cells that no model has seen are hidden in three ways, and every method foretells them from the cell's other
values. Negative log-likelihood is in nats a hidden value; errors are of log(1 + count), or of the continuous value.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float, Shaped

from genomimic.forecasts import Continuous, Counts
from genomimic.imputation import COVERED, foretell
from genomimic.imputers import IMPUTERS, Imputer
from genomimic.modalities.expression import known_values
from genomimic.parts import Parts
from genomimic.run import Run
from genomimic.sampling import aligned_values

Pattern = Literal["at random", "low expression first", "whole genes"]
PATTERNS: Mapping[Pattern, str] = {
    "at random": "a tenth of each cell's values, drawn at random",
    "low expression first": "the lowest tenth of each cell's values (of counts: of those above 0)",
    "whole genes": "a tenth of the genes, in all of the cells",
}
"""What is hidden in each."""

SHARE = 0.1
MOST_CELLS = 1000
"""Cells judged, at most; and validation cells that the spreads of other methods are fitted to."""
MOST_TRAINING = 10_000
"""Training cells that other methods learn from, at most."""
FOLDS = 4
"""Times that a tenth of the validation cells' values is hidden."""
FEWEST = 20
"""Cells below which no difference is believed."""
Z = 1.96
MOST_AMISS = 0.1
"""By which the share of values inside 90% ranges may be off, for any forecast to be trusted."""

HIDE, TIES = 2, 3
"""What random numbers are for; streams of their own, and none that of the draws of values."""


class Judged(NamedTuple):
    """One method on the hidden values, row after row: nats, squared errors, and the share of its forecast below."""

    nats: Float[np.ndarray, " entries"]
    square: Float[np.ndarray, " entries"]
    rank: Float[np.ndarray, " entries"]


class Difference(NamedTuple):
    """Another method's mean less the model's, with a 95% interval by cell: above 0, the model is better."""

    value: float
    low: float
    high: float


class Trial(NamedTuple):
    """One way of hiding: which values, what each method made of them (the model first), and the model's intervals."""

    pattern: Pattern
    asked: Bool[np.ndarray, "cells genes"]
    methods: Mapping[str, Judged]
    inside: float
    """Share of the hidden values that lie inside the model's intervals, ends included."""

    def differences(self, what: Literal["nats", "square"]) -> dict[str, Difference]:
        """Each other method's less the model's."""
        (_, own), *others = self.methods.items()
        cells = np.nonzero(self.asked)[0]
        return {name: paired(getattr(other, what) - getattr(own, what), cells) for name, other in others}

    @property
    def cells(self) -> int:
        """Cells of which values were hidden."""
        return int(self.asked.any(1).sum())

    @property
    def held(self) -> float:
        """Share of the hidden values that the model's ranges hold."""
        return coverage(next(iter(self.methods.values())).rank)

    @property
    def telling(self) -> bool:
        """Whether anything may be claimed: of enough cells, and from forecasts that are sound."""
        return self.cells >= FEWEST and abs(self.held - COVERED) <= MOST_AMISS

    @property
    def improved(self) -> bool:
        """Whether the model may be called better than every other method."""
        return self.telling and all(difference.low > 0 for difference in self.differences("nats").values())

    @property
    def verdict(self) -> str:
        """What may be said; an improvement only where forecasts are sound and no interval of a difference holds 0."""
        (model, own), *others = self.methods.items()
        best, judged = min(others, key=lambda other: other[1].nats.mean())
        nats = f"{own.nats.mean():.4g} nats a value, {best} {judged.nats.mean():.4g}"
        if self.cells < FEWEST:
            return f"{nats}: {self.cells} cells are too few to tell"
        if not self.telling:
            return (
                f"{nats}: no improvement is claimed, since {model}'s 90% ranges hold {self.held:.0%} of these values: "
                "forecasts of such values are off"
            )
        found = self.differences("nats")
        even = [name for name, difference in found.items() if difference.low <= 0]
        if not even:
            how = "is" if self.pattern != "low expression first" else "bears values that are hidden for being low"
            return f"{nats}: {model} {how} better than every other method, by {_words(found[best])} than {best}"
        better = [name for name in even if found[name].high < 0]
        if better:
            return f"{nats}: {', '.join(better)} {'is' if len(better) == 1 else 'are'} better; use that instead"
        least = _words(min(found[name] for name in even))
        return f"{nats}: no improvement over {', '.join(even)} is shown, since the difference ({least}) may be 0"


def hide(values: Shaped[np.ndarray, "n length"], pattern: Pattern, seed: int) -> Bool[np.ndarray, "n length"]:
    """Which of the known values are hidden, as `PATTERNS` says."""
    rng = np.random.default_rng([seed, get_args(Pattern).index(pattern), HIDE])
    known, chance = known_values(values), rng.random(values.shape)
    if pattern == "at random":
        return known & (chance < SHARE)
    if pattern == "whole genes":
        genes = rng.choice(values.shape[1], max(round(SHARE * values.shape[1]), 1), replace=False)
        return known & np.isin(np.arange(values.shape[1]), genes)
    may = values > 0 if np.issubdtype(values.dtype, np.integer) else known
    order = np.lexsort((chance, np.where(may, values, np.inf)))
    place = np.argsort(order, 1)
    return may & (place < np.ceil(SHARE * may.sum(1))[:, None])


def score(
    run: Run, parts: Parts, *, draws: int = 64, seed: int = 0, watch: Callable[[float, str], None] = lambda *_: None
) -> list[Trial]:
    """Hide values of the holdout cells, and judge what the run's model and all `IMPUTERS` say of them."""
    train = run.modality.conform(parts.train.some(MOST_TRAINING), run.spec.length).values
    validation = run.modality.conform(parts.validation.some(MOST_CELLS), run.spec.length).values
    holdout = parts.holdout.some(MOST_CELLS)
    rows, truth = aligned_values(run, holdout), run.modality.conform(holdout, run.spec.length).values
    folds = [hide(validation, "at random", seed + 1 + fold) for fold in range(FOLDS)]
    asked: dict[Pattern, Bool[np.ndarray, "k length"]] = {pattern: hide(truth, pattern, seed) for pattern in PATTERNS}
    methods: dict[Pattern, dict[str, Judged]] = {pattern: {} for pattern in PATTERNS}
    inside: dict[Pattern, float] = {}
    for i, pattern in enumerate(PATTERNS):
        watch(i / 8, f"{run.model.name}, {pattern}")
        methods[pattern][run.model.name], inside[pattern] = _own(run, rows, asked[pattern], truth, draws, seed)
    for i, (name, settings) in enumerate(IMPUTERS.items()):
        watch(0.375 + i / 8, name)
        for pattern, judged in _others(settings, train, validation, folds, truth, asked, seed).items():
            methods[pattern][name] = judged
    watch(1.0, f"{len(truth):,} cells")
    return [Trial(pattern, asked[pattern], methods[pattern], inside[pattern]) for pattern in PATTERNS]


def hidden(
    values: Shaped[np.ndarray, "n columns"], asked: Bool[np.ndarray, "n length"]
) -> Shaped[np.ndarray, "n columns"]:
    """Rows with some values made not known; what follows the values stays."""
    missing = np.array(-1 if np.issubdtype(values.dtype, np.integer) else np.nan, values.dtype)
    length = asked.shape[1]
    return np.concatenate([np.where(asked, missing, values[:, :length]), values[:, length:]], 1)


def _own(
    run: Run,
    rows: Shaped[np.ndarray, "n columns"],
    asked: Bool[np.ndarray, "n length"],
    truth: Shaped[np.ndarray, "n length"],
    draws: int,
    seed: int,
) -> tuple[Judged, float]:
    """The model's forecasts judged, and how many of the values its intervals hold."""
    found, x = foretell(run, hidden(rows, asked), asked, truth, draws=draws, seed=seed), truth[asked]
    logs = np.log1p if np.issubdtype(x.dtype, np.integer) else np.asarray
    inside = ((found.low <= x) & (x <= found.high)).mean()
    return Judged(-found.log_density, (logs(found.middle) - logs(x)) ** 2, found.rank), float(inside)


def _others(
    settings: tuple[Imputer, ...],
    train: Shaped[np.ndarray, "n length"],
    validation: Shaped[np.ndarray, "m length"],
    folds: list[Bool[np.ndarray, "m length"]],
    truth: Shaped[np.ndarray, "k length"],
    asked: Mapping[Pattern, Bool[np.ndarray, "k length"]],
    seed: int,
) -> dict[Pattern, Judged]:
    """Forecasts of an imputer, with the setting and the spread that suit hidden values of the validation cells best."""
    scale = (Counts if np.issubdtype(train.dtype, np.integer) else Continuous).of(train)
    learned = scale.scaled(train)
    tried = []
    together, every = np.tile(validation, (len(folds), 1)), np.concatenate(folds)
    for imputer in settings:
        unseen = hidden(together, every)
        forecast = imputer(learned, scale.scaled(unseen))
        law = scale.fitted(forecast, unseen, together, every)
        tried.append((law.log_density(forecast, unseen, together)[every].mean(), imputer, law))
    _, imputer, law = max(tried, key=lambda one: one[0])
    rng, found = np.random.default_rng([seed, TIES]), {}
    for pattern, mask in asked.items():
        unseen = hidden(truth, mask)
        forecast = imputer(learned, scale.scaled(unseen))
        nats = -law.log_density(forecast, unseen, truth)[mask]
        logs = np.log1p(truth[mask]) if isinstance(scale, Counts) else truth[mask]
        square = (scale.point(forecast, unseen)[mask] - logs) ** 2
        found[pattern] = Judged(nats, square, law.rank(forecast, unseen, truth, rng)[mask])
    return found


def paired(difference: Float[np.ndarray, " entries"], cells: Shaped[np.ndarray, " entries"]) -> Difference:
    """Mean of a difference over values, with a 95% interval in which the values of a cell count as one.

    >>> paired(np.array([1.0, 3.0]), np.array([0, 1])).value
    2.0
    """
    names, which = np.unique(cells, return_inverse=True)
    mean = float(difference.mean())
    by_cell = np.bincount(which, difference - mean)
    m = len(names)
    error = np.sqrt((by_cell**2).sum() * m / max(m - 1, 1)) / len(difference)
    return Difference(mean, mean - Z * float(error), mean + Z * float(error))


def coverage(rank: Float[np.ndarray, " entries"], middle: float = COVERED) -> float:
    """Share of true values inside the middle of their forecasts, ties broken by chance; `middle` where these are right.

    >>> coverage(np.linspace(0, 1, 1001).round(3)).__round__(2)
    0.9
    """
    return float((np.abs(rank - 0.5) <= middle / 2).mean())


def _words(difference: Difference) -> str:
    return f"{difference.value:.3g} ({difference.low:.3g} to {difference.high:.3g})"
