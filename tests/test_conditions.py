"""Labels that a model is told: codes and back, refusals, and synthetic records that are of the type they say."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from genomimic import models
from genomimic.errors import UsageError
from genomimic.models import Conditions
from genomimic.sampling import bits_per_base, sample
from genomimic.training import fit, spec_of
from tests.toys import cells


def labelled(n=60, seed=0):
    data = cells(n, np.random.default_rng(seed))
    return replace(data, labels={**data.labels, "batch": np.array(["a", "b"])[np.arange(n) % 2]})


def test_rows_hold_values_and_levels_and_come_apart_again():
    data = labelled()
    told = Conditions.of(data, ["cell_type", "batch"])
    rows = told.rows(data)
    assert rows.shape == (60, data.length + 2)
    values, one_hot = told.apart(jax.numpy.asarray(rows[7]))
    np.testing.assert_array_equal(values, data.values[7])
    assert one_hot.sum() == 2
    assert told.labels[1].levels[int(one_hot[told.labels[0].width :].argmax())] == data.labels["batch"][7]
    for name, column in told.columns(rows[:, -2:]).items():
        np.testing.assert_array_equal(column, data.labels[name])


def test_conditions_are_built_again_from_their_config_and_drawn_as_often_as_seen():
    data = labelled(600)
    told = Conditions.from_config(Conditions.of(data, ["cell_type"]).config())
    keys = jax.random.split(jax.random.key(0), 4000)
    drawn = np.asarray(jax.vmap(told.draw, (None, 0))(told.anything(), keys))[:, 0]
    shares = np.unique(data.labels["cell_type"], return_counts=True)[1] / 600
    np.testing.assert_allclose(np.bincount(drawn) / 4000, shares, atol=0.04)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cell_typ"], "--condition cell_typ: there is no such label; did you mean 'cell_type'"),
        (["same"], "--condition same: 1 different values; a condition that is no number has 2 to 100"),
        (["id"], "--condition id: 120 different values"),
    ],
)
def test_labels_that_cannot_be_told_are_refused(names, message):
    data = labelled(120)
    extra = {"same": np.full(120, "x"), "id": np.char.add("cell", data.ids.astype(str))}
    with pytest.raises(UsageError, match=message):
        spec_of(replace(data, labels={**data.labels, **extra}), names)


def test_synthetic_cells_are_of_the_type_that_they_say():
    """A classifier by the nearest mean profile, which knows real cells only, finds the type of synthetic ones."""
    train, unseen = labelled(800, 1), labelled(200, 2)
    settings = {"steps": 400, "latent": 4, "components": 8, "width": 32, "draws": 8, "patience": 20}
    run = fit(models.build("vae", settings), train, unseen, spec=spec_of(train, ["cell_type"]))
    made = sample(run, 400)
    types = np.unique(train.labels["cell_type"])

    def scaled(data):
        logs = np.log1p(data.values / data.values.sum(1, keepdims=True) * 1e3)
        return logs

    middles = np.stack([scaled(train)[train.labels["cell_type"] == one].mean(0) for one in types])

    def right(data):
        found = types[((scaled(data)[:, None] - middles) ** 2).sum(2).argmin(1)]
        return (found == data.labels["cell_type"].astype(str)).mean()

    assert right(unseen) > 0.9
    assert right(made) > 0.85
    assert np.isfinite(bits_per_base(run, unseen)).all()
    with pytest.raises(UsageError, match="the model is told 'cell_type' of each record"):
        bits_per_base(run, replace(unseen, labels={}))
