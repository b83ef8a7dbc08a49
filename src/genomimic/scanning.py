"""Sites of motifs in sequences: every word that a matrix matches far better than random letters would.

Matrices are log-odds against the background in steps of 1/200 bit, so that the probability of every score is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Int8
from lightmotif.lib import ScoringMatrix, StripedSequence, scan, stripe

from genomimic.motifs import Motifs
from genomimic.parallel import cores, in_order

STEPS_PER_BIT = 200
_LETTERS = np.frombuffer(b"ACGTNN", np.uint8)


class Sites(NamedTuple):
    """Sites in order of record and start; `motif` counts a scanner's motifs, `reverse` is the strand."""

    record: Int[np.ndarray, " sites"]
    motif: Int[np.ndarray, " sites"]
    start: Int[np.ndarray, " sites"]
    reverse: Bool[np.ndarray, " sites"]

    def of(self, rows: Int[np.ndarray, " m"], n: int) -> "Sites":
        """The sites in the records at `rows` of n, which are numbered anew."""
        place = np.full(n, -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.record] >= 0
        record, *rest = (column[kept] for column in self)
        return Sites(place[record], *rest)


@dataclass(frozen=True, eq=False)
class Scanner:
    """Motifs ready to be searched for; equal scores and thresholds for whatever it scans.

    `background` are the frequencies of A, C, G and T. On `both_strands`, the two strands of the background count alike.
    """

    motifs: Motifs
    background: Float[np.ndarray, "4"]
    both_strands: bool

    @cached_property
    def letters(self) -> Float[np.ndarray, "4"]:
        """The background that scores are against."""
        return (self.background + self.background[::-1]) / 2 if self.both_strands else self.background

    @cached_property
    def scores(self) -> list[Int[np.ndarray, "_ 4"]]:
        """Log-odds of each motif, in steps."""
        return [log_odds(motif.counts, self.letters) for motif in self.motifs.representatives]

    @cached_property
    def thresholds(self) -> list[int]:
        """Least score of a site of each motif, in steps."""
        return [site_threshold(scores, self.letters, self.motifs.pvalue) for scores in self.scores]

    @cached_property
    def widths(self) -> Int[np.ndarray, " motifs"]:
        """Letters in a site of each motif."""
        return np.array([len(scores) for scores in self.scores])

    def scan(self, values: Int8[np.ndarray, "n length"]) -> Sites:
        """Sites in tokens of DNA or RNA (U counts as T); of those of one motif that overlap, the best stays."""
        separated = np.pad(_LETTERS[values], ((0, 0), (0, 1)), constant_values=ord("N"))
        threads = min(cores(), 8)
        shares = [np.arange(first, len(self.scores), threads) for first in range(threads)]
        found = [sites for share in in_order(partial(self._scan, separated), shares) for sites in share]
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        order = np.lexsort((columns[1], columns[2], columns[0]))
        return Sites(*(column[order] for column in columns))

    def _scan(self, separated: np.ndarray, share: Int[np.ndarray, " share"]) -> list[Sites]:
        """Sites of some of the motifs; each thread has a striped copy of the text of its own."""
        stride = separated.shape[1]
        text = stripe(separated.tobytes().decode("ascii"))
        unknown = np.concatenate([[0], (separated.ravel() == ord("N")).cumsum()])
        found = []
        for motif in share.tolist():
            width = len(self.scores[motif])
            start, score, reverse = self._matches(text, motif) if width <= unknown.size - 1 else _NO_MATCHES
            whole = unknown[start + width] == unknown[start]
            best = best_of_overlapping(start[whole], score[whole], width)
            start, reverse = start[whole][best], reverse[whole][best]
            found.append(Sites(start // stride, np.full(start.size, motif), start % stride, reverse))
        return found

    def _matches(self, text: StripedSequence, motif: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Start, score and strand of all words that reach the threshold, on the strands that are searched."""
        scores, threshold = self.scores[motif], self.thresholds[motif]
        strands = [scores, scores[::-1, ::-1]] if self.both_strands else [scores]
        rows = [
            (hit.position, hit.score, reverse)
            for reverse, strand in enumerate(strands)
            for hit in scan(_matrix(strand), text, threshold=threshold - 0.5)
        ]
        start, score, reverse = np.array(rows).reshape(-1, 3).T
        return start.astype(int), score, reverse.astype(bool)


_NO_MATCHES = np.zeros(0, int), np.zeros(0), np.zeros(0, bool)


def log_odds(counts: Float[np.ndarray, "width 4"], letters: Float[np.ndarray, "4"]) -> Int[np.ndarray, "width 4"]:
    """Log-odds of counts against a background, in steps of 1/200 bit; one pseudocount is spread as the background."""
    frequencies = (counts + letters) / (counts.sum(1, keepdims=True) + 1)
    return np.rint(STEPS_PER_BIT * np.log2(frequencies / letters)).astype(int)


def site_threshold(scores: Int[np.ndarray, "width 4"], letters: Float[np.ndarray, "4"], pvalue: float) -> int:
    """Least score that random letters reach with a probability below `pvalue`, or the best score of a short motif."""
    reached = p_values(scores, letters)
    below = np.flatnonzero(reached < pvalue)
    best = len(reached) - 1
    return int(scores.min(1).sum()) + min(int(below[0]) if below.size else best, best)


def p_values(scores: Int[np.ndarray, "width 4"], letters: Float[np.ndarray, "4"]) -> Float[np.ndarray, " steps"]:
    """Probability that random letters reach each score, from the least that there is upward.

    The distribution of scores is exact: a convolution over positions (Staden 1989, Comput Appl Biosci 5:89).
    """
    density = np.ones(1)
    for row in scores:
        longer = np.zeros(len(density) + int(np.ptp(row)))
        for step, share in zip(row - row.min(), letters, strict=True):
            longer[step : step + len(density)] += share * density
        density = longer
    return density[::-1].cumsum()[::-1]


def best_of_overlapping(
    start: Int[np.ndarray, " matches"], score: Float[np.ndarray, " matches"], width: int
) -> Int[np.ndarray, " sites"]:
    """Rows of the best match of each run of matches that overlap; the first of equal ones."""
    order = np.argsort(start, kind="stable")
    run = np.empty(len(start), int)
    run[order] = (np.diff(start[order], prepend=start[:1].min(initial=0)) >= width).cumsum()
    ranked = np.lexsort((np.arange(len(start)), start, -score, run))
    return ranked[np.diff(run[ranked], prepend=-1) > 0]


def _matrix(scores: Int[np.ndarray, "width 4"]) -> ScoringMatrix:
    """Scores as the scanner takes them; an unknown letter counts as the worst, and its sites are left out later."""
    columns: Sequence[list[float]] = [*scores.T.astype(float).tolist(), scores.min(1).astype(float).tolist()]
    return ScoringMatrix(dict(zip("ACGTN", columns, strict=True)))
