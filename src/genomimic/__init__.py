"""Learn from biological sequences, generate synthetic ones, and prove how good they are.

>>> import genomimic as gm
>>> data = gm.read(gm.data.path("splice_junctions"))
>>> len(data), gm.model("markov", order=3)
(3189, Markov(order=3, alpha=None))

Importing genomimic loads no array library; each name below is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genomimic import data
    from genomimic.alphabet import Alphabet
    from genomimic.compliance import violations
    from genomimic.dataset import Dataset
    from genomimic.designing import Objective, design
    from genomimic.errors import GenomimicError
    from genomimic.evaluation import Report, Score
    from genomimic.imputation import Imputed, impute
    from genomimic.imputing import impute_file
    from genomimic.latent import (
        Latent,
        decode,
        encode,
        interpolate,
        reconstruct,
        reconstruction_error,
        shift,
        traverse,
    )
    from genomimic.learning import train
    from genomimic.models import Model, model
    from genomimic.parts import Parts, parts_of
    from genomimic.prediction import train_predictor
    from genomimic.predictor import Predictor
    from genomimic.reading import read, write
    from genomimic.rules import read_rules
    from genomimic.run import Run
    from genomimic.sampling import bits_per_base, discriminate, log_likelihood, sample
    from genomimic.splitting import Split, split
    from genomimic.workflow import evaluate, mimic, write_judgement

__version__ = "0.1.0"

_HOME = {
    "Alphabet": "alphabet",
    "Dataset": "dataset",
    "GenomimicError": "errors",
    "Imputed": "imputation",
    "Latent": "latent",
    "Model": "models",
    "Objective": "designing",
    "Parts": "parts",
    "Predictor": "predictor",
    "Report": "evaluation",
    "Run": "run",
    "Score": "evaluation",
    "Split": "splitting",
    "bits_per_base": "sampling",
    "data": "data",
    "decode": "latent",
    "design": "designing",
    "discriminate": "sampling",
    "encode": "latent",
    "evaluate": "workflow",
    "impute": "imputation",
    "impute_file": "imputing",
    "interpolate": "latent",
    "log_likelihood": "sampling",
    "mimic": "workflow",
    "model": "models",
    "parts_of": "parts",
    "read": "reading",
    "read_rules": "rules",
    "reconstruct": "latent",
    "reconstruction_error": "latent",
    "sample": "sampling",
    "shift": "latent",
    "split": "splitting",
    "train": "learning",
    "train_predictor": "prediction",
    "traverse": "latent",
    "violations": "compliance",
    "write": "reading",
    "write_judgement": "workflow",
}

__all__ = [
    "Alphabet",
    "Dataset",
    "GenomimicError",
    "Imputed",
    "Latent",
    "Model",
    "Objective",
    "Parts",
    "Predictor",
    "Report",
    "Run",
    "Score",
    "Split",
    "bits_per_base",
    "data",
    "decode",
    "design",
    "discriminate",
    "encode",
    "evaluate",
    "impute",
    "impute_file",
    "interpolate",
    "log_likelihood",
    "mimic",
    "model",
    "parts_of",
    "read",
    "read_rules",
    "reconstruct",
    "reconstruction_error",
    "sample",
    "shift",
    "split",
    "train",
    "train_predictor",
    "traverse",
    "violations",
    "write",
    "write_judgement",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'genomimic' has no attribute {name!r}")
    module = import_module(f"genomimic.{_HOME[name]}")
    return module if name == "data" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
