"""Generators side by side on aligned DNA of one length: quality on a leak-free holdout, time, sampling rate, memory.

    python benchmarks/generators.py promoters.fa.gz -o results [--seeds 0 1 2] [--published samples.fa.gz]
        [--torch-python PATH] [--peer-seconds 600] [--models autoregressive vae ...]

Every contender and seed is trained in a process of its own, one after the other, and its result is kept in
results/NAME-SEED.json, so that the benchmark can be interrupted and gone on with. `--torch-python` is a Python with
torch and d3-dna, for the peers in peers.py, which are trained for so many processor seconds. The table is written to
results/table.md.

Quality: two-sample AUCs, position_js (positional divergence), pair correlation and copies against the holdout, as
many samples as there are holdout records; js6 is the Jensen-Shannon distance (square root, natural logarithms) of
6-mers between 5,942 samples and as many real records drawn at random, or fewer where there are fewer.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

QUALITY = (
    "two_sample_auc_linear",
    "two_sample_auc_cnn",
    "position_js",
    "pair_correlation",
    "gc_spread",
    "near_copies",
    "nearest_distance",
    "dcr_share",
)
MODELS = ("markov", "position-markov", "potts", "autoregressive", "diffusion", "vae", "gan")
PEERS = ("d3-dna", "wgan-gp")
DRAWN = 5942
SHOWN = {
    "two_sample_auc_linear": "linear AUC",
    "two_sample_auc_cnn": "CNN AUC",
    "js6": "6-mer JS distance",
    "position_js": "positional divergence",
    "pair_correlation": "pair correlation",
    "near_copies": "near copies",
    "dcr_share": "DCR share",
    "bits": "bits per base",
    "train_seconds": "training, s",
    "train_cpu": "training, CPU s",
    "samples_a_second": "samples a second",
    "samples_a_cpu_second": "samples a CPU second",
    "peak_mb": "peak memory, MB",
}


def parts_of(path: Path) -> Any:
    """The file, split by homology with seed 0: the same for every contender."""
    from genomimic import reading
    from genomimic.parts import Parts
    from genomimic.splitting import split

    data = reading.read(path)
    return Parts.of(data, split(data))


def judge(synthetic: Any, parts: Any) -> dict[str, float]:
    """Values against the holdout; the first records are judged, all count for js6."""
    from genomimic.comparison import compare
    from genomimic.metrics import METRICS

    cluster, n = parts.split.cluster, len(parts.holdout)
    comparison = compare(
        parts.train,
        parts.holdout,
        synthetic.take(np.arange(min(n, len(synthetic)))),
        train_clusters=cluster[parts.split.rows("train")],
        holdout_clusters=cluster[parts.split.rows("holdout")],
    )
    found = {name: float(METRICS[name].statistic(comparison)) for name in QUALITY}
    real = shuffled(parts)
    m = min(DRAWN, len(synthetic), len(real) // 2)
    return found | {"js6": js_distance(real[:m], synthetic.values[:m]), "js6_n": m}


def shuffled(parts: Any) -> np.ndarray:
    """All real records in random order."""
    real = np.concatenate([part.values for part in (parts.train, parts.validation, parts.holdout)])
    return real[np.random.default_rng(0).permutation(len(real))]


def js_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon distance of the 6-mers of two sets: square root of the divergence in nats."""
    from genomimic.alphabet import DNA
    from genomimic.divergence import jensen_shannon
    from genomimic.words import count_all

    p, q = (counts / counts.sum() for counts in (count_all(side, DNA, 6, both_strands=False) for side in (a, b)))
    return float(np.sqrt(jensen_shannon(p, q) * np.log(2.0)))


def dataset(values: np.ndarray, parts: Any) -> Any:
    """Letters as records of the same kind as the real ones."""
    from genomimic.dataset import Dataset

    return Dataset(
        values.astype(np.int8), np.array([f"s{i}" for i in range(len(values))], object), parts.train.modality
    )


def contend(name: str, seed: int, data: Path) -> dict[str, float]:
    """Train one of our models, sample and judge: what the child process prints."""
    from genomimic import models
    from genomimic.sampling import bits_per_base, sample
    from genomimic.training import fit, spec_of

    parts = parts_of(data)
    model = models.build(name).settled(spec_of(parts.train), len(parts.train))
    began, cpu = time.monotonic(), time.process_time()
    run = fit(model, parts.train, parts.validation, seed=seed)
    found = {"train_seconds": time.monotonic() - began, "train_cpu": time.process_time() - cpu}
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    synthetic = sample(run, DRAWN, seed=seed)
    n, took = 4096, 0.0
    while took < 3.0:
        n, began, cpu = 2 * n, time.monotonic(), time.process_time()
        sample(run, n, seed=seed + 1)
        took, spent = time.monotonic() - began, time.process_time() - cpu
        if n >= 100_000:
            break
    found |= {"samples_a_second": n / took, "samples_a_cpu_second": n / spent}
    if model.likelihood != "none":
        found["bits"] = float(bits_per_base(run, parts.holdout, seed=seed).mean())
        found["bits_are_a_bound"] = model.likelihood == "bound"
    return found | judge(synthetic, parts)


def peer(name: str, seed: int, data: Path, python: str, seconds: float, scratch: Path) -> dict[str, float]:
    """Train a peer for a time in its own Python, and judge its samples here."""
    parts = parts_of(data)
    np.save(scratch / "train.npy", np.where(parts.train.values > 3, 0, parts.train.values))
    drawn = 2 * len(parts.holdout) if name == "d3-dna" else DRAWN
    script = Path(__file__).with_name("peers.py")
    said = subprocess.run(
        [python, script, name, scratch / "train.npy", str(seconds), str(seed), str(drawn), scratch / "out.npy"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = json.loads(said.strip().splitlines()[-1])
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return found | judge(dataset(np.load(scratch / "out.npy"), parts), parts)


def table(results: Mapping[str, list[Mapping[str, float]]]) -> str:
    """A row a contender: means over seeds, and the range where there are several."""
    lines = ["| generator | seeds | " + " | ".join(SHOWN.values()) + " |", "|---" * (len(SHOWN) + 2) + "|"]
    for name, runs in results.items():
        cells = [_cell([run[key] for run in runs if key in run], key, runs) for key in SHOWN]
        lines.append(f"| {name} | {len(runs)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(values: list[float], key: str, runs: list[Mapping[str, float]]) -> str:
    if not values:
        return ""
    digits = {"bits": 4, "position_js": 5}.get(key, 0 if max(values) >= 20 else 3)
    text = f"{np.mean(values):,.{digits}f}"
    if key == "bits" and any(run.get("bits_are_a_bound") for run in runs):
        text = f"≤ {text}"
    return text if len(values) < 2 or digits == 0 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("generators"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--published", type=Path, help="samples of a published generator")
    parser.add_argument("--torch-python", help="a Python with torch and d3-dna; without it the peers are left out")
    parser.add_argument("--peer-seconds", type=float, default=600.0)
    parser.add_argument("--only", nargs=2, metavar=("NAME", "SEED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(contend(given.only[0], int(given.only[1]), given.data)))
        return
    given.out.mkdir(parents=True, exist_ok=True)

    def kept(name: str, seed: int, make: Any) -> dict[str, float]:
        file = given.out / f"{name}-{seed}.json"
        if not file.exists():
            print(f"{time.strftime('%H:%M:%S')} {name} seed {seed}", flush=True)
            file.write_text(json.dumps(make(), indent=1))
        return json.loads(file.read_text())

    def ours(name: str, seed: int) -> dict[str, float]:
        command = [sys.executable, __file__, str(given.data), "--only", name, str(seed)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])

    def theirs(name: str, seed: int) -> dict[str, float]:
        return peer(name, seed, given.data, given.torch_python, given.peer_seconds, given.out)

    def real() -> dict[str, float]:
        parts = parts_of(given.data)
        found = judge(parts.train.take(np.random.default_rng(1).permutation(len(parts.train))), parts)
        both = shuffled(parts)
        m = min(DRAWN, len(both) // 2)
        seen = {name: found.pop(name) for name in ("near_copies", "nearest_distance", "dcr_share")}
        return found | {"js6": js_distance(both[:m], both[m : 2 * m]), "of_training_records": seen}

    def published() -> dict[str, float]:
        from genomimic.reading import read

        parts = parts_of(given.data)
        return judge(read(given.published, modality=parts.train.modality), parts)

    results = {"real (training records)": [kept("real", 0, real)]}
    if given.published:
        results["published GAN"] = [kept("published", 0, published)]
    names = [*given.models, *(given.peers if given.torch_python else ())]
    for seed in given.seeds:
        for name in names:
            make = theirs if name in PEERS else ours
            results.setdefault(name, []).append(kept(name, seed, partial(make, name, seed)))
    versions = ", ".join(f"{name} {version(name)}" for name in ("genomimic", "jax", "numpy"))
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, {versions}, {time.strftime('%Y-%m-%d')}"
    text = f"{given.data.name}; {machine}.\n\n{table(results)}"
    (given.out / "table.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
