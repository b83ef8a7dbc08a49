"""A double helix as inline SVG, with the places where a synthetic sequence departs from a real one marked.

The synthetic sequence is one strand, its complement the other. What is nearer covers what is farther, and farther
parts are paler. A sequence without complement is drawn as a single strand.
"""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise
from math import cos, pi, sin
from typing import NamedTuple

from genomimic.plots.colours import INK, MUTED, UNKNOWN, lettering, paler
from genomimic.plots.differences import GAP, Column, count_differences

PAIRS_PER_TURN = 10.5
GROOVE = 2.45
STEP = 20
PER_ROW = 50
MOST_ROWS = 6
LEFT = 92
AMPLITUDE = 46
SMOOTHNESS = 3
ENDS = (("5'", "3'"), ("3'", "5'"))
BAND = "#ffe9a8"
BACKBONES = ("#5d6b7a", "#93a1af")
MARKS = {"substitution": "M0-6L6 0L0 6L-6 0Z", "insertion": "M0-6L6 5L-6 5Z", "deletion": "M0 6L6-5L-6-5Z"}


class Part(NamedTuple):
    """A piece of the drawing and how near it is to the reader."""

    depth: float
    svg: str


class Strand(NamedTuple):
    """One strand: the angle at which it starts, how far it swings, and the colour of its backbone."""

    phase: float
    swing: float
    colour: str

    def at(self, column: float) -> tuple[float, float]:
        """Height above the axis and nearness (-1 to 1) at a column."""
        angle = 2 * pi * column / PAIRS_PER_TURN + self.phase
        return self.swing * sin(angle), cos(angle)


def helix_svg(
    columns: list[Column], *, colours: Mapping[str, str], complements: Mapping[str, str] | None, name: str
) -> str:
    """Inline SVG of an alignment (see `differences.align`), wrapped every 50 columns, at most 6 rows."""
    strands = _strands(double=complements is not None)
    swing = strands[0].swing
    row_height = 2 * swing + 122
    rows = [columns[start : start + PER_ROW] for start in range(0, len(columns), PER_ROW)]
    shown = rows[:MOST_ROWS]
    drawn = "".join(
        f'<g transform="translate({LEFT} {number * row_height + swing + 24:g})">'
        + _row(row, number * PER_ROW, strands, colours, complements)
        + _labels(columns, number, strands)
        + "</g>"
        for number, row in enumerate(shown)
    )
    width, height = LEFT + STEP * min(len(columns), PER_ROW) + 34, row_height * len(shown)
    alt = escape(f"{name}: {count_differences(columns)} of {len(columns)} positions marked as different", quote=True)
    return (
        f'<svg class="helix" viewBox="0 0 {width} {height:g}" width="{width}" role="img" aria-label="{alt}">'
        f"<title>{alt}</title>{drawn}</svg>"
    )


def _strands(*, double: bool) -> tuple[Strand, ...]:
    if not double:
        return (Strand(0.0, 0.0, BACKBONES[0]),)
    return Strand(0.5, AMPLITUDE, BACKBONES[0]), Strand(0.5 + GROOVE, AMPLITUDE, BACKBONES[1])


def _row(
    row: list[Column],
    first: int,
    strands: tuple[Strand, ...],
    colours: Mapping[str, str],
    complements: Mapping[str, str] | None,
) -> str:
    parts = list(_backbones(first, len(row), strands))
    for place, column in enumerate(row):
        parts += _pair(column, first, place, strands, colours, complements)
    bands = "".join(_band(place, strands[0].swing) for place, column in enumerate(row) if column.kind != "match")
    ordered = "".join(part.svg for part in sorted(parts, key=lambda part: part.depth))
    return bands + ordered + _lanes(row, strands[0].swing)


def _backbones(first: int, columns: int, strands: tuple[Strand, ...]) -> Iterator[Part]:
    fine = [-0.6 + k / SMOOTHNESS for k in range(int((columns + 0.2) * SMOOTHNESS) + 1)]
    for strand in strands:
        for start, end in pairwise(fine):
            (y1, near1), (y2, near2) = strand.at(first + start), strand.at(first + end)
            depth = (near1 + near2) / 2
            line = f"M{_x(start):.1f} {y1:.1f}L{_x(end):.1f} {y2:.1f}"
            colour = faded(strand.colour, depth)
            yield Part(
                depth - 0.05,
                f'<path d="{line}" stroke="{colour}" stroke-width="{5 + 1.5 * depth:.1f}" stroke-linecap="round"/>',
            )


def _pair(
    column: Column,
    first: int,
    place: int,
    strands: tuple[Strand, ...],
    colours: Mapping[str, str],
    complements: Mapping[str, str] | None,
) -> Iterator[Part]:
    """Rung and bases of one column; a column that the synthetic sequence lacks is an empty rung."""
    x, places = _x(place), [strand.at(first + place) for strand in strands]
    if column.synthetic == GAP:
        (top, _), (bottom, _) = places[0], places[-1]
        yield Part(-1.0, f'<path d="M{x} {top:.1f}V{bottom:.1f}" stroke="{INK}" stroke-dasharray="2 3"/>')
        return
    letters = [column.synthetic]
    if complements is not None:
        letters.append(complements.get(column.synthetic, column.synthetic))
    middle = sum(y for y, _ in places) / len(places)
    for number, (letter, (y, near)) in enumerate(zip(letters, places, strict=True)):
        colour = faded(colours.get(letter, UNKNOWN), near)
        yield Part(near / 2 - 0.1, f'<path d="M{x} {middle:.1f}V{y:.1f}" stroke="{colour}" stroke-width="6"/>')
        yield Part(near, _base(letter, x, y, near, colour, ringed=number == 0 and column.kind != "match"))


def _base(letter: str, x: float, y: float, near: float, colour: str, *, ringed: bool) -> str:
    ring = f' stroke="{INK}" stroke-width="2.2"' if ringed else ' stroke="#fff" stroke-width="1"'
    return (
        f'<circle cx="{x}" cy="{y:.1f}" r="{8.2 + 0.9 * near:.1f}" fill="{colour}"{ring}/>'
        f'<text x="{x}" y="{y + 3.8:.1f}" class="base" fill="{lettering(colour)}">{escape(letter)}</text>'
    )


def _band(place: int, swing: float) -> str:
    x, top = _x(place) - STEP / 2, -swing - 16
    return f'<rect class="differs" x="{x:g}" y="{top:g}" width="{STEP}" height="{2 * swing + 92:g}" fill="{BAND}"/>'


def _lanes(row: list[Column], swing: float) -> str:
    """The synthetic letters, the marks and the real letters under the drawing."""
    top = swing + 32
    xs = " ".join(f"{_x(place):g}" for place in range(len(row)))
    marks = "".join(
        f'<path class="mark {column.kind}" transform="translate({_x(place):g} {top + 13:g})" d="{MARKS[column.kind]}"/>'
        for place, column in enumerate(row)
        if column.kind != "match"
    )
    ours = escape("".join(column.synthetic for column in row))
    theirs = escape("".join(column.real for column in row))
    return (
        f'<text class="lane" x="{xs}" y="{top:g}">{ours}</text>{marks}'
        f'<text class="lane" x="{xs}" y="{top + 34:g}">{theirs}</text>'
    )


def _labels(columns: list[Column], number: int, strands: tuple[Strand, ...]) -> str:
    """Names of the lanes, the first position of the row and the ends of the strands."""
    before = columns[: number * PER_ROW]
    first = 1 + sum(column.synthetic != GAP for column in before)
    first_real = 1 + sum(column.real != GAP for column in before)
    top = strands[0].swing + 32
    texts = [
        f'<text class="label" x="-8" y="{top:g}">synthetic {first}</text>',
        f'<text class="label" x="-8" y="{top + 34:g}">real {first_real}</text>',
    ]
    if len(strands) == 2:
        last = min(PER_ROW, len(columns) - number * PER_ROW)
        for strand, (start, end) in zip(strands, ENDS, strict=True):
            left, right = strand.at(number * PER_ROW - 0.6)[0], strand.at(number * PER_ROW + last - 0.4)[0]
            texts.append(f'<text class="label" x="-8" y="{left + 4:.1f}">{start}</text>')
            texts.append(f'<text class="end" x="{STEP * last + 8}" y="{right + 4:.1f}">{end}</text>')
    return f'<g fill="{MUTED}">{"".join(texts)}</g>'


def _x(place: float) -> float:
    return STEP * (place + 0.5)


def faded(colour: str, depth: float) -> str:
    """The colour, paler the farther away (depth -1) it lies."""
    return paler(colour, 0.34 * (1 - depth) / 2)
