"""How good a predictor is on records held out, beside its floors and the linear baseline, with 95% intervals.

Intervals come from half-samples of homology clusters, as those of scores do (`scoring.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from genomimic.correlation import correlation, spearman
from genomimic.predicting import Trained
from genomimic.predictor import Predictor
from genomimic.predictors import Classes, Numbers
from genomimic.predictors.calibration import covered
from genomimic.scoring import MOST, halved, quantile, standard_error
from genomimic.views import View

PAIRS = 100


class Measure(NamedTuple):
    """A number with its 95% interval."""

    value: float
    low: float
    high: float


Measures = dict[str, Measure]
Statistic = Callable[[Int[np.ndarray, " rows"]], float]


def accuracy(trained: Trained) -> dict[str, Measures]:
    """Measures on the holdout of each learner that was fitted, and of the floors."""
    halves = _halves(trained)
    measures = {name: _measures(fitted.predictor, trained, halves) for name, fitted in trained.fitted.items()}
    return measures | {"shuffled": _by_chance(trained), "blind": _blind(trained, halves)}


def measured(
    statistic: Statistic, n: int, halves: list[Int[np.ndarray, " rows"]], *, correlated: bool = False
) -> Measure:
    """A statistic of all rows, with an interval from those of half-samples; on Fisher's scale where a correlation."""
    value, parts = statistic(np.arange(n)), np.array([statistic(rows) for rows in halves])
    margin = quantile(parts) * standard_error(parts)
    if not correlated:
        return Measure(value, value - margin, value + margin)
    middle = np.arctanh(np.clip(value, -MOST, MOST))
    margin /= 1 - min(value**2, MOST**2)
    return Measure(value, float(np.tanh(middle - margin)), float(np.tanh(middle + margin)))


def true_values(trained: Trained) -> Shaped[np.ndarray, " n"]:
    """The labels of the holdout: numbers, or names of classes."""
    column = trained.holdout.labels[trained.predictor.target.label]
    target = trained.predictor.target
    return target.values(column) if isinstance(target, Numbers) else column.astype(str)


def pearson(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    """Pearson's r; 0 where either does not vary."""
    return float(correlation(a, b))


def macro_f1(true: Shaped[np.ndarray, " n"], told: Shaped[np.ndarray, " n"]) -> float:
    """F1 of each class that occurs, mean over them."""
    names = np.unique(true)
    hits = np.array([((true == name) & (told == name)).sum() for name in names])
    both = np.array([(true == name).sum() + (told == name).sum() for name in names])
    return float((2 * hits / both).mean())


def _measures(predictor: Predictor, trained: Trained, halves: list[Int[np.ndarray, " rows"]]) -> Measures:
    true, n = true_values(trained), len(trained.holdout)
    if isinstance(predictor.target, Classes):
        told = predictor.classify(trained.holdout)
        sure = told.probabilities[np.arange(n), predictor.target.codes(true)]
        return {
            "accuracy": measured(lambda rows: float((told.name == true)[rows].mean()), n, halves),
            "macro_f1": measured(lambda rows: macro_f1(true[rows], told.name[rows]), n, halves),
            "log_loss": measured(lambda rows: float(-np.log(np.maximum(sure, 1e-12))[rows].mean()), n, halves),
        }
    mean, low, high = predictor.predict(trained.holdout)
    inside = covered(true, low, high)
    return {
        "pearson_r": measured(lambda rows: pearson(mean[rows], true[rows]), n, halves, correlated=True),
        "spearman": measured(lambda rows: spearman(mean[rows], true[rows]), n, halves, correlated=True),
        "rmse": measured(lambda rows: float(((mean - true)[rows] ** 2).mean() ** 0.5), n, halves),
        "coverage": measured(lambda rows: float(inside[rows].mean()), n, halves),
        "width": measured(lambda rows: float((high - low)[rows].mean()), n, halves),
    }


def _by_chance(trained: Trained) -> Measures:
    """What predictors taught labels in random order reach: the mean over orders, and the range of 95% of them."""
    true, target = true_values(trained), trained.predictor.target
    if isinstance(target, Numbers):
        kinds: dict[str, Callable[..., float]] = {"pearson_r": pearson, "spearman": spearman}
        said = trained.by_chance[..., 0]
    else:
        kinds = {"accuracy": lambda told, true: float((told == true).mean()), "macro_f1": lambda a, b: macro_f1(b, a)}
        said = np.array(target.names)[trained.by_chance.argmax(-1)]
    reached = {name: np.array([kind(one, true) for one in said]) for name, kind in kinds.items()}
    return {name: Measure(float(v.mean()), *map(float, np.quantile(v, [0.025, 0.975]))) for name, v in reached.items()}


def _blind(trained: Trained, halves: list[Int[np.ndarray, " rows"]]) -> Measures:
    """What the mean of a number, or the most frequent class, gets right without looking at the record."""
    true, n, target = true_values(trained), len(trained.holdout), trained.predictor.target
    if isinstance(target, Numbers):
        away = true - target.mean
        return {"rmse": measured(lambda rows: float((away[rows] ** 2).mean() ** 0.5), n, halves)}
    names, counts = np.unique(trained.learned.labels[target.label].astype(str), return_counts=True)
    right = true == names[counts.argmax()]
    return {"accuracy": measured(lambda rows: float(right[rows].mean()), n, halves)}


def _halves(trained: Trained) -> list[Int[np.ndarray, " rows"]]:
    view = View(trained.holdout, trained.holdout_clusters)
    return [part.rows for part in halved(view, PAIRS, np.random.default_rng(len(view))).halves]
