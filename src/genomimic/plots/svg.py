"""Pieces of inline SVG that several plots share."""

from genomimic.plots.colours import MUTED


def text(x: float | int, y: float | int, words: str, anchor: str, colour: str = MUTED, size: int = 11) -> str:
    """Words, escaped already, at a place; `anchor` is start, middle or end."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{words}</text>'
