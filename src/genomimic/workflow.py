"""The verbs that join the parts: evaluate, and mimic, which does everything."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import genomimic
from genomimic import evaluation
from genomimic.baselines import fit_baseline, held_out_bits
from genomimic.budgets import Budget
from genomimic.dataset import Dataset
from genomimic.embedding import Embed
from genomimic.evaluation import Report
from genomimic.learning import Job, Wanted, Watch, check_run, command, learn, origin_of, parts_for, ready, silent
from genomimic.models import Conditions
from genomimic.motifs import Motifs
from genomimic.ordering import Order, order_for
from genomimic.parts import Parts
from genomimic.reading import Writer
from genomimic.report import write_report
from genomimic.report_files import discard_files
from genomimic.run import Run, folder_for
from genomimic.sampling import sample, stream
from genomimic.sections import of_run
from genomimic.splitting import Split
from genomimic.training import spec_of
from genomimic.writing import check_format


class Mimicry(NamedTuple):
    """What `mimic` made: the run, the synthetic records' file, the report's file and the report."""

    run: Run
    synthetic: Path
    html: Path
    report: Report


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
    baselines are fitted to the training part here. A set that `run` made is judged by the run's likelihood too; what
    the run was told of each record, baselines are told where they can be (`fit_baseline`).
    `motifs` (see `genomimic.motifs.read`) are looked for in DNA or RNA. `embed` is any function from a data set to a
    row of numbers for each record, such as a language model's hidden states: the embedding is made of these.
    """
    evaluation.check(synthetic, parts.train, parts.holdout)
    evaluation.check_motifs(motifs, parts.train)
    largest = max(map(len, synthetic.values()), default=0)
    n = min(largest, len(parts.holdout), len(parts.train), evaluation.MAX_RECORDS)
    made = [name for name, dataset in synthetic.items() if run is not None and _made_by(run, dataset)]
    told = run.spec.conditions if run is not None and made else Conditions()
    references, bits = {}, {}
    baselines, spec = parts.train.modality.baselines, spec_of(parts.train)
    for i, name in enumerate(baselines):
        watch("floors", i / len(baselines), name)
        baseline = fit_baseline(name, parts, spec, told, seed=seed)
        references[name] = sample(baseline, n, seed=seed)
        if baseline.model.likelihood != "none":
            bits[name] = held_out_bits(baseline, parts, seed=seed)
    watch("floors", 1.0, ", ".join(baselines))
    own = {}
    if run is not None and made and run.model.likelihood != "none":
        own = dict.fromkeys(made, held_out_bits(run, parts, seed=seed))
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
    model: Wanted,
    data: Dataset,
    *,
    out: Path | str,
    n: int | None = None,
    by: str | None = None,
    conditions: Sequence[str] = (),
    motifs: Motifs | None = None,
    seed: int = 0,
    budget: float | None = None,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch = silent,
) -> Mimicry:
    """Learn from data, generate n records (as many as were learned from, at most 10,000, if not said), and judge them.

    "auto" for a model chooses the simplest that does as well as any. `budget` is the seconds that training may take.
    Writes `synthetic.fa.gz` (gene expression: `synthetic.h5ad`), the report (`write_judgement`)
    and the run directory `run` into `out`.
    """
    out = Path(out)
    check_run(out / "run", resume=resume, overwrite=overwrite)
    evaluation.check_motifs(motifs, data)
    synthetic = out / data.modality.file
    check_format(synthetic, data.modality)
    parts = parts_for(data, by, seed, watch)
    evaluation.check({}, parts.train, parts.holdout)
    spec = spec_of(parts.train, conditions)
    model = ready(model, spec, len(parts.train))
    if overwrite:
        synthetic.unlink(missing_ok=True)
        discard_files(out)
    run = learn(model, Job(data, parts, spec, out / "run", seed, overwrite, Budget.of(budget), watch))
    n = min(len(parts.train), 10_000) if n is None else n
    write_samples(run, n, synthetic, seed=seed, watch=watch)
    judged = sample(run, min(len(parts.holdout), evaluation.MAX_RECORDS), seed=seed)
    report = evaluate({run.model.name: judged}, parts, run=run, motifs=motifs, seed=seed, watch=watch)
    return Mimicry(run, synthetic, write_judgement(report, out, run=run, parts=parts), report)


def write_samples(
    run: Run,
    n: int,
    path: Path,
    *,
    seed: int = 0,
    batch: int = 16384,
    order: Order | None = None,
    watch: Watch = silent,
) -> None:
    """Write n synthetic records, or n of each kind of an order, to a file that appears once it is whole.

    At most `batch` records are in memory at a time.
    """
    order = order or order_for(run)
    total = n * order.kinds
    with Writer(path, run.modality, provenance=origin_of(run, seed)) as writer:
        done = 0
        for block in stream(run, n, seed=seed, batch=batch, order=order):
            writer.write(block)
            done += len(block)
            watch("sample", done / total, f"{done:,} of {total:,} {run.modality.records}")


def write_judgement(report: Report, out: Path | str, *, run: Run | None = None, parts: Parts | None = None) -> Path:
    """Write the report into a folder, with what the run can show of itself; gives the path of the HTML file.

    The files are report.html, scores.json, scores.csv, ranks.csv where several generators are compared, and
    tables/SET/TABLE.csv; those of an earlier report that are not written again are removed.
    """
    shown = {} if run is None or parts is None else of_run(run, parts.train, report.sets[0].comparison)
    out = Path(out)
    with folder_for(out):
        return write_report(report, out, reproduce=command(), **shown)


def _made_by(run: Run, dataset: Dataset) -> bool:
    made = dataset.labels.get("run")
    return made is not None and bool((made == run.digest).all())


def _provenance(parts: Parts, run: Run | None, seed: int) -> dict[str, str | int]:
    """What the report says of where its numbers come from."""
    found = {
        "genomimic": genomimic.__version__,
        "seed": seed,
        **_division(parts.split),
        "duplicates_left_out": parts.split.duplicates,
    }
    if parts.train.source:
        found["data"] = Path(parts.train.source.path).name
    if run is not None:
        found |= {"model": run.model.name, "run": run.digest}
    return found


def _division(split: Split) -> dict[str, str | int]:
    """How the parts were made."""
    words = {} if split.w is None else {"word_that_makes_a_cluster": split.w, "clusters": split.clusters}
    return words | ({"split": split.note} if split.note else {})
