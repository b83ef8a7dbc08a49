"""The verb impute: train where no run is given, fill in, score on hidden values, and write all of it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

import genomimic
from genomimic import imputation, models
from genomimic.dataset import Dataset
from genomimic.errors import RunError, UsageError
from genomimic.imputation import Imputed
from genomimic.imputation_report import render
from genomimic.imputation_scores import PATTERNS, Trial, coverage, score
from genomimic.io.compression import bare_suffix
from genomimic.io.h5ad import write_h5ad
from genomimic.learning import Watch, command, silent, train
from genomimic.modalities import Expression
from genomimic.models import Model
from genomimic.parts import parts_of
from genomimic.run import Run, replacing
from genomimic.writing import Writer, appearing, check_format

FORMAT = 1

FILLING = {"latent": "20", "width": "128", "decay": "1", "contrast": "1"}
"""Settings of a vae that is trained to fill in: it need not make cells that look right, and foretells values better."""


class Imputation(NamedTuple):
    """What was filled in, the run that did it, how well it does on hidden values, and the files written.

    `trials` is empty, and `unscored` says why, where the run's own cells are no longer there to be judged by.
    """

    imputed: Imputed
    run: Run
    trials: Sequence[Trial]
    unscored: str
    files: Sequence[Path]


def check_data(data: Dataset, out: Path, *, zeros: bool) -> None:
    """Refuse, before anything is trained, data with nothing to fill in, and a name that cannot be written."""
    if not isinstance(data.modality, Expression):
        raise UsageError(
            "impute is for gene expression; letters of sequences are filled in by: genomimic sample --template"
        )
    imputation.wanted(data.values, zeros=zeros)
    check_format(out, data.modality)


def run_beside(out: Path) -> Path:
    """Where the run that is trained for a file goes: out.h5ad to out-run."""
    path = out.with_name(f"{out.name.split('.')[0]}-run")
    if (path / "run.toml").exists():
        raise UsageError(f"{path}: holds a run already; use it by --run {path}, or remove it")
    return path


def impute_file(
    data: Dataset,
    out: Path | str,
    *,
    run: Run | None = None,
    model: Model | None = None,
    by: str | None = None,
    zeros: bool = False,
    draws: int = 64,
    seed: int = 0,
    watch: Watch = silent,
) -> Imputation:
    """Fill in what is not known and write it to a file, with scores on hidden values beside it.

    Without a `run`, `model` is trained on the data into a directory beside the file; where not given, a vae with the
    settings `FILLING`.
    """
    out = Path(out)
    check_data(data, out, zeros=zeros)
    if run is None:
        run = train(model or models.build("vae", FILLING), data, out=run_beside(out), by=by, seed=seed, watch=watch)
    imputation.check(run)
    watch("impute", 0.0, "")
    found = imputation.impute(run, data, zeros=zeros, draws=draws, seed=seed)
    watch("impute", 1.0, f"{int(found.filled.sum()):,} of {found.filled.size:,} values")
    trials, unscored = _scored(run, draws, seed, watch)
    data = run.modality.conform(data, run.spec.length)
    made = {"imputed": True, "zeros": zeros, "draws": draws, "seed": seed, "run": run.digest, "command": command()}
    written = write_imputed(found, data, out, {"generator": "genomimic", "version": genomimic.__version__, **made})
    filled = f"{int(found.filled.sum()):,} of {found.filled.size:,} values filled in"
    return Imputation(found, run, trials, unscored, [*written, *write_scores(trials, data, out, filled, made)])


def _scored(run: Run, draws: int, seed: int, watch: Watch) -> tuple[Sequence[Trial], str]:
    try:
        parts = parts_of(run)
    except RunError as error:
        return (), str(error)
    if not len(parts.holdout) or not len(parts.validation):
        return (), "the run holds no cells out"
    return score(run, parts, draws=draws, seed=seed, watch=lambda share, detail: watch("score", share, detail)), ""


def write_imputed(found: Imputed, data: Dataset, out: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write the whole values: with layers low, high and imputed to `.h5ad`, else low and high to files beside it."""
    assert isinstance(data.modality, Expression)
    modality = Expression("continuous", data.modality.genes)
    if bare_suffix(out) == ".h5ad":
        held = sparse.csr_array if data.modality.counts else np.asarray
        layers = {"low": held(found.low), "high": held(found.high), "imputed": sparse.csr_array(found.filled)}
        with appearing(out) as place:
            write_h5ad(
                place,
                held(found.values),
                cells=data.ids,
                genes=modality.genes,
                labels=data.labels,
                provenance=provenance,
                layers=layers,
            )
        return [out]
    names = [out, *(beside(out, f".{end}{out.name[len(out.name.split('.')[0]) :]}") for end in ("low", "high"))]
    for path, values in zip(names, (found.values, found.low, found.high), strict=True):
        with Writer(path, modality) as writer:
            writer.write(replace(data, values=values, modality=modality))
    return names


def beside(out: Path, ending: str) -> Path:
    """A file beside another, which shares its name up to the first dot.

    >>> beside(Path("filled.csv.gz"), ".scores.json").name
    'filled.scores.json'
    """
    return out.with_name(out.name.split(".")[0] + ending)


def write_scores(trials: Sequence[Trial], data: Dataset, out: Path, filled: str, made: Mapping[str, Any]) -> list[Path]:
    """Write a report, scores.json, and tables by gene and by cell, beside the file; nothing where nothing was judged.

    `filled` says how much was filled in, `made` how.
    """
    if not trials:
        return []
    assert isinstance(data.modality, Expression)
    whole = {"format": FORMAT, **made, "trials": [_record(trial) for trial in trials]}
    files = {beside(out, ".html"): render(trials, data=out.name, filled=filled, provenance=made).encode()}
    files[beside(out, ".scores.json")] = json.dumps(whole, indent=1).encode()
    for axis, name, names in ((1, "genes", data.modality.genes), (0, "cells", None)):
        files[beside(out, f".{name}.csv")] = _table(trials, axis, names)
    with replacing(files):
        pass
    return list(files)


def _record(trial: Trial) -> dict[str, Any]:
    nats, square = trial.differences("nats"), trial.differences("square")
    methods = [
        {
            "method": name,
            "nats_per_value": float(judged.nats.mean()),
            "rmse": float(np.sqrt(judged.square.mean())),
            "coverage_90": coverage(judged.rank),
        }
        | ({"nats_worse": nats[name]._asdict(), "mse_worse": square[name]._asdict()} if name in nats else {})
        for name, judged in trial.methods.items()
    ]
    return {
        "hidden": trial.pattern,
        "meaning": PATTERNS[trial.pattern],
        "values": int(trial.asked.sum()),
        "cells": trial.cells,
        "verdict": trial.verdict,
        "inside_intervals": trial.inside,
        "methods": methods,
    }


def _table(trials: Sequence[Trial], axis: int, names: Sequence[str] | None) -> bytes:
    """Nats and errors of each method, by gene or by cell."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    methods = list(trials[0].methods)
    what = "holdout_cell" if names is None else "gene"
    rows.writerow([what, "hidden", "values", *(f"{kind} {name}" for kind in ("nats", "rmse") for name in methods)])
    for trial in trials:
        which = np.nonzero(trial.asked)[axis]
        n = np.bincount(which, minlength=trial.asked.shape[axis])
        nats = [np.bincount(which, judged.nats, len(n)) for judged in trial.methods.values()]
        square = [np.bincount(which, judged.square, len(n)) for judged in trial.methods.values()]
        for at in np.flatnonzero(n).tolist():
            means = [f"{total[at] / n[at]:.5g}" for total in nats]
            roots = [f"{np.sqrt(total[at] / n[at]):.5g}" for total in square]
            rows.writerow([at if names is None else names[at], trial.pattern, n[at], *means, *roots])
    return text.getvalue().encode()
