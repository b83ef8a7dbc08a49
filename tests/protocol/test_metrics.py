"""What every registered metric must hold, whatever it measures."""

import numpy as np
import pytest
from toys import MOTIFS, chain_values, dataset, planted_values, real_values, sequences, substituted

from genomimic.comparison import compare
from genomimic.errors import UsageError
from genomimic.metrics import METRICS
from genomimic.scoring import NORMAL_95, halved, standard_error
from genomimic.shuffling import shuffled
from genomimic.views import View

N = 300
SEEDS = range(3)
DEAR = {"two_sample_auc_cnn"}  # trains networks: judged once
FIDELITY = [name for name, metric in METRICS.items() if metric.group == "fidelity"]


def sets(seed, name="", n=N):
    rng = np.random.default_rng(seed)
    values = planted_values if name in METRICS and METRICS[name].family == "motifs" else real_values
    return values(4 * n, rng), values(n, rng), values(n, rng), rng


def seeds_of(name):
    return SEEDS[:1] if name in DEAR else SEEDS


def measured(name, train, holdout, synthetic):
    metric = METRICS[name]
    comparison = compare(dataset(train), dataset(holdout), dataset(synthetic), motifs=MOTIFS)
    return metric.statistic(comparison)


def applicable(name):
    if name == "length_distribution":
        pytest.skip("all records are equally long here; see test_lengths")
    return METRICS[name]


@pytest.mark.parametrize("name", METRICS)
def test_the_card_is_filled_in(name):
    metric = METRICS[name]
    assert metric.name == name == name.lower()
    assert metric.question.endswith("?") or metric.question.endswith(")?")
    assert metric.unit
    assert metric.low < metric.high
    assert metric.floor in {"uniform", "composition", "markov", "pwm", "copier", "collapsed", "shuffled"}


def floor_values(name, train, rng):
    match name:
        case "uniform":
            return rng.integers(0, 4, (N, train.shape[1]))
        case "copier":
            return train[rng.integers(len(train), size=N)]
        case "collapsed":
            return train[rng.integers(len(train) // 20, size=N)]
        case "shuffled":
            return shuffled(train[:N].astype(np.int8), rng)
    order = 2 if name == "markov" else 0
    return chain_values(train, N, rng, order=order, positional=name == "pwm")


@pytest.mark.parametrize("name", METRICS)
def test_fresh_real_data_beat_the_floor(name):
    metric, values, floors = applicable(name), [], []
    for seed in seeds_of(name):
        train, holdout, fresh, rng = sets(seed, name)
        floor = floor_values(metric.floor, train, rng)
        values.append(measured(name, train, holdout, fresh))
        floors.append(measured(name, train, holdout, floor))
    better = np.mean(floors) - np.mean(values)
    assert (better if metric.better == "lower" else -better) > 0


@pytest.mark.parametrize("name", METRICS)
def test_the_order_of_records_does_not_matter(name):
    applicable(name)
    train, holdout, fresh, rng = sets(0, name, n=120)
    before = measured(name, train, holdout, fresh)
    after = measured(name, train, holdout, rng.permutation(fresh))
    tolerance = 0.05 if name == "two_sample_auc_linear" else 1e-5  # its folds are drawn anew
    assert after == pytest.approx(before, abs=tolerance)


@pytest.mark.parametrize("name", FIDELITY)
def test_more_corruption_is_never_better(name):
    metric, ladder = applicable(name), np.zeros(4)
    for seed in seeds_of(name):
        train, holdout, fresh, rng = sets(seed, name)
        rungs = [substituted(fresh, share, rng) for share in (0.0, 0.1, 0.25, 0.6)]
        ladder += [measured(name, train, holdout, rung) for rung in rungs]
    steps = np.diff(ladder if metric.better == "lower" else -ladder)
    assert (steps[1:] > 0).all()
    assert ladder[-1] != ladder[0]


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_set_is_refused(name):
    train, holdout, fresh, _ = sets(0, name, n=30)
    with pytest.raises(UsageError, match="the synthetic set has no records; check the file it was read from"):
        measured(name, train, holdout, fresh[:0])


@pytest.mark.parametrize("alphabet", ["dna", "rna", "protein"])
@pytest.mark.parametrize("aligned", [True, False])
def test_every_metric_that_applies_is_a_number_for_all_alphabets_and_lengths(alphabet, aligned):
    rng = np.random.default_rng(0)
    letters = {"dna": "ACGTN", "rna": "ACGUN", "protein": "ACDEFGHIKLMNPQRSTVWYX"}[alphabet]
    texts = ["".join(rng.choice(list(letters), rng.integers(8, 25))) for _ in range(120)]
    parts = [
        sequences(*texts[start : start + 40], alphabet=alphabet, stranded=False, aligned=aligned)
        for start in (0, 40, 80)
    ]
    comparison = compare(*parts, motifs=None if alphabet == "protein" else MOTIFS)
    values = {name: one.statistic(comparison) for name, one in METRICS.items() if one.applies(comparison)}
    assert np.isfinite(list(values.values())).all()
    assert ("gc_mean" in values) == (alphabet != "protein")
    assert ("position_js" in values) == aligned
    assert "length_distribution" in values
    assert ("kmer_js_6" in values) == (alphabet != "protein")
    assert "kmer_js_3" in values
    assert METRICS["motif_spacing"].lacks(comparison) == (alphabet != "protein")


def test_needs_of_equal_lengths():
    train, holdout, fresh, _ = sets(0, n=30)
    comparison = compare(dataset(train), dataset(holdout), dataset(fresh))
    assert not METRICS["length_distribution"].applies(comparison)


@pytest.mark.parametrize("name", ["gc_mean", "kmer_js_2", "nearest_distance"])
def test_half_sample_intervals_cover_the_truth(name):
    """Nominal 95%; accepted from 85% of 80 (three standard errors below 92.5%), as 40 halves tell the error to 11%."""
    metric, n, covered = METRICS[name], 150, 0
    rng = np.random.default_rng(11)
    train = real_values(400, rng)
    big = measured(name, train, real_values(3000, rng), substituted(real_values(3000, rng), 0.4, rng))
    for _ in range(80):
        holdout, synthetic = real_values(n, rng), substituted(real_values(n, rng), 0.4, rng)
        whole = compare(dataset(train), dataset(holdout), dataset(synthetic))
        halves = [
            metric.statistic(whole.narrow(synthetic=a, holdout=b, matched_train=whole.matched_train))
            for a, b in zip(halved(whole.synthetic, 20, rng).halves, halved(whole.holdout, 20, rng).halves, strict=True)
        ]
        error = standard_error(np.array(halves), metric.kind)
        covered += abs(metric.statistic(whole) - big) < NORMAL_95 * error
    assert covered >= 68


def test_half_samples_of_clusters_keep_clusters_whole():
    groups = np.repeat(np.arange(30), 4)
    whole = halved(View(dataset(np.zeros((120, 5))), groups), 3, np.random.default_rng(0))
    for half, other in zip(whole.halves[0::2], whole.halves[1::2], strict=True):
        assert len(half) == len(half.clusters) == 60
        assert (np.bincount(groups[half.rows], minlength=30) % 4 == 0).all()
        assert sorted([*half.rows, *other.rows]) == list(range(120))
