"""Standard errors against what varies when everything is drawn anew, and the rule for what is resolved."""

from dataclasses import replace

import numpy as np
import pytest
from toys import dataset, real_values

from genomimic.metrics import METRICS
from genomimic.scoring import Measured, Scale, halved, skill_of, standard_error
from genomimic.views import View


def test_error_of_the_two_sample_auc_is_that_of_new_data():
    """400 draws tell a standard deviation to 3.5%; the error of a given classifier's AUC is only 0.71 of it."""
    rng, values, errors = np.random.default_rng(1), [], []
    for _ in range(400):
        holdout, fresh = (halved(View(dataset(real_values(40, rng))), 20, rng) for _ in range(2))
        scale = Scale(holdout.whole, holdout, holdout, (), holdout, {}, {})
        found = scale.measure(METRICS["two_sample_auc_linear"], fresh)
        values.append(found.value)
        errors.append(standard_error(found.halves))
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize(("better", "resolved"), [("lower", (True, False)), ("higher", (False, True))])
def test_a_floor_that_is_better_than_real_data_resolves_nothing(better, resolved):
    """The scale would stand upside down, and the worst value would be as good as fresh real data."""
    halves = np.array([-0.01, 0.0, 0.01])
    above, below = Measured(0.5, 0.5 + halves), Measured(0.1, 0.1 - halves)
    awful = Measured(0.9, 0.9 + halves)
    metric = replace(METRICS["pair_correlation"], better=better)
    assert (skill_of(awful, below, above, metric)[2], skill_of(awful, above, below, metric)[2]) == resolved
    assert not skill_of(awful, above, Measured(0.501, 0.501 - halves), metric)[2]
