"""Words, positions and differences against closed forms, worked examples and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import dataset, real_values, sequences

from genomimic.comparison import compare
from genomimic.correlation import correlation
from genomimic.features import sequence
from genomimic.metrics import METRICS
from genomimic.metrics.composition import odds_estimate, odds_gradient, odds_ratios
from genomimic.metrics.differences import energy_distance, mean_discrepancy, sums_of
from genomimic.metrics.higher_order import position_sets
from genomimic.metrics.kmers import jensen_shannon, null_bias
from genomimic.metrics.positions import excess_divergences, information, information_variance
from genomimic.metrics.spectra import by_ends, expected_counts, spectra, surprise_length
from genomimic.views import View
from genomimic.words import strand_counts


def measured(name, train, holdout, synthetic):
    return METRICS[name].statistic(compare(train, holdout, synthetic))


def test_excess_divergences_of_many_places_are_those_of_each():
    a, b = np.random.default_rng(0).integers(0, 9, (2, 30, 4))
    a[3], b[4] = 0, 0
    found = excess_divergences(a, b)
    for place in set(range(30)) - {3, 4}:
        n, m = a[place].sum(), b[place].sum()
        seen = ((a + b)[place] > 0).sum()
        assert found[place] == pytest.approx(
            jensen_shannon(a[place] / n, b[place] / m) - null_bias(int(seen), int(n), int(m))
        )
    assert (found[[3, 4]] == 0).all()


def test_information_content_in_closed_form():
    counts = np.array([[1e9, 0, 0, 0], [1e9, 1e9, 0, 0], [5, 5, 5, 5]])
    assert information(counts) == pytest.approx(np.array([2, 1, -3 / (2 * math.log(2) * 20)]))  # Schneider's e(n)


@pytest.mark.parametrize("p", [[0.25, 0.25, 0.25, 0.25], [0.6, 0.2, 0.1, 0.1]])
def test_information_is_unbiased_and_varies_as_it_says(p):
    counts = np.random.default_rng(1).multinomial(400, p, 4000)
    found, p = information(counts), np.array(p)
    assert found.mean() == pytest.approx(2 + (p * np.log2(p)).sum(), abs=4 * found.std() / np.sqrt(4000))
    assert information_variance(counts).mean() == pytest.approx(found.var(), rel=0.1)


def test_mean_discrepancy_is_the_u_statistic():
    a, b = np.random.default_rng(2).normal(size=(7, 3)), np.random.default_rng(3).normal(1, 2, (9, 3))
    within = [(x @ x.T).sum() - np.trace(x @ x.T) for x in (a, b)]
    expected = within[0] / (7 * 6) + within[1] / (9 * 8) - 2 * (a @ b.T).mean()
    assert mean_discrepancy(sums_of(a), sums_of(b)) == pytest.approx(expected)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_mean_discrepancy_is_unbiased(shift):
    """Of two Gaussians it is the squared distance of their means."""
    rng = np.random.default_rng(4)
    found = [
        mean_discrepancy(sums_of(rng.normal(0, 1, (50, 5))), sums_of(rng.normal(shift, 2, (40, 5))))
        for _ in range(1000)
    ]
    assert np.mean(found) == pytest.approx(5 * shift**2, abs=4 * np.std(found) / np.sqrt(1000))


def test_spectra_are_of_unit_length():
    assert spectra(View(sequences("ACGT", "AAAA", "AAAC")), 2)[:, :2] == pytest.approx(
        np.array([[0, 1 / math.sqrt(3)], [1, 0], [math.sqrt(2 / 3), math.sqrt(1 / 3)]])
    )
    assert not spectra(View(sequences("N")), 1).any()


@given(st.lists(st.integers(0, 6), min_size=2, max_size=12), st.lists(st.integers(0, 6), min_size=2, max_size=12))
def test_energy_distance_is_that_of_all_pairs(a, b):
    def pairs(x, y):
        return np.abs(np.subtract.outer(x, y)).sum()

    n, m = len(a), len(b)
    expected = 2 * pairs(a, b) / (n * m) - pairs(a, a) / (n * (n - 1)) - pairs(b, b) / (m * (m - 1))
    found = energy_distance(np.bincount(a, minlength=7), np.bincount(b, minlength=7), 1.0)
    assert found == pytest.approx(expected, abs=1e-9)


def test_gradient_of_the_odds_is_that_of_finite_differences():
    pairs = np.random.default_rng(5).integers(1, 50, (4, 4)).astype(float)
    numeric = np.empty((16, 16))
    for place in range(16):
        step = np.zeros(16)
        step[place] = 1e-4
        step = step.reshape(4, 4)
        numeric[:, place] = (odds_ratios(pairs + step) - odds_ratios(pairs - step)).ravel() / 2e-4
    assert odds_gradient(pairs) == pytest.approx(numeric, abs=1e-6)


def test_odds_vary_as_they_say():
    rng = np.random.default_rng(6)
    found = [odds_estimate(View(dataset(real_values(150, rng))).take(np.arange(150))) for _ in range(300)]
    said, seen = np.mean([one.variances for one in found], 0), np.var([one.numbers for one in found], 0)
    assert said.mean() == pytest.approx(seen.mean(), rel=0.1)


def test_counts_of_both_strands():
    view = View(sequences("AACG", stranded=False))
    counts = strand_counts(sequence.kmer_totals(view, 2), sequence.alphabet(view), 2, both_strands=True).reshape(4, 4)
    assert (counts[0, 0], counts[3, 3], counts[0, 1], counts[2, 3], counts[1, 2]) == (1, 1, 1, 1, 2)


def test_words_to_expect_of_a_chain():
    """AAC, AAG, CAC: two of three leave AA or CA for C; N(AA) N(AC) / N(A) = 2 x 2 / 3."""
    view = View(sequences("AAC", "AAG", "CAC"))
    table = by_ends(sequence.kmer_totals(view, 3), sequence.alphabet(view), 3, both_strands=False)
    expected = expected_counts(table)
    assert (table[0, 0, 1], table[0, 0, 2], table[1, 0, 1]) == (1, 1, 1)
    assert (expected[0, 0, 1], expected[0, 0, 2], expected[1, 0, 2]) == pytest.approx((4 / 3, 2 / 3, 1 / 3))


def test_surprise_sees_words_that_a_chain_does_not_and_reads_either_strand():
    rng = np.random.default_rng(7)

    def planted(n):
        values = rng.integers(0, 4, (n, 60)).astype(np.int8)
        values[:, 20:24] = [0, 1, 2, 0]
        return values

    train, holdout, fresh = (dataset(planted(400), stranded=False) for _ in range(3))
    other = dataset(fresh.modality.letters.reverse_complement(fresh.values), stranded=False)
    plain = dataset(rng.integers(0, 4, (400, 60)), stranded=False)
    assert surprise_length(compare(train, holdout, fresh)) == 3
    assert measured("kmer_surprise", train, holdout, fresh) > 0.9
    assert measured("kmer_surprise", train, holdout, other) == pytest.approx(
        measured("kmer_surprise", train, holdout, fresh)
    )
    assert abs(measured("kmer_surprise", train, holdout, plain)) < 0.5


def test_r20_of_a_worked_example():
    """AA, CC, GG stand 3, 2, 1 times in the holdout: against 1, 2, 3 times r is -1, against itself 1."""
    holdout = sequences(*["AA"] * 3, *["CC"] * 2, "GG")
    turned = sequences("AA", *["CC"] * 2, *["GG"] * 3)
    assert measured("higher_order_r20", holdout, holdout, holdout) == pytest.approx(1)
    assert measured("higher_order_r20", holdout, holdout, turned) == pytest.approx(-1)
    a, b = np.random.default_rng(8).random((2, 1, 6))
    listed = np.array([[True] * 5 + [False]])
    assert correlation(a, b, listed) == pytest.approx([np.corrcoef(a[0, :5], b[0, :5])[0, 1]])


def test_position_sets_are_the_same_each_time_and_hold_each_position_once():
    first, again = position_sets(12), position_sets(12)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert sorted({len(places) for places in first}) == list(range(2, 11))
    assert all(len(set(places)) == len(places) for places in first)
