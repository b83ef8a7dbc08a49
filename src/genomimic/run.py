"""The run directory: everything that is needed to sample again, and how it came to be.

    run.toml           format, model and its fields, seed, data (path, SHA-256, counts), versions, command
    split.parquet      which record went to train, validation and holdout, and its cluster of related ones
    checkpoints/       last.safetensors: the whole state, the best state so far, and where training stands
    log.jsonl          one line a validation

Every file is written under a temporary name and renamed, so an interrupt leaves the file before or the file after.
"""

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
import safetensors.numpy
import tomli_w
from jaxtyping import Int, Shaped

from genomimic import modalities, models
from genomimic import observation as observations
from genomimic.errors import RunError, UsageError
from genomimic.modalities.base import Modality
from genomimic.models import Conditions, Model, Spec, State
from genomimic.models.base import NO_CONDITIONS

FORMAT = 1
NEEDED = {
    "model": ("name",),
    "training": ("seed",),
    "spec": ("length",),
    "modality": ("name",),
    "data": ("path", "sha256", "options", "records", "train", "validation", "holdout", "duplicates"),
    "split": ("seed",),
    "versions": ("genomimic",),
}
"""What every run.toml says, by section."""

Row = dict[str, int | float]
"""One line of the log: the step and its scalars."""

CHECKPOINT = Path("checkpoints", "last.safetensors")


@dataclass(frozen=True, eq=False)
class Run:
    """A trained model: what it is, its best state, and the directory it lives in (None for one in memory)."""

    model: Model
    spec: Spec
    state: State
    modality: Modality
    path: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | str) -> "Run":
        """The run in a directory, ready to sample on any device.

        Raises `RunError` where a file is missing, damaged or of another format.
        """
        path = Path(path)
        config = read_config(path)
        model, spec, modality = described(config, path)
        state = read_checkpoint(path, template(model, spec)).best
        return cls(model, spec, state, modality, path, config)

    @property
    def digest(self) -> str:
        """Eight letters that name this run by its model, data, split and seed."""
        named = {key: self.config.get(key) for key in ("model", "data", "training")}
        named["data"] = {k: v for k, v in (named["data"] or {}).items() if k != "path"}
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def log(self) -> list[Row]:
        """The validations in order: step and scalars."""
        return read_log(self.path) if self.path else []

    @property
    def stopped(self) -> str:
        """Why training stopped, in a sentence; empty while it has not."""
        return read_meta(self.path)["stopped"] if self.path else ""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Where training stands: the state to go on from, the best one so far, and the counters of the loop."""

    state: State
    best: State
    step: int
    best_step: int
    best_loss: float
    stopped: str = ""


def template(model: Model, spec: Spec) -> State:
    """Shapes and types of the model's state, without computing it."""
    return eqx.filter_eval_shape(model.init, spec, jax.random.key(0))


def described(config: Mapping[str, Any], path: Path) -> tuple[Model, Spec, Modality]:
    """Model, spec and modality from what run.toml says."""
    try:
        model = models.from_config(config["model"])
        modality = modalities.build(config["modality"])
        observation = observations.build({"name": "categorical", **config["spec"]})
        length = int(config["spec"]["length"])
        start = np.zeros((length, observation.outputs), np.float32)
        told = Conditions.from_config(config["conditions"]) if "conditions" in config else NO_CONDITIONS
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise RunError(f"{path / 'run.toml'}: cannot be understood ({error}); train again") from error
    spec = Spec(length, observation, start, modality.aligned, modality.complement, modality.ordered, told)
    return model, spec, modality


def read_config(path: Path) -> dict[str, Any]:
    """The contents of run.toml."""
    file = path / "run.toml"
    if not file.is_file():
        inside = (path / "run" / "run.toml").is_file()
        mend = f"it is in {path / 'run'}" if inside else f"make one with: genomimic train DATA -o {path}"
        raise RunError(f"{path}: not a run directory (no run.toml); {mend}")
    try:
        config = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{file}: damaged ({error}); train again") from error
    if config.get("format") != FORMAT:
        raise RunError(f"{file}: format {config.get('format')} is not the {FORMAT} that this genomimic reads")
    for section, names in NEEDED.items():
        for name in names:
            if name not in (config.get(section) or {}):
                raise RunError(f"{file}: damaged ({name} is missing in [{section}]); train again")
    return config


def write_config(path: Path, config: Mapping[str, Any]) -> None:
    """Write run.toml."""
    replace_file(path / "run.toml", tomli_w.dumps(dict(config)).encode())


def write_split(
    path: Path, ids: Shaped[np.ndarray, " n"], part: Shaped[np.ndarray, " n"], cluster: Int[np.ndarray, " n"]
) -> None:
    """Write split.parquet: the fate of every record that was read, in the order of the file."""
    table = pa.table({"id": pa.array(ids.tolist(), pa.string()), "part": pa.array(part.tolist()), "cluster": cluster})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    replace_file(path / "split.parquet", sink.getvalue().to_pybytes())


def read_split(path: Path) -> tuple[Shaped[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Part and cluster of every record that was read."""
    try:
        table = pq.read_table(path / "split.parquet", columns=["part", "cluster"])
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"{path / 'split.parquet'}: missing or damaged ({error}); train again") from error
    return np.array(table["part"].to_pylist()), table["cluster"].to_numpy().astype(np.int64)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the whole state, the best one and the counters as one file."""
    arrays = named_arrays("state", checkpoint.state) | named_arrays("best", checkpoint.best)
    counters = {"step": checkpoint.step, "best_step": checkpoint.best_step, "stopped": checkpoint.stopped}
    meta = {"genomimic": json.dumps(counters | {"best_loss": checkpoint.best_loss}, sort_keys=True)}
    replace_file(path / CHECKPOINT, safetensors.numpy.save(arrays, meta))


def read_checkpoint(path: Path, like: State) -> Checkpoint:
    """The checkpoint of a run; `like` gives the shapes that its state must have."""
    file, counters = path / CHECKPOINT, read_meta(path)
    try:
        arrays = safetensors.numpy.load_file(file)
        return Checkpoint(filled("state", like, arrays), filled("best", like, arrays), **counters)
    except (OSError, safetensors.SafetensorError, KeyError, ValueError) as error:
        raise RunError(f"{file}: damaged checkpoint ({error}); train again, or restore the file") from error


def read_meta(path: Path) -> dict[str, Any]:
    """The counters of the loop in a run's checkpoint."""
    file = path / CHECKPOINT
    if not file.is_file():
        raise RunError(f"{file}: no checkpoint yet; start with: genomimic train ... -o {path}")
    try:
        with safetensors.safe_open(file, "numpy") as opened:
            return json.loads(opened.metadata()["genomimic"])
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{file}: damaged checkpoint ({error}); train again, or restore the file") from error


def read_log(path: Path) -> list[Row]:
    """The rows of log.jsonl; a line that an interrupt cut short is left out."""
    rows = []
    file = path / "log.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def write_log(path: Path, rows: list[Row]) -> None:
    """Write log.jsonl anew."""
    replace_file(path / "log.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one and never a part."""
    with replacing({path: content}):
        pass


@contextmanager
def replacing(files: Mapping[Path, bytes]) -> Iterator[None]:
    """Write files beside those they replace, whose names they take, in this order, when the `with` block ends.

    Where one cannot be written, none is: the files and folders that were there before stay as they were.
    """
    partial = {path: path.with_name(f".{path.name}.tmp") for path in files}
    with ExitStack() as undone:
        for path, content in files.items():
            undone.enter_context(folder_for(path.parent))
            undone.callback(partial[path].unlink, missing_ok=True)
            with _writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_out(partial[path], content)
        yield
        for path in files:
            with _writing(path):
                partial[path].replace(path)


def _write_out(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}; make room or choose another -o"
        ) from error


def check_output(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to, before any work is done for it; nothing is made."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise UsageError(f"{folder} cannot be made: {there} is a file and not a folder; choose another -o")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"{folder} cannot be written: no permission to write in {there}; choose another -o")


@contextmanager
def folder_for(output: Path) -> Iterator[None]:
    """Folders made inside the `with` for an output that comes to nothing are taken away again, as they are empty."""
    missing = [path for path in (output, *output.absolute().parents) if not path.exists()]
    try:
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


def discard(path: Path) -> None:
    """Remove what a run keeps in its directory, and the directory where nothing else is in it."""
    for file in ("run.toml", "split.parquet", "log.jsonl"):
        (path / file).unlink(missing_ok=True)
    shutil.rmtree(path / CHECKPOINT.parent, ignore_errors=True)
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def named_arrays(prefix: str, state: State) -> dict[str, np.ndarray]:
    """The arrays of a state by their places in it."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return {prefix + jax.tree_util.keystr(path): np.array(leaf, order="C") for path, leaf in leaves}


def filled(prefix: str, like: State, arrays: Mapping[str, np.ndarray]) -> State:
    """The state whose arrays these are; raises `KeyError` or `ValueError` where they are not like those of `like`."""

    def array(path: tuple[Any, ...], leaf: jax.ShapeDtypeStruct) -> jax.Array:
        name = prefix + jax.tree_util.keystr(path)
        found = arrays[name]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            raise ValueError(f"{name} is {found.dtype}{list(found.shape)}, not {leaf.dtype}{list(leaf.shape)}")
        return jax.numpy.asarray(found)

    return jax.tree_util.tree_map_with_path(array, like)
