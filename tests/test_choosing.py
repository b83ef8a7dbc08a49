"""The ladder and the rule that chooses a model; training within a time."""

import time
from dataclasses import replace

import numpy as np
import pytest

from genomimic import learning, models
from genomimic.budgets import Budget, fitted, outlook
from genomimic.choosing import Tried, choose, pays, rungs
from genomimic.errors import UsageError
from genomimic.run import Run, read_log
from genomimic.sections import chosen
from genomimic.showing import text
from genomimic.training import fit, spec_of
from tests.conftest import TINY, toy

N = 400
HALVES = [half for i in range(50) for half in np.array_split(np.random.default_rng(i).permutation(N), 2)]
LADDER = [[models.build("composition"), models.build("pwm")], [models.build("markov")]]


def tried(name, mean, *, noise=0.0, seed=0):
    """A model whose bits on each record are those of all models but for its own mean and noise."""
    shared = np.random.default_rng(99).normal(0, 0.1, N)
    own = np.random.default_rng(seed).normal(0, 1, N)
    return Tried(models.build(name), mean + shared + noise * (own - own.mean()), 1.0)


def test_the_simplest_model_within_one_standard_error_is_kept():
    error = 0.02 / np.sqrt(N)
    near = [tried("composition", 1.9), tried("pwm", 1.8 + 0.5 * error, noise=0.02), tried("markov", 1.8)]
    far = [tried("composition", 1.9), tried("pwm", 1.8 + 3 * error, noise=0.02), tried("markov", 1.8)]
    assert choose(near, HALVES, LADDER, "letter").model.name == "pwm"
    assert "within one standard error" in choose(near, HALVES, LADDER, "letter").reason
    assert choose(far, HALVES, LADDER, "letter").model.name == "markov"
    assert choose(far, HALVES, LADDER, "letter").rows[1]["standard_error"] == pytest.approx(error, rel=0.3)


def test_the_climb_goes_on_while_a_rung_saves_two_standard_errors():
    error = 0.02 / np.sqrt(N)
    below = [tried("composition", 1.9)]
    assert pays([], below, HALVES)
    assert pays(below, [tried("markov", 1.95), tried("potts", 1.9 - 4 * error, noise=0.02)], HALVES)
    assert not pays(below, [tried("markov", 1.9 - error, noise=0.02)], HALVES)
    assert not pays(below, [tried("markov", 1.95)], HALVES)


def test_the_ladder_leaves_out_what_does_not_suit_the_data():
    aligned = [[model.name for model in rung] for rung in rungs(spec_of(toy(50, 0)))]
    loose = [[model.name for model in rung] for rung in rungs(spec_of(toy(50, 0, kind="variable")))]
    assert aligned == [["composition", "pwm"], ["markov", "position-markov", "potts"], ["autoregressive"]]
    assert loose == [["composition"], ["markov"], ["autoregressive"]]


def test_letters_at_random_need_no_network(tmp_path):
    data = toy(3000, 3, length=20)
    letters = np.random.default_rng(5).choice(4, data.values.shape, p=[0.4, 0.1, 0.2, 0.3]).astype(np.int8)
    data = type(data)(letters, data.ids, data.modality)
    run = learning.train("auto", data, out=tmp_path / "run")
    assert run.model.name == "composition"
    found = chosen(Run.load(tmp_path / "run"))
    assert found.reason.endswith("autoregressive was not tried, as the models before it no longer improved")
    assert [row.model for row in found.tried] == ["composition", "pwm", "markov", "position-markov", "potts"]
    assert "chosen by auto" in text(Run.load(tmp_path / "run"))


def test_a_climb_that_was_interrupted_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    ladder = [
        [models.build("composition")],
        [models.build("autoregressive", TINY["autoregressive"] | {"steps": "200"})],
    ]
    monkeypatch.setattr(learning, "rungs", lambda spec: ladder)
    data, told = toy(900, 1, length=20), []

    def interrupt(stage, share, detail):
        told.append(stage)
        if stage == "train" and 0.2 < share < 1:
            raise KeyboardInterrupt

    whole = learning.train("auto", data, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        learning.train("auto", data, out=tmp_path / "parts", watch=interrupt)
    with pytest.raises(UsageError, match="holds a run already"):
        learning.train("auto", data, out=tmp_path / "parts")
    learning.train("auto", data, out=tmp_path / "parts", resume=True)
    parts = Run.load(tmp_path / "parts")
    assert whole.model.name == parts.model.name == "autoregressive"
    assert parts.digest == whole.digest
    assert [row["loss"] for row in parts.log] == [row["loss"] for row in whole.log]
    assert len(parts.config["choice"]["tried"]) == 2
    before = read_log(tmp_path / "parts")
    learning.train("auto", data, out=tmp_path / "parts", resume=True)
    assert read_log(tmp_path / "parts") == before


def test_auto_does_not_go_on_with_a_run_that_was_named(tmp_path):
    learning.train(models.build("pwm"), toy(300, 1), out=tmp_path)
    with pytest.raises(UsageError, match="cannot resume: give --model pwm"):
        learning.train("auto", toy(300, 1), out=tmp_path, resume=True)
    assert Run.load(tmp_path).model.name == "pwm"


def test_a_budget_cuts_the_steps_and_says_what_more_would_buy(tmp_path, monkeypatch):
    monkeypatch.setattr("genomimic.budgets.pace", lambda model, train, spec, seed: 1.0)
    model = models.build("autoregressive", TINY["autoregressive"] | {"steps": "1000"})
    train = toy(300, 1)
    cut, record = fitted(model, train, Budget.of(100.0), 0)
    assert 80 <= cut.steps <= 86
    assert record["steps_without_it"] == 1000
    whole, record_whole = fitted(model, train, Budget.of(10_000.0), 0)
    assert whole == model
    log = [{"step": step, "loss": 2.0 - step / 1000} for step in (20, 40, 60, 80)]
    config = {"model": {"steps": cut.steps}, "budget": record}
    assert "of the 1,000 planned steps fitted into the 1 min 40 s given; all of them take about 19 min" in outlook(
        config, log
    )
    assert "improved the validation loss by 0.0400" in outlook(config, log)
    assert "more time would change nothing" in outlook({"model": {"steps": 1000}, "budget": record_whole}, log)
    assert outlook({"model": {"steps": 1000}}, log) == ""


def test_a_budget_is_kept_and_a_resumed_run_keeps_its_steps(tmp_path):
    model = models.build("autoregressive", TINY["autoregressive"] | {"steps": "100000"})
    run = learning.train(model, toy(300, 1), out=tmp_path, budget=1.0)
    steps = run.config["model"]["steps"]
    assert steps < 100_000
    assert run.config["budget"]["steps_without_it"] == 100_000
    again = learning.train(model, toy(300, 1), out=tmp_path, budget=500.0, resume=True)
    assert again.config["model"]["steps"] == steps
    with pytest.raises(UsageError, match="cannot resume: model"):
        learning.train(models.build("pwm"), toy(300, 1), out=tmp_path, resume=True)


def test_training_ends_at_the_first_validation_after_the_deadline():
    model = models.build("autoregressive", TINY["autoregressive"] | {"steps": "500"})
    told = []
    fit(model, toy(300, 1), toy(60, 2), deadline=time.monotonic(), progress=told.append)
    assert [(progress.step, progress.ending) for progress in told] == [(50, False), (50, True)]


def test_counting_models_need_no_budget():
    model = models.build("pwm")
    assert fitted(model, toy(100, 1), Budget.of(1.0), 0) == (model, None)


def test_cells_have_a_ladder_of_their_own_and_labels_leave_models_that_can_be_told_them():
    counts, continuous = toy(50, 0, kind="counts"), toy(50, 0, kind="continuous")
    names = [[model.name for rung in rungs(spec_of(data)) for model in rung] for data in (counts, continuous)]
    assert names == [["independent", "vae"], ["independent", "pca-gaussian", "vae"]]
    assert [[model.name for model in rung] for rung in rungs(spec_of(counts, ["cell_type"]))] == [["vae"]]
    dna = replace(toy(50, 0), labels={"side": np.repeat(["a", "b"], 25)})
    assert [model.name for rung in rungs(spec_of(dna, ["side"])) for model in rung][-1] == "autoregressive"
    dna = replace(dna, labels={"side": np.arange(50).astype(str)})
    assert [[model.name for model in rung] for rung in rungs(spec_of(dna, ["side"]))] == [["autoregressive"]]
