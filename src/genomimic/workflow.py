"""The verbs that join the parts: train into a directory, evaluate, and mimic, which does everything."""

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import genomimic
from genomimic import evaluation, models
from genomimic.dataset import Dataset, Source
from genomimic.embedding import Embed
from genomimic.errors import TrainingError, UsageError
from genomimic.evaluation import Report
from genomimic.likelihoods import HeldOutBits, training_sample
from genomimic.models import BASELINES, Model
from genomimic.motifs import Motifs
from genomimic.observation import Categorical
from genomimic.parts import Parts
from genomimic.reading import Writer, digest
from genomimic.report import write_report
from genomimic.report_files import discard_files
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
from genomimic.sampling import bits_per_base, sample, stream, templates_for
from genomimic.sections import of_run
from genomimic.splitting import split
from genomimic.training import Progress, fit, spec_of

Watch = Callable[[str, float, str], None]
"""Told of the work as it goes: the stage, the share of it that is done, and a detail."""

SYNTHETIC = "synthetic.fa.gz"


def silent(stage: str, share: float, detail: str) -> None:
    """A watch that looks away."""


class Mimicry(NamedTuple):
    """What `mimic` made: the run, the synthetic sequences' file, the report's file and the report."""

    run: Run
    synthetic: Path
    html: Path
    report: Report


def train(
    model: Model,
    data: Dataset,
    *,
    out: Path | str,
    by: str | None = None,
    seed: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch = silent,
) -> Run:
    """Split the data (by homology, or by the label column `by`), train the model and keep all of it in a directory.

    With `resume`, training goes on from the last checkpoint and ends as if it had never stopped; with `overwrite`, a
    run that is there is replaced once all is ready to train. Raises `UsageError` where `out` holds a run already and
    neither is asked for, or holds another run than the one to resume.
    """
    check_run(out, resume=resume, overwrite=overwrite)
    parts = _split(data, by, seed, watch)
    model = _ready(model, parts)
    with folder_for(Path(out)):
        return _train(model, data, parts, Path(out), seed, overwrite, watch)


def check_run(path: Path | str, *, resume: bool, overwrite: bool) -> None:
    """Refuse a directory that cannot take a run, or that holds one which is neither gone on with nor replaced."""
    check_output(Path(path))
    if (Path(path) / "run.toml").exists() and not (resume or overwrite):
        raise UsageError(
            f"{path}: holds a run already; go on with --resume, start anew with --overwrite, or choose another -o"
        )


def evaluate(
    synthetic: Mapping[str, Dataset],
    parts: Parts,
    *,
    generators: Mapping[str, str] | None = None,
    run: Run | None = None,
    motifs: Motifs | None = None,
    embed: Embed | None = None,
    seed: int = 0,
    watch: Watch = silent,
) -> Report:
    """Judge synthetic sets, of any origin, against real data that no model has seen, between floors and ceiling.

    `generators` names the generator of a set where several sets come from one, trained with different seeds. The
    baselines are fitted to the training part here. A set that `run` made is judged by the run's likelihood too.
    `motifs` (see `genomimic.motifs.read`) are looked for in DNA or RNA. `embed` is any function from a data set to a
    row of numbers for each record, such as a language model's hidden states: the embedding is made of these.
    """
    evaluation.check(synthetic, parts.train, parts.holdout)
    evaluation.check_motifs(motifs, parts.train)
    largest = max(map(len, synthetic.values()), default=0)
    n = min(largest, len(parts.holdout), len(parts.train), evaluation.MAX_RECORDS)
    references, bits = {}, {}
    for i, name in enumerate(BASELINES):
        watch("floors", i / len(BASELINES), name)
        baseline = fit(models.build(name), parts.train, parts.validation, seed=seed)
        references[name] = sample(baseline, n, seed=seed)
        bits[name] = _held_out_bits(baseline, parts, seed)
    watch("floors", 1.0, ", ".join(BASELINES))
    own = {}
    if run is not None and run.model.likelihood != "none":
        found = _held_out_bits(run, parts, seed)
        own = {name: found for name, dataset in synthetic.items() if _made_by(run, dataset)}
    report = evaluation.evaluate(
        synthetic,
        generators=generators,
        train=parts.train,
        holdout=parts.holdout,
        validation=parts.validation,
        references=references,
        train_clusters=parts.split.cluster[parts.split.rows("train")],
        holdout_clusters=parts.split.cluster[parts.split.rows("holdout")],
        validation_clusters=parts.split.cluster[parts.split.rows("validation")],
        likelihoods=own,
        reference_likelihoods=bits,
        motifs=motifs,
        embed=embed,
        seed=seed,
        progress=lambda detail, share: watch("judge", share, detail),
    )
    return replace(report, provenance={**report.provenance, **_provenance(parts, run, seed)})


def mimic(
    model: Model,
    data: Dataset,
    *,
    out: Path | str,
    n: int | None = None,
    by: str | None = None,
    motifs: Motifs | None = None,
    seed: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch = silent,
) -> Mimicry:
    """Learn from data, generate n records (as many as were learned from, at most 10,000, if not said), and judge them.

    Writes `synthetic.fa.gz`, the report (`write_judgement`) and the run directory `run` into `out`.
    """
    out = Path(out)
    check_run(out / "run", resume=resume, overwrite=overwrite)
    evaluation.check_motifs(motifs, data)
    parts = _split(data, by, seed, watch)
    evaluation.check({}, parts.train, parts.holdout)
    model = _ready(model, parts)
    if overwrite:
        (out / SYNTHETIC).unlink(missing_ok=True)
        discard_files(out)
    with folder_for(out / "run"):
        run = _train(model, data, parts, out / "run", seed, overwrite, watch)
    n = min(len(parts.train), 10_000) if n is None else n
    write_samples(run, n, out / SYNTHETIC, seed=seed, watch=watch)
    judged = sample(run, min(len(parts.holdout), evaluation.MAX_RECORDS), seed=seed)
    report = evaluate({run.model.name: judged}, parts, run=run, motifs=motifs, seed=seed, watch=watch)
    return Mimicry(run, out / SYNTHETIC, write_judgement(report, out, run=run, parts=parts), report)


def write_samples(
    run: Run,
    n: int,
    path: Path,
    *,
    seed: int = 0,
    batch: int = 16384,
    template: str | Path | None = None,
    watch: Watch = silent,
) -> None:
    """Write n synthetic records, or n of each template, to a file that appears once it is whole.

    At most `batch` records are in memory at a time.
    """
    templates = None if template is None else templates_for(run, template)
    total = n * (len(templates.names) if templates else 1)
    with Writer(path) as writer:
        done = 0
        for block in stream(run, n, seed=seed, batch=batch, templates=templates):
            writer.write(block)
            done += len(block)
            watch("sample", done / total, f"{done:,} of {total:,} sequences")


def write_judgement(report: Report, out: Path | str, *, run: Run | None = None, parts: Parts | None = None) -> Path:
    """Write the report into a folder, with what the run can show of itself; gives the path of the HTML file.

    The files are report.html, scores.json, scores.csv, ranks.csv where several generators are compared, and
    tables/SET/TABLE.csv; those of an earlier report that are not written again are removed.
    """
    shown = {} if run is None or parts is None else of_run(run, parts.train, report.sets[0].comparison)
    out = Path(out)
    with folder_for(out):
        return write_report(report, out, reproduce=_command(), **shown)


def _command() -> str:
    """The command that is running."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _split(data: Dataset, by: str | None, seed: int, watch: Watch) -> Parts:
    watch("split", 0.0, "")
    parts = Parts.of(data, split(data, by=by, seed=seed))
    sizes = f"{len(parts.train):,} train, {len(parts.validation):,} validation, {len(parts.holdout):,} holdout"
    watch("split", 1.0, f"{sizes}, {parts.split.duplicates:,} duplicates left out")
    return parts


def _ready(model: Model, parts: Parts) -> Model:
    """The model with its sizes settled; one that cannot be built on this data says so before anything is written."""
    model = model.settled(len(parts.train))
    template(model, spec_of(parts.train))
    return model


def _train(model: Model, data: Dataset, parts: Parts, path: Path, seed: int, overwrite: bool, watch: Watch) -> Run:
    config = _config(model, data, parts, seed)
    if overwrite:
        discard(path)
    if (path / "run.toml").exists():
        _check_same(path, read_config(path), config)
    else:
        write_split(path, data.ids, parts.split.part, parts.split.cluster)
        write_config(path, config)

    def show(progress: Progress) -> None:
        shown = {name: value for name, value in progress.scalars.items() if name in model.shown}
        watch(
            "train", progress.step / progress.steps, "  ".join(f"{name} {value:.3g}" for name, value in shown.items())
        )

    watch("train", 0.0, "preparing")
    try:
        run = fit(model, parts.train, parts.validation, seed=seed, path=path, progress=show)
    except TrainingError:
        discard(path)
        raise
    watch("train", 1.0, read_meta(path)["stopped"])
    return replace(run, config=config)


def _config(model: Model, data: Dataset, parts: Parts, seed: int) -> dict[str, Any]:
    """What run.toml says."""
    spec = spec_of(parts.train)
    source = data.source or Source("")
    stored = {
        "path": str(Path(source.path).resolve()) if source.path else "",
        "sha256": digest(source.path) if source.path else "",
        "options": dict(source.options),
        "records": len(data),
        "train": len(parts.train),
        "validation": len(parts.validation),
        "holdout": len(parts.holdout),
        "duplicates": parts.split.duplicates,
        "notes": dict(data.notes),
    }
    divided = {"w": parts.split.w, "seed": seed} | ({"by": parts.split.by} if parts.split.by else {})
    observation = spec.observation
    assert isinstance(observation, Categorical)
    return {
        "format": FORMAT,
        "command": _command(),
        "model": models.config(model),
        "training": {"seed": seed},
        "spec": {"length": spec.length, "symbols": observation.symbols, "ends": observation.ends},
        "modality": dict(data.modality.config()),
        "data": stored,
        "split": divided,
        "versions": {"genomimic": genomimic.__version__}
        | {name: version(name) for name in ("jax", "equinox", "optax", "numpy")},
    }


def _check_same(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of another model, seed or data."""
    for section, names in (
        ("model", None),
        ("training", None),
        ("spec", None),
        ("split", None),
        ("data", ("sha256", "options")),
    ):
        old, new = there.get(section, {}), here[section]
        for name in names or sorted({*old, *new}):
            if old.get(name) != new.get(name):
                raise UsageError(
                    f"{path}: cannot resume: {section} {name} was {old.get(name)} and is now {new.get(name)}; "
                    "use the same again, or choose another -o"
                )


def _held_out_bits(run: Run, parts: Parts, seed: int) -> HeldOutBits:
    assert run.model.likelihood != "none"
    seen = parts.train.take(training_sample(len(parts.train), len(parts.holdout), seed))
    holdout, train = (bits_per_base(run, records, seed=seed) for records in (parts.holdout, seen))
    return HeldOutBits(holdout, run.model.likelihood, train)


def _made_by(run: Run, dataset: Dataset) -> bool:
    made = dataset.labels.get("run")
    return made is not None and bool((made == run.digest).all())


def _provenance(parts: Parts, run: Run | None, seed: int) -> dict[str, str | int]:
    """What the report says of where its numbers come from."""
    found = {
        "genomimic": genomimic.__version__,
        "seed": seed,
        "word_that_makes_a_cluster": parts.split.w,
        "clusters": parts.split.clusters,
        "duplicates_left_out": parts.split.duplicates,
    }
    if parts.train.source:
        found["data"] = Path(parts.train.source.path).name
    if run is not None:
        found |= {"model": run.model.name, "run": run.digest}
    return found
