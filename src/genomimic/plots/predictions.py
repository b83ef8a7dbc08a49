"""Predicted against true values of records held out: a scatter of numbers as inline SVG, a table of classes as HTML."""

from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import Float, Int

from genomimic.plots.colours import GRID, INK, MUTED, SETS, lettering, paler
from genomimic.plots.svg import text

SIDE, LEFT, TOP, BOTTOM, RIGHT = 400, 58, 10, 46, 10
MOST_POINTS = 1500


def scatter_svg(
    mean: Float[np.ndarray, " n"],
    low: Float[np.ndarray, " n"],
    high: Float[np.ndarray, " n"],
    true: Float[np.ndarray, " n"],
    *,
    label: str,
) -> str:
    """Records by prediction and true value, and the interval that goes with each prediction."""
    start, end = (float(f(np.concatenate([mean, true]))) for f in (np.min, np.max))
    scale = SIDE / max(end - start, 1e-9)

    def x(value: float) -> float:
        return LEFT + (value - start) * scale

    def y(value: float) -> float:
        return TOP + SIDE - (min(max(value, start), end) - start) * scale

    order = np.argsort(mean, kind="stable")
    steps = order[np.unique(np.linspace(0, len(order) - 1, 60).astype(int))]
    upper = " ".join(f"{x(float(mean[i])):.1f},{y(float(high[i])):.1f}" for i in steps)
    lower = " ".join(f"{x(float(mean[i])):.1f},{y(float(low[i])):.1f}" for i in steps[::-1])
    shown = np.unique(np.linspace(0, len(mean) - 1, MOST_POINTS).astype(int))
    dots = ((x(float(mean[i])), y(float(true[i]))) for i in shown)
    points = "".join(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="2.2"/>' for cx, cy in dots)
    alt = escape(f"{label} of {len(mean):,} records held out, predicted and true", quote=True)
    diagonal = f'<path d="M{x(start)} {y(start)}L{x(end)} {y(end)}" stroke="{MUTED}" stroke-dasharray="5 4"/>'
    return (
        f'<svg viewBox="0 0 {LEFT + SIDE + RIGHT} {TOP + SIDE + BOTTOM}" style="max-width:560px;width:100%" '
        f'role="img" aria-label="{alt}"><title>{alt}</title>{_grid(start, end, label)}'
        f'<polygon points="{upper} {lower}" fill="{paler(SETS[0], 0.82)}"/>{diagonal}'
        f'<g fill="{SETS[0]}" fill-opacity="0.45">{points}</g></svg>'
    )


def _grid(start: float, end: float, label: str) -> str:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        value, at = start + share * (end - start), share * SIDE
        parts.append(f'<path d="M{LEFT} {TOP + SIDE - at}h{SIDE}M{LEFT + at} {TOP}v{SIDE}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 6, TOP + SIDE - at + 4, f"{value:.3g}", "end"))
        parts.append(text(LEFT + at, TOP + SIDE + 16, f"{value:.3g}", "middle"))
    middle, name = TOP + SIDE / 2, escape(label)
    parts.append(text(LEFT + SIDE / 2, TOP + SIDE + 38, f"predicted {name}", "middle", INK, 13))
    turned = f'<g transform="rotate(-90 14 {middle})">{text(14, middle, f"true {name}", "middle", INK, 13)}</g>'
    return "".join(parts) + turned


def confusion_table(counts: Int[np.ndarray, "true told"], names: Sequence[str], *, label: str) -> str:
    """Records of each class by what they were taken for; the darker, the larger the share of the row."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    rows = []
    for name, row in zip(names, counts, strict=True):
        shares = row / max(row.sum(), 1)
        cells = "".join(_cell(int(n), float(share)) for n, share in zip(row, shares, strict=True))
        rows.append(f"<tr><th scope='row'>{escape(name)}</th>{cells}</tr>")
    caption = f"<caption>True {escape(label)} by row, predicted by column</caption>"
    return f'<table class="confusion">{caption}<tr><th></th>{head}</tr>{"".join(rows)}</table>'


def _cell(count: int, share: float) -> str:
    colour = paler(SETS[0], 1 - 0.9 * share)
    return f'<td style="background:{colour};color:{lettering(colour)}">{count:,}<br><small>{share:.0%}</small></td>'
