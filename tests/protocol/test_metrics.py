"""What every registered metric must hold, whatever it measures."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from toys import (
    MOTIFS,
    cells,
    chain_values,
    dataset,
    independent_cells,
    planted_values,
    profiles,
    real_values,
    sequences,
    spoiled,
    substituted,
)

from genomimic.comparison import compare
from genomimic.errors import UsageError
from genomimic.kinds import kind_of
from genomimic.metrics import METRICS
from genomimic.scoring import NORMAL_95, halved, standard_error
from genomimic.views import View

N = 300
SEEDS = range(3)
LABELS = {name for name, metric in METRICS.items() if metric.family == "labels"}
DEAR = {"two_sample_auc_cnn", "two_sample_auc_forest", *LABELS}  # train learners: judged once
BLUNT = {"cluster_proportions", "marker_overlap", "cell_type_f1", "transfer_accuracy"}  # a little noise moves no class
NOISY = {"motif_enrichment"}  # few sites in 300 records: the mean of more sets
KINDS = ("dna", "counts", "continuous")
FLOORS = {
    "uniform",
    "composition",
    "markov",
    "pwm",
    "copier",
    "collapsed",
    "shuffled",
    "exchanged",
    "relabelled",
    "independent",
}


def variety_of(name):
    """What records need for a metric: planted motifs, labels that are classes or numbers, or nothing."""
    if METRICS[name].family == "motifs":
        return "planted"
    return ("classes" if "accuracy" in name else "numbers") if name in LABELS else "plain"


@cache
def sets(seed, kind="dna", variety="plain", n=N):
    """Training, holdout and fresh real data."""
    rng = np.random.default_rng(seed)
    if kind != "dna":
        return tuple(cells(size, rng, kind) for size in (4 * n, n, n))
    values = planted_values if variety == "planted" else real_values
    return tuple(labelled(dataset(values(size, rng)), variety) for size in (4 * n, n, n))


def labelled(data, variety):
    """Records that are told how rich in C and G they are: as a class, or as a number."""
    rich = np.isin(data.values, (1, 2)).sum(1)
    told = {
        "classes": np.where(rich > data.length // 2, "rich", "poor"),
        "numbers": (rich + 0.5 / (1 + rich)).astype(str),
    }
    return replace(data, labels={"gc": told[variety]}) if variety in told else data


def side_by_side(train, holdout, synthetic):
    return compare(train, holdout, synthetic, motifs=MOTIFS if train.modality.ordered else None)


@cache
def fresh_one(seed, kind, variety, n=N):
    """The comparison of fresh real data; as in an evaluation, all metrics share what it has worked out."""
    return side_by_side(*sets(seed, kind, variety, n))


def applying():
    """Each metric on each kind of data that it is for; lengths are all the same here, see test_lengths."""
    for kind in KINDS:
        for name, metric in METRICS.items():
            if metric.applies(fresh_one(0, kind, variety_of(name))):
                yield name, kind


APPLYING = list(applying())
EVERY = pytest.mark.parametrize(("name", "kind"), APPLYING)
FIDELITY = pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, kind in APPLYING if METRICS[name].group == "fidelity"]
)


def seeds_of(name):
    return SEEDS[:1] if name in DEAR else range(6) if name in NOISY else SEEDS


def measured(name, train, holdout, synthetic):
    return METRICS[name].statistic(side_by_side(train, holdout, synthetic))


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr("genomimic.metrics.mixing.TREES", 15)


@pytest.mark.parametrize("name", METRICS)
def test_the_card_is_filled_in(name):
    metric = METRICS[name]
    assert metric.name == name == name.lower()
    assert metric.question.endswith("?") or metric.question.endswith(")?")
    assert metric.unit
    assert metric.low < metric.high
    assert set(metric.floors) <= FLOORS
    assert name == "length_distribution" or name in {one for one, _ in APPLYING}


@cache
def floor_one(seed, kind, variety, name):
    """The comparison of a floor."""
    train, holdout, _ = sets(seed, kind, variety)
    return side_by_side(train, holdout, floor_set(name, train, np.random.default_rng([seed, 1])))


def floor_set(name, train, rng):
    match name:
        case "copier":
            return train.take(rng.integers(len(train), size=N))
        case "collapsed":
            return train.take(rng.integers(len(train) // 20, size=N))
        case "shuffled" | "exchanged" | "relabelled":
            return kind_of(train.modality).controls(train.take(np.arange(N)), rng)[name]
        case "independent":
            return independent_cells(train, N, rng)
        case "uniform":
            return dataset(rng.integers(0, 4, (N, train.length)))
    order = 2 if name == "markov" else 0
    return dataset(chain_values(train.values.astype(int), N, rng, order=order, positional=name == "pwm"))


@EVERY
def test_fresh_real_data_beat_the_floor(name, kind):
    metric, values, floors = METRICS[name], [], []
    floor = next(one for one in metric.floors if kind == "dna" or one not in ("uniform", "composition", "markov"))
    for seed in seeds_of(name):
        values.append(metric.statistic(fresh_one(seed, kind, variety_of(name))))
        floors.append(metric.statistic(floor_one(seed, kind, variety_of(name), floor)))
    better = np.mean(floors) - np.mean(values)
    assert (better if metric.better == "lower" else -better) > 0


@cache
def reordered_one(kind, variety):
    train, holdout, fresh = sets(0, kind, variety, 120)
    return side_by_side(train, holdout, fresh.take(np.random.default_rng(0).permutation(len(fresh))))


@EVERY
def test_the_order_of_records_does_not_matter(name, kind):
    variety, metric = variety_of(name), METRICS[name]
    before = metric.statistic(fresh_one(0, kind, variety, 120))
    after = metric.statistic(reordered_one(kind, variety))
    tolerance = 0.05 if name in ("two_sample_auc_linear", "two_sample_auc_forest") else 1e-5  # folds are drawn anew
    assert after == pytest.approx(before, abs=tolerance)


@cache
def rungs_of(seed, kind, variety):
    """Comparisons of fresh real data of which more and more is corrupted."""
    train, holdout, fresh = sets(seed, kind, variety)
    rng = np.random.default_rng([seed, 2])
    spoil = (
        spoiled
        if kind != "dna"
        else lambda data, share, rng: replace(data, values=substituted(data.values, share, rng).astype(np.int8))
    )
    rungs = [spoil(fresh, share, rng) for share in (0.1, 0.25, 0.6)]
    return fresh_one(seed, kind, variety), *(side_by_side(train, holdout, rung) for rung in rungs)


@FIDELITY
def test_more_corruption_is_never_better(name, kind):
    metric, ladder = METRICS[name], np.zeros(4)
    for seed in seeds_of(name):
        ladder += [metric.statistic(rung) for rung in rungs_of(seed, kind, variety_of(name))]
    steps = np.diff(ladder if metric.better == "lower" else -ladder)
    assert (steps[2 if name in BLUNT else 1 :] > 0).all()
    assert ladder[-1] != ladder[0]


@EVERY
def test_an_empty_set_is_refused(name, kind):
    train, holdout, fresh = sets(0, kind, variety_of(name), 30)
    with pytest.raises(UsageError, match="the synthetic set has no records; check the file it was read from"):
        measured(name, train, holdout, fresh.take(np.arange(0)))


def holed(data, rng):
    """A tenth of the values not known."""
    missing = -1 if data.modality.counts else np.nan
    return replace(
        data, values=np.where(rng.random(data.values.shape) < 0.1, missing, data.values).astype(data.values.dtype)
    )


@pytest.mark.parametrize("kind", ["counts", "continuous"])
def test_values_that_are_not_known_hardly_move_a_score(kind):
    (train, holdout, fresh), rng = sets(0, kind), np.random.default_rng(0)
    whole = fresh_one(0, kind, "plain")
    parted = side_by_side(holed(train, rng), holed(holdout, rng), fresh)
    wanted = [METRICS[name] for name, one in APPLYING if one == kind and METRICS[name].group == "fidelity"]
    for metric in wanted:
        assert np.isfinite(metric.statistic(parted)), metric.name
    for name in ("gene_correlation", "gene_correlation_slope", "fold_change_slope"):
        assert METRICS[name].statistic(parted) == pytest.approx(METRICS[name].statistic(whole), abs=0.08)


def test_genes_are_compared_by_name():
    (train, holdout, fresh), rng = sets(0, "counts", n=50), np.random.default_rng(0)
    order = rng.permutation(fresh.length)
    names = tuple(np.array(fresh.modality.genes)[order].tolist())
    moved = profiles(fresh.values[:, order], labels=fresh.labels, genes=names)
    for name in ("gene_means", "mixing"):
        assert measured(name, train, holdout, moved) == measured(name, train, holdout, fresh)
    with pytest.raises(UsageError, match="a set lacks gene_37, gene_38, gene_39 of the 40 genes"):
        side_by_side(train, holdout, profiles(fresh.values[:, :37]))
    with pytest.raises(UsageError, match="counts cannot be compared with continuous values"):
        side_by_side(train, holdout, cells(50, rng, "continuous"))
    with pytest.raises(UsageError, match="Sequences data cannot be compared with Expression"):
        side_by_side(train, holdout, dataset(np.zeros((30, 40))))


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
    comparison = fresh_one(0, "dna", "plain", 30)
    assert not METRICS["length_distribution"].applies(comparison)


@pytest.mark.parametrize("name", ["gc_mean", "kmer_js_2", "nearest_distance"])
def test_half_sample_intervals_cover_the_truth(name):
    """Nominal 95%; accepted from 85% of 80 (three standard errors below 92.5%), as 40 halves tell the error to 11%."""
    metric, n, covered = METRICS[name], 150, 0
    rng = np.random.default_rng(11)
    train = real_values(400, rng)
    many = dataset(real_values(3000, rng)), dataset(substituted(real_values(3000, rng), 0.4, rng))
    big = measured(name, dataset(train), *many)
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
