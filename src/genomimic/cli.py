"""The command line: one command for each verb."""

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter
from cyclopts.validators import Number

from genomimic import __version__
from genomimic.arguments import Reading, Ruling, model_of, motifs_of, named_sets, real_parts, seconds_of
from genomimic.defaults import EDIT_PRICE, METHOD, PRICE
from genomimic.display import Display
from genomimic.errors import GenomimicError, UsageError

if TYPE_CHECKING:
    from genomimic.evaluation import Report

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path("~/.cache/genomimic/jax").expanduser()))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")

app = App(
    name="genomimic",
    help=(
        "Learn from biological data, generate synthetic data like it, and prove how good they are.\n\n"
        "Start with: genomimic mimic DATA -o DIR"
    ),
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    suppress_keyboard_interrupt=False,
)

MODEL = Group("Model", sort_key=1)

Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Seed = Annotated[int, Parameter(name=["--seed", "-s"], validator=Number(gte=0, lt=2**32))]
Budget = Annotated[str | None, Parameter(group=MODEL)]
Condition = Annotated[list[str] | None, Parameter(group=MODEL, negative="")]
Settings = Annotated[str, Parameter(group=MODEL, help="Any setting of the model, as listed by: genomimic models NAME")]


DEFAULT_READING = Reading()
NO_RULES = Ruling()


@app.command
def mimic(
    data: Path,
    *,
    out: Out,
    model: Annotated[str, Parameter(group=MODEL)] = "auto",
    n: Annotated[int | None, Parameter(name=["-n", "--n"], validator=Number(gte=1))] = None,
    seed: Seed = 0,
    split_by: str | None = None,
    condition: Condition = None,
    motifs: str | None = None,
    budget: Budget = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    reading: Reading = DEFAULT_READING,
    **settings: Settings,
) -> None:
    """Learn from a file, generate records like its own, and judge them: the whole job.

    Writes DIR/report.html (open this), DIR/scores.json, DIR/scores.csv, DIR/tables (its tables as CSV),
    DIR/synthetic.fa.gz (gene expression: DIR/synthetic.h5ad) and DIR/run.

    Args:
        data: Sequences (FASTA, FASTQ, CSV, TSV, Parquet), or gene expression (.h5ad, 10x .h5 or folder, .mtx, CSV,
            TSV, Parquet); text may be compressed.
        out: Directory to write to.
        model: Generator to train, as listed by: genomimic models; auto chooses the simplest that does as well as any.
        n: Records to generate; as many as were learned from where not given, at most 10,000.
        seed: Start of all random numbers; the same seed gives the same bytes.
        split_by: Label or column that decides what is held out (train, validation, test, or whole groups: a donor), in
            place of homology (sequences) or of a label named donor, patient, batch, sample or the like (cells).
        condition: Label that the model is told of each record, so that synthetic records carry it too; repeatable.
        motifs: Motifs to look for: vertebrates, plants, insects, fungi, nematodes, urochordates or diatoms
            (JASPAR 2024), or a JASPAR, MEME or TRANSFAC file.
        budget: Time that training may take: 90s, 10m, 2h.
        resume: Go on with the interrupted run in DIR.
        overwrite: Replace the run in DIR, and its report.
        reading: How the file is read.
        settings: Settings of the model.
    """
    from genomimic import learning, workflow

    chosen, library, seconds = model_of(model, settings), motifs_of(motifs), seconds_of(budget)
    learning.check_run(out / "run", resume=resume, overwrite=overwrite)
    with Display() as display:
        made = workflow.mimic(
            chosen,
            reading.read(data, display),
            out=out,
            n=n,
            by=split_by,
            conditions=condition or [],
            motifs=library,
            seed=seed,
            budget=seconds,
            resume=resume,
            overwrite=overwrite,
            watch=display,
        )
    _tell(made.report)
    print(f"\nreport     {made.html}\n{made.run.modality.records:<10} {made.synthetic}")
    print(f"scores     {out / 'scores.json'}\nrun        {out / 'run'}")


@app.command
def train(
    data: Path,
    *,
    out: Out,
    model: Annotated[str, Parameter(group=MODEL)] = "auto",
    seed: Seed = 0,
    split_by: str | None = None,
    condition: Condition = None,
    budget: Budget = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    reading: Reading = DEFAULT_READING,
    **settings: Settings,
) -> None:
    """Train a generator on a file and keep it in a run directory.

    Args:
        data: Sequences (FASTA, FASTQ, CSV, TSV, Parquet), or gene expression (.h5ad, 10x .h5 or folder, .mtx, CSV,
            TSV, Parquet); text may be compressed.
        out: Run directory to write.
        model: Generator to train, as listed by: genomimic models; auto chooses the simplest that does as well as any.
        seed: Start of all random numbers; the same seed gives the same bytes.
        split_by: Label or column that decides what is held out (train, validation, test, or whole groups: a donor), in
            place of homology (sequences) or of a label named donor, patient, batch, sample or the like (cells).
        condition: Label that the model is told of each record, so that synthetic records carry it too; repeatable.
        budget: Time that training may take: 90s, 10m, 2h.
        resume: Go on with the interrupted run in the directory.
        overwrite: Replace the run in the directory.
        reading: How the file is read.
        settings: Settings of the model.
    """
    from genomimic import learning

    chosen, seconds = model_of(model, settings), seconds_of(budget)
    learning.check_run(out, resume=resume, overwrite=overwrite)
    with Display() as display:
        records = reading.read(data, display)
        learning.train(
            chosen,
            records,
            out=out,
            by=split_by,
            conditions=condition or [],
            seed=seed,
            budget=seconds,
            resume=resume,
            overwrite=overwrite,
            watch=display,
        )
    print(f"run        {out}\nnext       genomimic sample {out} -n 1000 -o {records.modality.file}")


@app.command
def sample(
    run: Path,
    *,
    n: Annotated[int, Parameter(name=["-n", "--n"], validator=Number(gte=1))],
    out: Out,
    seed: Seed = 0,
    batch: Annotated[int, Parameter(validator=Number(gte=1))] = 16384,
    where: Annotated[list[str] | None, Parameter(negative="")] = None,
    guidance: Annotated[float | None, Parameter(validator=Number(gte=0))] = None,
    ruling: Ruling = NO_RULES,
) -> None:
    """Generate records with a trained run.

    Args:
        run: Run directory (of `train`, or DIR/run of `mimic`).
        n: Records to generate; of each template, or each row of wanted labels, where a file holds several.
        out: File to write: .fa for sequences, .h5ad, .csv or .tsv for gene expression; text is compressed if the name
            ends in .gz, .bz2, .xz or .zst.
        seed: Start of all random numbers; record i of a seed is always the same.
        batch: Records held in memory at a time; changes nothing in the output.
        where: Label that records are to have, NAME=VALUE, for runs trained with --condition; repeatable. A number may
            be a quantile of the training records (activity=0.9q). Or a table (CSV, TSV, Parquet) of wanted labels.
        guidance: Above 0 (such as 1 or 2), records become more typical of their labels, and less varied.
        ruling: Rules that records keep.
    """
    from genomimic import workflow
    from genomimic.ordering import order_for
    from genomimic.run import Run
    from genomimic.where import parse_where

    loaded = Run.load(run)
    template, rules = ruling.read(loaded)
    wanted = parse_where(where or [])
    order = order_for(loaded, template=template, where=wanted, guidance=guidance, rules=rules)
    with Display() as display:
        workflow.write_samples(loaded, n, out, seed=seed, batch=batch, order=order, watch=display)
    print(f"{loaded.modality.records:<10} {out}")


@app.command
def design(
    run: Path,
    *,
    objective: str,
    out: Out,
    maximise: Annotated[bool, Parameter(negative="")] = False,
    minimise: Annotated[bool, Parameter(negative="")] = False,
    target: float | None = None,
    n: Annotated[int | None, Parameter(name=["-n", "--n"], validator=Number(gte=1))] = None,
    method: Literal["search", "select", "guide", "edit", "ascend"] = METHOD,
    price: Annotated[float, Parameter(validator=Number(gte=0))] = PRICE,
    start: Path | None = None,
    edit_price: Annotated[float, Parameter(validator=Number(gte=0))] = EDIT_PRICE,
    where: Annotated[list[str] | None, Parameter(negative="")] = None,
    guide: Path | None = None,
    judge: Path | None = None,
    seed: Seed = 0,
    ruling: Ruling = NO_RULES,
) -> None:
    """Design sequences for a goal with a trained run, within rules, and judge them by a predictor that did not guide.

    Writes FILE, and beside it a report (FILE's name with .html; open this) and an order sheet (-order.csv).

    Args:
        run: Run directory (of `train`, or DIR/run of `mimic`) whose data have the label.
        objective: What is wanted: a label that is a number (activity), or one class of a label (cell_type=K562).
        out: File of designs to write, .fa, .csv or .tsv, the best first.
        maximise: High values are wanted, which is so where nothing else is said.
        minimise: Low values are wanted.
        target: Values near this one are wanted.
        n: Designs to make; 100 where not given, or one for each sequence of --start.
        method: How: search (evolution by what the generator proposes), select (the best of many samples), guide
            (sampling steered on its way), edit (few letters changed along the guide's gradient), ascend (climbing in
            the latent space of a vae or gan).
        price: What it costs to be less, or more, likely than typical samples of the run; 0 asks for nothing natural.
        start: With --method edit: file of sequences to improve, as long as those of the run; a design for each.
        edit_price: With --method edit: what each changed letter costs, in standard deviations of what is wanted.
        where: Label that the generator is told, NAME=VALUE, for runs trained with --condition; repeatable.
        guide: Predictor (of `predict`) to be guided by; trained on half of the run's training data where not given.
        judge: Predictor to judge by; trained on all that the guide does not see where not given.
        seed: Start of all random numbers.
        ruling: Rules that designs keep.
    """
    from genomimic import designs
    from genomimic.oracles import aim_of
    from genomimic.predictor import Predictor
    from genomimic.reading import read
    from genomimic.run import Run
    from genomimic.where import parse_where

    if [maximise, minimise, target is not None].count(True) > 1:
        raise UsageError("say one of --maximise, --minimise and --target")
    aim, loaded = aim_of(objective, minimise=minimise, target=target), Run.load(run)
    designs.check_output(out, loaded)
    given = {name: Predictor.load(path) for name, path in (("guide", guide), ("judge", judge)) if path}
    starts = read(start, modality=loaded.modality, max_unknown=1.0) if start else None
    with Display() as display:
        made = designs.design_file(
            loaded,
            aim,
            out,
            n=n,
            method=method,
            price=price,
            rules=ruling.rules(loaded),
            where=parse_where(where or []),
            guide=given.get("guide"),
            judge=given.get("judge"),
            start=starts,
            edit_price=edit_price,
            seed=seed,
            watch=display,
        )
    print(f"{designs.sentence(made.assessment, aim)}\n")
    if made.caution:
        print(f"{made.caution}\n")
    print(
        "\n".join(f"{name:<10} {path}" for name, path in zip(("designs", "order", "report"), made.files, strict=True))
    )


@app.command
def impute(
    data: Path,
    *,
    out: Out,
    run: Path | None = None,
    zeros: Annotated[bool, Parameter(negative="")] = False,
    draws: Annotated[int, Parameter(validator=Number(gte=16))] = 64,
    split_by: str | None = None,
    seed: Seed = 0,
    reading: Reading = DEFAULT_READING,
    **settings: Settings,
) -> None:
    """Fill in values of gene expression that were not measured, with intervals, and say how well that goes.

    Values that are missing (NaN or empty) are filled in, in the units of the file: counts by expected counts. How well
    is found on cells held out, of which values are hidden, beside gene means, nearest neighbours, PCA and truncated
    SVD: a report (.html), scores.json, and tables by gene and by cell, stand beside FILE.

    Args:
        data: Gene expression (.h5ad, 10x .h5 or folder, .mtx, CSV, TSV, Parquet).
        out: File to write: .h5ad with the layers low, high (90% intervals) and imputed (which values), or .csv or .tsv
            with low and high in files beside it.
        run: Run of a vae to fill in with; where not given, one is trained on the file and kept beside FILE.
        zeros: Exchange zeros of counts too, for the count expected of a second look at that cell; this takes a zero
            for chance, and not for a gene that is off.
        draws: Posterior draws for each cell.
        split_by: Label or column that decides which cells are held out, as for train.
        seed: Start of all random numbers.
        reading: How the file is read.
        settings: Settings of the vae to train.
    """
    from genomimic import imputing
    from genomimic.imputation import check
    from genomimic.run import Run

    loaded = Run.load(run) if run else None
    if loaded and settings:
        raise UsageError(f"--{next(iter(settings))} is a setting of a model to train, and --run has trained one")
    if loaded:
        check(loaded)
    else:
        imputing.run_beside(out)
    model = model_of("vae", imputing.FILLING | settings)
    with Display() as display:
        kind = replace(reading, modality=loaded.modality) if loaded else reading
        made = imputing.impute_file(
            kind.read(data, display, missing=True),
            out,
            run=loaded,
            model=model if not isinstance(model, str) else None,
            by=split_by,
            zeros=zeros,
            draws=draws,
            seed=seed,
            watch=display,
        )
    for trial in made.trials:
        print(f"hidden {trial.pattern}: {trial.verdict}")
    if made.unscored:
        print(f"not scored: {made.unscored}")
    print("\n".join(f"{'imputed' if i == 0 else '':<10} {path}" for i, path in enumerate(made.files)))
    if not loaded:
        print(f"run        {made.run.path}")


@app.command
def encode(
    run: Path,
    data: Path,
    *,
    out: Out,
    reading: Reading = DEFAULT_READING,
) -> None:
    """Write where records lie in the latent space of a trained vae.

    Args:
        run: Run directory of a vae (of `train`, or DIR/run of `mimic`).
        data: Records like those that the run learned from.
        out: File to write: .h5ad for gene expression (obsm X_genomimic: means, X_genomimic_variance: variances; obs
            genomimic_error: bits a value that the decoder needs given the mean), or .csv or .tsv.
        reading: How the file is read.
    """
    from genomimic import latent_files
    from genomimic.run import Run

    loaded = Run.load(run)
    latent_files.check_latent(loaded, out)
    with Display() as display:
        kind = replace(reading, modality=loaded.modality)
        latent_files.write_latent(loaded, kind.read(data, display, missing=True), out)
    print(f"latent     {out}")


@app.command
def evaluate(
    synthetic: Annotated[list[str], Parameter(negative="")],
    *,
    out: Out,
    run: Path | None = None,
    train: Path | None = None,
    holdout: Path | None = None,
    real: Path | None = None,
    motifs: str | None = None,
    seed: Seed = 0,
    reading: Reading = DEFAULT_READING,
) -> None:
    """Judge synthetic data from any tool, one or several files, against real ones.

    Say what is real by one of: --run RUN (its training data and holdout), --train FILE --holdout FILE,
    or --real FILE, which is split (sequences by homology, cells by donor or batch where a label says which).

    Args:
        synthetic: Files of synthetic records, each FILE or NAME=FILE. Files of one NAME are of one generator,
            trained with different seeds; the report compares generators and shows seeds apart.
        out: Directory to write to: report.html (open this), scores.json, scores.csv, ranks.csv of several generators,
            and tables/SET/TABLE.csv. Files of an earlier report there are replaced.
        run: Run whose real data to judge against.
        train: Real records that the generator learned from.
        holdout: Real records that it has not seen.
        real: Real records to split into both.
        motifs: Motifs to look for: vertebrates, plants, insects, fungi, nematodes, urochordates or diatoms
            (JASPAR 2024), or a JASPAR, MEME or TRANSFAC file.
        seed: Start of all random numbers.
        reading: How the files are read.
    """
    from genomimic import workflow
    from genomimic.reading import read
    from genomimic.run import Run, check_output

    check_output(out)
    library = motifs_of(motifs)
    with Display() as display:
        loaded = Run.load(run) if run else None
        parts = real_parts(loaded, (train, holdout, real), reading, seed, display)
        sets, generators = {}, {}
        for name, generator, path in named_sets(synthetic):
            display("read", 0.0, path.name)
            sets[name] = dataset = read(path, modality=parts.train.modality, column=reading.column)
            generators[name] = generator
            display("read", 1.0, f"{path.name}: {len(dataset):,} {dataset.modality.records}")
        report = workflow.evaluate(
            sets, parts, generators=generators, run=loaded, motifs=library, seed=seed, watch=display
        )
        html = workflow.write_judgement(report, out)
    _tell(report)
    print(f"\nreport     {html}\nscores     {out / 'scores.json'}")


@app.command
def predict(
    data: Path,
    *,
    out: Out,
    label: str | None = None,
    predictor: Path | None = None,
    scorer: str | None = None,
    learner: Literal["auto", "linear", "convolutional"] = "auto",
    split_by: str | None = None,
    members: Annotated[int, Parameter(validator=Number(gte=2, lte=20))] = 5,
    attribution: Path | None = None,
    of: str | None = None,
    seed: Seed = 0,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    reading: Reading = DEFAULT_READING,
) -> None:
    """Learn a label from sequences (--label), or score sequences by what was learned (--predictor).

    With --label, DIR holds the predictor and how good it is: report.html (open this), accuracy.json, predictor.toml and
    weights.safetensors. With --predictor or --scorer, FILE is a table with a row for each sequence.

    Args:
        data: Sequences (FASTA, FASTQ, CSV, TSV, Parquet); labels stand in the headers as NAME=VALUE, or in columns.
        out: Directory to write, or table of predictions (.csv or .tsv): id, prediction, low, high (a 90% interval), or
            id, prediction and the probability of each class.
        label: Label to learn: a number, or a class. Records without it are left out.
        predictor: Directory of a predictor to score with.
        scorer: Command to score with in place of a predictor, which reads FASTA and writes a table, such as
            'python score.py {in} {out}'.
        learner: What learns: linear (ridge regression on k-mers), convolutional, or the better of both on clusters that
            were left out.
        split_by: Label or column that decides what is held out, in place of homology.
        members: Members of the predictor, each of which leaves out one fold of clusters.
        attribution: Table to write of what each letter adds to the prediction, with logos in an .html beside it.
        of: Class to whose log-odds letters add.
        seed: Start of all random numbers; the same seed gives the same predictor.
        overwrite: Replace the predictor in DIR.
        reading: How the file is read.
    """
    from genomimic import prediction
    from genomimic.predictor import Predictor
    from genomimic.scorers import command_scorer, scored

    if [label, predictor, scorer].count(None) != 2:
        raise UsageError("say what to do by one of: --label NAME (learn), --predictor DIR or --scorer COMMAND (score)")
    if attribution and not predictor:
        raise UsageError("--attribution needs --predictor DIR, whose letters it explains")
    with Display() as display:
        if label:
            prediction.train_predictor(
                reading.read(data, display),
                label,
                out=out,
                kind=learner,
                by=split_by,
                members=members,
                seed=seed,
                overwrite=overwrite,
                watch=display,
            )
        elif predictor:
            made = Predictor.load(predictor)
            prediction.write_predictions(made, reading.stream(data, made.modality, display), out)
            if attribution:
                records = replace(reading, modality=made.modality).read(data, display)
                prediction.write_attribution(made, records, attribution, of)
        else:
            records = reading.read(data, display)
            prediction.write_scores(scored(command_scorer(str(scorer)), records, name="--scorer"), records, out)
    if label:
        print(f"{prediction.sentence(out)}\n\nreport     {out / 'report.html'}\npredictor  {out}")
        print(f"next       genomimic predict SEQUENCES --predictor {out} -o predictions.csv")
    else:
        print(f"table      {out}")
    if attribution:
        print(f"letters    {attribution}\nlogos      {attribution.with_suffix('.html')}")


@app.command
def show(run: Path) -> None:
    """Show a run: model, layers, data, and how training went.

    Args:
        run: Run directory (of `train`, or DIR/run of `mimic`).
    """
    from genomimic import showing
    from genomimic.run import Run

    print(showing.text(Run.load(run)))


@app.command
def models(name: str | None = None) -> None:
    """List the generators, or the settings of one with defaults and meaning.

    Args:
        name: Generator whose settings to list.
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from genomimic.models import MODELS, describe

    table = Table(box=SIMPLE, pad_edge=False)
    if name is None:
        table.add_column("model", style="bold")
        table.add_column("what it is")
        table.add_column("likelihood")
        table.add_column("fills in templates")
        table.add_row("auto", "the default: the simplest model that does as well as any", "exact", "")
        for model in MODELS.values():
            table.add_row(model.name, model.summary, model.likelihood, "yes" if hasattr(model, "fill") else "")
    else:
        for heading in ("setting", "value", "default", "meaning"):
            table.add_column(heading, overflow="fold")
        for field in describe(name):
            table.add_row(*field)
    Console(highlight=False).print(table)


@app.command
def example(
    name: str = "splice_junctions", *, out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None
) -> None:
    """Write a small real data set to try things on.

    Args:
        name: splice_junctions (3,190 primate splice junctions of 60 bp) or pbmc (700 blood cells x 765 genes).
        out: File to write.
    """
    from genomimic import data

    source = data.path(name)
    out = out or Path(source.name)
    shutil.copyfile(source, out)
    print(f"data       {out}\nnext       genomimic mimic {out} -o my-first-report")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 bad usage or input, 1 a fault of ours, 130 interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(2, f"{' '.join(str(error).split())} (see: genomimic --help)")
    except GenomimicError as error:
        _fail(2, str(error))
    except KeyboardInterrupt:
        _fail(130, "interrupted; nothing is left half-written, and mimic and train go on with --resume")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone: no fault
        sys.exit(0)
    except OSError as error:
        _fail(2, f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception as error:
        if os.environ.get("GENOMIMIC_DEBUG"):
            raise
        _fail(
            1,
            f"a fault in genomimic, please report it: {type(error).__name__}: {error} (GENOMIMIC_DEBUG=1 shows where)",
        )


def _fail(status: int, sentence: str) -> None:
    print(f"genomimic: {' '.join(sentence.split())}", file=sys.stderr)
    sys.exit(status)


def _tell(report: "Report") -> None:
    """The verdict of each set, in words."""
    for one in report.sets:
        print(f"\n{one.name}: {one.verdict}")
        for finding in one.findings:
            print(f"  - {finding}")
