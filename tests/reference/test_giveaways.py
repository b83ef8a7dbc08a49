"""Classifiers find planted faults, and the tables name what was planted."""

import numpy as np
import pytest
from toys import dataset, sequences

from genomimic.comparison import compare
from genomimic.evidence import EVIDENCE, tables
from genomimic.metrics import METRICS
from genomimic.verdicts import findings

N, LENGTH = 400, 24
WORD = np.array([2, 0, 3, 3, 0, 1])  # GATTAC


def letters(n, rng):
    return rng.integers(0, 4, (n, LENGTH))


def top(name, comparison, rows=1):
    return [
        dict(zip(columns, row, strict=True))
        for columns in [EVIDENCE[name].columns(comparison)]
        for row in zip(*columns.values(), strict=True)
    ][:rows]


def compared(real, synthetic, *, stranded=True, aligned=True):
    return compare(*(dataset(one, stranded=stranded, aligned=aligned) for one in (real, real, synthetic)))


@pytest.fixture(scope="module")
def with_word():
    rng = np.random.default_rng(0)
    real, synthetic = letters(N, rng), letters(N, rng)
    for row, at in enumerate(rng.integers(0, LENGTH - 6, N)):
        if row % 2:
            synthetic[row, at : at + 6] = WORD
    return compared(real, synthetic)


def test_a_word_planted_too_often_is_named(with_word):
    assert {row["word"] for row in top("giveaway_words", with_word, 3)} == {"GATT", "ATTA", "TTAC"}
    row = top("giveaway_motifs", with_word)[0]
    assert row["word"] == "GATTAC"
    assert row["in synthetic records"] > 20 * max(row["in real records"], 1)
    assert METRICS["two_sample_auc_cnn"].statistic(with_word) > 0.65


def test_the_sentence_names_word_and_share(with_word):
    from test_verdicts import made

    score = made("two_sample_auc_cnn", 0.8, ceiling=0.5, family="two-sample test")
    shown = tables(with_word)
    lines = [line for line in findings([score], N, {}, shown) if line.startswith("Classifiers recognise")]
    assert "GATTAC (" in lines[0]
    assert lines[0].startswith(
        "Classifiers recognise synthetic records (Two-sample AUC of a convolutional classifier is 0.800) above all by: "
    )
    assert not any("recognise" in line for line in findings([score._replace(low=0.49)], N, {}, shown))


def test_a_wrong_letter_at_a_position_is_named():
    rng = np.random.default_rng(1)
    real, synthetic = letters(N, rng), letters(N, rng)
    synthetic[rng.random(N) < 0.4, 13] = 0
    comparison = compared(real, synthetic)
    row = top("giveaway_positions", comparison)[0]
    assert (row["position"], row["letters"]) == (14, "A")
    assert row["share of synthetic records"] == pytest.approx(0.55, abs=0.07)
    assert top("giveaway_sites", comparison)[0]["position"] == 14


def test_broken_dependence_of_letters_apart_is_seen_and_named_by_the_network_alone():
    rng = np.random.default_rng(2)
    real, synthetic = letters(2 * N, rng), letters(2 * N, rng)
    real[:, 9] = 3 - real[:, 6]
    comparison = compared(real, synthetic)
    assert METRICS["two_sample_auc_linear"].statistic(comparison) < 0.55
    assert METRICS["two_sample_auc_cnn"].statistic(comparison) > 0.6
    assert {row["position"] for row in top("giveaway_sites", comparison, 2)} == {7, 10}


def test_broken_dependence_of_neighbours_is_named():
    rng = np.random.default_rng(3)
    real, synthetic = letters(N, rng), letters(N, rng)
    real[:, 7] = 3 - real[:, 6]
    assert {
        (row["position"], len(row["letters"])) for row in top("giveaway_positions", compared(real, synthetic), 4)
    } == {(7, 2)}


def test_words_on_both_strands_are_named_once_and_learned_on_both():
    rng = np.random.default_rng(4)
    real, synthetic = letters(N, rng), letters(N, rng)
    synthetic[: N // 3, 3:9] = WORD
    synthetic[N // 3 : 2 * N // 3, 3:9] = 3 - WORD[::-1]
    comparison = compared(real, synthetic, stranded=False, aligned=False)
    assert top("giveaway_motifs", comparison)[0]["word"] == "GATTAC"
    assert len(set(EVIDENCE["giveaway_words"].columns(comparison)["word"])) <= 2 + 10 + 32 + 136


def test_records_that_repeat_the_real_ones_score_below_one_half():
    real = letters(N, np.random.default_rng(5))
    for name in ("two_sample_auc_cnn", "two_sample_auc_linear"):
        assert METRICS[name].statistic(compared(real, real)) < 0.45


@pytest.mark.parametrize("alphabet", ["dna", "protein"])
def test_few_and_very_short_records_have_tables(alphabet):
    records = sequences(*["ACG", "A", "GG", "CA"] * 5, alphabet=alphabet, aligned=False)
    comparison = compare(records, records, records)
    assert np.isfinite(METRICS["two_sample_auc_cnn"].statistic(comparison))
    for table in tables(comparison):
        assert all(np.isfinite(column).all() for column in table.columns.values() if column.dtype.kind == "f")
