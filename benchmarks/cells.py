"""Many cells: memory, and seconds an epoch, of the VAE as cells grow in number, stored sparse on disk.

    python benchmarks/cells.py cells.h5ad [--cells 25000 50000 100000] [--genes 2000] [--epochs 2]

Cells are drawn again and again from the file, their counts thinned to 90% at random so that none are equal, and written
to a sparse .h5ad file; each number of cells is read, split and trained on in a process of its own, whose largest
resident memory is reported. Cost is linear where milliseconds an epoch and a cell stay the same; the first block of
steps, which holds the compilation, does not count.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse


def make(source: Path, n: int, out: Path, seed: int = 0) -> None:
    cells = anndata.read_h5ad(source)
    rng = np.random.default_rng(seed)
    counts = sparse.csr_matrix(cells.X)[rng.integers(0, cells.n_obs, n)]
    counts.data = rng.binomial(counts.data.astype(int), 0.9).astype(np.int32)
    counts.eliminate_zeros()
    made = anndata.AnnData(counts.astype(np.float32), var=cells.var)
    made.obs_names = [f"cell_{i}" for i in range(n)]
    made.write_h5ad(out, compression="gzip")


def train(path: Path, genes: int, epochs: int) -> dict[str, float]:
    """Read, split and train; what it took."""
    from genomimic import models, reading
    from genomimic.parts import Parts
    from genomimic.splitting import split
    from genomimic.training import fit, spec_of

    began = time.monotonic()
    data = reading.read(path, genes=genes)
    read = time.monotonic() - began
    parts = Parts.of(data, split(data))
    del data
    model = models.build("vae", {"patience": 1000}).settled(spec_of(parts.train), len(parts.train))
    every = model.plan(len(parts.train)).every
    blocks = max(3, round(epochs * len(parts.train) / 128 / every))
    model = models.build("vae", {"steps": every * blocks, "patience": 1000})
    marks: list[tuple[int, float]] = []
    fit(model, parts.train, parts.validation, progress=lambda at: marks.append((at.step, time.monotonic())))
    (first, began), (last, ended) = marks[0], marks[-1]
    step = (ended - began) / max(last - first, 1)
    return {
        "cells": len(parts.train),
        "genes": parts.train.length,
        "read_seconds": read,
        "epoch_seconds": step * len(parts.train) / 128,
        "epoch_milliseconds_a_cell": 1000 * step / 128,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cells", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    parser.add_argument("--genes", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(train(given.data, given.genes, given.epochs)))
        return
    for n in given.cells:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "cells.h5ad")
            make(given.data, n, path)
            size = path.stat().st_size / 2**20
            options = ["--one", "--genes", str(given.genes), "--epochs", str(given.epochs)]
            said = subprocess.run(
                [sys.executable, __file__, path, *options], check=True, stdout=subprocess.PIPE, text=True
            )
            row = json.loads(said.stdout.splitlines()[-1])
        print(f"{n:>8,} cells, {size:.0f} MB on disk: {row}", flush=True)


if __name__ == "__main__":
    main()
