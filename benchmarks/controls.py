"""Do the scores behave on data whose answer is known? Prints one table of controls for a real data set.

    python benchmarks/controls.py promoters_unique.tsv.gz [--samples NAME=FILE.fa.gz ...] [--n 1155] [--replicates 100]

The table has a `sequence` and a `split` column (train, valid, test). Half of the held-out records are the holdout; the
other half are scored as if synthetic, as they are and with 5, 10, 20 and 50% of their letters replaced. A copier,
a collapsed generator, samples of simple baselines and of any tool's FASTA are scored beside them.
"""

import argparse
import csv
import gzip
import time
from pathlib import Path

import numpy as np

from genomimic.alphabet import DNA
from genomimic.dataset import Dataset
from genomimic.evaluation import Report, evaluate
from genomimic.features import sequence
from genomimic.metrics.kmers import kmer_js_distance
from genomimic.modalities.sequences import Sequences

MODALITY = Sequences("dna", stranded=True, aligned=True)
LADDER = (0, 5, 10, 20, 50)


def dataset(values: np.ndarray) -> Dataset:
    return Dataset(values.astype(np.int8), np.arange(len(values)).astype(str), MODALITY)


def read_table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return np.stack([DNA.encode(row["sequence"]) for row in rows]), np.array([row["split"] for row in rows])


def read_fasta(path: Path) -> np.ndarray:
    with gzip.open(path, "rt") as lines:
        return np.stack([DNA.encode(line.strip()) for line in lines if not line.startswith(">")])


def chain(train: np.ndarray, n: int, rng: np.random.Generator, *, order: int, positional: bool) -> np.ndarray:
    """Samples of a Markov chain fitted on rows of tokens; each order is shrunk towards the one below."""
    length, out = train.shape[1], np.zeros((n, train.shape[1]), np.int64)
    for at in range(length):
        places = [at] if positional else range(min(at, order), length)
        probs = np.full((1, 4), 0.25)
        for k in range(min(at, order) + 1):
            counts = np.zeros((4**k, 4))
            for place in places:
                if place >= k:
                    words = train[:, place - k : place] @ 4 ** np.arange(k)[::-1]
                    np.add.at(counts, (words, train[:, place]), 1)
            shrink = 20.0
            below = np.tile(probs, (4**k // len(probs), 1))
            probs = (counts + shrink * below) / (counts.sum(1, keepdims=True) + shrink)
        k = min(at, order)
        words = out[:, at - k : at] @ 4 ** np.arange(k)[::-1]
        out[:, at] = (rng.random((n, 1)) > probs[words].cumsum(1)).sum(1).clip(0, 3)
    return out


def substituted(values: np.ndarray, percent: int, rng: np.random.Generator) -> np.ndarray:
    hit = rng.random(values.shape) < percent / 100
    return np.where(hit, (values + rng.integers(1, 4, values.shape)) % 4, values)


def table(report: Report) -> str:
    lines = [" " * 24 + "".join(f"{one.name:>18}" for one in report.sets) + f"{'ceiling':>10}{'floor':>10}"]
    for scores in zip(*(one.scores for one in report.sets), strict=True):
        first = scores[0]
        cells = "".join(f"{score.value:>10.4f} ({score.skill:>5.2f})" for score in scores)
        floor = first.floors.get(first.floor, np.nan)
        mark = "" if first.resolved else "  (not resolved)"
        lines.append(f"{first.metric:<24}{cells}{first.ceiling:>10.4f}{floor:>10.4f}{mark}")
    return "\n".join(lines)


def distances(report: Report) -> str:
    lines = [
        f"6-mer Jensen-Shannon distance (sqrt, bits) from {len(report.sets[0].comparison.holdout)} holdout records:"
    ]
    for one in report.sets:
        views = one.comparison.synthetic, one.comparison.holdout
        lines.append(f"  {one.name:<20}{kmer_js_distance(*(sequence.kmer_totals(view, 6) for view in views)):.4f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--samples", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--full", action="store_true", help="judge samples against all held-out records, no ladder")
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    values, split = read_table(options.data)
    train, rest = values[split == "train"], rng.permutation(values[split != "train"])
    holdout, fresh = (rest, rest[:0]) if options.full else (rest[: len(rest) // 2], rest[len(rest) // 2 :])
    n = len(holdout)
    references = {
        "uniform": rng.integers(0, 4, (n, values.shape[1])),
        "composition": chain(train, n, rng, order=0, positional=False),
        "markov": chain(train, n, rng, order=5, positional=False),
        "pwm": chain(train, n, rng, order=0, positional=True),
        "position-markov": chain(train, n, rng, order=4, positional=True),
    }
    few = train[rng.permutation(len(train))[: len(train) // 20]]
    sets = {f"real+{percent}%": substituted(fresh, percent, rng) for percent in LADDER if len(fresh)}
    sets |= {"copier": train[rng.integers(len(train), size=n)], "collapsed": few[rng.integers(len(few), size=n)]}
    sets |= {"pwm": chain(train, n, rng, order=0, positional=True)}
    sets |= {"position-markov": chain(train, n, rng, order=4, positional=True)}
    sets |= {name: read_fasta(Path(path)) for name, path in (given.split("=", 1) for given in options.samples)}
    start = time.perf_counter()
    report = evaluate(
        {name: dataset(one) for name, one in sets.items()},
        train=dataset(train),
        holdout=dataset(holdout),
        references={name: dataset(one) for name, one in references.items()},
        replicates=options.replicates,
        seed=options.seed,
    )
    print(f"train {len(train)}, holdout {n}, {len(sets)} sets, {time.perf_counter() - start:.1f} s\n")
    print(table(report), distances(report), sep="\n\n")
    for one in report.sets:
        print(f"\n{one.name}: {one.verdict}", *one.findings, sep="\n  ")


if __name__ == "__main__":
    main()
