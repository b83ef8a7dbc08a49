"""Statistics against closed forms, worked examples and other libraries."""

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein
from scipy.spatial.distance import jensenshannon
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from toys import dataset, real_values, sequences

from genomimic.comparison import compare
from genomimic.distances import distance_matrix, nearest_records
from genomimic.metrics import METRICS
from genomimic.metrics.composition import odds_ratios, pair_counts
from genomimic.metrics.discrimination import auc
from genomimic.metrics.diversity import vendi
from genomimic.metrics.kmers import jensen_shannon, kmer_js_distance, null_bias
from genomimic.metrics.positions import connected_pairs
from genomimic.metrics.ridge import ridge_out_of_fold
from genomimic.views import View


def test_jensen_shannon_is_the_square_of_scipys_distance():
    p, q = np.random.default_rng(0).dirichlet(np.ones(50), 2)
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    assert kmer_js_distance(np.array([3, 1]), np.array([1, 3])) == pytest.approx(jensenshannon([3, 1], [1, 3], base=2))


def test_null_bias_is_the_mean_divergence_of_two_samples_of_one_distribution():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(64, 5.0))
    draws = [(rng.multinomial(4000, p) / 4000, rng.multinomial(9000, p) / 9000) for _ in range(400)]
    measured = np.mean([jensen_shannon(a, b) for a, b in draws])
    assert measured == pytest.approx(null_bias(64, 4000, 9000), rel=0.05)


def test_auc_agrees_with_sklearn_ties_included():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 6, 70).astype(float), rng.integers(1, 8, 50).astype(float)
    truth = np.r_[np.zeros(70), np.ones(50)]
    assert auc(a, b) == pytest.approx(roc_auc_score(truth, np.r_[a, b]))


@pytest.mark.parametrize(("n", "d"), [(90, 12), (40, 70)])
def test_out_of_fold_ridge_agrees_with_refitting(n, d):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(n, d))
    features -= features.mean(0)
    labels, folds = rng.choice([-1.0, 1.0], n), rng.integers(0, 4, n)
    expected = np.empty(n)
    for fold in range(4):
        out = folds == fold
        expected[out] = Ridge(alpha=5.0).fit(features[~out], labels[~out]).predict(features[out])
    assert ridge_out_of_fold(features, labels, folds, 5.0).scores == pytest.approx(expected, abs=2e-3)


def test_a_cluster_that_fills_a_fold_does_not_tell_its_label():
    """Fresh real records score one half whatever the clusters; told the labels of the other folds these score 0.39."""
    rng, found = np.random.default_rng(3), []
    clusters = np.r_[np.zeros(180, int), np.arange(1, 121)]
    for _ in range(8):
        holdout, fresh = dataset(real_values(300, rng)), dataset(real_values(300, rng))
        comparison = compare(holdout, holdout, fresh, train_clusters=clusters, holdout_clusters=clusters)
        found.append(METRICS["two_sample_auc_linear"].statistic(comparison))
    assert np.mean(found) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("clusters", [np.arange(200), np.zeros(200, int)])
def test_one_record_repeated_is_told_from_real_ones(clusters):
    rng = np.random.default_rng(4)
    holdout, repeated = dataset(real_values(200, rng)), dataset(np.repeat(real_values(1, rng), 200, 0))
    comparison = compare(holdout, holdout, repeated, train_clusters=clusters, holdout_clusters=clusters)
    assert METRICS["two_sample_auc_linear"].statistic(comparison) > 0.9


def test_edit_distances_agree_with_single_pairs():
    rng = np.random.default_rng(4)
    texts = ["".join(rng.choice(list("ACGT"), rng.integers(5, 90))) for _ in range(30)]
    queries, targets = texts[:10], texts[10:]
    expected = np.array([[Levenshtein.distance(a, b) for b in targets] for a in queries])
    assert (distance_matrix(queries, targets) == expected).all()
    nearest = nearest_records(queries, targets)
    assert (nearest.distance == expected.min(1)).all()
    assert (expected[np.arange(10), nearest.index] == nearest.distance).all()


def test_connected_pairs_of_a_worked_example():
    """Two positions that always agree, A or C: C(A, A) = 1/2 - 1/4, C(A, C) = -1/4, all else 0."""
    connected = connected_pairs(View(sequences("AA", "CC")))
    assert connected.reshape(4, 4)[:2, :2] == pytest.approx(np.array([[0.25, -0.25], [-0.25, 0.25]]))
    assert np.abs(connected).sum() == pytest.approx(1.0)


def test_pair_correlation_is_numpys_over_all_pairs():
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 4, (2, 50, 6))

    def connected(values):
        one_hot = np.eye(4)[values]
        pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
        joint = [
            one_hot[:, i].T @ one_hot[:, j] / 50 - np.outer(one_hot[:, i].mean(0), one_hot[:, j].mean(0))
            for i, j in pairs
        ]
        return np.ravel(joint)

    measured = METRICS["pair_correlation"].statistic(compare(dataset(a), dataset(a), dataset(b)))
    assert measured == pytest.approx(np.corrcoef(connected(a), connected(b))[0, 1], abs=1e-5)


def test_vendi_of_equal_different_and_grouped_records():
    assert vendi(np.ones((8, 8)), 8) == pytest.approx(1.0)
    assert vendi(np.eye(8), 8) == pytest.approx(8.0)
    assert vendi(np.kron(np.eye(2), np.ones((4, 4))), 8) == pytest.approx(2.0)


def test_dcr_share_of_a_worked_example():
    """Nearer to train, as near to both, nearer to holdout, nearer to holdout: (1 + 1/2) / 4."""
    train, holdout = sequences("AAAAAA", "AAAAAA"), sequences("CCCCCC", "CCCCCC")
    synthetic = sequences("AAAAAC", "AAACCC", "ACCCCC", "CCCCCC")
    assert METRICS["dcr_share"].statistic(compare(train, holdout, synthetic)) == pytest.approx(1.5 / 4)


def test_copies_on_either_strand_near_copies_and_repeats():
    train = sequences("AACCAACCAACC", "ACGTACGTACGA")
    synthetic = sequences("AACCAACCAACC", "GGTTGGTTGGTT", "ACGTACGTACGT", "TTTTTTTTTTTT")
    comparison = compare(train, train, synthetic)
    assert METRICS["exact_copies"].statistic(comparison) == pytest.approx(0.5)
    assert METRICS["near_copies"].statistic(comparison) == pytest.approx(0.5)
    assert METRICS["unique_fraction"].statistic(comparison) == pytest.approx(0.75)


def odds(view):
    return odds_ratios(pair_counts(view).reshape(4, 4).astype(float))


def test_dinucleotide_odds_of_independent_letters_are_one():
    values = np.random.default_rng(6).choice(4, (2000, 50), p=[0.4, 0.1, 0.2, 0.3])
    assert odds(View(dataset(values))) == pytest.approx(np.ones((4, 4)), abs=0.06)
    assert odds(View(sequences("AAAA"))).tolist() == np.ones((4, 4)).tolist()
    both = odds(View(sequences("AACG", stranded=False)))
    assert both == pytest.approx(both[::-1, ::-1].T)


def test_gc_and_lengths_by_hand():
    """GC of 75 and 50% against 50 and 0%: means differ by 37.5, and their variances are 156.25 and 625."""
    comparison = compare(sequences("GG"), sequences("GA", "AA"), sequences("GGGA", "AG"))
    assert METRICS["gc_mean"].statistic(comparison) == pytest.approx(37.5**2 - 156.25 - 625)
    assert METRICS["gc_spread"].statistic(comparison) == pytest.approx((25 - 12.5) ** 2)
    assert METRICS["gc_distribution"].statistic(comparison) == pytest.approx(2 * 0.375 - 0.25 - 0.5)
    assert METRICS["length_distribution"].statistic(comparison) == pytest.approx(2 * 1 - 2 - 0)
