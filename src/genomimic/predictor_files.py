"""The directory of a predictor: what it is and what it learned from, its weights, and how good it is.

predictor.toml        format, learner, label, data (path, SHA-256, counts), seed, versions, command
weights.safetensors   the members and their calibration
accuracy.json         accuracy on records held out, beside floors and the linear baseline
report.html           the same to look at
"""

import json
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
import safetensors
import safetensors.numpy
import tomli_w

import genomimic
from genomimic import modalities
from genomimic.errors import GenomimicError, RunError, UsageError
from genomimic.modalities import Sequences
from genomimic.predictors import LEARNERS, Learner, Members, Target, Task
from genomimic.predictors.calibration import Bands
from genomimic.predictors.targets import from_config
from genomimic.run import filled, named_arrays, replacing

FORMAT = 1
FILE, WEIGHTS, ACCURACY, PAGE = "predictor.toml", "weights.safetensors", "accuracy.json", "report.html"
SECTIONS = ("learner", "label", "task", "modality", "training", "data", "versions")


def describe(
    learner: Learner, target: Target, task: Task, modality: Sequences, told: Mapping[str, Any]
) -> dict[str, Any]:
    """What predictor.toml says; `told` is what only training knows: its settings, data and command."""
    return {
        "format": FORMAT,
        "learner": dict(learner.config()),
        "label": target.config(),
        "task": {"length": task.length},
        "modality": modality.config(),
        "versions": {"genomimic": genomimic.__version__}
        | {name: version(name) for name in ("jax", "equinox", "optax", "numpy", "scipy")},
        **told,
    }


def understood(config: Mapping[str, Any], path: Path) -> tuple[Learner, Target, Task, Sequences]:
    """What predictor.toml says, made again."""
    try:
        target, modality = from_config(config["label"]), modalities.build(config["modality"])
        assert isinstance(modality, Sequences)
        settings = dict(config["learner"])
        known = LEARNERS[settings.pop("name")]
        learner = type(known)(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
        return learner, target, Task.of(modality, int(config["task"]["length"]), target), modality
    except (AssertionError, KeyError, TypeError, ValueError, GenomimicError) as error:
        raise RunError(f"{path / FILE}: cannot be understood ({error}); train again") from error


def packed(members: Members, calibration: Bands | float) -> bytes:
    """The contents of weights.safetensors."""
    found = calibration._asdict() if isinstance(calibration, Bands) else {"temperature": np.array([calibration])}
    arrays = named_arrays("members", members) | {f"calibration.{name}": array for name, array in found.items()}
    return safetensors.numpy.save({name: np.array(array, order="C") for name, array in arrays.items()})


def read_weights(path: Path, learner: Learner, task: Task, members: int) -> tuple[Members, Bands | float]:
    """The members and their calibration."""
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((members, *leaf.shape), leaf.dtype), learner.template(task))
    file = path / WEIGHTS
    try:
        arrays = safetensors.numpy.load_file(file)
        found = filled("members", shapes, arrays)
        if task.classes:
            return found, float(arrays["calibration.temperature"][0])
        return found, Bands(*(arrays[f"calibration.{name}"] for name in Bands._fields))
    except (OSError, safetensors.SafetensorError, KeyError, ValueError) as error:
        raise RunError(f"{file}: missing or damaged ({error}); train again, or restore the file") from error


def save(path: Path, config: Mapping[str, Any], weights: bytes, accuracy: Mapping[str, Any], page: str) -> None:
    """Write a predictor, all of its files or none; those of an earlier one are replaced."""
    files = {
        WEIGHTS: weights,
        ACCURACY: json.dumps(accuracy, indent=2, allow_nan=False).encode(),
        PAGE: page.encode(),
        FILE: tomli_w.dumps(dict(config)).encode(),
    }
    with replacing({path / name: content for name, content in files.items()}):
        pass


def read_accuracy(path: Path) -> dict[str, Any]:
    """The contents of accuracy.json; empty where there is none, or it is damaged."""
    try:
        return json.loads((path / ACCURACY).read_bytes())
    except (OSError, ValueError):
        return {}


def check_directory(path: Path, *, overwrite: bool) -> None:
    """Refuse a directory that holds a predictor which is not to be replaced."""
    if (path / FILE).exists() and not overwrite:
        raise UsageError(f"{path}: holds a predictor already; replace it with --overwrite, or choose another -o")


def read_config(path: Path) -> dict[str, Any]:
    """The contents of predictor.toml; raises `RunError` where it is missing, damaged or of another format."""
    file = path / FILE
    if not file.is_file():
        raise RunError(
            f"{path}: not a predictor (no {FILE}); make one with: genomimic predict DATA --label NAME -o {path}"
        )
    try:
        config = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{file}: damaged ({error}); train again") from error
    if config.get("format") != FORMAT:
        raise RunError(f"{file}: format {config.get('format')} is not the {FORMAT} that this genomimic reads")
    missing = next((name for name in SECTIONS if not isinstance(config.get(name), dict)), None)
    if missing:
        raise RunError(f"{file}: damaged ([{missing}] is missing); train again")
    return config
