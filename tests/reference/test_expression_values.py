"""Metrics of expression against closed forms, NumPy, SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import f1_score
from toys import cells, profiles

from genomimic.census import take_census
from genomimic.comparison import compare
from genomimic.embedding import confirmed, wide_embedding
from genomimic.features import profile
from genomimic.metrics import METRICS
from genomimic.metrics.cell_types import changes, macro_f1, types_of
from genomimic.metrics.gene_pairs import correlations
from genomimic.metrics.genes import moments
from genomimic.views import View


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(0)
    return compare(*(cells(n, rng) for n in (600, 200, 150)))


def test_features_of_a_worked_example():
    """Two cells of 10 and 4 counts; the second has one value that is not known."""
    view = View(profiles(np.array([[6, 4, 0], [-1, 3, 1]])))
    assert profile.library_sizes(view).tolist() == [10, 4]
    assert profile.detected_genes(view).tolist() == [2, 2]
    expected = np.log1p([[6000, 4000, 0], [6000, 7500, 2500]])  # the gene's mean where nothing is known
    assert profile.log_expression(view) == pytest.approx(expected, rel=1e-5)
    raw = View(profiles(np.array([[1.0, np.nan], [3.0, 2.0]]), "continuous"))
    assert profile.log_expression(raw).tolist() == [[1.0, 2.0], [3.0, 2.0]]


def test_moments_are_numpys_over_the_known_values():
    values = np.array([[6.0, 4.0], [np.nan, 3.0], [2.0, 8.0], [0.0, 1.0]])
    found = moments(View(profiles(values, "continuous")))
    assert found.n.tolist() == [3, 4]
    assert found.mean == pytest.approx(np.nanmean(values, 0))
    assert found.second == pytest.approx(np.nanvar(values, 0))
    assert found.fourth == pytest.approx(np.nanmean((values - np.nanmean(values, 0)) ** 4, 0))
    assert found.zeros == pytest.approx([1 / 3, 0])


def test_gene_correlations_are_numpys(sides):
    found, _ = correlations(sides)
    expected = np.corrcoef(profile.log_expression(sides.synthetic).T)[np.triu_indices(40, 1)]
    assert found == pytest.approx(expected, abs=1e-4)


def test_gene_correlations_leave_out_pairs_that_are_not_known():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(4000, 1))
    full = (shared + rng.normal(size=(4000, 4))).astype(np.float32)
    holed = np.where(rng.random(full.shape) < 0.3, np.nan, full)
    found, other = correlations(compare(*(profiles(one, "continuous") for one in (full, full, holed))))
    assert found == pytest.approx(other, abs=0.04)


def test_a_gene_that_synthetic_cells_lack_goes_with_no_other_gene():
    """Rounding must not pass for variance: one absent gene would otherwise outweigh all pairs."""
    rng = np.random.default_rng(2)
    real, made = (rng.poisson(0.3 * np.exp(rng.normal(size=(400, 1))), (400, 60)) for _ in range(2))
    made[:, :5] = 0
    found, _ = correlations(compare(*(profiles(one) for one in (real, real, made))))
    assert abs(found).max() <= 1 + 1e-5


def test_a_gene_that_is_the_same_in_all_synthetic_cells_goes_with_no_other_gene():
    rng = np.random.default_rng(3)
    real, made = rng.normal(size=(2, 3001, 60))
    made[:, :5] = 10.7
    found, _ = correlations(compare(*(profiles(one, "continuous") for one in (real, real, made))))
    constant = np.isin(np.triu_indices(60, 1), np.arange(5)).any(0)
    assert (found[constant] == 0).all()
    assert (found[~constant] != 0).all()


def test_library_size_is_scipys_energy_distance_less_chance():
    a, b = np.array([[9], [99], [999]]), np.array([[99], [9999], [99]])
    sides = compare(*(profiles(one) for one in (b, b, a)))
    plain = energy_distance([1, 2, 3], [2, 4, 2]) ** 2
    F, G = np.array([[1 / 3, 2 / 3, 1.0], [0.0, 2 / 3, 2 / 3]])
    assert METRICS["library_size"].statistic(sides) == pytest.approx(
        plain - (F * (1 - F) + G * (1 - G)).sum() * 2 / 2, abs=1e-9
    )


def test_mixing_is_the_inverse_simpson_index_of_the_nearest_others(sides):
    points = np.concatenate([sides.points(view).astype(float) for view in (sides.holdout, sides.synthetic)])
    nearest = np.argsort(cdist(points, points), 1)[:, 1:31]
    share = (nearest >= len(sides.holdout)).mean(1)
    expected = 1 / (share**2 + (1 - share) ** 2)
    assert METRICS["mixing"].statistic(sides) == pytest.approx(expected.mean(), abs=1e-3)


def test_log_fold_changes_are_differences_of_means(sides):
    types = types_of(sides)
    assert types.names == ("muscle", "neuron", "skin")
    values, labels = profile.log_expression(sides.holdout), sides.holdout.dataset.labels["cell_type"]
    expected = values[labels == "skin"].mean(0) - values[labels != "skin"].mean(0)
    assert changes(sides.holdout, types)[2] == pytest.approx(expected, abs=1e-5)


def test_the_classifier_of_cell_types_is_scikit_learns():
    rng = np.random.default_rng(6)
    sides = compare(cells(600, rng), cells(400, rng), cells(150, rng))
    fitted = wide_embedding(sides.train)
    points = [fitted.points(view).astype(float) for view in (sides.synthetic, sides.holdout)]
    own, real = (view.dataset.labels["cell_type"] for view in (sides.synthetic, sides.holdout))
    names = types_of(sides).names
    kept = [np.isin(labels, names) for labels in (own, real)]
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(points[0][kept[0]], own[kept[0]])
    expected = f1_score(real[kept[1]], theirs.predict(points[1][kept[1]]), average="macro")
    assert METRICS["cell_type_f1"].statistic(sides) == pytest.approx(expected, abs=0.02)


def test_macro_f1_is_scikit_learns():
    true, told = np.random.default_rng(0).integers(0, 4, (2, 50))
    assert macro_f1(true, told, 4) == pytest.approx(f1_score(true, told, average="macro"))


def test_components_of_noise_are_not_confirmed():
    """Three factors over 200 genes of noise: these are kept, and at most one of chance."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(800, 3)) @ rng.normal(size=(3, 200))
    assert confirmed((factors + rng.normal(size=(800, 200))).astype(np.float32), 30) == 3
    assert confirmed(rng.normal(size=(300, 200)).astype(np.float32), 30) == 2


def test_training_cells_lie_no_farther_out_than_others(sides):
    """The ceiling of coverage is that of theory, 1 - 2^-5, also where genes are many and cells few."""
    rng = np.random.default_rng(3)
    base, factors = rng.normal(2, 1, 400), rng.normal(size=(2, 400))

    def made(n):
        rates = np.exp(base + 0.4 * rng.normal(size=(n, 2)) @ factors)
        return profiles(rng.poisson(rates))

    train, holdout = made(500), made(200)
    sides = compare(train, holdout, train.take(np.arange(200)))
    assert METRICS["embedding_coverage"].statistic(sides) == pytest.approx(0.969, abs=0.05)
    assert METRICS["adversarial_accuracy_truth"].statistic(sides) == pytest.approx(0.5, abs=0.1)


def test_a_census_of_cells_counts_copies():
    rng = np.random.default_rng(4)
    train, holdout = cells(60, rng), cells(40, rng)
    synthetic = profiles(np.concatenate([train.values[[3, 3, 9]], holdout.values[:2], cells(5, rng).values]))
    found = take_census(*(View(one) for one in (synthetic, train, holdout)))
    assert found == (10, 9, 3, 0, 2)
