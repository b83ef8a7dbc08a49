"""Training into a run directory: the data split, the model chosen or given, all of it kept and gone on with."""

import math
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

import genomimic
from genomimic import models
from genomimic.budgets import Budget, fitted
from genomimic.choosing import Tried, choose, pays, rungs
from genomimic.dataset import Dataset, Source
from genomimic.errors import TrainingError, UsageError
from genomimic.models import Model, Spec
from genomimic.parts import Parts
from genomimic.reading import digest_of
from genomimic.run import (
    FORMAT,
    Run,
    check_output,
    discard,
    folder_for,
    read_config,
    read_meta,
    template,
    write_config,
    write_split,
)
from genomimic.sampling import bits_per_base
from genomimic.scoring import halved
from genomimic.splitting import split
from genomimic.training import Progress, fit, spec_of
from genomimic.views import View

Watch = Callable[[str, float, str], None]
"""Told of the work as it goes: the stage, the share of it that is done, and a detail."""

Wanted = Model | Literal["auto"]
"""A model, or that the data shall choose it (`choosing.py`)."""


def silent(stage: str, share: float, detail: str) -> None:
    """A watch that looks away."""


UNDECIDED: Mapping[str, Any] = {"reason": "not chosen yet", "tried": []}
"""What run.toml says of the choice while the last model of the ladder is trained."""


class Job(NamedTuple):
    """Where a run goes and what it starts from; `budget` is the time that its training may take."""

    data: Dataset
    parts: Parts
    spec: Spec
    path: Path
    seed: int
    overwrite: bool
    budget: Budget | None
    watch: Watch


def train(
    model: Wanted,
    data: Dataset,
    *,
    out: Path | str,
    by: str | None = None,
    conditions: Sequence[str] = (),
    seed: int = 0,
    budget: float | None = None,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch = silent,
) -> Run:
    """Split the data (by the label column `by`, or as `split` does), train the model and keep all of it in a directory.

    "auto" for a model chooses the simplest that does as well as any. `budget` is the seconds that training may take.
    With `resume`, training goes on from the last checkpoint and ends as if it had never stopped; with `overwrite`, a
    run that is there is replaced once all is ready to train. Raises `UsageError` where `out` holds a run already and
    neither is asked for, or holds another run than the one to resume.
    """
    check_run(out, resume=resume, overwrite=overwrite)
    parts = parts_for(data, by, seed, watch)
    spec = spec_of(parts.train, conditions)
    job = Job(data, parts, spec, Path(out), seed, overwrite, Budget.of(budget), watch)
    return learn(ready(model, spec, len(parts.train)), job)


def check_run(path: Path | str, *, resume: bool, overwrite: bool) -> None:
    """Refuse a directory that cannot take a run, or that holds one which is neither gone on with nor replaced."""
    check_output(Path(path))
    if (Path(path) / "run.toml").exists() and not (resume or overwrite):
        raise UsageError(
            f"{path}: holds a run already; go on with --resume, start anew with --overwrite, or choose another -o"
        )


def parts_for(data: Dataset, by: str | None, seed: int, watch: Watch) -> Parts:
    """The data split, with the sizes of the parts told."""
    watch("split", 0.0, "")
    parts = Parts.of(data, split(data, by=by, seed=seed))
    sizes = f"{len(parts.train):,} train, {len(parts.validation):,} validation, {len(parts.holdout):,} holdout"
    told = (f"{sizes}, {parts.split.duplicates:,} duplicates left out", parts.split.note)
    watch("split", 1.0, "; ".join(filter(None, told)))
    return parts


def ready(model: Wanted, spec: Spec, n: int) -> Wanted:
    """The model settled for n training records; one that cannot be built on them says so before anything is written."""
    if isinstance(model, str):
        return model
    if not model.hears(spec.conditions):
        label = next(iter(spec.conditions.numbers or spec.conditions.names))
        raise UsageError(
            f"{model.name} cannot be told {label!r}; leave out --condition {label}, "
            f"or use --model {models.conditional()}"
        )
    model = model.settled(spec, n)
    template(model, spec)
    return model


def learn(model: Wanted, job: Job) -> Run:
    """Train the model, or the one that suits the data, into the directory of a job."""
    with folder_for(job.path):
        if job.overwrite:
            discard(job.path)
        return _climb(job) if isinstance(model, str) else _train(model, job)


def command() -> str:
    """The command that is running."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _climb(job: Job) -> Run:
    """The model that the ladder ends with. The last rung is dear, so it is trained where it may stay."""
    there = _stored(job.path)
    if there and "choice" not in there:
        raise UsageError(
            f"{job.path}: cannot resume: give --model {there['model']['name']}, which this run was begun with"
        )
    if there and there["choice"]["tried"]:
        return _train(models.from_config(there["model"]), job, there["choice"])
    parts, spec, seed = job.parts, job.spec, job.seed
    view = View(parts.validation, parts.split.cluster[parts.split.rows("validation")])
    halves = [half.rows for half in halved(view, 100, np.random.default_rng([seed, len(view)])).halves]
    ladder, tried, kept = rungs(spec), list[Tried](), None
    for rung in ladder:
        below = list(tried)
        for model in rung:
            began = time.monotonic()
            job.watch("choose", len(tried) / sum(map(len, ladder)), model.name)
            kept = _train(model.settled(spec, len(parts.train)), job, UNDECIDED) if rung is ladder[-1] else None
            run = kept or fit(model, parts.train, parts.validation, spec=spec, seed=seed)
            tried.append(Tried(run.model, bits_per_base(run, parts.validation, seed=seed), time.monotonic() - began))
        if not pays(below, tried[len(below) :], halves):
            break
    choice = choose(tried, halves, ladder, parts.train.modality.value)
    job.watch("choose", 1.0, choice.reason)
    record = {"reason": choice.reason, "tried": list(choice.rows)}
    if kept is not None and kept.model == choice.model:
        kept = replace(kept, config={**kept.config, "choice": record})
        write_config(job.path, kept.config)
        return kept
    discard(job.path)
    return _train(choice.model, job, record)


def _train(model: Model, job: Job, choice: Mapping[str, Any] | None = None) -> Run:
    """Train one model into the job's directory, or go on with what is there."""
    there = _stored(job.path)
    if "budget" in there and there["model"]["name"] == model.name:
        model = replace(model, steps=there["model"]["steps"])  # pyright: ignore[reportCallIssue]
        spent = there["budget"]
    elif job.budget:
        job.watch("train", 0.0, "seeing how long a step takes")
        model, spent = fitted(model, job.parts.train, job.budget, job.seed, job.spec)
    else:
        spent = None
    config = _config(model, job)
    config |= {name: value for name, value in (("choice", choice), ("budget", spent)) if value}
    if there:
        _check_same(job.path, there, config)
    else:
        write_split(job.path, job.data.ids, job.parts.split.part, job.parts.split.cluster)
        write_config(job.path, config)

    def show(progress: Progress) -> None:
        shown = (f"{name} {value:.3g}" for name, value in progress.scalars.items() if name in model.shown)
        detail = "finishing" if progress.ending else "  ".join(shown)
        job.watch("train", min(progress.step / progress.steps, 0.99), detail)  # 1 is for why training stopped

    job.watch("train", 0.0, "preparing")
    deadline = job.budget.ends if job.budget else math.inf
    parts = job.parts
    try:
        run = fit(
            model,
            parts.train,
            parts.validation,
            spec=job.spec,
            seed=job.seed,
            path=job.path,
            deadline=deadline,
            progress=show,
        )
    except TrainingError:
        discard(job.path)
        raise
    job.watch("train", 1.0, read_meta(job.path)["stopped"])
    return replace(run, config=config)


def _stored(path: Path) -> dict[str, Any]:
    """What run.toml says; nothing where there is no run."""
    return read_config(path) if (path / "run.toml").exists() else {}


def origin_of(run: Run, seed: int) -> dict[str, str | int | bool]:
    """What a file of synthetic records says of where they come from."""
    return {
        "synthetic": True,
        "generator": "genomimic",
        "version": genomimic.__version__,
        "model": run.model.name,
        "run": run.digest,
        "seed": seed,
        "command": command(),
    }


def _config(model: Model, job: Job) -> dict[str, Any]:
    """What run.toml says."""
    data, parts, spec, seed = job.data, job.parts, job.spec, job.seed
    source = data.source or Source("")
    stored = {
        "path": str(Path(source.path).resolve()) if source.path else "",
        "sha256": digest_of(source) if source.path else "",
        "options": dict(source.options),
        "records": len(data),
        "train": len(parts.train),
        "validation": len(parts.validation),
        "holdout": len(parts.holdout),
        "duplicates": parts.split.duplicates,
        "notes": dict(data.notes),
    }
    how = {"w": parts.split.w, "seed": seed, "by": parts.split.by, "note": parts.split.note or None}
    return {
        "format": FORMAT,
        "command": command(),
        "model": models.config(model),
        "training": {"seed": seed},
        "spec": {"length": spec.length, **spec.observation.config()},
        "modality": dict(data.modality.config()),
        "data": stored,
        "split": {name: value for name, value in how.items() if value is not None},
        "versions": {"genomimic": genomimic.__version__}
        | {name: version(name) for name in ("jax", "equinox", "optax", "numpy")},
    } | ({"conditions": spec.conditions.config()} if spec.conditions.names else {})


def _check_same(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of another model, seed or data."""
    for section, names in (
        ("model", None),
        ("training", None),
        ("spec", None),
        ("split", None),
        ("data", ("sha256", "options")),
        ("conditions", ("labels",)),
    ):
        old, new = there.get(section, {}), here.get(section, {})
        for name in names or sorted({*old, *new}):
            if old.get(name) != new.get(name):
                raise UsageError(
                    f"{path}: cannot resume: {section} {name} was {old.get(name)} and is now {new.get(name)}; "
                    "use the same again, or choose another -o"
                )
