"""The latent space means something."""

import numpy as np
import pytest

from genomimic import models
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.latent import encode, interpolate, traverse
from genomimic.modalities.sequences import Sequences
from genomimic.training import fit
from tests.conftest import TINY


def two_kinds(n, seed):
    """Records of 24 letters; in half of them 3 letters of 4 are G or C, in the other half 1 of 4."""
    rng = np.random.default_rng(seed)
    share = np.where(rng.random((n, 1)) < 0.5, 0.75, 0.25)
    strong = rng.random((n, 24)) < share
    values = np.where(strong, rng.choice([1, 2], (n, 24)), rng.choice([0, 3], (n, 24))).astype(np.int8)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Dataset(values, ids, Sequences("dna", stranded=True, aligned=True))


def gc(dataset):
    return np.isin(dataset.values, (1, 2)).mean(1)


@pytest.fixture(scope="module")
def run():
    model = models.build("vae", TINY["vae"] | {"signal": "0.6", "steps": "300"})
    return fit(model, two_kinds(2000, 1), two_kinds(400, 2))


def test_means_of_fresh_records_are_spread_as_promised(run):
    """Mean 0 and a standard deviation of `signal` in every unit, and a variance that fills up to 1."""
    mean, variance = encode(run, two_kinds(1000, 3))
    np.testing.assert_allclose(mean.mean(0), 0, atol=0.12)
    np.testing.assert_allclose(mean.std(0), 0.6, atol=0.12)
    np.testing.assert_allclose(variance, 1 - 0.6**2, rtol=1e-5)


def test_gc_rises_along_its_line(run):
    """Within either kind GC is chance; between the kinds it is one half apart, and the line shows most of that."""
    real = two_kinds(400, 4)
    walked = gc(traverse(run, real, gc(real), points=5, copies=100)).reshape(5, 100).mean(1)
    assert walked[-1] - walked[0] > 0.2
    assert (np.diff(walked) > -0.03).all()


def test_along_a_line_of_chance_gc_stays(run):
    real = two_kinds(400, 4)
    chance = np.random.default_rng(0).random(400)
    walked = gc(traverse(run, real, chance, points=2, copies=200)).reshape(2, 200).mean(1)
    assert abs(walked[1] - walked[0]) < 0.12


def test_a_line_needs_a_value_for_each_record_and_two_records(run):
    real = two_kinds(40, 4)
    with pytest.raises(UsageError, match="one for each of the 40 records, got 39"):
        traverse(run, real, np.zeros(39))
    with pytest.raises(UsageError, match="interpolation needs 2 records, got 40"):
        interpolate(run, real)
