"""What stands on the command line, made into models, data and times."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter
from cyclopts.validators import Number

from genomimic.errors import UsageError

if TYPE_CHECKING:
    from genomimic.dataset import Dataset
    from genomimic.display import Display
    from genomimic.learning import Wanted
    from genomimic.modalities import Sequences
    from genomimic.motifs import Motifs
    from genomimic.parts import Parts
    from genomimic.rules import Rules
    from genomimic.run import Run

READING = Group("Reading", sort_key=2, help="How the file is understood; found automatically where not given.")


@Parameter(name="*", group=READING)
@dataclass(frozen=True)
class Reading:
    """How to read a file of records."""

    modality: Literal["dna", "rna", "protein", "counts", "zero-inflated-counts", "continuous"] | None = None
    """Kind of data: sequences, or raw counts or continuous values (log, TPM, microarray) of gene expression."""
    column: str | None = None
    """Column of a table that holds the sequences."""
    labels: Path | None = None
    """Table of labels (CSV, TSV, Parquet with a column of names; BED with places), joined to the records."""
    window: int | None = None
    """Cut each record into pieces of this many letters."""
    stride: int | None = None
    """Letters from one piece to the next; the window where not given."""
    stranded: bool | None = None
    """Whether a sequence and its reverse complement differ in meaning."""
    aligned: bool | None = None
    """Whether a position means the same in every sequence."""
    layer: str | None = None
    """Layer of an AnnData file to read in place of X, or raw."""
    genes: str | None = None
    """Genes to keep: how many of those that vary most (2000 if not given), all, or a file with a name a line."""
    orientation: Literal["cells-by-genes", "genes-by-cells"] | None = None
    """Which way round a matrix of gene expression is, rows first."""

    def read(self, path: Path, display: "Display", *, missing: bool | None = None) -> "Dataset":
        """The data set in a file, with what was found told on the display; `missing`: counts may be missing."""
        from genomimic.reading import read

        display("read", 0.0, path.name)
        data = read(path, missing=missing, **vars(self))
        display("read", 1.0, f"{len(data):,} {data.modality.records} of {data.modality.described(data.length)}")
        _tell(data.notes, display)
        return data

    def stream(self, path: Path, modality: "Sequences", display: "Display") -> "Iterator[Dataset]":
        """The sequences in a file in pieces, with what was found told on the display once all have been read."""
        from genomimic.reading import stream

        unasked = replace(self, column=None, window=None, stride=None, modality=None)
        if unasked != Reading():
            name = next(name for name, value in vars(unasked).items() if value is not None)
            raise UsageError(f"--{name} changes nothing in what a predictor says; leave it out")
        notes, count = Counter[str](), 0
        for piece in stream(path, modality, notes=notes, column=self.column, window=self.window, stride=self.stride):
            yield piece
            count += len(piece)
            display("predict", 0.0, f"{count:,} sequences")
        display("predict", 1.0, f"{count:,} sequences")
        _tell(dict(sorted((+notes).items())), display)


def _tell(notes: Mapping[str, int], display: "Display") -> None:
    """What was found in a file, a line each."""
    from genomimic.reading import explain

    for name, count in notes.items():
        display.say(f"{count:>12,}  {explain(name)}")


RULES = Group(
    "Rules",
    sort_key=3,
    help="What every record keeps; positions count from 1. Impossible rules are refused, with those that clash.",
)

Repeatable = Annotated[list[str] | None, Parameter(negative="")]
Switch = Annotated[bool, Parameter(negative="")]


@Parameter(name="*", group=RULES)
@dataclass(frozen=True)
class Ruling:
    """Rules as they are written on the command line."""

    gc: str | None = None
    """Share of G and C in the whole record, from:to, such as 0.35:0.55."""
    max_homopolymer: int | None = None
    """Most times that a letter may stand in a row."""
    forbid: Repeatable = None
    """Word that may not stand anywhere, on either strand of DNA; ambiguity codes (N, R, ...) allowed; repeatable."""
    forbid_site: Repeatable = None
    """Restriction enzyme whose site may not stand on either strand, such as BsaI; repeatable."""
    require: Repeatable = None
    """Motif that must stand anywhere (TATAAT), begin at a position (TATAAT@35) or lie within some (TATAAT@30:45), on
    the strand that is written; repeatable."""
    template: str | None = None
    """Letters to keep, and N or another code where letters are to be drawn (ACGTNNRN...). Models that fill in (see:
    genomimic models) also take a file of templates, if no other rule is given."""
    protein: str | None = None
    """Protein that the codons from a position on must make, PROTEIN or PROTEIN@START; X any amino acid, * a stop."""
    keep_protein: Switch = False
    """Codons of the template may be exchanged for synonymous ones."""
    no_start_codons: Switch = False
    """No ATG on the strand that is written."""
    no_stop_codons: Switch = False
    """No stop codon in the reading frame."""
    frame: Annotated[int, Parameter(validator=Number(gte=1))] = 1
    """Position at which the reading frame begins, for --keep-protein and --no-stop-codons."""

    def read(self, run: "Run") -> tuple[str | None, "Rules"]:
        """A template to fill in, or the rules; a template alone is filled in where the run's model can."""
        if self.template and self == Ruling(template=self.template) and hasattr(run.model, "fill"):
            return self.template, ()
        return None, self.rules(run)

    def rules(self, run: "Run") -> "Rules":
        """The rules, a template among them."""
        from genomimic.rules import read_rules

        return read_rules(run.modality, **vars(self)) if self != Ruling() else ()


def model_of(name: str, settings: dict[str, str]) -> "Wanted":
    """The model of that name with its settings, or auto."""
    from genomimic import models

    if name == "auto":
        if settings:
            raise UsageError(
                f"--{next(iter(settings))} is a setting of one model, and auto chooses among several; add --model NAME"
            )
        return "auto"
    return models.build(name, settings)


def seconds_of(budget: str | None) -> float | None:
    """Seconds in a time such as 10m; a number without its unit is refused."""
    if budget is None:
        return None
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        seconds = float(budget[:-1]) * units[budget[-1:]]
    except (KeyError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--budget {budget}: expected a number above 0 with s, m or h, such as 90s, 10m or 2h")
    return seconds


def motifs_of(where: str | None) -> "Motifs | None":
    """The motifs of a named collection or a file."""
    from genomimic.motifs import read

    return None if where is None else read(where)


def real_parts(
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
        found = split(data, seed=seed)
        if found.note:
            display.say(found.note)
        return parts.Parts.of(data, found)
    if train and holdout and not (run or real):
        learned = reading.read(train, display)
        return parts.parts_of_two(
            learned, replace(reading, modality=learned.modality).read(holdout, display), seed=seed
        )
    raise UsageError("say what is real by one of: --run RUN, --train FILE --holdout FILE, or --real FILE")


def named_sets(files: Sequence[str]) -> list[tuple[str, str, Path]]:
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
