"""What every registered metric must hold, whatever it measures."""

from dataclasses import replace

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
BLUNT = {"cluster_proportions", "marker_overlap"}  # a little noise leaves kinds of cells and their markers as they are
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


def sets(seed, kind="dna", name="", n=N):
    """Training, holdout and fresh real data, and a generator of random numbers."""
    rng = np.random.default_rng(seed)
    if kind != "dna":
        return cells(4 * n, rng, kind), cells(n, rng, kind), cells(n, rng, kind), rng
    values = planted_values if name in METRICS and METRICS[name].family == "motifs" else real_values
    made = [dataset(values(size, rng)) for size in (4 * n, n, n)]
    return (*(labelled(one, name) for one in made), rng) if name in LABELS else (*made, rng)


def labelled(data, name):
    """Records that are told how rich in C and G they are: as a class, or as a number."""
    rich = np.isin(data.values, (1, 2)).sum(1)
    told = (
        np.where(rich > data.length // 2, "rich", "poor")
        if "accuracy" in name
        else (rich + 0.5 / (1 + rich)).astype(str)
    )
    return replace(data, labels={"gc": told})


def side_by_side(train, holdout, synthetic):
    return compare(train, holdout, synthetic, motifs=MOTIFS if train.modality.ordered else None)


def applying():
    """Each metric on each kind of data that it is for; lengths are all the same here, see test_lengths."""
    for kind in KINDS:
        plain, planted = (side_by_side(*sets(0, kind, name, n=N)[:3]) for name in ("", "motif_frequency"))
        for name, metric in METRICS.items():
            shown = side_by_side(*sets(0, kind, name, n=N)[:3]) if name in LABELS else plain
            if metric.applies(planted if metric.family == "motifs" else shown):
                yield name, kind


APPLYING = list(applying())
EVERY = pytest.mark.parametrize(("name", "kind"), APPLYING)
FIDELITY = pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, kind in APPLYING if METRICS[name].group == "fidelity"]
)


def seeds_of(name):
    return SEEDS[:1] if name in DEAR else SEEDS


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


def floor_set(names, train, rng):
    """The first of these floors that the kind of data has."""
    name = next(name for name in names if train.modality.ordered or name not in ("uniform", "composition", "markov"))
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
    for seed in seeds_of(name):
        train, holdout, fresh, rng = sets(seed, kind, name)
        floor = floor_set(metric.floors, train, rng)
        values.append(measured(name, train, holdout, fresh))
        floors.append(measured(name, train, holdout, floor))
    better = np.mean(floors) - np.mean(values)
    assert (better if metric.better == "lower" else -better) > 0


@EVERY
def test_the_order_of_records_does_not_matter(name, kind):
    train, holdout, fresh, rng = sets(0, kind, name, n=120)
    before = measured(name, train, holdout, fresh)
    after = measured(name, train, holdout, fresh.take(rng.permutation(len(fresh))))
    tolerance = 0.05 if name in ("two_sample_auc_linear", "two_sample_auc_forest") else 1e-5  # folds are drawn anew
    assert after == pytest.approx(before, abs=tolerance)


@FIDELITY
def test_more_corruption_is_never_better(name, kind):
    metric, ladder = METRICS[name], np.zeros(4)
    for seed in seeds_of(name):
        train, holdout, fresh, rng = sets(seed, kind, name)
        spoil = (
            spoiled
            if kind != "dna"
            else lambda data, share, rng: replace(data, values=substituted(data.values, share, rng).astype(np.int8))
        )
        rungs = [spoil(fresh, share, rng) for share in (0.0, 0.1, 0.25, 0.6)]
        ladder += [measured(name, train, holdout, rung) for rung in rungs]
    steps = np.diff(ladder if metric.better == "lower" else -ladder)
    assert (steps[2 if name in BLUNT else 1 :] > 0).all()
    assert ladder[-1] != ladder[0]


@EVERY
def test_an_empty_set_is_refused(name, kind):
    train, holdout, fresh, _ = sets(0, kind, name, n=30)
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
    train, holdout, fresh, rng = sets(0, kind)
    whole = side_by_side(train, holdout, fresh)
    parted = side_by_side(holed(train, rng), holed(holdout, rng), fresh)
    wanted = [METRICS[name] for name, one in APPLYING if one == kind and METRICS[name].group == "fidelity"]
    for metric in wanted:
        assert np.isfinite(metric.statistic(parted)), metric.name
    for name in ("gene_correlation", "gene_correlation_slope", "fold_change_slope"):
        assert METRICS[name].statistic(parted) == pytest.approx(METRICS[name].statistic(whole), abs=0.08)


def test_genes_are_compared_by_name():
    train, holdout, fresh, rng = sets(0, "counts", n=50)
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
    comparison = side_by_side(*sets(0, n=30)[:3])
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
