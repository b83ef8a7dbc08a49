"""Do 95% intervals hold the true score 95 times in 100? Simulated, for each metric.

    python benchmarks/coverage.py [--repeats 200] [--n 200] [METRIC ...]

Holdout and synthetic sets are drawn anew from known processes, `repeats` times: once the synthetic records come from
the process of the real ones (fresh), once letters are replaced, a fifth of them or, where motifs are looked for, 5%
(corrupted). The training records stay the same. The true score is the mean over all repeats; coverage is the share of
repeats whose interval holds it. Motifs are looked for in 600 records of 200 letters, as fewer have too few sites. Cells
are 300 of 40 genes and three types; corrupted, a fifth of their counts are another cell's.
Likelihoods are normal numbers, the same for training and unseen records (fresh) or lower for the former (corrupted).
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from toys import MOTIFS, cells, dataset, planted_values, real_values, substituted

from genomimic.dataset import Dataset
from genomimic.likelihoods import Halves, SeenAndUnseen, memory_scores
from genomimic.metrics import METRICS
from genomimic.metrics.base import profiles
from genomimic.motifs import Motifs
from genomimic.scoring import Scale, halved, interval
from genomimic.views import View

WORLDS = ("fresh", "corrupted")
LIKELIHOODS = ("generalisation_gap", "membership_auc_likelihood")


@dataclass(frozen=True)
class Kind:
    """A process that records are drawn from, how many, and how they are spoiled."""

    draw: Callable[[int, np.random.Generator], Dataset]
    spoil: Callable[[Dataset, np.random.Generator], Dataset]
    n: int
    motifs: Motifs | None = None


def exchanged(data: Dataset, rng: np.random.Generator) -> Dataset:
    """A fifth of the counts replaced by the same gene's in another cell."""
    hit = rng.random(data.values.shape) < 0.2
    return replace(data, values=np.where(hit, rng.permuted(data.values, axis=0), data.values))


def kinds(n: int) -> dict[str, Kind]:
    """By name; n records of letters."""

    def worse(share: float) -> Callable[[Dataset, np.random.Generator], Dataset]:
        return lambda data, rng: dataset(substituted(data.values, share, rng))

    return {
        "letters": Kind(lambda n, rng: dataset(real_values(n, rng)), worse(0.2), n),
        "motifs": Kind(lambda n, rng: dataset(planted_values(n, rng)), worse(0.05), 600, MOTIFS),
        "cells": Kind(cells, exchanged, 300),
    }


def kind_of(name: str) -> str:
    """Kind of data that a metric is simulated on."""
    if METRICS[name].family == "motifs":
        return "motifs"
    return "cells" if profiles in METRICS[name].needs else "letters"


def main() -> None:
    """Print one line a metric: coverage and error in both worlds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metrics", nargs="*")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--halves", type=int, default=50, help="draws of half the records; each gives two half-samples")
    options = parser.parse_args()
    wanted = options.metrics or [*METRICS, *LIKELIHOODS]
    print(f"{'metric':32s} {'world':10s} {'truth':>9s} {'sd':>8s} {'error':>8s} {'coverage':>9s} {'s':>6s}")
    for world in WORLDS:
        for name, kind in kinds(options.n).items():
            simulate([one for one in wanted if one in METRICS and kind_of(one) == name], world, options, kind)
        simulate_likelihoods([name for name in wanted if name in LIKELIHOODS], world, options)


def simulate(wanted: Sequence[str], world: str, options: argparse.Namespace, kind: Kind) -> None:
    """Values and intervals of each metric over the repeats, and the seconds it took."""
    values, intervals, seconds = {}, {}, dict.fromkeys(wanted, 0.0)
    train = View(kind.draw(1000, np.random.default_rng(0)))
    for repeat in range(options.repeats if wanted else 0):
        rng = np.random.default_rng([1, repeat])
        holdout, generated, matched = (
            halved(View(records), options.halves, rng)
            for records in (
                kind.draw(kind.n, rng),
                kind.spoil(kind.draw(kind.n, rng), rng) if world == "corrupted" else kind.draw(kind.n, rng),
                train.dataset.take(rng.permutation(len(train))[: kind.n]),
            )
        )
        scale = Scale(train, holdout, matched, (), holdout, {}, {}, motifs=kind.motifs)
        for name in wanted:
            metric = METRICS[name]
            if metric.applies(scale.comparison(generated)):
                started = time.perf_counter()
                measured = scale.measure(metric, generated)
                seconds[name] += time.perf_counter() - started
                values.setdefault(name, []).append(measured.value)
                read = metric.size(scale.comparison(generated))
                intervals.setdefault(name, []).append(interval(measured, metric, read))
    for name, found in values.items():
        report(name, world, found, intervals[name], seconds[name])


def simulate_likelihoods(wanted: Sequence[str], world: str, options: argparse.Namespace) -> None:
    """The same for what a model has learned by heart, from likelihoods of as many training as unseen records."""
    scores = {name: [] for name in wanted}
    for repeat in range(options.repeats if wanted else 0):
        rng = np.random.default_rng([2, repeat])
        seen = rng.normal(1.9 if world == "fresh" else 1.8, 0.2, options.n)
        orders = [[rng.permutation(options.n) for _ in range(options.halves)] for _ in range(2)]
        halves = Halves(*([half for order in side for half in np.array_split(order, 2)] for side in orders))
        for score in memory_scores(SeenAndUnseen(seen, rng.normal(1.9, 0.2, options.n)), {}, halves):
            if score.metric in scores:
                scores[score.metric].append((score.value, score.low, score.high))
    for name, found in scores.items():
        report(name, world, [value for value, *_ in found], [bounds for _, *bounds in found], 0.0)


def report(
    name: str, world: str, values: Sequence[float], intervals: Sequence[Sequence[float]], seconds: float
) -> None:
    """One line."""
    truth, spread, bounds = np.mean(values), np.std(values), np.array(intervals)
    covered = ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()
    error = np.mean(bounds[:, 1] - bounds[:, 0]) / 3.92
    mark = "" if 0.90 <= covered <= 0.98 else "  <-"
    print(
        f"{name:32s} {world:10s} {truth:9.4f} {spread:8.4f} {error:8.4f} {covered:9.1%} {seconds:6.1f}{mark}",
        flush=True,
    )


if __name__ == "__main__":
    main()
