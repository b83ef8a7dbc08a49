"""Motif files: the syntax of JASPAR, MEME and TRANSFAC matrices."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.errors import DataError
from genomimic.io.base import shorten
from genomimic.io.compression import open_bytes

SITES = 20
"""Sites behind a MEME matrix that does not say how many, as in MEME's own tools."""

Line = tuple[int, str]


class Matrix(NamedTuple):
    """A motif as a file has it: counts of A, C, G and T at each position, and words behind its name, by tabs."""

    id: str
    name: str
    counts: Float[np.ndarray, "width 4"]
    tags: tuple[str, ...] = ()


def read_matrices(path: Path) -> list[Matrix]:
    """Motifs of a JASPAR, MEME or TRANSFAC file, plain or compressed; raises `DataError` with file, line and fix."""
    lines = _lines(path)
    first = lines[0][1] if lines else ""
    if first.startswith(">"):
        found = list(_jaspar(path, lines))
    elif first.startswith("MEME version"):
        found = list(_meme(path, lines))
    elif re.match(r"(VV|AC|ID|NA|DE|XX|P[O0])(\s|$)", first):
        found = list(_transfac(path, lines))
    else:
        raise _wrong(path, 1, first, "no motif file starts so; give JASPAR (>ID NAME), MEME or TRANSFAC format")
    if not found:
        raise DataError(f"{path}: holds no motif; check that it was exported with its matrices")
    _check_once(path, found)
    return found


def _lines(path: Path) -> list[Line]:
    """Lines that are not blank, with their numbers from 1."""
    with open_bytes(path) as file:
        raw = file.read().removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {number}: not UTF-8 text; is this a motif file?") from None
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _jaspar(path: Path, lines: list[Line]) -> Iterator[Matrix]:
    starts = [at for at, (_, line) in enumerate(lines) if line.startswith(">")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        number, head = lines[start]
        id_, name, *tags = _named(path, number, head[1:])
        rows = dict(_jaspar_row(path, line, at) for at, line in enumerate(lines[start + 1 : end]))
        if sorted(rows) != [0, 1, 2, 3] or end - start != 5 or len({len(row) for row in rows.values()}) != 1:
            raise _wrong(path, number, head, "four rows (A, C, G, T) of equally many counts must follow")
        yield Matrix(id_, name, _counts(path, number, list(zip(*(rows[i] for i in range(4)), strict=True))), (*tags,))


def _jaspar_row(path: Path, line: Line, at: int) -> tuple[int, list[float]]:
    """Which letter a row is of, and its counts; rows without letters are in alphabetical order."""
    number, text = line
    parts = re.fullmatch(r"(?:([ACGTU])\b\s*)?\[?([^\[\]]*)\]?", text, re.IGNORECASE)
    if parts is None:
        raise _wrong(path, number, text, "a row of counts is like: A [ 3 0 12 ]")
    letter = (parts[1] or "").upper().replace("U", "T")
    return "ACGT".index(letter) if letter else at, _numbers(path, number, parts[2].split())


def _meme(path: Path, lines: list[Line]) -> Iterator[Matrix]:
    head: tuple[str, ...] = ()
    for at, (number, line) in enumerate(lines):
        if re.match(r"ALPHABET\s*=", line) and not re.match(r"ALPHABET\s*=\s*(ACG[TU]\b|DNA\b|RNA\b)", line):
            raise _wrong(path, number, line, "motifs of DNA are needed: ALPHABET= ACGT")
        if re.match(r"MOTIF\b", line):
            head = _named(path, number, line[5:])
        if line.startswith("letter-probability matrix"):
            if not head:
                raise _wrong(path, number, line, "a line MOTIF ID must stand above the matrix")
            yield Matrix(head[0], head[1], _meme_counts(path, lines, at))
            head = ()
    if head:
        raise DataError(f"{path}: motif {head[0]} has no letter-probability matrix; the file may be cut short")


def _meme_counts(path: Path, lines: list[Line], at: int) -> Float[np.ndarray, "width 4"]:
    number, line = lines[at]
    said = dict(re.findall(r"(\w+)=\s*([^\s=]+)", line))
    rows = []
    for row_number, text in lines[at + 1 :]:
        if not re.match(r"[-+.\d]", text) or text.startswith("---"):
            break
        rows.append(_numbers(path, row_number, text.split()))
        if len(rows[-1]) != 4 or abs(sum(rows[-1]) - 1) > 0.05:
            raise _wrong(path, row_number, text, "four probabilities that add up to 1 are needed (A, C, G, T)")
    if said.get("w", str(len(rows))) != str(len(rows)):
        raise _wrong(path, number, line, f"{len(rows)} rows follow, and w says another number")
    sites = _numbers(path, number, [said.get("nsites", str(SITES))])[0] or SITES
    return sites * _counts(path, number, rows)


def _transfac(path: Path, lines: list[Line]) -> Iterator[Matrix]:
    fields, rows, start = {}, [], 0
    for number, line in lines:
        key, _, value = line.partition(" ") if " " in line else line.partition("\t")
        if key.isdigit():
            cells = value.split()
            rows.append(_numbers(path, number, cells[:4]))
            if len(cells) < 4:
                raise _wrong(path, number, line, "a position needs four counts (A, C, G, T)")
        elif key in ("P0", "PO"):
            start = number
            if value.upper().split() not in (list("ACGT"), list("ACGU")):
                raise _wrong(path, number, line, "columns must be A C G T")
        elif key == "//":
            if rows:
                yield _transfac_matrix(path, start, fields, rows)
            fields, rows = {}, []
        else:
            fields.setdefault(key, value.strip())
    if rows:
        raise DataError(f"{path}: its last motif does not end with //; the file may be cut short")


def _transfac_matrix(path: Path, number: int, fields: dict[str, str], rows: list[list[float]]) -> Matrix:
    names = [fields[key] for key in ("AC", "ID", "NA") if fields.get(key)]
    if not names:
        raise DataError(f"{path}, line {number}: the matrix has no name; a line AC or ID must stand above it")
    return Matrix(names[0], names[-1], _counts(path, number, rows))


def _named(path: Path, number: int, text: str) -> tuple[str, ...]:
    """Identifier and name, which is the identifier where none is given, and what stands behind them after tabs."""
    words = [word.strip() for word in text.split("\t")] if "\t" in text.strip() else text.split(None, 1)
    words = [word.strip() for word in words if word.strip()]
    if not words:
        raise DataError(f"{path}, line {number}: the motif has no name; give it one behind > or MOTIF")
    return (words[0], words[0]) if len(words) == 1 else tuple(words)


def _numbers(path: Path, number: int, words: list[str]) -> list[float]:
    try:
        found = [float(word) for word in words]
    except ValueError:
        raise _wrong(path, number, " ".join(words), "only numbers may stand here") from None
    if not all(math.isfinite(value) and value >= 0 for value in found):
        raise _wrong(path, number, " ".join(words), "counts are 0 or more; log-odds matrices cannot be used")
    return found


def _counts(path: Path, number: int, rows: list) -> Float[np.ndarray, "width 4"]:
    counts = np.array(rows, float).reshape(-1, 4)
    if not len(counts) or (counts.sum(1) <= 0).any():
        raise DataError(f"{path}, line {number}: the matrix has a position without counts; remove or mend the motif")
    return counts


def _check_once(path: Path, found: list[Matrix]) -> None:
    seen = set()
    for matrix in found:
        if matrix.id in seen:
            raise DataError(f"{path}: two motifs are called {matrix.id}; rename one")
        seen.add(matrix.id)


def _wrong(path: Path, number: int, found: str, fix: str) -> DataError:
    return DataError(f"{path}, line {number}: found {shorten(found, 60)!r}; {fix}")
