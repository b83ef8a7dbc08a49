"""What each letter of one record adds to a prediction, as letters that reach up or down; inline SVG."""

from html import escape

import numpy as np
from jaxtyping import Float

from genomimic.plots.colours import GRID, INK, MUTED, UNKNOWN, letter_colours
from genomimic.plots.glyphs import OUTLINES

COLUMN, HEIGHT, LEFT, TOP, BOTTOM = 11, 110, 52, 8, 32
SMALLEST = 0.4


def outlines(symbols: str, prefix: str) -> str:
    """Definitions of the letters, once for a page."""
    colours = letter_colours(symbols)
    paths = "".join(
        f'<path id="{prefix}-{letter}" d="{OUTLINES[letter]}" fill="{colours.get(letter, UNKNOWN)}"/>'
        for letter in symbols
    )
    return f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{paths}</defs></svg>'


def contributions_svg(text: str, added: Float[np.ndarray, " length"], *, name: str, unit: str, prefix: str) -> str:
    """The letters of a text, each as tall as what it adds; those that take away hang below the line."""
    added = added[: len(text)]
    width, reach = LEFT + len(text) * COLUMN + 8, max(float(np.abs(added).max(initial=0.0)), 1e-9)
    alt = escape(f"What each letter of {name} adds to {unit}: from {added.min():.2g} to {added.max():.2g}", quote=True)
    size = f"min-width:{min(width, 1060)}px;max-width:{1.3 * width:.0f}px"
    box = f'viewBox="0 0 {width} {TOP + HEIGHT + BOTTOM}" style="{size}"'
    letters = "".join(_letter(letter, at, added[at] / reach, prefix) for at, letter in enumerate(text))
    return (
        f'<svg class="logo" {box} role="img" aria-label="{alt}"><title>{alt}</title>'
        f"{_axes(len(text), reach, unit)}{letters}</svg>"
    )


def _letter(letter: str, at: int, share: float, prefix: str) -> str:
    tall, middle = abs(share) * HEIGHT / 2, TOP + HEIGHT / 2
    if tall < SMALLEST or letter not in OUTLINES:
        return ""
    top = middle - tall if share > 0 else middle
    scale = f"{(COLUMN - 1) / 100:.3g} {tall / 100:.4g}"
    faded = "" if share > 0 else ' opacity="0.55"'
    return (
        f'<use href="#{prefix}-{letter}" transform="translate({LEFT + at * COLUMN} {top:.2f})scale({scale})"{faded}/>'
    )


def _axes(length: int, reach: float, unit: str) -> str:
    right, middle = LEFT + length * COLUMN, TOP + HEIGHT / 2
    lines = "".join(
        f'<path d="M{LEFT} {y}H{right}" stroke="{GRID if value else MUTED}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end" fill="{MUTED}" font-size="11">{value:.2g}</text>'
        for value, y in ((reach, TOP), (0.0, middle), (-reach, TOP + HEIGHT))
    )
    numbers = "".join(
        f'<text x="{LEFT + (at + 0.5) * COLUMN}" y="{TOP + HEIGHT + 14}" text-anchor="middle" fill="{MUTED}" '
        f'font-size="11">{at + 1}</text>'
        for at in [0, *range(9, length, 10)]
    )
    return (
        f"{lines}{numbers}"
        f'<text x="{LEFT}" y="{TOP + HEIGHT + 29}" fill="{INK}" font-size="12">position</text>'
        f'<text x="11" y="{middle}" transform="rotate(-90 11 {middle})" text-anchor="middle" fill="{INK}" '
        f'font-size="12">added</text>'
    )
