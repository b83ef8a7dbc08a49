"""The loop: interrupted or not, broken or not."""

import numpy as np
import pytest

from genomimic import models
from genomimic.errors import RunError, TrainingError
from genomimic.models.base import Plan
from genomimic.run import CHECKPOINT, read_checkpoint, read_log, template
from genomimic.training import _batches, fit, spec_of
from tests.conftest import TINY, toy


class StopError(Exception):
    pass


def stopping_at(step):
    def progress(progress):
        if progress.step >= step:
            raise StopError

    return progress


@pytest.mark.parametrize("name", ["vae", "gan", "autoregressive", "markov"])
def test_resumed_training_ends_with_the_bytes_of_uninterrupted_training(tmp_path, name):
    model = models.build(name, TINY.get(name, {}) | ({"steps": "150"} if name != "markov" else {}))
    train, validation = toy(500, 1), toy(100, 2)
    whole = fit(model, train, validation, seed=3, path=tmp_path / "whole")
    for step in (50, 100) if name != "markov" else (1,):
        with pytest.raises(StopError):
            fit(model, train, validation, seed=3, path=tmp_path / "parts", progress=stopping_at(step))
    fit(model, train, validation, seed=3, path=tmp_path / "parts")
    assert (tmp_path / "parts" / CHECKPOINT).read_bytes() == (tmp_path / "whole" / CHECKPOINT).read_bytes()
    logs = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in read_log(tmp_path / d)] for d in ("parts", "whole")
    ]
    assert logs[0] == logs[1]
    assert whole.path is not None


def test_a_finished_run_is_not_trained_again(tmp_path):
    model = models.build("vae", TINY["vae"])
    fit(model, toy(300, 1), toy(60, 2), path=tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    fit(model, toy(300, 1), toy(60, 2), path=tmp_path, progress=stopping_at(0))
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"\xff" * 100, lambda b: b[:9] + b"x" + b[10:]]
)
def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path, damage):
    model, data = models.build("pwm"), toy(100, 1)
    fit(model, data, data, path=tmp_path)
    file = tmp_path / CHECKPOINT
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(RunError, match="damaged checkpoint"):
        read_checkpoint(tmp_path, template(model, spec_of(data)))


def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    fit(models.build("pwm"), toy(100, 1), toy(100, 1), path=tmp_path)
    with pytest.raises(RunError, match="not"):
        read_checkpoint(tmp_path, template(models.build("pwm"), spec_of(toy(100, 1, length=20))))


def test_numbers_that_run_away_stop_training_with_a_sentence():
    with pytest.raises(TrainingError, match=r"step \d+: .* not a number; lower the learning rate"):
        fit(models.build("vae", TINY["vae"] | {"rate": "1e30"}), toy(300, 1), toy(60, 2))


def test_each_pass_shows_every_record_once():
    values = np.arange(10, dtype=np.int8)[:, None]
    plan = Plan(steps=10, batch=5, every=1, patience=1)
    first = _batches(values, plan, 0, 4, 0, 9).ravel()
    assert sorted(first[:10]) == sorted(first[10:]) == list(range(10))
    np.testing.assert_array_equal(_batches(values, plan, 1, 3, 0, 9).ravel(), first[5:15])


def test_counting_shows_every_record_once_and_then_nothing():
    values = np.arange(7, dtype=np.int8)[:, None]
    shown = _batches(values, Plan(steps=2, batch=4, every=2, patience=1, once=True), 0, 2, 0, 99).ravel()
    assert shown.tolist() == [0, 1, 2, 3, 4, 5, 6, 99]


@pytest.mark.parametrize(
    ("name", "rows", "sentence"),
    [
        ("vae", [{"step": 1000, "told_nats": 0.001}] * 2, "posterior collapse at step 1000"),
        ("vae", [{"step": 1000, "told_nats": 0.5}] * 2, None),
        ("vae", [{"step": 100, "told_nats": 0.001}] * 2, None),
        ("gan", [{"step": 100, "near_twins": 0.9, "d_accuracy": 0.5}], "mode collapse at step 100: 90%"),
        ("gan", [{"step": 100, "near_twins": 0.0, "d_accuracy": 1.0}] * 8, "discriminator has won"),
        ("gan", [{"step": 100, "near_twins": 0.0, "d_accuracy": 1.0}] * 7, None),
    ],
)
def test_health_is_told_in_a_sentence(name, rows, sentence):
    found = models.build(name).settled(spec_of(toy(50, 1)), 10_000).health(rows)
    assert (found is None) if sentence is None else (sentence in found)


def test_a_vae_that_ignores_its_latent_space_is_stopped():
    """So little of a record in its latent vector that the decoder has nothing to learn from it."""
    deaf = models.build("vae", TINY["vae"] | {"signal": "0.01", "steps": "400"})
    log = []
    fit(deaf, toy(800, 1), toy(200, 2), progress=lambda p: log.append(p.scalars))
    assert "posterior collapse" in (deaf.health(log) or "")
