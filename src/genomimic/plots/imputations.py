"""How well hidden values were foretold: differences between methods, forecasts' ranges, genes and cells; inline SVG."""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.plots.colours import GRID, INK, MUTED, SETS, paler
from genomimic.plots.svg import text

WIDTH, NAMES, NUMBERS, GAP, TOP, BOTTOM, ROW, SQUARE = 1080.0, 150.0, 60.0, 52.0, 30.0, 52.0, 30.0, 260.0
LEVELS = np.linspace(0.05, 0.95, 19)
"""Shares of a forecast that its middle range holds."""
BINS = 40
TRIMMED = 0.005
"""Share of genes or cells on either side that the outermost bars take in."""


class Interval(NamedTuple):
    """A number of a method, with its interval."""

    name: str
    colour: str
    value: float
    low: float
    high: float


class Curve(NamedTuple):
    """Share of values inside the middle range of their forecasts, at each of `LEVELS`."""

    name: str
    colour: str
    inside: Float[np.ndarray, " levels"]


def differences_svg(panels: Sequence[tuple[str, Sequence[Interval]]], *, axis: str) -> str:
    """Panels side by side, each with a row for each method and a line at 0."""
    width = (WIDTH - NAMES + GAP) / len(panels) - GAP
    height, parts = ROW * max(len(rows) for _, rows in panels), []
    for at, (title, rows) in enumerate(panels):
        left = NAMES + at * (width + GAP)
        low, high = _range([0.0, *(end for one in rows for end in (one.low, one.high))])
        x = _scale(low, high, left, left + width)
        parts += [text(left, TOP - 12, escape(title), "start", INK, 13), _across(low, high, x, height)]
        parts.append(f'<path d="M{x(0):.1f} {TOP}v{height}" stroke="{INK}"/>')
        for row, one in enumerate(rows):
            y = TOP + ROW * (row + 0.5)
            parts.append(text(NAMES - 12, y + 4, escape(one.name), "end", INK, 13) if at == 0 else "")
            parts.append(f'<path d="M{x(one.low):.1f} {y}H{x(one.high):.1f}" stroke="{one.colour}" stroke-width="3"/>')
            parts.append(f'<circle cx="{x(one.value):.1f}" cy="{y}" r="5" fill="{one.colour}"/>')
    parts.append(text(NAMES + (WIDTH - NAMES) / 2, TOP + height + 40, escape(axis), "middle", INK, 13))
    return _whole(parts, TOP + height + BOTTOM, axis)


def ranges_svg(panels: Sequence[tuple[str, Sequence[Curve]]]) -> str:
    """Panels side by side: what the middle ranges of forecasts should hold, and what they do."""
    width, parts = (WIDTH - NUMBERS + GAP) / len(panels) - GAP, []
    for at, (title, curves) in enumerate(panels):
        left = NUMBERS + at * (width + GAP)
        x, y = _scale(0.0, 1.0, left, left + width), _scale(0.0, 1.0, TOP + SQUARE, TOP)
        parts += [text(left, TOP - 12, escape(title), "start", INK, 13)]
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            parts.append(f'<path d="M{left} {y(share)}h{width}M{x(share)} {TOP}v{SQUARE}" stroke="{GRID}"/>')
            parts.append(text(x(share), TOP + SQUARE + 17, f"{share:.0%}", "middle"))
            parts.append(text(left - 6, y(share) + 4, f"{share:.0%}", "end") if at == 0 else "")
        parts.append(f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{MUTED}" stroke-dasharray="5 4"/>')
        for curve in curves[::-1]:
            points = zip(LEVELS.tolist(), curve.inside.tolist(), strict=True)
            line = " ".join(f"{x(level):.1f},{y(inside):.1f}" for level, inside in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{curve.colour}" stroke-width="2.4"/>')
    said = "share that the middle range of a forecast should hold; upwards: share of hidden values in it"
    parts.append(text(WIDTH / 2, TOP + SQUARE + 42, said, "middle", INK, 13))
    return _whole(parts, TOP + SQUARE + BOTTOM, "Hidden values inside the middle ranges of forecasts")


def spreads_svg(panels: Sequence[tuple[str, Float[np.ndarray, " _"]]], *, axis: str) -> str:
    """Histograms side by side, what lies above 0 in colour; the outermost bars hold what lies beyond them too."""
    width, parts = (WIDTH - NUMBERS + GAP) / len(panels) - GAP, []
    for at, (title, values) in enumerate(panels):
        left = NUMBERS + at * (width + GAP)
        low, high = _range([0.0, *np.quantile(values, (TRIMMED, 1 - TRIMMED)).tolist()])
        step = (high - low) / BINS
        edges = (step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)).tolist()
        counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
        x, y = _scale(edges[0], edges[-1], left, left + width), _scale(0.0, float(counts.max()), TOP + SQUARE, TOP + 8)
        parts += [text(left, TOP - 12, escape(title), "start", INK, 13), _across(edges[0], edges[-1], x, SQUARE)]
        for count, start, end in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
            colour = SETS[0] if start > -step / 2 else paler(MUTED, 0.35)
            size = f'width="{x(end) - x(start) - 1:.1f}" height="{TOP + SQUARE - y(count):.1f}"'
            parts.append(f'<rect x="{x(start):.1f}" y="{y(count):.1f}" {size} fill="{colour}"/>' if count else "")
        parts.append(f'<path d="M{x(0):.1f} {TOP}v{SQUARE}" stroke="{INK}"/>')
        parts.append(text(left - 6, y(counts.max()) + 4, f"{counts.max():,}", "end"))
    parts.append(text(WIDTH / 2, TOP + SQUARE + 40, escape(axis), "middle", INK, 13))
    return _whole(parts, TOP + SQUARE + BOTTOM, axis)


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = float(min(values)), float(max(values))
    more = 0.06 * (high - low or 1.0)
    return low - more, high + more


def _across(low: float, high: float, x: Callable[[float], float], height: float) -> str:
    """Lines at round numbers, at most six of them, and these numbers below."""
    size = 10.0 ** np.floor(np.log10((high - low) / 2))
    step = next(step for step in (size / 2, size, 2 * size, 5 * size) if (high - low) / step <= 6)
    parts = []
    for value in step * np.arange(np.ceil(low / step), np.floor(high / step) + 1):
        parts.append(f'<path d="M{x(value):.1f} {TOP}v{height}" stroke="{GRID}"/>')
        parts.append(text(x(value), TOP + height + 17, f"{value:.6g}" if abs(value) > step / 2 else "0", "middle"))
    return "".join(parts)


def _whole(parts: Sequence[str], height: float, alt: str) -> str:
    said = escape(alt, quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH + 20} {height}" style="width:100%;min-width:760px;max-width:1100px" role="img" '
        f'aria-label="{said}"><title>{said}</title>{"".join(parts)}</svg>'
    )
