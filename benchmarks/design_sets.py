"""Are designed sequences told from native ones, and by what? Prints one table.

    python benchmarks/design_sets.py DIRECTORY [--n 1000]

DIRECTORY holds human_seqs.txt.gz and yeast_seqs.txt of the Polygraph tutorials (Gupta et al. 2023, bioRxiv
2023.11.27.568764): lines of sequence, comma or tab, group. Half of the native sequences are the real ones; the other
half are judged as if designed, beside each group of designed ones, as many.
"""

import argparse
import gzip
import os
import re
import time
from pathlib import Path

os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path("~/.cache/genomimic/jax").expanduser()))

import numpy as np

from genomimic.alphabet import DNA
from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.evidence import EVIDENCE
from genomimic.metrics import METRICS
from genomimic.modalities.sequences import Sequences

TESTS = ("two_sample_auc_linear", "two_sample_auc_cnn")
TABLES = ("giveaway_words", "giveaway_motifs", "giveaway_positions")


def groups(path: Path) -> dict[str, np.ndarray]:
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    rows = [re.split(r"[,\t]", line.strip()) for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 2 and set(row[0]) <= set("ACGT")]
    names = dict.fromkeys(name for _, name in rows)
    return {name: np.stack([DNA.encode(sequence) for sequence, other in rows if other == name]) for name in names}


def dataset(values: np.ndarray) -> Dataset:
    return Dataset(
        values.astype(np.int8), np.arange(len(values)).astype(str), Sequences("dna", stranded=True, aligned=False)
    )


def judge(title: str, real: np.ndarray, group: np.ndarray) -> None:
    comparison = compare(dataset(real), dataset(real), dataset(group))
    start = time.perf_counter()
    values = [METRICS[name].statistic(comparison) for name in TESTS]
    seconds, top = time.perf_counter() - start, []
    for name in TABLES:
        row = {heading: column[0] for heading, column in EVIDENCE[name].columns(comparison).items()}
        top.append(
            f"{row['letters']}@{row['position']}"
            if "letters" in row
            else f"{row['word']} {2 ** row['log2 ratio']:.2g}x"
        )
    print(f"{title:30s} {len(real):6d} {values[0]:7.3f} {values[1]:7.3f} {seconds:6.1f}  {', '.join(top)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--n", type=int, default=1000, help="most sequences of a group")
    options = parser.parse_args()
    print(f"{'set':30s} {'n':>6s} {'linear':>7s} {'cnn':>7s} {'s':>6s}  top word, motif, position")
    for name in ("human_seqs.txt.gz", "yeast_seqs.txt"):
        sets = groups(options.directory / name)
        native = np.concatenate([values for group, values in sets.items() if group.startswith("native")])
        native = native[np.random.default_rng(0).permutation(len(native))]
        n = min(options.n, len(native) // 2)
        judged = {"native": native[n : 2 * n], **{k: v for k, v in sets.items() if not k.startswith("native")}}
        for group, values in judged.items():
            m = min(n, len(values))
            judge(f"{name.split('_')[0]} {group}", native[:m], values[:m])


if __name__ == "__main__":
    main()
