"""Do 95% intervals hold the true score 95 times in 100? Simulated, for each metric.

    python benchmarks/coverage.py [--repeats 200] [--n 200] [METRIC ...]

Holdout and synthetic sets are drawn anew from known processes, `repeats` times: once the synthetic records come from
the process of the real ones (fresh), once a fifth of their letters is replaced (corrupted). The true score is the mean
over all repeats; coverage is the share of repeats whose interval holds it. Metrics that are least at equality, and
cannot be negative, are centred above their least value there; they may cover more.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from toys import dataset, real_values, substituted

from genomimic.metrics import METRICS
from genomimic.scoring import Scale, halved, interval
from genomimic.views import View

WORLDS = {"fresh": 0.0, "corrupted": 0.2}


def main() -> None:
    """Print one line a metric: coverage and error in both worlds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metrics", nargs="*")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--halves", type=int, default=20, help="draws of half the records; each gives two half-samples")
    options = parser.parse_args()
    wanted = options.metrics or list(METRICS)
    train = View(dataset(real_values(1000, np.random.default_rng(0))))
    print(f"{'metric':28s} {'world':10s} {'truth':>9s} {'sd':>8s} {'error':>8s} {'coverage':>9s} {'s':>6s}")
    for world, noise in WORLDS.items():
        values, held, seconds = simulate(wanted, train, noise, options)
        for name in wanted:
            if name in values:
                report(name, world, values[name], held[name], seconds[name])


def simulate(wanted: list[str], train: View, noise: float, options: argparse.Namespace) -> tuple[dict, dict, dict]:
    """Values and intervals of each metric over the repeats, and the seconds it took."""
    values, intervals, seconds = {}, {}, dict.fromkeys(wanted, 0.0)
    for repeat in range(options.repeats):
        rng = np.random.default_rng([1, repeat])
        holdout, generated, matched = (
            halved(View(dataset(records)), options.halves, rng)
            for records in (
                real_values(options.n, rng),
                substituted(real_values(options.n, rng), noise, rng),
                train.dataset.values[rng.permutation(len(train))[: options.n]],
            )
        )
        scale = Scale(train, holdout, matched, (), holdout, {}, {})
        for name in wanted:
            metric = METRICS[name]
            if metric.applies(scale.comparison(generated)):
                started = time.perf_counter()
                measured = scale.measure(metric, generated)
                seconds[name] += time.perf_counter() - started
                values.setdefault(name, []).append(measured.value)
                intervals.setdefault(name, []).append(interval(measured, metric, options.n))
    return values, intervals, seconds


def report(name: str, world: str, values: list[float], intervals: list[tuple[float, float]], seconds: float) -> None:
    """One line."""
    truth, spread, bounds = np.mean(values), np.std(values), np.array(intervals)
    covered = ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()
    error = np.mean(bounds[:, 1] - bounds[:, 0]) / 3.92
    mark = "" if 0.90 <= covered <= 0.98 else "  <-"
    print(
        f"{name:28s} {world:10s} {truth:9.4f} {spread:8.4f} {error:8.4f} {covered:9.1%} {seconds:6.1f}{mark}",
        flush=True,
    )


if __name__ == "__main__":
    main()
