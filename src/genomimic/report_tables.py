"""Tables of the report: their first rows as text, all rows as plain values for the page and as CSV."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Shaped

from genomimic.evaluation import Report
from genomimic.packing import rounded

FIRST_ROWS = 12
LETTERS = re.compile(r"[A-Z*\-.| \[\]]+")
FORMULA = re.compile(r"[=@\t\r]|[+-].*[A-Za-z(]", re.DOTALL)

Kind = Literal["number", "text", "letters"]


class ShownTable(NamedTuple):
    """A table as the page shows it: `first` rows at once, all of `columns` at the press of a button."""

    key: str
    title: str
    reading: str
    file: str
    page: str
    columns: Mapping[str, Shaped[np.ndarray, " rows"]]
    first: int = FIRST_ROWS

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column holds."""
        return {heading: kind_of(column) for heading, column in self.columns.items()}

    @property
    def rows(self) -> list[list[str]]:
        """The first rows as text."""
        head = [[cell_text(value) for value in column[: self.first].tolist()] for column in self.columns.values()]
        return [list(row) for row in zip(*head, strict=True)]

    def data(self) -> dict[str, Any]:
        """All rows as plain values, by column."""
        columns = [_plain(column) for column in self.columns.values()]
        data: dict[str, Any] = {"file": self.file, "first": self.first, "size": self.size, "columns": columns}
        return data | {"headings": list(self.columns), "kinds": list(self.kinds.values())}


def kind_of(column: Shaped[np.ndarray, " rows"]) -> Kind:
    """Whether a column holds numbers, words of a sequence alphabet, or other text."""
    if column.dtype.kind in "iuf":
        return "number"
    texts = [str(value) for value in column[:50].tolist() if value is not None and str(value)]
    return "letters" if texts and all(LETTERS.fullmatch(text) for text in texts) else "text"


def cell_text(value: object) -> str:
    """A value as the page writes it: three significant digits, thousands apart; report.js does the same.

    >>> cell_text(1234), cell_text(0.123456), cell_text(1.234e-9), cell_text(float("nan")), cell_text(True)
    ('1,234', '0.123', '1.2e-09', 'n/a', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return "" if value is None else str(value)
    if not math.isfinite(value):
        return "n/a"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0 < abs(value) < 1e-4 else f"{value:.3g}"


def score_columns(report: Report) -> dict[str, Shaped[np.ndarray, " scores"]]:
    """All scores of all sets, a row a score."""
    scores = [(one.name, score) for one in report.sets for score in one.scores]
    columns: dict[str, list[Any]] = {
        "set": [name for name, _ in scores],
        "score": [score.metric for _, score in scores],
        "group": [score.group for _, score in scores],
        "family": [score.family for _, score in scores],
        "better": [score.better for _, score in scores],
        "value": [score.value for _, score in scores],
        "low": [score.low for _, score in scores],
        "high": [score.high for _, score in scores],
        "floor": [score.floors.get(score.floor, math.nan) for _, score in scores],
        "ceiling": [score.ceiling for _, score in scores],
        "skill": [score.skill for _, score in scores],
        "skill low": [score.skill_low for _, score in scores],
        "skill high": [score.skill_high for _, score in scores],
        "floor is": [score.floor for _, score in scores],
        "resolved": [bool(score.resolved) for _, score in scores],
        "n": [score.n for _, score in scores],
    }
    references = dict.fromkeys(name for _, score in scores for name in score.floors)
    columns |= {f"{name} scores": [score.floors.get(name, math.nan) for _, score in scores] for name in references}
    return {heading: np.array(column) for heading, column in columns.items()}


def csv_text(columns: Mapping[str, Shaped[np.ndarray, " rows"]]) -> str:
    """A table as CSV in full precision, one line a row."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([guarded(heading) for heading in columns])
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        writer.writerow([guarded(_exact(value)) for value in row])
    return lines.getvalue()


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("+-"), guarded("-3.5")
    ("'=1+1", '+-', '-3.5')
    """
    return f"'{text}" if FORMULA.match(text) and not _is_number(text) else text


def file_names(names: Sequence[str]) -> list[str]:
    """Names of folders or files for names of sets: letters, digits, dots and dashes, no two alike.

    >>> file_names(["gan", "../gan", "a b", "a/b"])
    ['gan', 'gan_2', 'a_b', 'a_b_2']
    """
    taken: list[str] = []
    for name in names:
        clean = re.sub(r"[^\w.-]+", "_", name).strip("._-")[:80] or "set"
        number, free = 1, clean
        while free.casefold() in {one.casefold() for one in taken}:
            number += 1
            free = f"{clean}_{number}"
        taken.append(free)
    return taken


def _exact(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return cell_text(value) if isinstance(value, bool) else "" if value is None else str(value)


def _plain(column: Shaped[np.ndarray, " rows"]) -> list[Any]:
    values = column.tolist()
    if column.dtype.kind == "f":
        return [rounded(value) for value in values]
    if column.dtype.kind == "O":
        return [value if isinstance(value, str) or value is None else str(value) for value in values]
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
