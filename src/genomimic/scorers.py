"""A user's own scorer: a Python callable from records to numbers, or a command that reads FASTA and writes a table."""

import csv
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.io.base import shorten
from genomimic.writing import write

Scorer = Callable[[Dataset], Float[np.ndarray, " n"]]
"""One number for each record."""

NAMES = ("score", "prediction", "mean", "value", "activity")
"""Columns that are taken for the score, the first that is there; otherwise the last column."""


def scored(scorer: Scorer, dataset: Dataset, *, name: str = "the scorer") -> Float[np.ndarray, " n"]:
    """What a scorer says of each record; raises `UsageError` where that is not one finite number for each."""
    try:
        found = np.asarray(scorer(dataset), float)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} gave no numbers: {shorten(str(error), 200)}; it must give one for each record"
        ) from error
    if found.shape != (len(dataset),):
        raise UsageError(
            f"{name} gave {list(found.shape)} numbers for {len(dataset):,} records; it must give one for each"
        )
    if not np.isfinite(found).all():
        at = int(np.flatnonzero(~np.isfinite(found))[0])
        raise UsageError(
            f"{name} gave {found[at]} for record {at + 1} ({dataset.ids[at]!s}); it must give a finite number"
        )
    return found


def command_scorer(command: str) -> Scorer:
    """The scorer that a command is: `{in}` stands for a FASTA file and `{out}` for the table that it writes.

    Without `{in}` the FASTA stands on its standard input, without `{out}` the table is its standard output. The table
    (CSV or TSV) has a header line, a row for each record, and the score in a column named score, prediction, mean,
    value or activity, otherwise in its last; where a column is named id, rows may stand in any order. No shell is
    used, so pipes and quotes mean nothing.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--scorer {command}: cannot be read ({error}); check its quotes") from None
    if not words:
        raise UsageError("--scorer is empty; give a command, such as: --scorer 'python score.py {in} {out}'")
    return lambda dataset: _run(command, words, dataset)


def _run(command: str, words: list[str], dataset: Dataset) -> Float[np.ndarray, " n"]:
    with tempfile.TemporaryDirectory(prefix="genomimic-") as folder:
        given, made = Path(folder, "records.fa"), Path(folder, "scores.csv")
        write(dataset, given)
        filled = [word.replace("{in}", str(given)).replace("{out}", str(made)) for word in words]
        try:
            done = subprocess.run(
                filled,
                input=None if "{in}" in command else given.read_bytes(),
                stdin=subprocess.DEVNULL if "{in}" in command else None,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise UsageError(
                f"--scorer {words[0]}: cannot be run ({error.strerror or error}); check its path"
            ) from error
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise UsageError(f"--scorer {words[0]}: failed with status {done.returncode}: {shorten(last[-1], 200)}")
        if "{out}" in command and not made.exists():
            raise UsageError(f"--scorer {words[0]}: wrote no file; it must write the table to {{out}}")
        text = made.read_text(errors="replace") if "{out}" in command else done.stdout.decode(errors="replace")
    return table_scores(text, dataset, f"--scorer {words[0]}")


def table_scores(text: str, dataset: Dataset, name: str) -> Float[np.ndarray, " n"]:
    """The scores in a table, in the order of the records."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise UsageError(f"{name}: its table is empty; it must have a header line and a row for each record")
    header, *rows = csv.reader(lines, delimiter="\t" if "\t" in lines[0] else ",")
    if len(rows) != len(dataset):
        raise UsageError(
            f"{name}: its table has {len(rows):,} rows below the header, for {len(dataset):,} records; it must have "
            "one for each"
        )
    names = [column.strip().lower() for column in header]
    at = next((names.index(wish) for wish in NAMES if wish in names), len(names) - 1)
    values = np.array([_number(row, at, line, name) for line, row in enumerate(rows)])
    if "id" not in names or at == names.index("id"):
        return values
    found = {row[names.index("id")].strip(): value for row, value in zip(rows, values, strict=True)}
    missing = next((key for key in map(str, dataset.ids) if key not in found), None)
    if missing is not None:
        raise UsageError(f"{name}: its table has no row for record {missing!r}; keep the names of the FASTA")
    return np.array([found[key] for key in dataset.ids.astype(str)])


def _number(row: list[str], at: int, line: int, name: str) -> float:
    try:
        return float(row[at])
    except (ValueError, IndexError):
        seen = row[at] if at < len(row) else "nothing"
        raise UsageError(
            f"{name}: row {line + 1} of its table holds {seen!r} for a score; it must be a number"
        ) from None
