"""Generators of gene expression side by side on counts: quality on held-out cells, likelihood, time.

    python benchmarks/expression.py cells.h5ad -o results [--seeds 0 1 2] [--condition cell_type]
        [--torch-python PATH] [--models independent copula vae gan]

Every model is judged by the metrics of the report against the same holdout, beside as many training cells (the
ceiling). `bound_nats` is the importance-weighted bound of log p(x | library size) in nats a cell, without what a model
says of library sizes, which SCVI is given. `--torch-python` is a Python with scvi-tools; SCVI is trained with its
defaults for as many seconds as our VAE took.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from genomimic import models, reading
from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.metrics import METRICS
from genomimic.parts import Parts
from genomimic.run import Run
from genomimic.sampling import mapped, sample
from genomimic.splitting import split
from genomimic.training import fit, spec_of

SHOWN = (
    "two_sample_auc_forest",
    "two_sample_auc_linear",
    "gene_correlation",
    "gene_correlation_slope",
    "cluster_proportions",
    "cell_type_f1",
    "kernel_mmd",
    "mixing",
    "nearest_distance",
    "membership_auc",
)


SETS = 4
"""Sample sets that a score is the mean of: of one, gene correlation has a standard error of 0.012."""


def judge(synthetic: Dataset, parts: Parts) -> dict[str, float]:
    """Means over sets of as many records as the holdout has, as many sets as there are records for."""
    n = len(parts.holdout)
    sets = [synthetic.take(np.arange(at, at + n)) for at in range(0, max(len(synthetic) - n, 0) + 1, n)]
    comparisons = [compare(parts.train, parts.holdout, one) for one in sets]
    wanted = [name for name in SHOWN if name in METRICS and METRICS[name].applies(comparisons[0])]
    return {name: float(np.mean([METRICS[name].statistic(one) for one in comparisons])) for name in wanted}


def bound(run: Run, cells: Dataset, draws: int = 1000) -> float:
    """Mean over cells of the importance-weighted bound of log p(x | library size) in nats."""

    def one(model: Any, spec: Any, state: Any, x: Any, key: Any) -> Any:
        values, told = spec.conditions.apart(x)
        z, log_ratio = model._drawn(spec, state, x, key, draws)
        decoder, observation = state.networks.average.decoder, spec.observation

        def read(z: Any) -> Any:
            params = decoder.params(spec, z, told, observation.features(values))
            return observation.log_density(observation.given(params, values), values).sum()

        return jax.nn.logsumexp(jax.lax.map(read, z) + log_ratio) - jnp.log(float(draws))

    return float(mapped(run, one, run.spec.conditions.rows(cells)).mean())


def ours(name: str, seed: int, parts: Parts, conditions: list[str]) -> dict[str, float]:
    rows: list[tuple[int, float]] = []
    began, cpu = time.monotonic(), time.process_time()
    model = models.build(name)
    told = conditions if model.conditional == "anything" else []
    run = fit(
        model,
        parts.train,
        parts.validation,
        spec=spec_of(parts.train, told),
        seed=seed,
        progress=lambda at: rows.append((at.step, time.monotonic())),
    )
    found = {"train_seconds": time.monotonic() - began, "train_cpu": time.process_time() - cpu}
    if name == "vae":
        (first, begun), (last, ended) = rows[0], rows[-1]
        found["epochs_a_second"] = (last - first) * 128 / len(parts.train) / (ended - begun)
        found["bound_nats"] = bound(run, parts.holdout)
    return found | judge(sample(run, SETS * len(parts.holdout), seed=seed), parts)


def scvi(seed: int, parts: Parts, python: str, seconds: float, out: Path) -> dict[str, float]:
    for name in ("train", "holdout"):
        np.save(out / f"{name}.npy", getattr(parts, name).values)
    script, n = Path(__file__).with_name("expression_peer.py"), SETS * len(parts.holdout)
    files = [out / "train.npy", out / "holdout.npy", str(seconds), str(seed), str(n), out / "scvi.npy"]
    said = subprocess.run([python, script, *files], check=True, capture_output=True, text=True).stdout
    made = Dataset(np.load(out / "scvi.npy"), np.array([f"s{i}" for i in range(n)], object), parts.train.modality)
    return json.loads(said.strip().splitlines()[-1]) | judge(made, parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("expression"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--models", nargs="*", default=["independent", "copula", "vae", "gan"])
    parser.add_argument("--condition", nargs="*", default=[])
    parser.add_argument("--torch-python", help="a Python with scvi-tools; without it SCVI is left out")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    data = reading.read(given.data)
    parts = Parts.of(data, split(data))
    drawn = np.random.default_rng(1).permutation(len(parts.train))[: SETS * len(parts.holdout)]
    results = {"real": [judge(parts.train.take(drawn), parts)]}
    for seed in given.seeds:
        for name in given.models:
            results.setdefault(name, []).append(ours(name, seed, parts, given.condition))
            print(name, seed, results[name][-1], flush=True)
            (given.out / "results.json").write_text(json.dumps(results, indent=1))
        if given.torch_python:
            took = results["vae"][-1]["train_seconds"]
            results.setdefault("SCVI", []).append(scvi(seed, parts, given.torch_python, took, given.out))
            print("SCVI", seed, results["SCVI"][-1], flush=True)
            (given.out / "results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
