"""Tables of words and positions: p-values hold under the null and find what was planted."""

import numpy as np
import pytest
from scipy import stats
from toys import chain_values, dataset, real_values, sequences

from genomimic.comparison import compare
from genomimic.evidence.positions import design_effect, pair_dependence, positions
from genomimic.evidence.words import enriched_words, permutation_p, word_differences, word_mixtures, z_scores
from genomimic.metrics.spectra import spectrum_blocks, word_table
from genomimic.views import View


def compared(rng, n=300, stranded=True, change=None):
    train, holdout, synthetic = (real_values(n, rng) for _ in range(3))
    if change is not None:
        synthetic = change(synthetic)
    return compare(*(dataset(values, stranded=stranded) for values in (train, holdout, synthetic)))


@pytest.mark.parametrize("stranded", [True, False])
def test_p_values_of_fresh_real_data_are_spread_evenly(stranded):
    rng, found = np.random.default_rng(0), {"words": [], "surprises": [], "positions": []}
    for _ in range(12):
        comparison = compared(rng, stranded=stranded)
        found["words"] += word_differences(comparison)["p"].tolist()
        found["surprises"] += enriched_words(comparison)["p"].tolist()
        found["positions"] += positions(comparison)["p"].tolist()
    for name, p in found.items():
        assert 0.02 < np.mean(np.array(p) < 0.05) < 0.085, name


def test_homologous_records_do_not_make_positions_differ():
    rng, found = np.random.default_rng(1), []
    clusters = np.repeat(np.arange(80), 5)
    for _ in range(8):
        holdout = real_values(80, rng)[clusters]
        comparison = compare(
            dataset(real_values(50, rng)), dataset(holdout), dataset(real_values(400, rng)), holdout_clusters=clusters
        )
        assert design_effect(comparison.holdout) == pytest.approx(5, rel=0.4)
        found += positions(comparison)["p"].tolist()
    assert np.mean(np.array(found) < 0.05) < 0.09


def test_a_planted_word_and_a_planted_letter_stand_first():
    def plant(values):
        values = values.copy()
        values[:90, 12:15] = [2, 1, 2]
        return values

    comparison = compared(np.random.default_rng(2), change=plant)
    words, places = word_differences(comparison), positions(comparison)
    assert words["word"][0] == "GCG"
    assert words["log2 ratio"][0] > 0
    assert words["q"][0] < 1e-6
    assert sorted(places["position"][:3]) == [13, 14, 15]
    assert places["over-used letter"][places["position"] == 14] == ["C"]


def test_q_is_that_of_benjamini_and_hochberg():
    table = word_differences(compared(np.random.default_rng(3)))
    ranks = table["p"] * len(table["p"]) / np.arange(1, len(table["p"]) + 1)
    assert table["q"] == pytest.approx(np.minimum.accumulate(ranks[::-1])[::-1].clip(max=1))


def test_z_of_a_chain_that_knows_all_shorter_words_is_standard_normal():
    rng = np.random.default_rng(4)
    train = rng.choice(4, (300, 60), p=[0.4, 0.1, 0.2, 0.3])
    z = [
        z_scores(word_table(View(dataset(chain_values(train, 300, rng, order=1, positional=False))), 3))
        for _ in range(20)
    ]
    assert np.std(z) == pytest.approx(1, rel=0.08)
    assert np.mean(z) == pytest.approx(0, abs=0.08)


def test_permutation_p_is_uniform_for_one_source_and_small_for_two():
    rng = np.random.default_rng(5)
    p = [
        permutation_p(*(spectrum_blocks(View(dataset(real_values(100, rng))), 2) for _ in range(2)), rng)
        for _ in range(60)
    ]
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    mixtures = word_mixtures(compared(rng, change=lambda values: rng.permuted(values, axis=1)))
    assert mixtures["letters"].tolist() == [1, 2, 3, 4]
    assert mixtures["p"][0] > 0.05
    assert mixtures["p"][1:] == pytest.approx(0.001)


@pytest.mark.parametrize("alphabet", ["dna", "rna", "protein"])
def test_tables_of_odd_records_are_numbers(alphabet):
    rng = np.random.default_rng(6)
    letters = {"dna": "ACGTN", "rna": "ACGUN", "protein": "ACDEFGHIKLMNPQRSTVWYX"}[alphabet]
    texts = ["".join(rng.choice(list(letters), rng.integers(1, 9))) for _ in range(60)]
    parts = [sequences(*texts[start : start + 20], alphabet=alphabet, stranded=False) for start in (0, 20, 40)]
    for table in (word_differences, enriched_words, word_mixtures, positions, pair_dependence):
        columns = table(compare(*parts))
        assert len({len(values) for values in columns.values()}) == 1
        assert all(np.isfinite(values).all() for values in columns.values() if values.dtype.kind in "if")


def test_slope_of_dependence_is_one_for_real_data_half_for_a_half_mixture_and_zero_for_independent_positions():
    def independent(values):
        return rng.permuted(values, axis=0)

    def half(values):
        return np.where(rng.random((len(values), 1)) < 0.5, values, independent(values))

    rng, slopes = np.random.default_rng(7), []
    for change in (lambda values: values, half, independent):
        table = pair_dependence(compared(rng, n=1500, change=change))
        slopes.append(table["slope"][list(table["distance up to"]).index(1)])
    assert slopes == pytest.approx([1, 0.5, 0], abs=0.12)
