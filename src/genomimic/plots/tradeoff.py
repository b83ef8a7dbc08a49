"""Activity against naturalness: natural sequences, random edits and designs in one plane; inline SVG."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.plots.colours import GRID, INK, MUTED
from genomimic.plots.svg import text

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 820.0, 430.0, 62.0, 14.0, 50.0, 14.0
APART = 0.05
"""Share of the height that two lines are apart at least; of nearer ones the last is drawn."""


class Cloud(NamedTuple):
    """Points of one kind with their colour; `bold` ones are drawn larger and with a rim."""

    name: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    colour: str
    bold: bool = False


class Mark(NamedTuple):
    """A level of activity worth a line, with what it says."""

    y: float
    text: str


def tradeoff_svg(clouds: Sequence[Cloud], marks: Sequence[Mark], *, x: str, y: str, alt: str) -> str:
    """Points by naturalness (fewer bits a letter lie further right) and activity."""
    every_x = np.concatenate([cloud.x for cloud in clouds])
    every_y = np.concatenate([*(cloud.y for cloud in clouds), [mark.y for mark in marks]])
    right, left = _padded(every_x)
    low, high = _padded(every_y)

    def across(value: float) -> float:
        return LEFT + (value - left) / (right - left) * WIDTH

    def down(value: float) -> float:
        return TOP + (high - value) / (high - low) * HEIGHT

    parts = [_grid(left, right, low, high, x, y)]
    for mark in _apart(marks, APART * (high - low)):
        level = down(mark.y)
        parts.append(f'<path d="M{LEFT} {level:.1f}h{WIDTH}" stroke="{MUTED}" stroke-dasharray="5 4"/>')
        parts.append(text(LEFT + WIDTH - 4, level - 5, escape(mark.text), "end"))
    for cloud in clouds:
        size, rim = (4, f'stroke="#fff" stroke-width="0.8" fill="{cloud.colour}"') if cloud.bold else (2.2, "")
        style = rim or f'fill="{cloud.colour}" fill-opacity="0.5"'
        points = zip(cloud.x.tolist(), cloud.y.tolist(), strict=True)
        dots = "".join(f'<circle cx="{across(a):.1f}" cy="{down(b):.1f}" r="{size}"/>' for a, b in points)
        parts.append(f"<g {style}>{dots}</g>")
    said = escape(alt, quote=True)
    return (
        f'<svg viewBox="0 0 {LEFT + WIDTH + RIGHT} {TOP + HEIGHT + BOTTOM}" style="width:100%;max-width:1100px" '
        f'role="img" aria-label="{said}"><title>{said}</title>{"".join(parts)}</svg>'
    )


def _apart(marks: Sequence[Mark], least: float) -> list[Mark]:
    """The marks without those that a later one would cover."""
    later = [(mark, marks[at + 1 :]) for at, mark in enumerate(marks)]
    return [mark for mark, others in later if all(abs(mark.y - other.y) >= least for other in others)]


def _padded(values: Float[np.ndarray, " n"]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    more = 0.04 * (high - low or 1.0)
    return low - more, high + more


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, four to nine of them.

    >>> ticks(-0.04, 1.04), ticks(1.39, 2.326)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [1.4, 1.6, 1.8, 2.0, 2.2])
    """
    power = 10.0 ** np.floor(np.log10((high - low) / 4))
    step = max(size * power for size in (1, 2, 5) if size * power <= (high - low) / 4)
    numbers = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [float(f"{number:.10g}") + 0.0 for number in numbers]


def _grid(left: float, right: float, low: float, high: float, x: str, y: str) -> str:
    parts = []
    for value in ticks(low, high):
        level = TOP + (high - value) / (high - low) * HEIGHT
        parts.append(f'<path d="M{LEFT} {level:.1f}h{WIDTH}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 6, level + 4, f"{value:g}", "end"))
    for value in ticks(right, left):
        at = LEFT + (value - left) / (right - left) * WIDTH
        parts.append(f'<path d="M{at:.1f} {TOP}v{HEIGHT}" stroke="{GRID}"/>')
        parts.append(text(at, TOP + HEIGHT + 16, f"{value:g}", "middle"))
    middle = TOP + HEIGHT / 2
    parts.append(text(LEFT + WIDTH / 2, TOP + HEIGHT + 38, escape(x), "middle", INK, 13))
    turned = text(14.0, middle, escape(y), "middle", INK, 13)
    return "".join(parts) + f'<g transform="rotate(-90 14 {middle})">{turned}</g>'
