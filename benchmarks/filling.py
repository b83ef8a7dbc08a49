"""Filling in what is free of masked sequences: are given letters kept, and are the fills like the real ones?

    python benchmarks/filling.py pairs.csv.gz -o results [--more sequences.csv.gz] [--steps N] [--seed 0]

A table with a masked sequence (free places written M) beside the whole one. `diffusion` learns the whole sequences of
the training part (and those of `--more`, a table of sequences, that are related to no other part), fills in the
templates of a holdout that shares no related sequence with it, and is judged twice:
on whole records, and on the free places alone, given letters being unknown in fills and real records alike. The floor
is random letters in the free places, as frequent as in the real ones; the ceiling is real records of other templates.
Skill is 1 at the ceiling and 0 at the floor. Prints a table, and writes it to results/filling-SEED.json.
Where the given letters were chosen for what they are, they say something of the free ones that no model can know which
has only met whole sequences: `--moved` gives letters at other places, by chance, and as many.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.csv

from genomimic import models, reading
from genomimic.alphabet import DNA
from genomimic.dataset import Dataset, join
from genomimic.evaluation import evaluate
from genomimic.modalities.sequences import Sequences
from genomimic.sampling import sample
from genomimic.splitting import split
from genomimic.training import fit

SHOWN = ("kmer_js_2", "kmer_js_3", "kmer_js_6", "position_js", "two_sample_auc_linear", "two_sample_auc_cnn")
UNKNOWN = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--masked", default="realA")
    parser.add_argument("--full", default="realB")
    parser.add_argument("--free", default="M")
    parser.add_argument("--more", type=Path)
    parser.add_argument("--steps")
    parser.add_argument("--moved", action="store_true", help="move each template along its sequence by chance")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data, free = read_pairs(options)
    pairs = len(data)
    if options.more:
        more = reading.read(options.more, modality=data.modality)
        data = join([data, replace(more, labels={})])
    parts = split(data)
    masked_rows = {name: parts.rows(name)[parts.rows(name) < pairs] for name in ("train", "holdout")}
    train, validation = parts.train(data), parts.validation(data)
    learned, holdout = (data.take(masked_rows[name]) for name in ("train", "holdout"))
    rows = {name: free[masked_rows[name]] for name in ("train", "holdout")}
    print(f"{len(train)} train, {len(validation)} validation, {len(holdout)} holdout", flush=True)
    began = time.process_time(), time.monotonic()
    settings = {"steps": options.steps} if options.steps else {}
    run = fit(models.build("diffusion", settings), train, validation, seed=options.seed, path=options.out)
    took = time.process_time() - began[0], time.monotonic() - began[1]
    made = filled(run, holdout, rows["holdout"], options)
    kept = (made.values == holdout.values)[~rows["holdout"]]
    print(f"trained in {took[0]:.0f} CPU s ({took[1]:.0f} s); {kept.sum()} of {kept.size} given letters kept")
    found = {"seed": options.seed, "train_cpu": took[0], "given": kept.size, "kept": int(kept.sum())}
    found["recovered"] = float((made.values == holdout.values)[rows["holdout"]].mean())
    print(f"free letters that are the real one's: {found['recovered']:.3f}")
    random = at_random(learned, rows["train"], holdout, rows["holdout"], options.seed)
    clusters = {f"{name}_clusters": parts.cluster[at] for name, at in masked_rows.items()}
    counted = [np.bincount(one.values[rows["holdout"]], minlength=4)[:4] for one in (holdout, made)]
    print("letters in free places, real and filled:", *((one / one.sum()).round(4) for one in counted))
    for title, hidden in (("whole", False), ("free", True)):
        sets = [
            (learned, rows["train"]),
            (holdout, rows["holdout"]),
            (made, rows["holdout"]),
            (random, rows["holdout"]),
        ]
        a, b, c, d = (masked(one, places) if hidden else one for one, places in sets)
        names = ("composition", "markov", "pwm", "position-markov", "uniform")
        report = evaluate(
            {"fills": c}, train=a, holdout=b, references=dict.fromkeys(names, d), seed=options.seed, **clusters
        )
        for score in report.sets[0].scores:
            if score.metric in SHOWN:
                found[f"{title} {score.metric}"] = [score.value, score.ceiling, score.floors, score.skill]
                floor = min(score.floors.values()) if score.better == "lower" else max(score.floors.values())
                print(
                    f"{title:6} {score.metric:22} {score.value:.4f}  ceiling {score.ceiling:.4f}  floor {floor:.4f}"
                    f"  skill {score.skill:.2f} ({score.skill_low:.2f} to {score.skill_high:.2f})",
                    flush=True,
                )
    (options.out / f"filling-{options.seed}.json").write_text(json.dumps(found, indent=1) + "\n")


def read_pairs(options):
    """Whole sequences, and which of their places are free; sequences that do not agree with their mask are left out."""
    with pyarrow.csv.open_csv(options.pairs) as file:
        table = file.read_all()
    texts = [(a, b) for a, b in zip(table[options.masked].to_pylist(), table[options.full].to_pylist(), strict=True)]
    agree = [
        (a, b)
        for a, b in texts
        if len(a) == len(b) and all(x in (y, options.free) for x, y in zip(a, b, strict=True)) and options.free in a
    ]
    print(f"{len(agree)} of {len(texts)} pairs agree outside of the free places")
    values = np.stack([DNA.encode(b) for _, b in agree])
    free = np.array([[letter == options.free for letter in a] for a, _ in agree])
    if options.moved:
        rng = np.random.default_rng(options.seed)
        free = np.stack([np.roll(row, rng.integers(free.shape[1])) for row in free])
    ids = np.array([f"pair_{at}" for at in range(len(agree))], object)
    return Dataset(values, ids, Sequences("dna", stranded=True, aligned=True)), free


def filled(run, holdout, free, options):
    """One fill of each holdout record's template."""
    path = options.out / f"templates-{options.seed}.fa"
    texts = run.modality.texts(holdout)
    written = (
        "".join("N" if open_ else letter for letter, open_ in zip(text, row, strict=True))
        for text, row in zip(texts, free, strict=True)
    )
    path.write_text("".join(f">t{at}\n{text}\n" for at, text in enumerate(written)))
    return sample(run, 1, seed=options.seed, template=path)


def at_random(train, train_free, holdout, free, seed):
    """Holdout records with letters drawn in their free places, as frequent as in those of training records."""
    counts = np.bincount(train.values[train_free & (train.values < 4)], minlength=4)
    drawn = np.random.default_rng(seed).choice(4, holdout.values.shape, p=counts / counts.sum())
    return replace(holdout, values=np.where(free, drawn, holdout.values).astype(np.int8))


def masked(data, free):
    """Records of which the given letters are unknown."""
    return replace(data, values=np.where(free, data.values, UNKNOWN).astype(np.int8), labels={})


if __name__ == "__main__":
    main()
