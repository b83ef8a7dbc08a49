"""Privacy metrics against worked examples and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve
from toys import dataset, real_values, sequences, substituted

from genomimic.comparison import Comparison, compare
from genomimic.features import sequence
from genomimic.metrics import METRICS
from genomimic.metrics.discrimination import auc
from genomimic.metrics.novelty import copied_word_length, tail_share
from genomimic.metrics.privacy import adversarial_accuracy, farther, tpr_at
from genomimic.views import View

N = 300


def value(name, train, holdout, synthetic):
    return METRICS[name].statistic(compare(dataset(train), dataset(holdout), dataset(synthetic)))


def test_adversarial_accuracy_of_a_worked_example():
    """Distances of AAAA, AATT, TTTT: 2, 2, 2 within; to AAAA, AAAT, GGGG: 0, 1, 4 across and 1, 1, 4 within."""
    real, synthetic = View(sequences("AAAA", "AATT", "TTTT")), View(sequences("AAAA", "AAAT", "GGGG"))
    sides = Comparison(real, real, synthetic, real)
    assert farther(sides, real, synthetic) == pytest.approx((0 + 0 + 1) / 3)
    assert farther(sides, synthetic, real) == pytest.approx((0 + 0.5 + 0.5) / 3)
    assert adversarial_accuracy(sides, real) == pytest.approx(1 / 3)


def test_privacy_loss_is_one_half_where_all_training_records_are_repeated():
    rng = np.random.default_rng(0)
    train, holdout = real_values(N, rng), real_values(N, rng)
    train_view, holdout_view = View(dataset(train)), View(dataset(holdout))
    copied = Comparison(train_view, holdout_view, View(dataset(train)), train_view)
    assert METRICS["privacy_loss"].statistic(copied) == pytest.approx(0.5, abs=0.05)
    assert METRICS["membership_auc"].statistic(copied) == pytest.approx(1.0, abs=0.01)
    assert METRICS["membership_tpr"].statistic(copied) == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [1, 5, 1000])
def test_membership_agrees_with_scikit_learn(scale):
    rng = np.random.default_rng(scale)
    members, others = rng.normal(0.5, 1, 200), rng.normal(0, 1, 150)
    members, others = np.round(members * scale), np.round(others * scale)
    truth, scores = np.repeat([1, 0], [200, 150]), np.concatenate([members, others])
    assert auc(others, members) == pytest.approx(roc_auc_score(truth, scores))
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    for rate in (0.004, 0.01, 0.21):
        assert tpr_at(rate, members, others) == pytest.approx(np.interp(rate, false, true))


def test_tpr_of_a_score_that_says_nothing_is_the_false_positive_rate():
    same = np.random.default_rng(0).integers(0, 9, 500)
    assert tpr_at(0.01, same, same) == pytest.approx(0.01)


@pytest.mark.parametrize("edits", [0.05, 0.15, 0.2])
def test_a_tenth_of_near_copies_is_seen_whatever_the_edits(edits):
    rng = np.random.default_rng(2)
    train, holdout, fresh = (np.hstack([real_values(n, rng) for _ in range(3)]) for n in (4 * N, N, N))
    assert value("near_excess", train, holdout, fresh) == pytest.approx(0.0, abs=0.04)
    tenth = np.where(np.arange(N)[:, None] < N / 10, substituted(train[:N], edits, rng), fresh)
    assert value("near_excess", train, holdout, tenth) == pytest.approx(0.1, abs=0.04)


def test_records_that_are_merely_typical_are_no_copies():
    """Low variety makes records near to all real data; a fixed threshold would call that copying."""
    rng = np.random.default_rng(4)
    profile = np.array([0.7, 0.1, 0.1, 0.1])
    train, holdout = (rng.choice(4, (n, 60), p=profile) for n in (4 * N, N))
    typical = rng.choice(4, (N, 60), p=[0.85, 0.05, 0.05, 0.05])
    comparison = compare(dataset(train), dataset(holdout), dataset(typical))
    near = comparison.nearest.distance
    assert tail_share(near, comparison.holdout_nearest.distance) > 0.5
    assert METRICS["near_excess"].statistic(comparison) < 0.15


def test_a_stretch_of_a_training_record_is_found_on_either_strand():
    rng = np.random.default_rng(0)
    train, holdout, fresh = (dataset(rng.integers(0, 4, (n, 60))) for n in (400, 100, 100))
    w = copied_word_length(View(train))
    assert w == 20
    values = fresh.values.copy()
    values[:10, 5 : 5 + w] = train.values[:10, 30 : 30 + w]
    values[10:15, 7 : 7 + w] = sequence.alphabet(View(train)).reverse_complement(train.values[10:15, :w])
    values[15:25, : w - 1] = train.values[15:25, : w - 1]
    values[15:25, w - 1] = (train.values[15:25, w - 1] + 1) % 4
    shared = METRICS["substring_copies"].statistic(compare(train, holdout, dataset(values)))
    assert shared == pytest.approx(0.15)
    assert METRICS["substring_copies"].statistic(compare(train, holdout, fresh)) == 0.0


def test_tail_of_a_set_against_itself_is_the_level():
    values = np.random.default_rng(0).integers(0, 6, 100)
    assert tail_share(values, values) == pytest.approx(0.05)
