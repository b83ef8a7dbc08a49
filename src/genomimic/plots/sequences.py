"""Sequences as coloured text."""

from html import escape
from itertools import groupby

MOST_LETTERS = 240


def coloured(text: str, symbols: str) -> str:
    """HTML of a sequence: runs of one letter in that letter's colour, letters outside `symbols` grey.

    >>> coloured("AAN", "ACGT")
    '<b class="l-A">AA</b><b class="l-unknown">N</b>'
    """
    parts = []
    for letter, run in groupby(text[:MOST_LETTERS]):
        kind = letter if letter in symbols else "unknown"
        parts.append(f'<b class="l-{kind}">{escape("".join(run))}</b>')
    rest = len(text) - MOST_LETTERS
    return "".join(parts) + (f' <span class="rest">and {rest} more</span>' if rest > 0 else "")
