"""Whole evaluations of expression profiles whose verdict is known."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from toys import cells, independent_cells, profiles, spoiled

from genomimic.evaluation import evaluate
from genomimic.kinds import kind_of
from genomimic.likelihoods import HeldOutBits

N = 300
LADDER = (0, 15, 50)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(5)
    train, holdout, validation, fresh = (cells(n, rng) for n in (1200, N, N, N))
    few = train.take(rng.permutation(len(train))[:60])
    sets = {f"ladder {percent}": spoiled(fresh, percent / 100, rng) for percent in LADDER}
    sets["copier"] = train.take(rng.integers(len(train), size=N))
    sets["collapsed"] = few.take(rng.integers(60, size=N))
    sets["shuffled"] = kind_of(fresh.modality).controls(fresh, rng)["shuffled"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genomimic.metrics.mixing.TREES", 20)
        report = evaluate(
            sets,
            train=train,
            holdout=holdout,
            validation=validation,
            references={"independent": independent_cells(train, N, rng)},
            likelihoods={"ladder 0": HeldOutBits(np.full(N, 3.0), "bound", np.full(N, 2.5))},
            reference_likelihoods={"independent": HeldOutBits(np.full(N, 3.2), "exact", np.full(N, 3.2))},
            replicates=12,
        )
    return {one.name: one for one in report.sets}


def scored(one):
    return {score.metric: score for score in one.scores}


def test_a_copier_is_caught(world):
    one, scores = world["copier"], scored(world["copier"])
    assert one.verdict.startswith("Copies its training data (100.0% of the records are exact copies")
    assert one.census.copies == N
    for name in ("dcr_share", "membership_auc", "near_excess"):
        assert scores[name].low > scores[name].ceiling_high, name


def test_a_collapsed_generator_is_caught(world):
    scores = scored(world["collapsed"])
    assert "akes the same records again and again" in world["collapsed"].verdict
    assert all(score.skill < 0.5 for score in scores.values() if score.group == "diversity")


def test_noise_is_never_better(world):
    rungs = [scored(world[f"ladder {percent}"]) for percent in LADDER]
    for name in [score.metric for score in rungs[0].values() if score.group == "fidelity" and score.resolved]:
        skills = [rung[name].skill for rung in rungs]
        margin = (rungs[0][name].skill_high - rungs[0][name].skill_low) / 2
        assert skills[1] < skills[0] + margin, name
        assert skills[2] < skills[1], name


def test_shuffled_genes_are_recognised(world):
    scores = scored(world["shuffled"])
    for name in ("gene_correlation", "gene_correlation_slope", "fold_change_slope", "mixing"):
        assert scores[name].skill < 0.3, name
    for name in ("gene_means", "gene_spreads", "gene_zeros"):
        assert scores[name].skill > 0.9, name
    assert scores["two_sample_auc_forest"].value > 0.8


def test_fresh_cells_are_as_good_as_fresh_cells(world):
    one = world["ladder 0"]
    resolved = [score for score in one.scores if score.resolved]
    reach = [score for score in resolved if score.skill_low <= 1.05 and score.skill_high >= 0.95]
    assert len(resolved) >= 20
    assert len(reach) >= len(resolved) - 1
    assert one.verdict.startswith("As good as fresh real data on")


def test_a_report_on_genes_has_no_word_of_letters(world):
    for one in world.values():
        for sentence in (one.verdict, *one.findings, *(table.reading for table in one.tables)):
            assert "letter" not in sentence
            assert "edit" not in sentence
            assert "strand" not in sentence
    score = scored(world["ladder 0"])["bits_per_gene_bound"]
    assert (score.value, score.floor) == (3.0, "independent")
    assert any("at most 3.000 bits for one gene of unseen real data" in line for line in world["ladder 0"].findings)
    assert any("need more bits for a gene" in line for line in world["ladder 0"].findings)


def test_the_ladder_orders_pairs_of_generators(world):
    rungs = [scored(world[f"ladder {percent}"])["two_sample_auc_forest"].value for percent in LADDER]
    assert all(a < b for a, b in pairwise(rungs))


def test_few_bulk_samples_of_many_genes_are_judged_and_said_to_be_few():
    """As many genes as in a small array, and fewer samples than any of them could be told by."""
    rng = np.random.default_rng(2)
    base = rng.normal(6, 2, 600)
    train, holdout, fresh = (profiles(base + rng.normal(0, 1, (n, 600)), "continuous") for n in (60, 10, 25))
    far = replace(fresh, values=fresh.values + np.float32(3.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genomimic.metrics.mixing.TREES", 10)
        references = {"independent": independent_cells(train, 25, rng)}
        sets = {"fresh": fresh, "far": far}
        report = evaluate(sets, train=train, holdout=holdout, references=references, replicates=8)
    assert any("So few records cannot tell floor from ceiling on" in line for line in report.sets[0].findings)
    assert all(np.isfinite(score.value) for one in report.sets for score in one.scores)
    assert scored(report.sets[1])["two_sample_auc_linear"].value > 0.95
    assert "library_size" not in scored(report.sets[0])
