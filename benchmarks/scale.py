"""What does a full evaluation cost as sets grow? Time and peak memory, each size in a process of its own.

    python benchmarks/scale.py [--synthetic 10000 100000 1000000] [--real 2000 20000 100000] [--length 200]

Real records are drawn from an order-5 Markov chain whose letters also depend on a hidden class, so that no two are
homologous; synthetic records come from the same chain without the classes. `genomimic evaluate` then reads both files,
splits the real one, fits the baselines, judges and writes the report, as a user would run it.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LETTERS = np.frombuffer(b"ACGT", np.uint8)


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--synthetic", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--real", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    parser.add_argument("--length", type=int, default=200)
    options = parser.parse_args()
    print(f"{'synthetic':>10s} {'real':>8s} {'length':>7s} {'seconds':>8s} {'CPU s':>8s} {'peak GB':>8s}", flush=True)
    for synthetic, real in zip(options.synthetic, options.real, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), synthetic, real, options.length)


def measure(folder: Path, synthetic: int, real: int, length: int) -> None:
    """Write the files, evaluate them in a process of its own, and print what it took."""
    rng = np.random.default_rng(0)
    write(folder / "real.fa", real, length, rng, classes=2)
    write(folder / "made.fa", synthetic, length, rng, classes=1)
    command = [Path(sys.executable).parent / "genomimic", "evaluate", folder / "made.fa", "--real", folder / "real.fa"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, "-o", folder / "out"], check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / 2**20
    print(f"{synthetic:10,d} {real:8,d} {length:7d} {seconds:8.0f} {cpu:8.0f} {peak:8.2f}", flush=True)


def write(path: Path, n: int, length: int, rng: np.random.Generator, *, classes: int) -> None:
    """Records of a Markov chain of order 5, whose table differs between hidden classes."""
    tables = np.random.default_rng(1).dirichlet([3.0] * 4, (2, 4**5)).cumsum(-1)
    with path.open("wb") as file:
        for start in range(0, n, 50_000):
            size = min(50_000, n - start)
            chosen, state = rng.integers(classes, size=size), rng.integers(4**5, size=size)
            letters = np.empty((size, length), np.uint8)
            for at in range(length):
                drawn = (rng.random((size, 1)) > tables[chosen, state]).sum(1).clip(0, 3)
                letters[:, at], state = LETTERS[drawn], (4 * state + drawn) % 4**5
            file.writelines(b">s%d\n%s\n" % (start + row, text.tobytes()) for row, text in enumerate(letters))


if __name__ == "__main__":
    main()
