"""How fast are nearest records by edit distance, and how often is the nearest one found?

    python benchmarks/neighbours.py [--records 10000] [--length 200] [--fasta FILE]

Random DNA, or the records of a file. The loop calls an edit distance library pair by pair, on as many pairs as a few
seconds allow; its time for all pairs is scaled from that. Near copies of targets with 2 to 20% edits (replaced, added
and removed letters alike) tell whether a near copy can be missed; records without relatives are the hard case, as
their nearest record is hardly nearer than thousands of others.
"""

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from genomimic import distances
from genomimic.distances import nearest_records
from genomimic.screening import Words

LIBRARIES = {
    "rapidfuzz": ("rapidfuzz.distance.Levenshtein", "distance"),
    "edlib": ("edlib", "align"),
    "editdistance": ("editdistance", "eval"),
}


def edited(text: str, share: float, rng: np.random.Generator) -> str:
    letters = list(text)
    for _ in range(round(share * len(text))):
        at, new = int(rng.integers(len(letters))), "ACGT"[rng.integers(4)]
        kind = rng.integers(3)
        if kind == 0:
            letters[at] = new
        elif kind == 1:
            letters.insert(at, new)
        else:
            del letters[at]
    return "".join(letters)


def microseconds_a_pair(call: Callable[[str, str], object], queries: Sequence[str], targets: Sequence[str]) -> float:
    start, pairs = time.perf_counter(), 0
    while time.perf_counter() - start < 2.0:
        for target in targets[:1000]:
            call(queries[pairs % len(queries)], target)
        pairs += len(targets[:1000])
    return 1e6 * (time.perf_counter() - start) / pairs


def timed(queries: Sequence[str], targets: Sequence[str], **options: int) -> tuple[distances.Nearest, float]:
    start = time.perf_counter()
    found = nearest_records(queries, targets, **options)
    return found, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--subset", type=int, default=200, help="queries whose nearest record is found exactly too")
    parser.add_argument("--fasta", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    if options.fasta:
        from genomimic.reading import read

        dataset = read(options.fasta)
        rows = rng.permutation(len(dataset))[: 2 * options.records]
        texts = [dataset.modality.letters.decode(dataset.values[row]) for row in rows]
    else:
        texts = ["".join(row) for row in rng.choice(list("ACGT"), (2 * options.records, options.length))]
    queries, targets = texts[: len(texts) // 2], texts[len(texts) // 2 :]

    _, seconds = timed(queries, targets, cells=0)
    print(f"{len(queries):,} x {len(targets):,} records of {len(texts[0])} letters: {seconds:.1f} s")
    for name, (module, function) in LIBRARIES.items():
        try:
            call = getattr(importlib.import_module(module), function)
        except ImportError:
            print(f"  {name:14} not installed")
            continue
        pair = microseconds_a_pair(call, queries, targets)
        whole = pair * 1e-6 * len(queries) * len(targets)
        print(f"  {name:14} {pair:6.2f} us a pair in a loop, {whole:9,.0f} s for all: {whole / seconds:6.0f} x")

    subset = queries[: options.subset]
    exact, seconds_exact = timed(subset, targets, cells=10**18)
    print(f"\nexact for {len(subset)} queries: {seconds_exact:.1f} s, all would take ", end="")
    print(f"{seconds_exact * len(queries) / len(subset):.0f} s\n")
    print(f"{'k':>2} {'C':>5} {'seconds':>8} {'recall':>7} {'excess %':>9} {'proven %':>9}   planted copies found")
    for words in (Words(4, 256, 4), Words(5, 1021, 4), Words(6, 4093, 4)):
        for candidates in (16, 64, 256):
            distances.words_for = lambda _, words=words: words
            some, seconds = timed(subset, targets, cells=0, candidates=candidates)
            recall = (some.distance == exact.distance).mean()
            excess = 100 * (some.distance.mean() / exact.distance.mean() - 1)
            line = f"{words.k:>2} {candidates:>5} {seconds:>8.2f} {recall:>7.3f} {excess:>9.2f} "
            line += f"{100 * some.proven.mean():>9.1f}  "
            for share in (0.02, 0.05, 0.1, 0.15, 0.2):
                copies = [edited(text, share, rng) for text in targets[: options.subset]]
                near, _ = timed(copies, targets, cells=0, candidates=candidates)
                hit = near.distance <= [round(share * len(text)) for text in targets[: options.subset]]
                line += f" {100 * share:.0f}%: {100 * hit.mean():.1f} ({100 * near.proven.mean():.0f} proven)"
            print(line)


if __name__ == "__main__":
    main()
