"""A double helix as inline SVG, with the places where a synthetic sequence departs from a real one marked.

The synthetic sequence is one strand, its complement the other. What is nearer covers what is farther, and farther
parts are paler. A sequence without complement is drawn as a single strand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import cos, pi, sin
from typing import NamedTuple

from genomimic.alignment import GAP, Column, count_differences
from genomimic.plots.colours import INK, MUTED, UNKNOWN, lettering, paler

PAIRS_PER_TURN = 10.5
GROOVE = 2.45
STEP = 19
MOST_PER_ROW = 56
MOST_ROWS = 6
LEFT = 92
AMPLITUDE = 46.0
SMOOTHNESS = 3
ENDS = (("5'", "3'"), ("3'", "5'"))
BAND = "#ffe9a8"
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

    def at(self, place: int | float) -> tuple[float, float]:
        """Place of a column on the strand: below (+) or above the axis, and nearness from -1 to 1."""
        angle = 2 * pi * place / PAIRS_PER_TURN + self.phase
        return self.swing * sin(angle), cos(angle)


SINGLE = (Strand(0.0, 0.0, "#5d6b7a"),)
DOUBLE = (Strand(-GROOVE / 2, AMPLITUDE, "#5d6b7a"), Strand(GROOVE / 2, AMPLITUDE, "#93a1af"))


@dataclass(frozen=True)
class Ink:
    """How letters look: their colours and, for nucleic acids, their partners on the other strand."""

    colours: Mapping[str, str]
    complements: Mapping[str, str] | None

    @property
    def strands(self) -> tuple[Strand, ...]:
        """Two strands where letters have partners, else one."""
        return SINGLE if self.complements is None else DOUBLE

    def pair(self, letter: str) -> list[str]:
        """The letters of one column, one for each strand; an unknown letter faces an unknown one."""
        return [letter] if self.complements is None else [letter, self.complements.get(letter, letter)]


def helix_svg(columns: list[Column], ink: Ink, *, name: str) -> str:
    """Inline SVG of an alignment (see `alignment.align`), wrapped into rows of equal length, at most 6 of them."""
    per_row = -(-len(columns) // max(-(-len(columns) // MOST_PER_ROW), 1))
    starts = range(0, min(len(columns), MOST_ROWS * per_row), max(per_row, 1))
    swing = ink.strands[0].swing
    row_height = 2 * swing + 122
    rows = "".join(
        f'<g transform="translate({LEFT} {number * row_height + swing + 24:g})">'
        f"{_row(columns[start : start + per_row], ink)}{_labels(columns, start, per_row, ink.strands)}</g>"
        for number, start in enumerate(starts)
    )
    width, height = LEFT + STEP * per_row + 30, row_height * len(starts)
    more = len(columns) - per_row * len(starts)
    if more > 0:
        height += 24
        rows += (
            f'<text x="{LEFT}" y="{height - 8:g}" fill="{MUTED}" font-size="13">{more} more positions not drawn</text>'
        )
    alt = escape(f"{name}: {count_differences(columns)} of {len(columns)} positions marked as different", quote=True)
    box = f'viewBox="0 0 {width} {height:g}" style="min-width:{0.84 * width:.0f}px;max-width:{width}px"'
    return f'<svg class="helix" {box} role="img" aria-label="{alt}"><title>{alt}</title>{rows}</svg>'


def _row(row: list[Column], ink: Ink) -> str:
    parts = list(_backbones(len(row), ink.strands))
    for place, column in enumerate(row):
        parts += _pair(column, place, ink)
    swing = ink.strands[0].swing
    bands = "".join(_band(place, swing) for place, column in enumerate(row) if column.kind != "match")
    return bands + "".join(part.svg for part in sorted(parts, key=lambda part: part.depth)) + _lanes(row, swing)


def _backbones(columns: int, strands: tuple[Strand, ...]) -> Iterator[Part]:
    fine = [-0.6 + k / SMOOTHNESS for k in range(int((columns + 0.2) * SMOOTHNESS) + 1)]
    for strand in strands:
        for start, end in pairwise(fine):
            (y1, near1), (y2, near2) = strand.at(start), strand.at(end)
            depth = (near1 + near2) / 2
            line = f'd="M{_x(start):.1f} {y1:.1f}L{_x(end):.1f} {y2:.1f}" stroke-width="{5 + 1.5 * depth:.1f}"'
            yield Part(depth - 0.05, f'<path {line} stroke="{faded(strand.colour, depth)}" stroke-linecap="round"/>')


def _pair(column: Column, place: int, ink: Ink) -> Iterator[Part]:
    """Rung and bases of one column; a column that the synthetic sequence lacks is an empty rung."""
    x, places = _x(place), [strand.at(place) for strand in ink.strands]
    if column.synthetic == GAP:
        (top, _), (bottom, _) = places[0], places[-1]
        yield Part(-1.0, f'<path d="M{x:g} {top:.1f}V{bottom:.1f}" stroke="{INK}" stroke-dasharray="2 3"/>')
        return
    middle = sum(y for y, _ in places) / len(places)
    for strand, (letter, (y, near)) in enumerate(zip(ink.pair(column.synthetic), places, strict=True)):
        colour = faded(ink.colours.get(letter, UNKNOWN), near)
        yield Part(near / 2 - 0.1, f'<path d="M{x:g} {middle:.1f}V{y:.1f}" stroke="{colour}" stroke-width="6"/>')
        yield Part(near, _base(letter, x, y, near, colour, ringed=strand == 0 and column.kind != "match"))


def _base(letter: str, x: float, y: float, near: float, colour: str, *, ringed: bool) -> str:
    ring = f' stroke="{INK}" stroke-width="2.2"' if ringed else ' stroke="#fff" stroke-width="1"'
    return (
        f'<circle cx="{x:g}" cy="{y:.1f}" r="{8.2 + 0.9 * near:.1f}" fill="{colour}"{ring}/>'
        f'<text x="{x:g}" y="{y + 3.8:.1f}" class="base" fill="{lettering(colour)}">{escape(letter)}</text>'
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


def _labels(columns: list[Column], start: int, per_row: int, strands: tuple[Strand, ...]) -> str:
    """Names of the lanes, the first position of the row and the ends of the strands."""
    first = 1 + sum(column.synthetic != GAP for column in columns[:start])
    first_real = 1 + sum(column.real != GAP for column in columns[:start])
    top = strands[0].swing + 32
    texts = [
        f'<text class="label" x="-8" y="{top:g}">synthetic {first}</text>',
        f'<text class="label" x="-8" y="{top + 34:g}">real {first_real}</text>',
    ]
    if len(strands) == 2:
        last = min(per_row, len(columns) - start)
        for strand, (left_end, right_end) in zip(strands, ENDS, strict=True):
            left, right = strand.at(-0.6)[0], strand.at(last - 0.4)[0]
            texts.append(f'<text class="label" x="-8" y="{left + 4:.1f}">{left_end}</text>')
            texts.append(f'<text class="end" x="{STEP * last + 8}" y="{right + 4:.1f}">{right_end}</text>')
    return f'<g fill="{MUTED}">{"".join(texts)}</g>'


def _x(place: int | float) -> float:
    return STEP * (place + 0.5)


def faded(colour: str, depth: float) -> str:
    """The colour, paler the farther away (depth -1) it lies."""
    return paler(colour, 0.34 * (1 - depth) / 2)
