"""Sequences told labels: classes, numbers and missing ones; what is asked for is what comes."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models, workflow
from genomimic.dataset import Dataset
from genomimic.designing.reward import unlabelled
from genomimic.errors import UsageError
from genomimic.evaluation import Report
from genomimic.labels import numbers
from genomimic.modalities.sequences import Sequences
from genomimic.models import Conditions
from genomimic.models.conditions import ANY, UNKNOWN
from genomimic.parts import Parts
from genomimic.sampling import bits_per_base, log_likelihood, sample
from genomimic.splitting import Split
from genomimic.training import fit, spec_of
from genomimic.where import codes_where, parse_where

MODALITY = Sequences("dna", stranded=True, aligned=True)
TINY = {
    "autoregressive": {"steps": 150, "width": 24, "layers": 2, "dropout": 0.0, "batch": 64},
    "diffusion": {"steps": 200, "width": 24, "layers": 2, "dropout": 0.0, "batch": 64, "rounds": 4},
    "position-markov": {"order": 1},
}


def toy(n, seed=0):
    """Records of 8 letters: class "gc" has G or C in the first four places, and the share of A in the last four rises
    with the number; every tenth record says neither."""
    rng = np.random.default_rng(seed)
    kind, activity = rng.integers(0, 2, n), rng.uniform(-3, 5, n)
    first = np.where(kind[:, None] == 1, rng.integers(1, 3, (n, 4)), rng.choice([0, 3], (n, 4)))
    last = np.where(rng.uniform(size=(n, 4)) < ((activity + 3) / 8)[:, None], 0, rng.integers(1, 4, (n, 4)))
    labels = {
        "kind": np.where(np.arange(n) % 10 == 9, "", np.array(["at", "gc"])[kind]),
        "activity": np.where(np.arange(n) % 10 == 9, "NA", [f"{value:.4f}" for value in activity]),
    }
    values = np.concatenate([first, last], 1).astype(np.int8)
    return Dataset(values, np.array([f"r{i}" for i in range(n)], dtype=object), MODALITY, labels)


@pytest.fixture(scope="module", params=sorted(TINY))
def run(request):
    names = ["kind"] if request.param == "position-markov" else ["kind", "activity"]
    train, unseen = toy(1500, 1), toy(200, 2)
    return fit(models.build(request.param, TINY[request.param]), train, unseen, spec=spec_of(train, names))


def share(made, places, letters):
    return np.isin(made.values[:, places], letters).mean()


def test_records_are_of_the_class_that_is_asked_for(run):
    asked = sample(run, 300, where={"kind": "gc"})
    assert set(asked.labels["kind"]) == {"gc"}
    assert share(asked, slice(0, 4), [1, 2]) > 0.85
    assert share(sample(run, 300, where={"kind": "at"}), slice(0, 4), [1, 2]) < 0.15
    anything = sample(run, 600)
    of_class = anything.take(np.flatnonzero(anything.labels["kind"] == "gc"))
    assert 0.35 < len(of_class) / 600 < 0.55
    assert share(of_class, slice(0, 4), [1, 2]) > 0.85
    assert 0.04 < (anything.labels["kind"] == "").mean() < 0.18


def test_numbers_and_quantiles_that_are_asked_for_move_what_they_stand_for(run):
    if not run.spec.conditions.numbers:
        with pytest.raises(UsageError, match=r"--where activity: the model was not told of it; it knows: kind"):
            sample(run, 3, where={"activity": "1"})
        return
    low, high = (sample(run, 300, where={"activity": text}) for text in ("0.05q", "0.95q"))
    assert share(high, slice(4, 8), [0]) > share(low, slice(4, 8), [0]) + 0.4
    assert -2.9 < float(low.labels["activity"][0]) < -2.3
    asked = sample(run, 2, where={"activity": "1.0"}).labels["activity"].astype(float)
    np.testing.assert_allclose(asked, 1.0, atol=0.1)


def test_a_table_of_wanted_labels_gives_so_many_records_of_each_row(run, tmp_path):
    table = tmp_path / "wanted.csv"
    table.write_text("kind,note\ngc,a\nat,b\n")
    made = sample(run, 5, where=table)
    assert list(made.labels["kind"]) == ["gc"] * 5 + ["at"] * 5


def test_guidance_makes_records_more_typical_and_says_so(run):
    if run.model.name == "position-markov":
        with pytest.raises(UsageError, match="position-markov cannot be guided; models that can: "):
            sample(run, 3, guidance=1.0)
        return
    if run.model.name == "diffusion":
        return  # mixes what the network says as the autoregressive model does (`nn.weighted`)
    plain, guided = (sample(run, 400, where={"activity": "0.9q"}, guidance=guidance) for guidance in (None, 2.0))
    assert share(guided, slice(4, 8), [0]) > share(plain, slice(4, 8), [0])
    assert set(guided.labels["guidance"]) == {"2"}
    assert "guidance" not in plain.labels


def test_labels_make_records_likelier_and_may_be_missing(run):
    unseen = toy(200, 3)
    without = replace(unseen, labels={name: np.full(200, "") for name in unseen.labels})
    assert bits_per_base(run, unseen).mean() < bits_per_base(run, without).mean() - 0.1
    if run.model.name == "autoregressive":
        rows = np.array(np.meshgrid(*[range(4)] * 4, [0], [0], [0], [0])).reshape(8, -1).T.astype(np.int8)
        labels = {"kind": np.full(len(rows), "gc"), "activity": np.full(len(rows), "2")}
        data = Dataset(rows, np.arange(len(rows)).astype(str), MODALITY, labels)
        assert np.exp(log_likelihood(run, data)).sum() <= 1.0 + 1e-5


def test_the_baselines_of_a_report_are_told_the_classes_that_the_model_was_told(monkeypatch):
    parts = Parts(toy(1500, 1), toy(200, 2), toy(200, 3), Split(np.array(["train"]), np.zeros(1, int)))
    run = fit(models.build("pwm"), parts.train, parts.validation, spec=spec_of(parts.train, ["kind"]))
    made, given, nothing = sample(run, 60), {}, Report((), parts.train, parts.holdout, {})
    monkeypatch.setattr(Sequences, "baselines", ("pwm",))
    monkeypatch.setattr("genomimic.evaluation.evaluate", lambda *_, **options: given.update(options) or nothing)
    workflow.evaluate({"made": made}, parts, run=run)
    own, rival = given["likelihoods"]["made"], given["reference_likelihoods"]["pwm"]
    assert own.told == rival.told == ("kind",)
    assert rival.bits_per_base.mean() == pytest.approx(own.bits_per_base.mean(), abs=0.01)
    assert set(given["references"]["pwm"].labels["kind"]) == {"at", "gc", ""}
    blind = fit(models.build("pwm"), parts.train, parts.validation)
    np.testing.assert_allclose(bits_per_base(run, unlabelled(run, made)), bits_per_base(blind, made), rtol=1e-5)
    workflow.evaluate({"of another": replace(made, labels={})}, parts, run=run)
    assert given["reference_likelihoods"]["pwm"].told == ()


def test_a_label_is_a_number_where_its_values_are_many_numbers():
    assert numbers(np.array(["0", "1"] * 30)) is None
    found = numbers(np.array([str(i / 7) for i in range(40)] + ["NA"]))
    assert found is not None
    assert np.isnan(found[-1])
    assert found[7] == 1.0


def test_labels_not_asked_for_are_drawn_from_those_that_stand_beside_the_ones_that_are():
    labels = {"a": np.array(["x", "x", "y", "y"]), "b": np.array(["1", "1", "2", "3"])}
    data = replace(toy(4), labels=labels)
    told = Conditions.of(data, ["a", "b"])
    wanted = jnp.asarray(codes_where({"a": "x"}, told)[0])
    drawn = jax.vmap(told.draw, (None, 0))(wanted, jax.random.split(jax.random.key(0), 50))
    assert set(told.columns(np.asarray(drawn))["b"]) == {"1"}
    assert codes_where({"b": ""}, told).tolist() == [[ANY, UNKNOWN]]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (["kind=gcc"], "kind is 'gcc', which the model was not told of; did you mean 'gc'? it knows: at, gc"),
        (["kin=gc"], "--where kin: the model was not told of it; did you mean 'kind'?"),
        (["kind"], "--where kind: expected NAME=VALUE"),
        (["kind=gc", "kind=at"], "--where kind=at: kind was asked for twice"),
        (["activity=high"], "activity is 'high'; expected a number, or a quantile from 0q to 1q"),
        (["activity=1.5q"], "activity is '1.5q'; expected a number, or a quantile"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(where, message):
    told = Conditions.of(toy(300), ["kind", "activity"])
    with pytest.raises(UsageError, match=re.escape(message)):
        codes_where(parse_where(where), told)


def test_conditions_come_back_from_their_config():
    told = Conditions.of(toy(300), ["kind", "activity"])
    again = Conditions.from_config(told.config())
    assert again.labels == told.labels
    np.testing.assert_array_equal(again.combinations, told.combinations)
