"""Sequence logos as inline SVG: letter heights are information in bits (Schneider and Stephens 1990)."""

from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float, Int

from genomimic.divergence import entropies
from genomimic.plots.colours import GRID, INK, MUTED, UNKNOWN, letter_colours
from genomimic.plots.glyphs import OUTLINES

COLUMN = 18
HEIGHT = 150
LEFT, TOP, BOTTOM = 46, 10, 34
SMALLEST = 0.4


@dataclass(frozen=True, eq=False)
class Logo:
    """Heights in bits of each letter at each position, lowest position first."""

    symbols: str
    heights: Float[np.ndarray, "length size"]

    @property
    def information(self) -> Float[np.ndarray, " length"]:
        """Information at each position: the height of its stack."""
        return self.heights.sum(1)


def logo(values: Int[np.ndarray, "n length"], symbols: str) -> Logo:
    """Logo of aligned tokens; unknown letters and padding count for nothing.

    Information is log2(size) - entropy - (size - 1) / (2 ln 2 n), the last term for the entropy that a small sample
    lacks (Schneider et al. 1986), and never below 0.
    """
    size = len(symbols)
    counts = np.stack([(values == token).sum(0) for token in range(size)], 1).astype(float)
    known = counts.sum(1, keepdims=True)
    shares = np.divide(counts, known, out=np.zeros_like(counts), where=known > 0)
    entropy = np.asarray(entropies(shares))[:, None]
    correction = (size - 1) / (2 * np.log(2) * np.maximum(known, 1))
    information = np.where(known > 0, np.maximum(np.log2(size) - entropy - correction, 0.0), 0.0)
    return Logo(symbols, shares * information)


def axis_end(*logos: Logo) -> float:
    """Shared end of the y axis in bits: the tallest stack, rounded up."""
    tallest = max((float(one.information.max(initial=0.0)) for one in logos), default=0.0)
    steps = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5)
    return next((step for step in steps if tallest <= step), 5.0)


def logo_svg(one: Logo, *, name: str, end: float, prefix: str) -> str:
    """Inline SVG of a logo; `end` is the top of the y axis, `prefix` keeps ids apart within one page."""
    length = len(one.heights)
    width = LEFT + length * COLUMN + 8
    colours = letter_colours(one.symbols)
    outlines = "".join(
        f'<path id="{prefix}-{letter}" d="{OUTLINES[letter]}" fill="{colours.get(letter, UNKNOWN)}"/>'
        for letter in one.symbols
    )
    total = f"{length} positions, {one.information.sum():.2f} bits in all"
    alt = escape(f"Sequence logo of {name}: {total}", quote=True)
    size = f"min-width:{0.9 * width:.0f}px;max-width:{1.2 * width:.0f}px"
    box = f'viewBox="0 0 {width} {TOP + HEIGHT + BOTTOM}" style="{size}"'
    return (
        f'<svg class="logo" {box} role="img" aria-label="{alt}">'
        f"<title>{alt}</title><defs>{outlines}</defs>{_axes(length, end)}{_stacks(one, end, prefix)}</svg>"
    )


def _stacks(one: Logo, end: float, prefix: str) -> str:
    parts = []
    for position, column in enumerate(one.heights):
        floor = float(TOP + HEIGHT)
        for token in np.argsort(column, kind="stable"):
            tall = column[token] / end * HEIGHT
            floor -= tall
            if tall >= SMALLEST:
                x = LEFT + position * COLUMN + 1
                scale = f"{(COLUMN - 2) / 100:.3g} {tall / 100:.4g}"
                place = f"translate({x} {floor:.2f})scale({scale})"
                parts.append(f'<use href="#{prefix}-{one.symbols[token]}" transform="{place}"/>')
    return "".join(parts)


def _axes(length: int, end: float) -> str:
    bottom, right = TOP + HEIGHT, LEFT + length * COLUMN
    lines = [
        f'<path d="M{LEFT} {y:.1f}H{right}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{MUTED}" font-size="11">{share * end:.3g}</text>'
        for share in (0.0, 0.5, 1.0)
        for y in [bottom - share * HEIGHT]
    ]
    ticks = [0, *range(4 if length < 60 else 9, length, 5 if length < 60 else 10)]
    numbers = [
        f'<text x="{LEFT + (at + 0.5) * COLUMN}" y="{bottom + 14}" text-anchor="middle" fill="{MUTED}" '
        f'font-size="11">{at + 1}</text>'
        for at in ticks
    ]
    middle = TOP + HEIGHT / 2
    titles = (
        f'<text x="{LEFT}" y="{bottom + 30}" fill="{INK}" font-size="12">position in the alignment</text>'
        f'<text x="11" y="{middle}" transform="rotate(-90 11 {middle})" text-anchor="middle" fill="{INK}" '
        f'font-size="12">information (bits)</text>'
    )
    return "".join(lines + numbers) + titles
