"""Every test is a shape test: annotated shapes and types are checked at each call of the modules that compute."""

import os
from dataclasses import replace
from pathlib import Path

from jaxtyping import install_import_hook

os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parent.parent / ".jax_cache"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # each core has a worker of its own
QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault("XLA_FLAGS", QUICKLY_COMPILED)  # tests compile more than they compute

COMPUTING = (
    "alphabet automata baselines classifiers clustering comparison compliance dataset designing distances "
    "divergence embedding encoding evaluation features forecasts imputation imputation_scores imputers imputing "
    "kinds latent latent_files metrics modalities models motif_clustering motif_sites motif_statistics motifs "
    "mutation nn observation ordering parts plots reading run sampling scanning sections showing shuffling splitting "
    "training workflow"
)

install_import_hook([f"genomimic.{name}" for name in COMPUTING.split()], "beartype.beartype")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from genomimic import models  # noqa: E402
from genomimic.dataset import Dataset  # noqa: E402
from genomimic.modalities.sequences import Sequences  # noqa: E402
from genomimic.training import fit  # noqa: E402
from tests.toys import cells  # noqa: E402

TINY = {
    "autoregressive": {"steps": "60", "width": "16", "layers": "2"},
    "diffusion": {"steps": "60", "width": "16", "layers": "2"},
    "potts": {"strengths": "3", "steps": "60", "batch": "128"},
    "vae": {"steps": "60", "latent": "4", "width": "16", "layers": "2", "draws": "128"},
    "copula": {"batch": "400"},
    "gan": {"steps": "50", "latent": "4", "width": "16", "context": "4", "batch": "32"},
}
"""Settings with which networks train in a second."""

SEQUENCES, PROFILES = ("fixed", "variable"), ("counts", "continuous")  # inflated zeros: test_observations
KINDS = (*SEQUENCES, *PROFILES)
BOTH_KINDS, EXPRESSION_ONLY = {"vae", "gan"}, {"independent", "copula", "pca-gaussian"}
REFUSED = (
    {
        ("potts", "variable"),
        ("copula", "continuous"),
        ("pca-gaussian", "counts"),
        ("pca-gaussian", "zero-inflated-counts"),
    }
    | {(name, kind) for name in EXPRESSION_ONLY for kind in SEQUENCES}
    | {(name, kind) for name in set(models.MODELS) - EXPRESSION_ONLY - BOTH_KINDS for kind in PROFILES}
)
"""Models and kinds of data that they cannot learn, and say so."""


def home(name: str) -> str:
    """A kind of data that a model can learn."""
    return next(kind for kind in ("fixed", "counts", "continuous") if (name, kind) not in REFUSED)


def _holed(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values of which a few are not known."""
    missing = -1 if values.dtype == np.int32 else np.nan
    return np.where(rng.random(values.shape) < 0.005, np.array(missing, values.dtype), values)


def toy(n: int, seed: int, *, length: int = 12, kind: str = "fixed") -> Dataset:
    """DNA with a motif at a place, a copied position, and N here and there; or cells of three types."""
    rng = np.random.default_rng(seed)
    if kind in PROFILES:
        return replace(made := cells(n, rng, kind), values=_holed(made.values, rng))
    values = rng.choice(4, (n, length), p=[0.4, 0.1, 0.2, 0.3]).astype(np.int8)
    motif = np.array([[3, 0, 3]])[:, : length - 3]
    values[:, 3:6] = np.where(rng.random((n, 1)) < 0.8, motif, values[:, 3:6])
    values[:, -3] = np.where(rng.random(n) < 0.7, values[:, -4], values[:, -3])
    values[rng.random((n, length)) < 0.005] = 5
    if kind == "variable":
        values[np.arange(length) >= rng.integers(length // 2, length + 1, (n, 1))] = 4
    ids = np.array([f"toy_{i}" for i in range(n)], dtype=object)
    return Dataset(values, ids, Sequences("dna", stranded=True, aligned=kind == "fixed"))


@pytest.fixture(scope="session")
def trained():
    """A run of a model on a kind of toy data, trained once in a session: `trained(name, kind)`."""
    runs = {}

    def get(name, kind=None):
        kind = kind or home(name)
        if (name, kind) not in runs:
            model = models.build(name, TINY.get(name))
            runs[name, kind] = fit(model, toy(800, 1, kind=kind), toy(200, 2, kind=kind))
        return runs[name, kind]

    return get


@pytest.fixture(scope="module")
def few_passes():
    """Convolutional classifiers of few passes over the data: enough to tell the sets of this module apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genomimic.classifiers.EPOCHS", 6)
        yield
