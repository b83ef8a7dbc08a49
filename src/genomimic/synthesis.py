"""What a synthesis vendor may stumble over: runs of one letter, repeats, hairpins, extreme GC; and the order sheet.

The limits are those that vendors of gene fragments commonly publish; a vendor's own check decides.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from genomimic.alphabet import DNA, Alphabet

GC_RANGE = (0.25, 0.65)
"""Of the whole sequence."""
WINDOW = 50
WINDOW_GC = (0.15, 0.80)
"""Of every stretch of `WINDOW` letters."""
LONGEST_RUN = 9
"""Letters of one kind in a row."""
LONGEST_REPEAT = 19
"""Letters that stand twice in a sequence."""
LONGEST_STEM = 11
"""Letters that could pair with letters behind them."""
LOOP = 3
"""Fewest letters between the halves of a hairpin."""


class Warned(NamedTuple):
    """What is unusual about a sequence: a word for it, and where and how much, 1-based."""

    kind: str
    detail: str


def warnings(text: str, alphabet: Alphabet = DNA) -> tuple[Warned, ...]:
    """What may make a sequence hard to synthesise, of DNA or RNA; of proteins nothing is said.

    >>> [one.kind for one in warnings("ACGTTGCA" + "A" * 12 + "GGCATCAG")]
    ['run of one letter']
    """
    if alphabet.complements is None:
        return ()
    return tuple(warning for check in (_run, _gc, _window_gc, _repeat, _hairpin) for warning in check(text, alphabet))


def _run(text: str, alphabet: Alphabet) -> Iterator[Warned]:
    length, end = max(_runs(text))
    if length > LONGEST_RUN:
        yield Warned("run of one letter", f"{length} x {text[end - 1]} at {end - length + 1}")


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Length and end of the run of one letter that each letter ends."""
    length = 0
    for end, letter in enumerate(text, 1):
        length = length + 1 if end > 1 and text[end - 2] == letter else 1
        yield length, end


def _gc(text: str, alphabet: Alphabet) -> Iterator[Warned]:
    share = _share(text)
    if not GC_RANGE[0] <= share <= GC_RANGE[1]:
        yield Warned("GC", f"{share:.0%} of the whole")


def _window_gc(text: str, alphabet: Alphabet) -> Iterator[Warned]:
    shares = [(_share(text[at : at + WINDOW]), at) for at in range(len(text) - WINDOW + 1)]
    for share, at in (min(shares), max(shares)) if len(shares) > 1 else ():
        if not WINDOW_GC[0] <= share <= WINDOW_GC[1]:
            yield Warned("GC of a stretch", f"{share:.0%} of {at + 1}-{at + WINDOW}")


def _share(text: str) -> float:
    return (text.count("G") + text.count("C")) / max(len(text), 1)


def _repeat(text: str, alphabet: Alphabet) -> Iterator[Warned]:
    for size, first, second in repeats(text, LONGEST_REPEAT + 1):
        yield Warned("repeat", f"{size} letters at {first + 1} and {second + 1}")


def _hairpin(text: str, alphabet: Alphabet) -> Iterator[Warned]:
    size, start, loop = longest_stem(text, alphabet)
    if size > LONGEST_STEM:
        yield Warned("hairpin", f"stem of {size} at {start + 1}, loop of {loop}")


def repeats(text: str, size: int) -> Iterator[tuple[int, int, int]]:
    """Stretches of at least `size` letters that stand twice: length, and where each begins; none inside another.

    >>> list(repeats("ACGTTACGT", 3))
    [(4, 0, 5)]
    """
    seen: dict[str, int] = {}
    end = 0
    for at in range(len(text) - size + 1):
        first = seen.setdefault(text[at : at + size], at)
        if first < at and at + size > end:
            length = size
            while at + length < len(text) and text[first + length] == text[at + length]:
                length += 1
            end = at + length
            yield length, first, at


def longest_stem(text: str, alphabet: Alphabet = DNA) -> tuple[int, int, int]:
    """Length of the longest stem of a hairpin of perfect pairs, where it begins, and the letters in its loop.

    >>> longest_stem("TTGGGACCAAAAGGTCCCTT")
    (6, 2, 4)
    """
    assert alphabet.complements is not None
    pairs = dict(zip(alphabet.symbols, alphabet.complements, strict=True))
    best = (0, 0, 0)
    for middle in range(len(text)):
        for loop in (LOOP, LOOP + 1, LOOP + 2, LOOP + 3, LOOP + 4, LOOP + 5):
            left, right = middle, middle + loop + 1
            while left >= 0 and right < len(text) and pairs.get(text[left]) == text[right]:
                left, right = left - 1, right + 1
            best = max(best, (middle - left, left + 1, loop), key=lambda found: found[0])
    return best


def order_sheet(
    ids: Sequence[str], texts: Sequence[str], columns: dict[str, Sequence[str]], alphabet: Alphabet
) -> bytes:
    """A table that vendors read: name, sequence, length, GC, warnings, and further columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", "sequence", "length", "gc_percent", "warnings", *columns])
    for row, (name, text) in enumerate(zip(ids, texts, strict=True)):
        said = "; ".join(f"{one.kind}: {one.detail}" for one in warnings(text, alphabet))
        gc = "" if alphabet.complements is None else f"{100 * _share(text):.1f}"
        further = [column[row] for column in columns.values()]
        writer.writerow([name, text, len(text), gc, said, *further])
    return out.getvalue().encode()
