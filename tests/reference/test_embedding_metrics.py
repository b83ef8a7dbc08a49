"""Distances and neighbourhoods in the embedding against closed forms, published values and other libraries."""

import numpy as np
import pytest
from prdc import compute_prdc
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from toys import dataset, real_values, sequences, substituted

from genomimic import embedding
from genomimic.comparison import compare
from genomimic.errors import UsageError
from genomimic.evidence.neighbourhoods import missed_records, neighbourhood_shares, regions
from genomimic.metrics import METRICS
from genomimic.metrics.differences import mean_discrepancy, sums_of
from genomimic.metrics.diversity import vendi
from genomimic.metrics.embedding import (
    Moments,
    cubic_features,
    gaussian_frechet,
    moments,
)
from genomimic.metrics.neighbourhoods import NEIGHBOURS, neighbourhoods, shares
from genomimic.views import View


def points_of(n, d, rng, shift=0.0):
    return rng.normal(shift, 1, (n, d))


def kernel_sums_of(points):
    return sums_of(cubic_features(points))


def prdc_of(real, synthetic):
    radii = [np.partition(cdist(one, one), NEIGHBOURS, 1)[:, NEIGHBOURS] for one in (real, synthetic)]
    return shares(*(array.astype(np.float32) for array in (cdist(real, synthetic), *radii)))


def test_frechet_distance_agrees_with_the_square_root_of_a_matrix():
    rng = np.random.default_rng(0)
    a, b = (np.cov(rng.normal(size=(5, 40)) * np.arange(1, 6)[:, None] ** power) for power in (0.5, 1.0))
    mean = rng.normal(size=5)
    expected = mean @ mean + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert gaussian_frechet(Moments(9, np.zeros(5), a), Moments(9, mean, b)) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_commuting_gaussians():
    """|m|^2 + sum of (s - s')^2: 9 + (1 - 2)^2 + (3 - 5)^2."""
    one, two = Moments(9, np.zeros(2), np.diag([1.0, 9.0])), Moments(9, np.array([3.0, 0.0]), np.diag([4.0, 25.0]))
    assert gaussian_frechet(one, two) == pytest.approx(14.0)
    assert gaussian_frechet(one, one) == pytest.approx(0.0, abs=1e-9)


def test_moments_of_halves_are_those_of_their_points():
    rng = np.random.default_rng(1)
    whole = View(dataset(real_values(200, rng)))
    fitted = embedding.fit(whole)
    half = whole.part(np.arange(0, 64, 2))
    points = fitted.points(half).astype(float)
    found = moments(half, fitted)
    assert found.n == len(points) == len(half)
    assert found.mean == pytest.approx(points.mean(0), abs=1e-5)
    assert found.covariance == pytest.approx(np.cov(points.T), abs=1e-4)


def test_cubic_features_give_the_kernel_and_the_unbiased_estimate():
    rng = np.random.default_rng(2)
    x, y = points_of(30, 6, rng), points_of(20, 6, rng, 0.5)

    def kernel(a, b):
        return (a @ b.T / 6 + 1) ** 3

    assert cubic_features(x) @ cubic_features(y).T == pytest.approx(kernel(x, y))
    within = [(kernel(one, one).sum() - np.trace(kernel(one, one))) / (len(one) * (len(one) - 1)) for one in (x, y)]
    expected = sum(within) - 2 * kernel(x, y).mean()
    assert mean_discrepancy(kernel_sums_of(x), kernel_sums_of(y)) == pytest.approx(expected)


def test_kernel_distance_of_two_draws_of_one_source_is_0_on_average():
    rng = np.random.default_rng(3)
    found = [mean_discrepancy(*(kernel_sums_of(points_of(40, 4, rng)) for _ in range(2))) for _ in range(600)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 600**0.5
    biased = 2 * np.mean((cubic_features(points_of(400, 4, rng)) ** 2).sum(1)) / 40
    assert abs(np.mean(found)) < biased / 10


def test_neighbourhoods_agree_with_the_authors_library():
    rng = np.random.default_rng(4)
    real, synthetic = points_of(300, 8, rng), points_of(250, 8, rng, 0.3)
    expected = compute_prdc(real, synthetic, nearest_k=NEIGHBOURS)
    assert prdc_of(real, synthetic)._asdict() == pytest.approx(expected, abs=1e-6)


def test_coverage_of_two_draws_of_one_source_is_the_formula():
    rng, n = np.random.default_rng(6), 60
    expected = 1 - np.prod([(n - 1 - t) / (2 * n - 1 - t) for t in range(NEIGHBOURS)])
    found = [prdc_of(points_of(n, 3, rng), points_of(n, 3, rng)) for _ in range(400)]
    assert np.mean([one.coverage for one in found]) == pytest.approx(expected, abs=0.005)
    assert np.mean([one.density for one in found]) == pytest.approx(1.0, abs=0.02)


def test_neighbourhoods_of_a_worked_example():
    """Real ones at 0 to 5 on a line, of radii 5, 4, 3, 3, 4, 5, and synthetic ones at 0: the first three reach them."""
    real, synthetic = np.arange(6.0)[:, None], np.zeros((6, 1))
    found = prdc_of(real, synthetic)
    assert found == pytest.approx((1.0, 0.0, 3 / 5, 3 / 6))


def test_numbers_from_elsewhere_take_the_place_of_words_and_letters():
    rng = np.random.default_rng(5)
    train, holdout, fresh = (dataset(real_values(400, rng)) for _ in range(3))
    comparison, calls = compare(train, holdout, fresh), []

    def gc_and_first_letter(records):
        calls.append(len(records))
        return np.stack([np.isin(records.values, [1, 2]).mean(1), records.values[:, 0]], 1)

    embedding.embed_with(comparison.train, gc_and_first_letter)
    fitted = embedding.embedding(comparison.train)
    points = fitted.points(comparison.train)
    assert fitted.version.startswith("gc_and_first_letter ")
    assert points.shape == (400, 2)
    assert np.cov(points.T) == pytest.approx(np.eye(2), abs=1e-4)
    assert METRICS["frechet_distance"].statistic(comparison) == pytest.approx(0, abs=0.1)
    assert max(calls) <= 1000


@pytest.mark.parametrize(
    ("embed", "fault"),
    [
        (lambda records: np.zeros(3), r"gave numbers of shape \(3,\) for 40 records; give one row for each"),
        (
            lambda records: np.full((len(records), 2), np.nan),
            "gave numbers that are not finite; mend or leave them out",
        ),
    ],
)
def test_numbers_that_are_no_embedding_are_refused(embed, fault):
    with pytest.raises(UsageError, match=fault):
        embedding.fit(View(dataset(real_values(40, np.random.default_rng(6)))), embed)


def test_vendi_is_that_of_the_eigenvalues():
    rng = np.random.default_rng(7)
    points = rng.normal(size=(30, 5))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    similarity = points @ points.T  # order q of Friedman & Dieng: (sum of eigenvalues^q of K/n)^(1 / (1 - q))
    assert vendi(similarity**2, 30) == pytest.approx(1 / (np.linalg.eigvalsh(similarity / 30) ** 2).sum())


def test_clusters_of_a_worked_example():
    """Two of ten letters may differ: AAAAAAAAAA - AAAAAAAACC - AAAAAACCCC hang together, and two stand alone."""
    real = sequences("AAAAAAAAAA", "CCCCCCCCCC", "GGGGGGGGGG", "TTTTTTTTTT", "ACGTACGTAC")
    synthetic = sequences("AAAAAAAAAA", "AAAAAAAACC", "AAAAAACCCC", "GGGGGGGGGG", "TTTTTTTTTT")
    assert METRICS["cluster_fraction"].statistic(compare(real, real, synthetic)) == pytest.approx(3 / 5)


def world(seed=8, n=500):
    rng = np.random.default_rng(seed)
    return real_values(2000, rng), real_values(n, rng), real_values(n, rng), rng


@pytest.mark.parametrize("name", ["embedding_recall", "embedding_coverage", "cluster_fraction"])
def test_a_collapsed_generator_is_caught(name):
    train, holdout, fresh, rng = world()
    few = real_values(25, rng)[rng.integers(25, size=len(fresh))]
    good, bad = (
        METRICS[name].statistic(compare(dataset(train), dataset(holdout), dataset(one))) for one in (fresh, few)
    )
    assert bad < 0.6 * good


def test_distances_grow_with_every_step_of_noise():
    train, holdout, fresh, rng = world(n=600)
    rungs = [substituted(fresh, share, rng) for share in (0.0, 0.1, 0.2, 0.4, 0.8)]
    comparisons = [compare(dataset(train), dataset(holdout), dataset(rung)) for rung in rungs]
    for name in ("frechet_distance", "kernel_distance"):
        values = [METRICS[name].statistic(one) for one in comparisons]
        assert (np.diff(values) > 0).all(), name
    for name in ("recall", "coverage"):
        values = [getattr(neighbourhoods(one), name) for one in comparisons]
        assert values[0] > values[2] > values[4], name


def test_the_embedding_is_one_of_train_alone_and_whitens_it():
    train, holdout, fresh, rng = world()
    one = compare(dataset(train), dataset(holdout), dataset(fresh))
    two = compare(dataset(train), dataset(fresh), dataset(rng.integers(0, 4, fresh.shape)))
    fitted = embedding.embedding(one.train)
    assert fitted.version == embedding.embedding(two.train).version
    assert fitted.version != embedding.fit(View(dataset(holdout))).version
    points = fitted.points(one.train)
    assert points.mean(0) == pytest.approx(np.zeros(16), abs=1e-3)
    assert np.cov(points.T) == pytest.approx(np.eye(16), abs=0.02)


def test_where_both_strands_count_a_record_and_its_reverse_complement_are_one_point():
    rng = np.random.default_rng(9)
    train = dataset(real_values(400, rng), stranded=False, aligned=False)
    values = real_values(20, rng)
    fitted = embedding.fit(View(train))
    forward, backward = (
        fitted.points(View(dataset(one, stranded=False, aligned=False))) for one in (values, 3 - values[:, ::-1])
    )
    assert forward == pytest.approx(backward, abs=1e-4)


@pytest.mark.parametrize("texts", [["ACGT"] * 30, ["A", "NNNN", "AC", "ACGTACGTACGT"] * 8])
def test_odd_records_are_points_too(texts):
    view = View(sequences(*texts))
    assert np.isfinite(embedding.fit(view).points(view)).all()


def test_a_kind_of_record_that_is_missing_leads_the_table():
    rng = np.random.default_rng(10)
    train, holdout, fresh = (real_values(n, rng) for n in (2000, 400, 400))
    rich = np.isin(fresh, [1, 2]).mean(1)
    kept = fresh[rich < np.quantile(rich, 0.6)]
    table = regions(compare(dataset(train), dataset(holdout), dataset(kept)))
    worst = int(np.argmax(table["real share"] - table["synthetic share"]))
    assert table["q"][worst] < 0.01
    assert sum(letter in "GC" for letter in table["example"][worst]) > np.isin(holdout, [1, 2]).sum(1).mean()
    assert table["real share"].sum() == table["synthetic share"].sum() == pytest.approx(1.0)
    same = regions(compare(dataset(train), dataset(holdout), dataset(fresh)))
    assert same["q"].min() > 0.01


def test_missed_records_are_those_that_coverage_misses():
    train, holdout, fresh, _ = world(n=300)
    comparison = compare(dataset(train), dataset(holdout), dataset(fresh))
    table, found = missed_records(comparison), neighbourhoods(comparison)
    assert len(table["record"]) == round(300 * (1 - found.coverage))
    assert (np.diff(table["ratio"]) <= 0).all()
    assert neighbourhood_shares(comparison)["synthetic"][3] == pytest.approx(found.coverage)


@pytest.mark.parametrize("table", [regions, missed_records, neighbourhood_shares])
def test_tables_of_few_and_odd_records(table):
    few = sequences("ACGT", "NNNN", "A", "ACGTACG")
    assert len({len(column) for column in table(compare(few, few, few)).values()}) == 1


def test_the_map_has_as_many_points_of_both_sets():
    train, holdout, fresh, _ = world(n=300)
    found = embedding.embedding_map(View(dataset(train)), View(dataset(holdout)), View(dataset(fresh[:100])))
    assert found.holdout.shape == found.synthetic.shape == (100, 2)
