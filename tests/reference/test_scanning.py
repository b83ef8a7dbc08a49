"""Sites of motifs against brute force over all words and over all windows."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightmotif.lib import ScoringMatrix
from toys import library

from genomimic.motifs import Motif, Motifs
from genomimic.scanning import Scanner, best_of_overlapping, log_odds, p_values, site_threshold

LETTERS = np.array([0.3, 0.2, 0.15, 0.35])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([1e-1, 1e-2, 1e-3]))
def test_the_threshold_is_exact_over_all_words(width, seed, pvalue):
    rng = np.random.default_rng(seed)
    scores = log_odds(rng.integers(0, 50, (width, 4)) + 1.0, LETTERS)
    words = np.array(list(itertools.product(range(4), repeat=width)))
    totals, chances = scores[np.arange(width), words].sum(1), LETTERS[words].prod(1)
    threshold = site_threshold(scores, LETTERS, pvalue)
    reached = chances[totals >= threshold].sum()
    if reached >= pvalue:  # too short: the best word alone
        assert threshold == totals.max()
    else:
        below = totals[totals < threshold].max(initial=-(10**9))
        assert chances[totals >= below].sum() >= pvalue


@pytest.mark.parametrize("width", [6, 9, 14])
def test_p_values_are_those_of_an_independent_scanner(width):
    """lightmotif's exact method is TFM-PValue's (Touzet & Varre 2007), which counts otherwise; for even letters."""
    rng, even = np.random.default_rng(width), np.full(4, 0.25)
    scores = log_odds(rng.dirichlet([0.4] * 4, width) * 80, even)
    columns = [*scores.T.astype(float).tolist(), scores.min(1).astype(float).tolist()]
    other, ours = ScoringMatrix(dict(zip("ACGTN", columns, strict=True))), p_values(scores, even)
    places = np.searchsorted(-ours, [-0.3, -1e-2, -1e-3, -1e-4, -1e-5]).clip(max=len(ours) - 1)
    theirs = [other.pvalue(float(scores.min(1).sum() + place), method="tfmpvalue") for place in places.tolist()]
    assert ours[places] == pytest.approx(theirs, rel=1e-6)


def windows(scanner, values, motif):
    """All windows at or above the threshold, by hand: (record, start, strand) and score."""
    found, scores = {}, scanner.scores[motif]
    for reverse, strand in enumerate([scores, scores[::-1, ::-1]][: 1 + scanner.both_strands]):
        width = len(strand)
        for row, at in itertools.product(range(len(values)), range(values.shape[1] - width + 1)):
            word = values[row, at : at + width]
            if (word < 4).all() and (total := strand[np.arange(width), word].sum()) >= scanner.thresholds[motif]:
                found[row, at, bool(reverse)] = total
    return found


@pytest.mark.parametrize("both_strands", [True, False])
def test_sites_are_all_windows_that_reach_the_threshold(both_strands):
    rng = np.random.default_rng(1)
    counts = [rng.dirichlet([0.3] * 4, width) * 50 for width in (4, 7, 12)]
    motifs = Motifs("toy", tuple(Motif(str(i), str(i), one, str(i)) for i, one in enumerate(counts)), pvalue=5e-3)
    scanner = Scanner(motifs, LETTERS, both_strands)
    values = rng.integers(0, 4, (40, 60)).astype(np.int8)
    values[rng.random(values.shape) < 0.02] = 5
    values[20:, 50:] = 4
    sites = scanner.scan(values)
    for motif in range(3):
        expected, chosen = windows(scanner, values, motif), sites.motif == motif
        got = set(
            zip(
                sites.record[chosen].tolist(), sites.start[chosen].tolist(), sites.reverse[chosen].tolist(), strict=True
            )
        )
        assert got <= set(expected)
        for row, at, reverse in expected:  # each window is a site, or overlaps windows that lead to a better one
            near = [key for key in expected if key[0] == row and abs(key[1] - at) < len(counts[motif])]
            if len(near) == 1:
                assert (row, at, reverse) in got
    assert len(sites.record) > 20


def test_overlapping_matches_are_one_site_the_best():
    start, score = np.array([0, 3, 6, 20, 20, 40]), np.array([1.0, 5.0, 2.0, 4.0, 4.0, 1.0])
    assert best_of_overlapping(start, score, 6).tolist() == [1, 3, 5]


def test_words_are_found_on_the_strands_that_count():
    values = np.array([[0, 1, 2, 3, 3, 1, 0, 0, 0, 0, 2, 0, 0, 1, 2, 3]], np.int8)  # ACGTTC AAAA GAACGT
    for both_strands, starts in ((True, [0, 10]), (False, [0])):
        sites = Scanner(library("ACGTTC"), np.full(4, 0.25), both_strands).scan(values)
        assert sites.start.tolist() == starts
        assert sites.reverse.tolist() == [False, True][: len(starts)]


def test_records_shorter_than_a_motif_have_no_site():
    assert Scanner(library("ACGTTC"), np.full(4, 0.25), True).scan(np.zeros((3, 2), np.int8)).start.tolist() == []
