"""Sampling: records a second of each network, beside what the processor's matrix products allow and beside a peer.

    python benchmarks/sampling.py [--length 50] [-n 100000] [--models autoregressive vae gan diffusion]
        [--torch-python PATH]

Untrained networks of the default sizes: weights do not change the time. The operations of a record are counted in the
compiled program (a loop's body as often as it runs), the throughput of one core is measured with a product of
(256 x 192) and (192 x 128) numbers. With a Python that has torch and d3-dna, the sampler of d3-dna (64 channels, 20
steps) runs in the same minutes.
"""

import argparse
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from genomimic import models
from genomimic.dataset import Dataset
from genomimic.modalities.sequences import Sequences
from genomimic.parallel import cores
from genomimic.run import Run
from genomimic.sampling import BLOCK, sample
from genomimic.training import spec_of


def records(length: int, n: int = 9507) -> Dataset:
    """As many random letters as there are promoters to learn from."""
    values = np.random.default_rng(0).integers(0, 4, (n, length)).astype(np.int8)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Dataset(values, ids, Sequences("dna", stranded=True, aligned=True))


def untrained(name: str, data: Dataset) -> Run:
    """A model of the default sizes for the data."""
    spec = spec_of(data)
    model = models.build(name).settled(spec, len(data))
    return Run(model, spec, jax.jit(lambda key: model.init(spec, key))(jax.random.key(0)), data.modality)


def operations(run: Run) -> float:
    """Multiplications and additions of matrix products for one record, in the program before it is compiled."""

    def block(state: Any, keys: Any) -> Any:
        return jax.vmap(lambda key: run.model.sample(run.spec, state, run.spec.conditions.anything(), key))(keys)

    jaxpr = jax.make_jaxpr(block)(run.state, jax.random.split(jax.random.key(0), BLOCK))
    return _products(jaxpr.jaxpr) / BLOCK


def _products(jaxpr: Any) -> float:
    """Operations of the matrix products in a program; what stands in a loop counts as often as the loop runs."""
    total = 0.0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            ((contracted, _), _), left = equation.params["dimension_numbers"], equation.invars[0].aval.shape
            total += 2.0 * np.prod([left[i] for i in contracted]) * np.prod(equation.outvars[0].aval.shape)
        times = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
        for inner in _inside(equation.params.values()):
            total += times * _products(inner)
    return total


def _inside(values: Any) -> Any:
    """Programs among the parameters of an instruction."""
    for value in values:
        if hasattr(value, "eqns"):
            yield value
        elif hasattr(value, "jaxpr"):
            yield value.jaxpr
        elif isinstance(value, tuple | list):
            yield from _inside(value)


def throughput() -> float:
    """Operations a second of matrix products on one core."""
    a, b = jnp.ones((256, 192)), jnp.ones((192, 128))
    many = jax.jit(lambda a, b: jax.lax.fori_loop(0, 500, lambda i, x: x.at[:, :128].add(1e-6 * (x @ b)), a))
    jax.block_until_ready(many(a, b))
    best = np.inf
    for _ in range(5):
        cpu = time.process_time()
        jax.block_until_ready(many(a, b))
        best = min(best, time.process_time() - cpu)
    return 500 * 2 * 256 * 192 * 128 / best


def rate(run: Run, n: int) -> tuple[float, float]:
    """Records a second by the clock and a processor second, compiled before."""
    sample(run, BLOCK)
    began, cpu = time.monotonic(), time.process_time()
    sample(run, n, seed=1)
    return n / (time.monotonic() - began), n / (time.process_time() - cpu)


def peer(python: str, data: Dataset, n: int = 512) -> dict[str, float]:
    """Rates of the sampler of d3-dna, after a training of one step."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "train.npy"), data.values)
        script = Path(__file__).with_name("peers.py")
        command = [python, script, "d3-dna", f"{folder}/train.npy", "0", "0", str(n), f"{folder}/out.npy"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(re.findall(r"^\{.*\}$", said, re.MULTILINE)[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("-n", type=int, default=100_000)
    parser.add_argument("--models", nargs="+", default=["autoregressive", "vae", "gan", "diffusion"])
    parser.add_argument("--torch-python")
    given = parser.parse_args()
    data, peak = records(given.length), throughput()
    other = peer(given.torch_python, data) if given.torch_python else {}
    print(f"{cores()} cores; matrix products {peak / 1e9:.0f} billion operations a second of one core")
    if other:
        print(
            f"d3-dna, 20 steps: {other['samples_a_second']:.1f} a second, {other['samples_a_cpu_second']:.1f} a CPU s"
        )
    print(
        f"{'model':<16}{'a second':>10}{'a CPU s':>10}{'million operations':>20}{'share of peak':>15}{'x d3-dna':>10}"
    )
    for name in given.models:
        run = untrained(name, data)
        n = min(given.n, 4096) if name == "diffusion" else given.n
        clock, cpu = rate(run, n)
        work = operations(run)
        times = f"{clock / other['samples_a_second']:.0f}" if other else ""
        print(
            f"{name:<16}{clock:>10,.0f}{cpu:>10,.0f}{work / 1e6:>20.2f}{cpu * work / peak:>15.0%}{times:>10}",
            flush=True,
        )


if __name__ == "__main__":
    main()
