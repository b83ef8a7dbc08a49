"""Usefulness: good synthetic records teach as well as real ones, and mislabelled ones nothing; few real ones profit."""

from dataclasses import replace

import numpy as np
import pytest
from test_predictors import toy
from toys import sequences

from genomimic.comparison import compare
from genomimic.evidence import EVIDENCE
from genomimic.metrics import METRICS
from genomimic.predictors import Classes, Numbers, target_of
from genomimic.usefulness import augmentation, chance, mutated, shared_target, teach


@pytest.fixture(scope="module")
def sets():
    """Training, holdout and synthetic records of one source, with their numbers."""
    return toy(600, 1), toy(400, 2), toy(600, 3)


def test_good_synthetic_records_teach_as_well_as_real_ones_and_mislabelled_ones_nothing(sets):
    train, holdout, synthetic = sets
    target = target_of(train, "activity")
    real, taught = (teach(target, one).agreement(holdout) for one in (train, synthetic))
    order = np.random.default_rng(0).permutation(len(synthetic))
    mixed = replace(synthetic, labels={"activity": synthetic.labels["activity"][order]})
    assert real > 0.6
    assert taught == pytest.approx(real, abs=0.1)
    assert abs(teach(target, mixed).agreement(holdout)) < 0.3


def test_few_real_records_profit_from_synthetic_ones_and_many_do_not(sets):
    train, holdout, synthetic = sets
    target = target_of(train, "activity")
    few, all_of_them = augmentation(target, train, synthetic, np.arange(len(train)), shares=(0.04, 1.0))
    assert (few.real, all_of_them.real, few.added) == (24, 600, 600)
    assert few.with_synthetic.agreement(holdout) > few.alone.agreement(holdout) + 0.05
    assert few.with_synthetic.agreement(holdout) > few.with_copies.agreement(holdout) + 0.05
    assert all_of_them.alone.agreement(holdout) > few.alone.agreement(holdout) + 0.05


def test_metrics_take_the_label_that_all_sets_share(sets):
    train, holdout, synthetic = sets
    both = compare(train, holdout, synthetic)
    assert METRICS["transfer_correlation"].applies(both)
    assert not METRICS["transfer_accuracy"].applies(both)
    classes = compare(train, holdout, replace(synthetic, labels={"site": synthetic.labels["site"]}))
    assert METRICS["judged_accuracy"].applies(classes)
    assert METRICS["judged_accuracy"].statistic(classes) > 0.8
    assert not METRICS["judged_correlation"].applies(compare(train, holdout, replace(synthetic, labels={})))


def test_labels_that_cannot_be_learned_are_not_shared():
    data = sequences(*["ACGT"] * 30)
    assert shared_target([replace(data, labels={"x": np.array(["a"] * 25 + ["b"] * 5)})] * 2) is None
    assert shared_target([replace(data, labels={"x": data.ids})] * 2) == Numbers("x", 14.5, pytest.approx(8.655, 1e-3))
    halves = replace(data, labels={"x": np.array(["a", "b", ""] * 10)})
    assert shared_target([halves] * 2) == Classes("x", ("a", "b"))
    assert chance(Classes("x", ("a", "b")), halves.take(np.array([0, 1, 3]))) == pytest.approx(2 / 3)


def test_copies_differ_by_few_letters_and_keep_their_labels():
    data = toy(200, 0)
    made = mutated(data, 500, np.random.default_rng(0))
    rows = np.array([int(name[1:]) for name in made.ids])
    assert (made.labels["activity"] == data.labels["activity"][rows]).all()
    assert 0.01 < (made.values != data.values[rows]).mean() < 0.04


def test_tables_of_labels_say_what_the_judge_sees_and_what_adding_is_worth(sets):
    train, holdout, synthetic = sets
    both = compare(train, holdout, synthetic)
    made = {name: EVIDENCE[name].columns(both) for name in ("label_augmentation", "label_tenths")}
    assert made["label_augmentation"]["real records"].tolist() == [60, 150, 300, 600]
    assert (np.diff(made["label_tenths"]["synthetic, judged"]) > -0.2).all()
    assert np.ptp(made["label_tenths"]["synthetic, judged"]) > 0.5
    assert not EVIDENCE["label_classes"].applies(both)
    sites = compare(*(replace(one, labels={"site": one.labels["site"]}) for one in sets))
    told = EVIDENCE["label_classes"].columns(sites)
    assert told["class"].tolist() == ["no", "yes"]
    assert told["told instead"].tolist() == ["yes", "no"]
    assert (told["synthetic, told rightly"] > 0.5).all()
