"""Predictors: a planted motif is found, intervals hold, shuffled labels tell nothing, a saved predictor is the same."""

from collections import Counter
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic.accuracy import accuracy
from genomimic.dataset import Dataset
from genomimic.errors import DataError, RunError, UsageError
from genomimic.modalities import Sequences
from genomimic.predicting import fit, learn
from genomimic.prediction import train_predictor, write_predictions
from genomimic.predictor import Predictor
from genomimic.predictors import LEARNERS, Classes, Convolutional, Linear, Numbers, Task, target_of
from genomimic.predictors.base import counts
from genomimic.predictors.calibration import bands_of, covered, temperature_of
from genomimic.predictors.linear import solved, sums, told_of
from genomimic.reading import stream
from genomimic.words import count_table

MOTIF = np.array([0, 3, 2, 3, 1])  # ATGTC
LENGTH = 40


def toy(n, seed, *, stranded=True, noise=0.3):
    """Random letters with none, one or two copies of a motif anywhere; the label is their number, with noise."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, (n, LENGTH)).astype(np.int8)
    copies = rng.integers(0, 3, n)
    for row, count in enumerate(copies):
        for at in rng.choice(LENGTH // 5, count, replace=False) * 5:
            values[row, at : at + 5] = MOTIF
    labels = {
        "activity": (copies + noise * rng.standard_normal(n)).astype(str),
        "site": np.where(copies > 0, "yes", "no"),
    }
    ids = np.array([f"r{i}" for i in range(n)], object)
    return Dataset(values, ids, Sequences("dna", stranded=stranded, aligned=False), labels)


@pytest.fixture(scope="module", autouse=True)
def short_words():
    """Words of at most four letters, which are counted in a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LEARNERS, "linear", Linear(most_words=256))
        yield


@pytest.fixture(scope="module")
def trained():
    return learn(toy(700, 0), "activity", kind="linear")


@pytest.fixture(scope="module")
def small():
    """A small network, which needs few seconds."""
    data = toy(600, 1)
    learner = Convolutional(channels=8, spans=(5, 3), head=8, drop=0.1, fewest_steps=150, rate=1e-2)
    return fit(learner, data, target_of(data, "activity"), np.arange(len(data)) % 2)


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize("which", ["trained", "small"])
def test_a_planted_motif_is_counted_and_intervals_hold_on_fresh_records(which, request):
    predictor = request.getfixturevalue(which).predictor
    fresh = toy(1000, 7)
    true = fresh.labels["activity"].astype(float)
    mean, low, high = predictor.predict(fresh)
    assert correlation(mean, true) > 0.8
    assert 0.86 < covered(true, low, high).mean() < 0.96


def test_labels_in_random_order_tell_nothing(trained):
    true = trained.holdout.labels["activity"].astype(float)
    assert trained.by_chance.shape == (20, len(true), 1)
    by_chance = [correlation(said[:, 0], true) for said in trained.by_chance]
    assert abs(np.mean(by_chance)) < 0.12  # of 20 orders and 70 records
    assert accuracy(trained)["shuffled"]["pearson_r"].value == pytest.approx(np.mean(by_chance))
    assert accuracy(trained)["linear"]["pearson_r"].low > np.max(by_chance)


def test_the_function_is_what_predict_says_and_letters_of_the_motif_add_most(small):
    predictor, fresh = small.predictor, toy(50, 9)
    params, score = predictor.function()
    x = predictor.task.features(jnp.asarray(fresh.values))
    ended = jnp.concatenate([x, jnp.zeros((*x.shape[:2], 1))], -1)
    said = jax.vmap(lambda one: score(params, one))(ended)
    np.testing.assert_allclose(said, predictor.predict(fresh).mean, rtol=1e-4, atol=1e-4)
    assert np.isfinite(jax.grad(score, 1)(params, x[0])).all()
    added = predictor.attribute(fresh)
    windows = np.lib.stride_tricks.sliding_window_view(fresh.values, 5, 1)
    begins = (windows == MOTIF).all(-1)
    inside = np.any([np.pad(begins, ((0, 0), (at, 4 - at))) for at in range(5)], 0)
    assert added[inside].mean() > 0.05
    assert added[inside].mean() > 5 * np.abs(added[~inside].mean())


def test_both_strands_say_the_same_where_they_count_alike():
    data = toy(300, 2, stranded=False)
    letters, values = data.modality.letters, data.values.copy()
    values[:, 30:] = letters.pad
    given, turned = (replace(data, values=one) for one in (values, letters.reverse_complement(values)))
    predictor = fit(LEARNERS["linear"], given, target_of(data, "activity"), np.arange(len(data)) % 2).predictor
    np.testing.assert_allclose(predictor.outputs(given), predictor.outputs(turned), atol=1e-4)
    task = predictor.task
    np.testing.assert_array_equal(task.turned(task.features(given.values[0])), task.features(turned.values[0]))


def test_words_counted_through_one_hot_letters_are_words_counted():
    data = toy(20, 3)
    task = Task.of(data.modality, LENGTH, Numbers("y", 0.0, 1.0))
    x = task.features(jnp.asarray(data.values))
    for k in (1, 2, 3, 5):
        table = count_table(data.values, data.modality.letters, k, both_strands=False)
        np.testing.assert_array_equal(jax.vmap(lambda one, k=k: counts(one, k))(x), table)


def test_the_ridge_from_sums_is_that_of_the_table():
    data = toy(100, 4)
    task = Task.of(data.modality, LENGTH, Numbers("y", 0.0, 1.0))
    y = np.random.default_rng(0).standard_normal((100, 1)).astype(np.float32)
    table = np.asarray(jax.vmap(lambda x: told_of(task, 64, x))(task.features(jnp.asarray(data.values))), float)
    centred = table - table.mean(0)
    wanted = np.linalg.solve(centred.T @ centred + 50 * np.eye(table.shape[1]), centred.T @ (y - y.mean()))
    found = solved(sums(task, 64, data.values, y), 50.0)
    np.testing.assert_allclose(found.features, wanted, atol=1e-4)
    np.testing.assert_allclose(found.offset, y.mean() - table.mean(0) @ wanted, atol=1e-3)


def test_classes_get_probabilities_that_are_as_often_right_as_they_say():
    trained = learn(toy(700, 5), "site", kind="linear")
    fresh = toy(1000, 6)
    told = trained.predictor.classify(fresh)
    np.testing.assert_allclose(told.probabilities.sum(1), 1)
    right = told.name == fresh.labels["site"]
    assert right.mean() > 0.9
    assert abs(told.probabilities.max(1).mean() - right.mean()) < 0.05
    with pytest.raises(UsageError, match="site is a class and no number; use classify"):
        trained.predictor.predict(fresh)
    with pytest.raises(UsageError, match="no class 'yess'; did you mean 'yes'"):
        trained.predictor.function("yess")


def test_a_saved_predictor_is_the_same_and_the_same_seed_gives_the_same_bytes(tmp_path):
    data = toy(300, 0)
    made = [train_predictor(data, "activity", out=tmp_path / name, kind="linear") for name in "ab"]
    loaded = Predictor.load(tmp_path / "a")
    for ours, theirs in zip(made[0].predict(data), loaded.predict(data), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    same = [(tmp_path / name / "weights.safetensors").read_bytes() for name in "ab"]
    assert same[0] == same[1]
    write_predictions(loaded, [data], tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text().startswith("id,prediction,low,high\nr0,")
    with pytest.raises(UsageError, match="holds a predictor already; replace it with --overwrite"):
        train_predictor(data, "activity", out=tmp_path / "a", kind="linear")
    (tmp_path / "a" / "weights.safetensors").write_bytes(b"no")
    with pytest.raises(RunError, match=r"weights.safetensors: missing or damaged"):
        Predictor.load(tmp_path / "a")
    with pytest.raises(RunError, match="not a predictor"):
        Predictor.load(tmp_path)


@pytest.mark.parametrize("records", [1, 100, 1000])
def test_a_file_is_scored_in_pieces_that_change_nothing(trained, tmp_path, monkeypatch, records):
    data = toy(600, 0)
    texts = "".join(f">r{i}\n{text}\n" for i, text in enumerate(data.modality.texts(data)))
    (tmp_path / "some.fa").write_text(texts)
    write_predictions(trained.predictor, [data], tmp_path / "whole.csv")
    monkeypatch.setattr("genomimic.sequence_reading._BLOCK_RECORDS", records)

    def score(out):
        write_predictions(
            trained.predictor, stream(tmp_path / "some.fa", data.modality, notes=Counter()), tmp_path / out
        )

    score("pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    (tmp_path / "some.fa").write_text(texts + ">last\nACGT?\n")
    for out in ("pieces.csv", "none.csv"):
        with pytest.raises(DataError, match="record 601 'last': base 5"):
            score(out)
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"some.fa", "whole.csv", "pieces.csv"}


def test_missing_labels_are_left_out_and_counted_and_wrong_ones_refused():
    data = toy(200, 0)
    some = data.labels["activity"].astype(object)
    some[:20] = ["NA", "", "nan", "."] * 5
    trained = learn(replace(data, labels={"activity": some.astype(str)}), "activity", kind="linear")
    assert trained.left_out == 20
    with pytest.raises(UsageError, match="no such label; did you mean 'activity'"):
        learn(data, "activiti")
    with pytest.raises(DataError, match="missing in all 200 records"):
        learn(replace(data, labels={"x": np.full(200, "NA")}), "x")
    with pytest.raises(DataError, match="200 different values and some are no numbers"):
        learn(replace(data, labels={"x": data.ids}), "x")
    with pytest.raises(DataError, match="'inf' of labelled record 4 is no finite number, and 199 others are numbers"):
        learn(replace(data, labels={"x": np.array([*map(str, range(3)), "inf", *map(str, range(196))])}), "x")
    with pytest.raises(DataError, match="x is '1' in all records"):
        learn(replace(data, labels={"x": np.full(200, "1")}), "x")
    with pytest.raises(DataError, match=r"too few records of class 'b' \(1\)"):
        learn(replace(data, labels={"x": np.array(["a"] * 199 + ["b"])}), "x")


def test_targets_are_numbers_only_where_more_than_twenty_differ():
    data = toy(60, 0)
    few = replace(data, labels={"x": np.array(["0", "1", "2"] * 20)})
    assert target_of(few, "x") == Classes("x", ("0", "1", "2"))
    assert isinstance(target_of(data, "activity"), Numbers)


def test_bands_cover_errors_that_grow_with_the_prediction():
    rng = np.random.default_rng(0)
    mean = rng.uniform(0, 1, (2, 4000))
    true = mean + (0.1 + mean) * rng.standard_normal(mean.shape)
    bands = bands_of(mean[0], true[0])
    inside = covered(true[1], *bands.about(mean[1]))
    assert abs(inside.mean() - 0.9) < 0.02
    assert abs(inside[mean[1] < 0.2].mean() - inside[mean[1] > 0.8].mean()) < 0.05


def test_the_temperature_is_the_one_that_made_the_labels():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20000, 3))
    noisy = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    assert temperature_of(4 * logits, np.eye(3)[noisy]) == pytest.approx(4, rel=0.05)
