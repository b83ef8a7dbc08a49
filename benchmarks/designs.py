"""What methods of design reach and what it costs: the judge's activity, and how designs are told from natural ones.

    python benchmarks/designs.py RUN --objective expr -o results [--where expr=0.95q] [--gc 0.3:0.55 ...] [-n 100]

All methods are judged by one judge that none of them was guided by, beside two that ignore naturalness: random edits
of samples kept where the guide likes them (random search), and the guide's gradient alone (edit at price 0). `raised`
counts standard deviations of what the judge says of the generator's own samples, from their median to the designs'.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from genomimic.designing import METHODS, Brief, Objective, design
from genomimic.designing.reward import Reward
from genomimic.designs import judge_designs, yardstick_of
from genomimic.errors import GenomimicError
from genomimic.oracles import aim_of, train_oracles
from genomimic.parts import parts_of
from genomimic.rules import read_rules
from genomimic.run import Run
from genomimic.sampling import sample
from genomimic.where import parse_where


def random_search(brief: Brief, rounds: int = 200) -> np.ndarray:
    """Letters exchanged at random, kept where the guide's value rises and the rules hold."""
    rng = np.random.default_rng(brief.seed)
    values = brief.drawn(brief.n).values.copy()
    reward = Reward.of(brief.objective, brief.run, 0.0, brief.drawn(200))
    worth = reward(brief.records(values))
    for _ in range(rounds):
        born = values.copy()
        at = rng.integers(values.shape[1], size=len(values))
        born[np.arange(len(values)), at] = rng.integers(0, 4, len(values))
        gained = np.where(brief.keeps(born), reward(brief.records(born)), -np.inf)
        better = gained > worth
        values[better], worth[better] = born[better], gained[better]
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--objective", required=True)
    parser.add_argument("-o", "--out", type=Path, default=Path("designs.json"))
    parser.add_argument("-n", type=int, default=100)
    parser.add_argument("--where", action="append", default=[])
    parser.add_argument("--price", type=float, nargs="+", default=[0.0, 1.0, 3.0])
    parser.add_argument("--methods", nargs="+", default=["select", "search", "guide", "edit", "random"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gc")
    parser.add_argument("--max-homopolymer", type=int)
    parser.add_argument("--forbid-site", action="append", default=[])
    given = parser.parse_args()
    run = Run.load(given.run)
    parts, aim = parts_of(run), aim_of(given.objective)
    oracles = train_oracles(parts, aim, seed=given.seed)
    print(oracles.said, flush=True)
    rules = read_rules(run.modality, gc=given.gc, max_homopolymer=given.max_homopolymer, forbid_site=given.forbid_site)
    objective, yardstick = Objective.of_predictor(oracles.guide, of=aim.of), yardstick_of(run, parts, given.seed)
    where, rows = parse_where(given.where), []
    drawn = aim.judged(oracles.judge, sample(run, 1000, seed=given.seed + 1)).value
    print(f"samples are judged {np.median(drawn):.3f} in the median, standard deviation {drawn.std():.3f}", flush=True)
    for method in given.methods:
        for price in given.price if method in METHODS else [0.0]:
            began = time.process_time()
            brief = Brief(run, objective, given.n, price, rules, given.seed, yardstick, where)
            try:
                if method in METHODS:
                    made = design(
                        run,
                        objective,
                        n=given.n,
                        method=method,
                        price=price,
                        rules=rules,
                        seed=given.seed,
                        yardstick=yardstick,
                        where=where,
                    )
                else:
                    made = brief.finished(method, random_search(brief))
            except GenomimicError as error:
                print(method, price, error)
                continue
            seconds = time.process_time() - began
            found = judge_designs(made, yardstick, aim, oracles, seed=given.seed)
            rows.append(
                {
                    "method": method,
                    "price": price,
                    "judged_median": found.median,
                    "raised": float((found.median - np.median(drawn)) / drawn.std()),
                    "natural_median": found.percentile(0.5),
                    "natural_best_hundredth": found.percentile(0.99),
                    "beyond": found.beyond,
                    "told_from_best_natural_auc": found.recognised,
                    "bits_per_base": float(np.median(found.designs.bits)),
                    "natural_bits": float(np.median(found.natural.bits)),
                    "cpu_seconds": seconds,
                }
            )
            print(
                {key: round(value, 3) if isinstance(value, float) else value for key, value in rows[-1].items()},
                flush=True,
            )
            given.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
