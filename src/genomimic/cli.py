"""The command line: one command for each verb. The only file that prints."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter
from cyclopts.validators import Number

from genomimic import __version__
from genomimic.errors import GenomimicError, UsageError

if TYPE_CHECKING:
    from genomimic.dataset import Dataset
    from genomimic.evaluation import Report
    from genomimic.learning import Wanted
    from genomimic.motifs import Motifs
    from genomimic.parts import Parts
    from genomimic.run import Run

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path("~/.cache/genomimic/jax").expanduser()))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")

app = App(
    name="genomimic",
    help=(
        "Learn from biological sequences, generate synthetic ones, and prove how good they are.\n\n"
        "Start with: genomimic mimic DATA -o DIR"
    ),
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    suppress_keyboard_interrupt=False,
)

READING = Group("Reading", sort_key=2, help="How the file is understood; found automatically where not given.")
MODEL = Group("Model", sort_key=1)

Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Seed = Annotated[int, Parameter(name=["--seed", "-s"], validator=Number(gte=0, lt=2**32))]
Budget = Annotated[str | None, Parameter(group=MODEL)]
Settings = Annotated[str, Parameter(group=MODEL, help="Any setting of the model, as listed by: genomimic models NAME")]


@Parameter(name="*", group=READING)
@dataclass(frozen=True)
class Reading:
    """How to read a file of records."""

    modality: Literal["dna", "rna", "protein"] | None = None
    """Kind of sequences."""
    column: str | None = None
    """Column of a table that holds the sequences."""
    window: int | None = None
    """Cut each record into pieces of this many letters."""
    stride: int | None = None
    """Letters from one piece to the next; the window where not given."""
    stranded: bool | None = None
    """Whether a sequence and its reverse complement differ in meaning."""
    aligned: bool | None = None
    """Whether a position means the same in every sequence."""

    def read(self, path: Path, display: "Display") -> "Dataset":
        """The data set in a file, with what was found told on the display."""
        from genomimic.reading import NOTES, read

        display("read", 0.0, path.name)
        data = read(path, **vars(self))
        display("read", 1.0, f"{len(data):,} sequences of {_kind(data)}")
        for name, count in data.notes.items():
            display.say(f"{count:>12,}  {NOTES.get(name, name)}")
        return data


DEFAULT_READING = Reading()


@app.command
def mimic(
    data: Path,
    *,
    out: Out,
    model: Annotated[str, Parameter(group=MODEL)] = "auto",
    n: Annotated[int | None, Parameter(name=["-n", "--n"], validator=Number(gte=1))] = None,
    seed: Seed = 0,
    split_by: str | None = None,
    motifs: str | None = None,
    budget: Budget = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    reading: Reading = DEFAULT_READING,
    **settings: Settings,
) -> None:
    """Learn from a file, generate sequences like it, and judge them: the whole job.

    Writes DIR/report.html (open this), DIR/scores.json, DIR/scores.csv, DIR/tables (its tables as CSV),
    DIR/synthetic.fa.gz and DIR/run.

    Args:
        data: FASTA, FASTQ, CSV, TSV or Parquet, plain or compressed.
        out: Directory to write to.
        model: Generator to train, as listed by: genomimic models; auto chooses the simplest that does as well as any.
        n: Sequences to generate; as many as were learned from where not given, at most 10,000.
        seed: Start of all random numbers; the same seed gives the same bytes.
        split_by: Label or column that decides what is held out, in place of homology.
        motifs: Motifs to look for: vertebrates, plants, insects, fungi, nematodes, urochordates or diatoms
            (JASPAR 2024), or a JASPAR, MEME or TRANSFAC file.
        budget: Time that training may take: 90s, 10m, 2h.
        resume: Go on with the interrupted run in DIR.
        overwrite: Replace the run in DIR, and its report.
        reading: How the file is read.
        settings: Settings of the model.
    """
    from genomimic import learning, workflow

    chosen, library, seconds = _model(model, settings), _motifs(motifs), _seconds(budget)
    learning.check_run(out / "run", resume=resume, overwrite=overwrite)
    with Display() as display:
        made = workflow.mimic(
            chosen,
            reading.read(data, display),
            out=out,
            n=n,
            by=split_by,
            motifs=library,
            seed=seed,
            budget=seconds,
            resume=resume,
            overwrite=overwrite,
            watch=display,
        )
    _tell(made.report)
    print(f"\nreport     {made.html}\nsequences  {made.synthetic}")
    print(f"scores     {out / 'scores.json'}\nrun        {out / 'run'}")


@app.command
def train(
    data: Path,
    *,
    out: Out,
    model: Annotated[str, Parameter(group=MODEL)] = "auto",
    seed: Seed = 0,
    split_by: str | None = None,
    budget: Budget = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    reading: Reading = DEFAULT_READING,
    **settings: Settings,
) -> None:
    """Train a generator on a file and keep it in a run directory.

    Args:
        data: FASTA, FASTQ, CSV, TSV or Parquet, plain or compressed.
        out: Run directory to write.
        model: Generator to train, as listed by: genomimic models; auto chooses the simplest that does as well as any.
        seed: Start of all random numbers; the same seed gives the same bytes.
        split_by: Label or column that decides what is held out, in place of homology.
        budget: Time that training may take: 90s, 10m, 2h.
        resume: Go on with the interrupted run in the directory.
        overwrite: Replace the run in the directory.
        reading: How the file is read.
        settings: Settings of the model.
    """
    from genomimic import learning

    chosen, seconds = _model(model, settings), _seconds(budget)
    learning.check_run(out, resume=resume, overwrite=overwrite)
    with Display() as display:
        records = reading.read(data, display)
        learning.train(
            chosen,
            records,
            out=out,
            by=split_by,
            seed=seed,
            budget=seconds,
            resume=resume,
            overwrite=overwrite,
            watch=display,
        )
    print(f"run        {out}\nnext       genomimic sample {out} -n 1000 -o synthetic.fa.gz")


@app.command
def sample(
    run: Path,
    *,
    n: Annotated[int, Parameter(name=["-n", "--n"], validator=Number(gte=1))],
    out: Out,
    seed: Seed = 0,
    batch: Annotated[int, Parameter(validator=Number(gte=1))] = 16384,
    template: str | None = None,
) -> None:
    """Generate sequences with a trained run.

    Args:
        run: Run directory (of `train`, or DIR/run of `mimic`).
        n: Sequences to generate; of each template where a file holds several.
        out: FASTA file to write; compressed if it ends in .gz, .bz2, .xz or .zst.
        seed: Start of all random numbers; sequence i of a seed is always the same.
        batch: Sequences held in memory at a time; changes nothing in the output.
        template: Letters to keep, and N where letters are to be drawn (ACGTNNNN...), or a file of such templates;
            for models that can fill in (see: genomimic models).
    """
    from genomimic import workflow
    from genomimic.run import Run

    with Display() as display:
        workflow.write_samples(Run.load(run), n, out, seed=seed, batch=batch, template=template, watch=display)
    print(f"sequences  {out}")


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
    """Judge synthetic sequences from any tool, one or several files, against real ones.

    Say what is real by one of: --run RUN (its training data and holdout), --train FILE --holdout FILE,
    or --real FILE, which is split by homology.

    Args:
        synthetic: Files of synthetic sequences, each FILE or NAME=FILE. Files of one NAME are of one generator,
            trained with different seeds; the report compares generators and shows seeds apart.
        out: Directory to write to: report.html (open this), scores.json, scores.csv, ranks.csv of several generators,
            and tables/SET/TABLE.csv. Files of an earlier report there are replaced.
        run: Run whose real data to judge against.
        train: Real sequences that the generator learned from.
        holdout: Real sequences that it has not seen.
        real: Real sequences to split into both.
        motifs: Motifs to look for: vertebrates, plants, insects, fungi, nematodes, urochordates or diatoms
            (JASPAR 2024), or a JASPAR, MEME or TRANSFAC file.
        seed: Start of all random numbers.
        reading: How the files are read.
    """
    from genomimic import workflow
    from genomimic.reading import read
    from genomimic.run import Run, check_output

    check_output(out)
    library = _motifs(motifs)
    with Display() as display:
        loaded = Run.load(run) if run else None
        parts = _real_parts(loaded, (train, holdout, real), reading, seed, display)
        sets, generators = {}, {}
        for name, generator, path in _named_sets(synthetic):
            display("read", 0.0, path.name)
            sets[name] = dataset = read(path, modality=parts.train.modality, column=reading.column)
            generators[name] = generator
            display("read", 1.0, f"{path.name}: {len(dataset):,} sequences")
        report = workflow.evaluate(
            sets, parts, generators=generators, run=loaded, motifs=library, seed=seed, watch=display
        )
        html = workflow.write_judgement(report, out)
    _tell(report)
    print(f"\nreport     {html}\nscores     {out / 'scores.json'}")


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
            table.add_row(model.name, model.summary, model.likelihood, "yes" if model.fills else "")
    else:
        for heading in ("setting", "value", "default", "meaning"):
            table.add_column(heading, overflow="fold")
        for field in describe(name):
            table.add_row(*field)
    Console(highlight=False).print(table)


@app.command
def example(out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("splice_junctions.fa.gz")) -> None:
    """Write a small real data set to try things on: 3,190 primate splice junctions of 60 bp.

    Args:
        out: File to write.
    """
    from genomimic import data

    shutil.copyfile(data.path("splice_junctions"), out)
    print(f"data       {out}\nnext       genomimic mimic {out} -o my-first-report")


class Display:
    """Tells how the work goes on stderr: a bar on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        """Nothing is shown before the first stage."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description:<7}"),
            BarColumn(24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}"),
        )
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.tasks = {}
        self.told = 0.0

    def __enter__(self) -> "Display":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, stage: str, share: float, detail: str) -> None:
        """Show a stage of the work, the share of it that is done and a detail."""
        if self.console.is_terminal:
            if stage not in self.tasks:
                self.tasks[stage] = self.bar.add_task(stage, total=1.0, detail=detail)
            self.bar.update(self.tasks[stage], completed=share, detail=detail)
        elif share >= 1 or time.monotonic() - self.told > 10:
            self.told = time.monotonic()
            print(f"{stage:<7} {share:4.0%}  {detail}", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """Print a line of its own."""
        self.console.print(line, style="dim", soft_wrap=True)


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


def _model(name: str, settings: dict[str, str]) -> "Wanted":
    from genomimic import models

    if name == "auto":
        if settings:
            raise UsageError(
                f"--{next(iter(settings))} is a setting of one model, and auto chooses among several; add --model NAME"
            )
        return "auto"
    return models.build(name, settings)


def _seconds(budget: str | None) -> float | None:
    """Seconds in a time such as 10m; a number without its unit is refused."""
    if budget is None:
        return None
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        seconds = float(budget[:-1]) * units[budget[-1:]]
    except (KeyError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--budget {budget}: expected a number with s, m or h behind it, such as 90s, 10m or 2h")
    return seconds


def _motifs(where: str | None) -> "Motifs | None":
    from genomimic.motifs import read

    return None if where is None else read(where)


def _real_parts(
    run: "Run | None",
    files: tuple[Path | None, Path | None, Path | None],
    reading: Reading,
    seed: int,
    display: "Display",
) -> "Parts":
    """Real data from a run, from a training and a holdout file, or from one file to split."""
    from genomimic import parts
    from genomimic.splitting import split

    train, holdout, real = files
    if run and not any(files):
        return parts.parts_of(run)
    if real and not (run or train or holdout):
        data = reading.read(real, display)
        return parts.Parts.of(data, split(data, seed=seed))
    if train and holdout and not (run or real):
        learned = reading.read(train, display)
        return parts.parts_of_two(
            learned, replace(reading, modality=learned.modality).read(holdout, display), seed=seed
        )
    raise UsageError("say what is real by one of: --run RUN, --train FILE --holdout FILE, or --real FILE")


def _named_sets(files: Sequence[str]) -> list[tuple[str, str, Path]]:
    """Name, generator and path of each set; files of one NAME=FILE are its seeds, unnamed ones stand for themselves."""
    found: list[tuple[str, str, Path]] = []
    for file in files:
        given, equals, rest = file.partition("=")
        named = bool(equals) and not Path(file).exists()
        path = Path(rest if named else file)
        stem = (given if named else path.name.split(".")[0]).strip()
        if not stem or not str(path).strip("."):
            raise UsageError(f"{file}: give a set as FILE or NAME=FILE")
        twins = sum(generator == stem or name == stem for name, generator, _ in found)
        name = f"{stem} ({twins + 1})" if twins else stem
        found.append((name, stem if named else name, path))
    return found


def _kind(data: "Dataset") -> str:
    config = data.modality.config()
    strands = "stranded" if config["stranded"] else "unstranded"
    return f"{config['name']}, {data.length} long, {strands}, {'aligned' if config['aligned'] else 'not aligned'}"


def _tell(report: "Report") -> None:
    """The verdict of each set, in words."""
    for one in report.sets:
        print(f"\n{one.name}: {one.verdict}")
        for finding in one.findings:
            print(f"  - {finding}")
