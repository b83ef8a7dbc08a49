"""Sites of motifs in a view: found once, and counted by motif, place, record and pair.

A pair of sites is two in one record that do not overlap and whose centres are at most 100 letters apart.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from genomimic.features import sequence
from genomimic.scanning import Scanner, Sites
from genomimic.shuffling import shuffled
from genomimic.views import View

NEAR = 100
MAX_BINS = 50
BIN_LETTERS = 10
SPACING_LETTERS = 5
SPACINGS = NEAR // SPACING_LETTERS


class Pairs(NamedTuple):
    """Pairs of sites near each other: their motifs, smaller number first, and how they stand."""

    record: Int[np.ndarray, " pairs"]
    first: Int[np.ndarray, " pairs"]
    second: Int[np.ndarray, " pairs"]
    distance: Float[np.ndarray, " pairs"]
    opposite: Bool[np.ndarray, " pairs"]
    overlapping: Bool[np.ndarray, " pairs"]


def sites(view: View, scanner: Scanner) -> Sites:
    """All sites in a view's records; those of parts are chosen from the whole view's."""
    whole = view.root.feature(("motif_sites", scanner), lambda root: scanner.scan(root.dataset.values))
    return whole if view is view.root else whole.of(view.rows, len(view.root))


def shuffled_sites(view: View, scanner: Scanner) -> Sites:
    """All sites in shuffled copies of a view's records, which keep their dinucleotide counts.

    The order of the records changes nothing: they are shuffled in alphabetical order.
    """
    whole = view.root.feature(("shuffled_motif_sites", scanner), partial(_scan_shuffled, scanner=scanner))
    return whole if view is view.root else whole.of(view.rows, len(view.root))


def site_counts(view: View, scanner: Scanner) -> Int[np.ndarray, " motifs"]:
    """Sites of each motif."""
    return view.totals(("site_counts", scanner), lambda part: _by_motif(sites(part, scanner), scanner))


def shuffled_counts(view: View, scanner: Scanner) -> Int[np.ndarray, " motifs"]:
    """Sites of each motif in shuffled copies of the records."""
    return view.totals(("shuffled_counts", scanner), lambda part: _by_motif(shuffled_sites(part, scanner), scanner))


def site_products(view: View, scanner: Scanner) -> Int[np.ndarray, "products motifs"]:
    """Sums over records of sites squared, of sites times letters, and of letters squared, for each motif."""
    return view.totals(("site_products", scanner), lambda part: _products(part, scanner))


def letters(view: View) -> int:
    """Letters of all records, padding not counted."""
    return int(view.totals("letters", lambda part: sequence.lengths(part).sum(keepdims=True))[0])


def place_counts(view: View, scanner: Scanner) -> Int[np.ndarray, "motifs bins"]:
    """Sites of each motif by the place of their centres: bins of 10 letters, or 50 bins of longer records.

    Where both strands count alike, a place is as good as its mirror image, and both are one bin.
    """
    return view.totals(("place_counts", scanner), partial(_places, scanner=scanner))


def records_with(view: View, scanner: Scanner) -> Int[np.ndarray, " motifs"]:
    """Records with a site of each motif."""
    return view.totals(("records_with", scanner), lambda part: presence(part, scanner).sum(0))


def presence(view: View, scanner: Scanner) -> Bool[np.ndarray, "n motifs"]:
    """Whether a record has a site of a motif."""
    found, table = sites(view, scanner), np.zeros((len(view), len(scanner.widths)), bool)
    table[found.record, found.motif] = True
    return table


def pairs(view: View, scanner: Scanner) -> Pairs:
    """All pairs of sites near each other in a view's records."""
    whole = view.root.feature(("site_pairs", scanner), lambda root: find_pairs(sites(root, scanner), scanner.widths))
    if view is view.root:
        return whole
    kept = np.isin(whole.record, view.rows)
    return Pairs(*(column[kept] for column in whole))


def find_pairs(found: Sites, widths: Int[np.ndarray, " motifs"]) -> Pairs:
    """Pairs of sites whose centres are at most 100 letters apart, and whether they overlap."""
    centre = found.start + widths[found.motif] / 2
    order = np.lexsort((centre, found.record))
    record, motif, reverse, centre = found.record[order], found.motif[order], found.reverse[order], centre[order]
    columns, one = [], np.arange(len(order))
    for step in range(1, len(order)):
        one = one[one < len(order) - step]
        other = one + step
        near = (record[one] == record[other]) & (centre[other] - centre[one] <= NEAR)
        one, other = one[near], other[near]  # sites further along are only further away
        if not one.size:
            break
        distance = centre[other] - centre[one]
        apart = (widths[motif[one]] + widths[motif[other]]) / 2
        low, high = np.minimum(motif[one], motif[other]), np.maximum(motif[one], motif[other])
        columns.append((record[one], low, high, distance, reverse[one] != reverse[other], distance < apart))
    empty = Pairs(*(np.zeros(0, kind) for kind in (int, int, int, float, bool, bool)))
    return Pairs(*(np.concatenate(column) for column in zip(empty, *columns, strict=True)))


def spacing_counts(
    view: View, scanner: Scanner, chosen: Int[np.ndarray, "chosen 2"], key: object
) -> Int[np.ndarray, "chosen opposite spacings"]:
    """Pairs of the chosen motifs by orientation and distance of centres, in bins of 5 letters."""
    return view.totals(("spacing_counts", scanner, key), partial(_spacings, scanner=scanner, chosen=chosen))


def _by_motif(found: Sites, scanner: Scanner) -> Int[np.ndarray, " motifs"]:
    return np.bincount(found.motif, minlength=len(scanner.widths))


def _products(view: View, scanner: Scanner) -> Int[np.ndarray, "products motifs"]:
    found, motifs, lengths = sites(view, scanner), len(scanner.widths), sequence.lengths(view).astype(int)
    counts = np.bincount(found.record * motifs + found.motif, minlength=len(view) * motifs).reshape(-1, motifs)
    return np.stack([(counts**2).sum(0), lengths @ counts, np.full(motifs, lengths @ lengths)])


def _scan_shuffled(root: View, scanner: Scanner) -> Sites:
    values = root.dataset.values
    order = np.lexsort(values.T[::-1])
    copies = np.empty_like(values)
    copies[order] = shuffled(values[order], np.random.default_rng(0))
    return scanner.scan(copies)


def _places(view: View, scanner: Scanner) -> Int[np.ndarray, "motifs bins"]:
    length = view.root.dataset.length
    bins = min(max(length // BIN_LETTERS, 2), MAX_BINS)
    found = sites(view, scanner)
    centre = found.start + scanner.widths[found.motif] / 2
    if sequence.both_strands(view.root):
        centre = np.minimum(centre, length - centre)
    bin_ = np.clip(centre * bins / length, 0, bins - 1).astype(int)
    shape = len(scanner.widths), bins
    return np.bincount(found.motif * bins + bin_, minlength=shape[0] * bins).reshape(shape)


def _spacings(
    view: View, scanner: Scanner, chosen: Int[np.ndarray, "chosen 2"]
) -> Int[np.ndarray, "chosen opposite spacings"]:
    found, motifs = pairs(view, scanner), len(scanner.widths)
    number = np.full((motifs, motifs), -1)
    number[chosen[:, 0], chosen[:, 1]] = np.arange(len(chosen))
    which = np.where(found.overlapping, -1, number[found.first, found.second])
    cell = 2 * which + found.opposite
    bin_ = np.minimum(found.distance // SPACING_LETTERS, SPACINGS - 1).astype(int)
    counts = np.bincount((cell * SPACINGS + bin_)[which >= 0], minlength=2 * len(chosen) * SPACINGS)
    return counts.reshape(len(chosen), 2, SPACINGS)
