"""Can a learner be trained on synthetic records, and do these carry the right labels? On a run's own holdout.

    python benchmarks/usefulness.py --run RUN --label NAME [--learner convolutional] [--seed 0] [--synthetic FILE]

TSTR: a learner taught by synthetic records, tested on the holdout. TRTR: one taught by as many real training records.
TRTS: one taught by real training records, tested on synthetic ones. Retention is (TSTR - chance) / (TRTR - chance); its
interval comes from half-samples of holdout clusters, both learners being tested on the same. The judge is taught by
holdout and validation records, which the generator has never met; what it says of real training records is the ceiling,
of synthetic records with labels in random order the floor. Then augmentation curves, beside mutated copies.
Synthetic records are drawn from the run, labels being as frequent as in training, unless a file is given.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from genomimic.dataset import Dataset, join
from genomimic.parts import parts_of
from genomimic.predictors import LEARNERS, Classes, Learner, Target, target_of
from genomimic.reading import read
from genomimic.run import Run
from genomimic.sampling import sample
from genomimic.scoring import halved, quantile, standard_error
from genomimic.usefulness import LEARNER, Taught, agreement, augmentation, chance, teach, usable
from genomimic.views import View

PAIRS = 100


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--learner", choices=list(LEARNERS), default="linear")
    parser.add_argument("--judge", choices=list(LEARNERS), default="convolutional")
    parser.add_argument("--synthetic", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-curve", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    run = Run.load(options.run)
    parts = parts_of(run)
    target = target_of(parts.train, options.label)
    clusters = {name: parts.split.cluster[parts.split.rows(name)] for name in ("train", "validation", "holdout")}
    (train, groups), (holdout, held), (validation, own) = (
        labelled(target, getattr(parts, name), clusters[name]) for name in ("train", "holdout", "validation")
    )
    made = (
        read(options.synthetic, modality=run.modality)
        if options.synthetic
        else sample(run, len(train), seed=options.seed)
    )
    made = labelled(target, made, np.arange(len(made)))[0]
    rows = np.random.default_rng(options.seed).permutation(len(train))[: len(made)]
    learner = LEARNER if options.learner == "linear" else LEARNERS[options.learner]
    print(f"{options.run}: {options.label}, by the {learner.name} learner")
    print(f"{len(train):,} real, {len(made):,} synthetic, {len(holdout):,} held out")
    real = teach(target, train.take(rows), groups[rows], learner=learner, seed=options.seed)
    taught = teach(target, made, learner=learner, seed=options.seed)
    mixed = teach(target, in_random_order(made, target, options.seed), learner=learner, seed=options.seed)
    retention(real, taught, mixed, holdout, held)
    print(f"TRTS       {real.agreement(made):.3f}")
    unseen, both = join_labelled(target, validation, holdout), np.concatenate([own, held])
    judge = teach(target, unseen, both, learner=LEARNERS[options.judge], seed=options.seed)
    fidelity(judge, made, train, options.seed)
    if not options.no_curve:
        curve(target, train, made, groups, holdout, learner, options.seed)
    print(f"{time.process_time() - began:.0f} CPU seconds")


def labelled(target: Target, data: Dataset, clusters: np.ndarray) -> tuple[Dataset, np.ndarray]:
    """The records whose label is known, with that label alone."""
    rows = np.flatnonzero(usable(target, data))
    some = data.take(rows)
    return replace(some, labels={target.label: some.labels[target.label].astype(str)}), clusters[rows]


def join_labelled(target: Target, *sets: Dataset) -> Dataset:
    """Several sets as one."""
    width = max(one.length for one in sets)
    return join([one.modality.conform(one, width) for one in sets])


def in_random_order(data: Dataset, target: Target, seed: int) -> Dataset:
    """Records with their labels in random order."""
    order = np.random.default_rng([seed, 5]).permutation(len(data))
    return replace(data, labels={target.label: data.labels[target.label][order]})


def retention(real: Taught, taught: Taught, mixed: Taught, holdout: Dataset, clusters: np.ndarray) -> None:
    """TSTR, TRTR, the floor, and retention with its interval."""
    target, labels = real.target, holdout.labels[real.target.label]
    said = {name: one.outputs(holdout) for name, one in (("TRTR", real), ("TSTR", taught), ("shuffled", mixed))}
    view = View(holdout, clusters)
    halves = [part.rows for part in halved(view, PAIRS, np.random.default_rng(0)).halves]

    def measured(name: str) -> tuple[float, np.ndarray]:
        parts = [agreement(target, said[name][rows], labels[rows]) for rows in halves]
        return agreement(target, said[name], labels), np.array(parts)

    nothing = chance(target, holdout)
    found = {name: measured(name) for name in said}
    for name, (value, parts) in found.items():
        margin = quantile(parts) * standard_error(parts)
        print(f"{name:<10} {value:.3f} [{value - margin:.3f}, {value + margin:.3f}]")
    (full, fulls), (got, gots) = found["TRTR"], found["TSTR"]
    kept = (got - nothing) / (full - nothing)
    away = (gots - nothing) - kept * (fulls - nothing)
    margin = quantile(away) * standard_error(away) / abs(full - nothing)
    print(f"chance     {nothing:.3f}\nretention  {kept:.3f} [{kept - margin:.3f}, {kept + margin:.3f}]")
    print(f"TSTR-TRTR  {got - full:+.3f}")


def fidelity(judge: Taught, made: Dataset, real: Dataset, seed: int) -> None:
    """How far labels agree with a judge: of synthetic records, of real ones, and in random order."""
    mixed = in_random_order(made, judge.target, seed)
    beside = f"real {judge.agreement(real):.3f}, shuffled {judge.agreement(mixed):.3f}"
    print(f"judged     {judge.agreement(made):.3f} ({beside})")
    if isinstance(judge.target, Classes):
        for name in judge.target.names:
            rows = np.flatnonzero(made.labels[judge.target.label] == name)
            print(f"  {name:<8} {judge.agreement(made.take(rows)):.3f} of {len(rows):,}")
    else:
        print(f"slope      {slope(judge, made):.3f} (real {slope(judge, real):.3f})")


def slope(judge: Taught, data: Dataset) -> float:
    """Slope of what the judge says over the labels."""
    values, said = judge.target.columns(data.labels[judge.target.label])[:, 0], judge.outputs(data)[:, 0]
    return float(np.polyfit(values, said, 1)[0])


def curve(
    target: Target, train: Dataset, made: Dataset, groups: np.ndarray, holdout: Dataset, learner: Learner, seed: int
) -> None:
    """Agreement on the holdout by share of the real records."""
    print("real    records   alone  +synthetic  +mutated copies")
    for rung in augmentation(target, train, made, groups, learner=learner, seed=seed):
        found = [one.agreement(holdout) for one in (rung.alone, rung.with_synthetic, rung.with_copies)]
        print(f"{rung.share:>4.0%} {rung.real:>10,}   {found[0]:.3f}       {found[1]:.3f}            {found[2]:.3f}")


if __name__ == "__main__":
    main()
