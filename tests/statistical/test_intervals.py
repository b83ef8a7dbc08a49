"""Standard errors against what varies when everything is drawn anew, and the rule for what is resolved."""

from dataclasses import replace

import numpy as np
import pytest
from toys import dataset, real_values

from genomimic.metrics import METRICS
from genomimic.metrics.differences import mean_discrepancy, sums_of
from genomimic.scoring import (
    Measured,
    Scale,
    correlation_interval,
    divergence_interval,
    halved,
    interval,
    share_interval,
    skill_of,
    standard_error,
)
from genomimic.verdicts import EXCESS
from genomimic.views import View


def test_error_of_the_two_sample_auc_is_that_of_new_data():
    """400 draws tell a standard deviation to 3.5%; the error of a given classifier's AUC is only 0.71 of it."""
    rng, values, errors = np.random.default_rng(1), [], []
    for _ in range(400):
        holdout, fresh = (halved(View(dataset(real_values(40, rng))), 20, rng) for _ in range(2))
        scale = Scale(holdout.whole, holdout, holdout, (), holdout, {}, {})
        found = scale.measure(METRICS["two_sample_auc_linear"], fresh)
        values.append(found.value)
        errors.append(standard_error(found.halves))
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("dimensions", [1, 12])
@pytest.mark.parametrize("shift", [0.0, 0.15, 0.5])
def test_interval_of_a_squared_difference_covers_near_and_far_from_zero(dimensions, shift):
    """200 repeats tell 95% to 1.5%, and 30 draws an error to 13%."""
    rng, n, covered = np.random.default_rng(2), 60, []
    scales = 2.0 ** -np.arange(dimensions)
    truth = shift**2

    def score(a, b):
        return mean_discrepancy(sums_of(a), sums_of(b))

    for _ in range(200):
        a, b = (rng.normal(size=(n, dimensions)) * scales for _ in range(2))
        a[:, 0] += shift
        orders = [[rng.permutation(n).reshape(2, -1) for _ in range(2)] for _ in range(30)]
        halves = np.array([score(a[rows[half]], b[others[half]]) for rows, others in orders for half in (0, 1)])
        value, alone = score(a, b), (score(a, a) + score(b, b)) / 2
        low, high = divergence_interval(Measured(value, halves, value - alone, halves.mean() - value))
        covered.append(low <= truth <= high)
    assert 0.88 <= np.mean(covered) <= 0.985


def test_half_the_difference_of_independent_halves_is_the_error_of_a_mean_and_of_a_median():
    rng, n, errors, values = np.random.default_rng(3), 80, [], []
    for _ in range(300):
        records = rng.exponential(size=n)
        halves = [np.median(half) for _ in range(30) for half in np.split(rng.permutation(records), 2)]
        errors.append(standard_error(np.array(halves)))
        values.append(np.median(records))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.12)


def test_shares_and_correlations_stay_inside_their_range():
    none = share_interval(Measured(0.0, np.zeros(20)), 200)
    assert none == pytest.approx((0, 0.0125), abs=1e-4)  # Jeffreys' 97.5% of Beta(0.5, 200.5)
    assert share_interval(Measured(1.0, np.ones(20)), 200) == pytest.approx((1 - none[1], 1))
    rng = np.random.default_rng(4)
    low, high = correlation_interval(Measured(0.98, 0.98 + rng.normal(0, 0.02, 60)))
    assert 0.8 < low < 0.94
    assert 0.99 < high < 1


@pytest.mark.parametrize("sharpness", [1, 2, 3])
def test_honest_records_that_are_all_typical_are_no_copies(sharpness):
    """Letters drawn by position, from their frequencies to a power: near to all real records, to none above all."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        train = real_values(800, rng)
        shares = np.stack([(train == letter).mean(0) for letter in range(4)], 1) ** sharpness
        cumulative = (shares / shares.sum(1, keepdims=True)).cumsum(1)
        typical = (rng.random((200, train.shape[1], 1)) > cumulative).sum(2).clip(0, 3)
        sets = (typical, real_values(200, rng), train[rng.permutation(800)[:200]])
        generated, holdout, matched = (halved(View(dataset(values)), 10, rng) for values in sets)
        scale = Scale(View(dataset(train)), holdout, matched, (), holdout, {}, {})
        metric = METRICS["near_excess"]
        assert interval(scale.measure(metric, generated), metric, 200)[0] < EXCESS


@pytest.mark.parametrize(("better", "resolved"), [("lower", (True, False)), ("higher", (False, True))])
def test_a_floor_that_is_better_than_real_data_resolves_nothing(better, resolved):
    """The scale would stand upside down, and the worst value would be as good as fresh real data."""
    halves = np.array([-0.01, 0.0, 0.01])
    above, below = Measured(0.5, 0.5 + halves), Measured(0.1, 0.1 - halves)
    awful = Measured(0.9, 0.9 + halves)
    metric = replace(METRICS["pair_correlation"], better=better)
    assert (skill_of(awful, below, above, metric)[2], skill_of(awful, above, below, metric)[2]) == resolved
    assert not skill_of(awful, above, Measured(0.501, 0.501 - halves), metric)[2]
