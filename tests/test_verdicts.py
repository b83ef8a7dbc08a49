import pytest

from genomimic.scoring import Score
from genomimic.verdicts import (
    ahead,
    as_good_as_real,
    beaten_by,
    collapse,
    copying,
    detection_limit,
    findings,
    overlaps_real,
    verdict,
)


def made(metric, value, *, error=0.01, ceiling=0.0, floors=None, floor="markov", skill=1.0, **changes):
    known = {
        "two_sample_auc_linear": ("two-sample test", "fidelity"),
        "exact_copies": ("copies", "novelty"),
        "unique_fraction": ("repeats", "diversity"),
    }
    family, group = known.get(metric, ("k-mers", "fidelity"))
    score = Score(
        metric=metric,
        family=family,
        group=group,
        value=value,
        low=value - error,
        high=value + error,
        better="lower",
        ceiling=ceiling,
        ceiling_low=ceiling - error,
        ceiling_high=ceiling + error,
        floors=floors or {floor: 1.0},
        floor=floor,
        skill=skill,
        skill_low=skill - 0.05,
        skill_high=skill + 0.05,
        resolved=True,
        n=1000,
    )
    return score._replace(**changes)


def test_copying_needs_more_copies_than_real_data_and_baselines():
    def copies(share, **floors):
        return [made("exact_copies", share, floors={"copier": 1.0, **floors}, floor="copier")]

    assert copying(copies(0.05)) is not None
    assert copying(copies(0.015)) is None
    assert copying(copies(0.05, markov=0.06)) is None


def test_an_auc_clearly_below_one_half_is_an_alarm():
    assert overlaps_real([made("two_sample_auc_linear", 0.45, ceiling=0.5)]) is not None
    assert overlaps_real([made("two_sample_auc_linear", 0.485, ceiling=0.5)]) is None


def test_collapse_is_the_worst_diversity_score_nearer_to_the_collapsed_generator():
    scores = [made("unique_fraction", 0.5, skill=0.4), made("unique_fraction", 0.4, skill=0.2)]
    assert collapse(scores) is scores[1]
    assert collapse([made("unique_fraction", 0.9, skill=0.9)]) is None
    assert collapse([scores[0]._replace(resolved=False)]) is None


def test_the_simplest_baseline_ahead_is_named():
    floors = {"uniform": 0.99, "position-markov": 0.55, "markov": 0.7}
    score = made("two_sample_auc_linear", 0.8, floors=floors)
    assert ahead(score) == ["markov", "position-markov"]
    assert beaten_by([score]) == "markov"
    assert beaten_by([made("two_sample_auc_linear", 0.56, floors=floors)]) is None
    assert beaten_by([made("kmer_js_6", 0.8, floors=floors)]) is None


def test_as_good_as_real_reaches_one_and_is_resolved():
    scores = [made("kmer_js_1", 0.0, skill=0.97), made("kmer_js_2", 0.0, skill=0.9)]
    assert as_good_as_real([*scores, scores[0]._replace(resolved=False)]) == [scores[0]]


def test_detection_limit_of_1000_records():
    assert (
        detection_limit(1000)
        == "With 1,000 against 1,000 records a two-sample AUC below 0.537 cannot be told from chance."
    )


@pytest.mark.parametrize(
    ("scores", "start"),
    [
        ([], "No score could be resolved with so few records."),
        ([made("kmer_js_1", 0.0)], "As good as fresh real data on 1 of the 1 scores that can be resolved."),
        (
            [made("exact_copies", 0.3, floors={"copier": 1.0}, floor="copier")],
            "Copies its training data (30.0% of the records are exact copies; of fresh real records 0.0%); as good",
        ),
        (
            [made("two_sample_auc_linear", 0.9, floors={"markov": 0.8})],
            "Worse than a Markov chain (easier to tell from real data); as good",
        ),
    ],
)
def test_verdicts(scores, start):
    assert verdict(scores).startswith(start)


def test_findings_put_alarms_first_and_say_what_cannot_be_seen():
    scores = [
        made("kmer_js_6", 0.5, floors={"markov": 0.1}, skill=0.2),
        made("kmer_js_1", 0.5, resolved=False),
        made("exact_copies", 0.3, floors={"copier": 1.0}, floor="copier"),
    ]
    lines = findings(scores, 1000, {})
    assert lines[0].startswith("Copying: 30.0%")
    assert lines[1].startswith(
        "Weakest in fidelity: K-mer JS divergence, k = 6 is 0.5 where fresh real data reach 0 and a Markov chain 0.1"
    )
    assert "A Markov chain does better on: K-mer JS divergence, k = 6." in lines
    assert lines[-3] == "So few records cannot tell floor from ceiling on: K-mer JS divergence, k = 1."


def test_who_was_told_labels_stands_beside_the_bits():
    bits = made("bits_per_base", 1.8, family="likelihood", resolved=False, note="The model was told x, markov nothing.")
    said = "Needs 1.800 bits for one letter of unseen real data, where fewer is better: 0.100 ± 0.010 fewer than a "
    assert f"{said}Markov chain, its closest rival. {bits.note}" in findings([bits], 1000, {"markov": (0.1, 0.01)})


def test_a_fault_is_named_where_the_floor_has_none():
    def sentence(value, **changes):
        lines = findings([made("length_distribution", value, resolved=False, **changes)], 1000, {})
        return [line for line in lines if line.startswith("Clearly worse than fresh real data")]

    named = "Clearly worse than fresh real data, though no floor can be told from it: Length distribution (5; "
    assert sentence(5.0)[0].startswith(named)
    assert sentence(5.0, high=9.0, low=-1.0) == sentence(-5.0) == sentence(5.0, ceiling_high=float("nan")) == []
    assert sentence(-5.0, better="higher")
