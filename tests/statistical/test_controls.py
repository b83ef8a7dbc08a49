"""Whole evaluations of data whose verdict is known."""

from itertools import pairwise

import numpy as np
import pytest
from toys import dataset, real_values, references, substituted

from genomimic.errors import UsageError
from genomimic.evaluation import evaluate, scores_json
from genomimic.likelihoods import HeldOutBits

N = 500
LADDER = (0, 5, 10, 20, 50)


@pytest.fixture(scope="module")
def world(few_passes):
    rng = np.random.default_rng(5)
    train, holdout, fresh = real_values(4000, rng), real_values(N, rng), real_values(N, rng)
    few = train[rng.permutation(len(train))[: len(train) // 20]]
    synthetic = {f"ladder {percent}": dataset(substituted(fresh, percent / 100, rng)) for percent in LADDER}
    synthetic["copier"] = dataset(train[rng.integers(len(train), size=N)])
    synthetic["collapsed"] = dataset(few[rng.integers(len(few), size=N)])
    half = np.where(rng.random((N, 1)) < 0.1, train[:N], fresh)
    synthetic["a tenth copied"] = dataset(half)
    few_new = real_values(25, rng)
    synthetic["collapsed, not copied"] = dataset(few_new[rng.integers(25, size=N)])
    report = evaluate(
        synthetic,
        train=dataset(train),
        holdout=dataset(holdout),
        references=references(train, N, rng),
        replicates=30,
        likelihoods={"ladder 0": HeldOutBits(np.full(N, 1.8), "bound")},
        reference_likelihoods={"composition": HeldOutBits(np.full(N, 1.95), "exact")},
    )
    return {one.name: one for one in report.sets}, report


def scored(one):
    return {score.metric: score for score in one.scores}


def test_a_copier_is_flagged(world):
    one = world[0]["copier"]
    assert one.verdict.startswith("Copies its training data (100.0% of the records are exact copies")
    assert one.findings[0].startswith("Copying: 100.0%")
    assert scored(one)["exact_copies"].skill == pytest.approx(0.0)
    assert scored(one)["dcr_share"].value > 0.5


def test_a_tenth_of_copies_is_flagged(world):
    assert world[0]["a tenth copied"].verdict.startswith("Copies its training data")
    assert 0.05 < scored(world[0]["a tenth copied"])["exact_copies"].value < 0.15


def test_a_collapsed_generator_is_flagged_on_diversity(world):
    for name in ("collapsed", "collapsed, not copied"):
        one = world[0][name]
        assert "akes the same records again and again" in one.verdict
        assert any(finding.startswith("Collapse:") for finding in one.findings)
        assert all(score.skill < 0.5 for score in one.scores if score.group == "diversity")
    assert "copies" not in world[0]["collapsed, not copied"].verdict.lower()


def test_the_ladder_is_monotone_in_every_fidelity_score(world):
    """Steps of 5% are near the detection limit of 500 records: there the margin of error is allowed for."""
    sets = [scored(world[0][f"ladder {percent}"]) for percent in LADDER]
    for name in [score.metric for score in sets[0].values() if score.group == "fidelity" and score.resolved]:
        rungs = [one[name] for one in sets]
        margins = [(rung.skill_high - rung.skill_low) / 2 for rung in rungs]
        assert all(b.skill < a.skill + margin for (a, b), margin in zip(pairwise(rungs), margins, strict=False)), name
        assert rungs[4].skill < rungs[3].skill < rungs[2].skill, name


def test_fresh_real_data_are_as_good_as_fresh_real_data(world):
    one = world[0]["ladder 0"]
    resolved = [score for score in one.scores if score.resolved]
    reach = [score for score in resolved if score.skill_low <= 1.05 and score.skill_high >= 0.95]
    assert len(resolved) >= 15
    assert len(reach) >= len(resolved) - 1
    assert one.verdict.startswith("As good as fresh real data on")
    assert all(0.4 < score.skill < 1.6 for score in resolved)


def test_half_random_letters_lose_to_a_baseline(world):
    assert world[0]["ladder 50"].verdict.startswith("Worse than")


def test_likelihood_has_floors_and_no_ceiling(world):
    score = scored(world[0]["ladder 0"])["bits_per_base_bound"]
    assert score.value == pytest.approx(1.8)
    assert score.floors == {"composition": pytest.approx(1.95)}
    assert np.isnan([score.ceiling, score.skill]).all()
    assert not score.resolved
    line = (
        "Needs at most 1.800 bits for one letter of unseen real data, where fewer is better: "
        "0.150 ± 0.000 fewer than letters drawn independently, its closest rival."
    )
    assert line in world[0]["ladder 0"].findings


def test_scores_json_is_plain_and_complete(world):
    found = scores_json(world[1])
    assert found["format"] == 1
    first = found["scores"][0]
    wanted = {"set", "metric", "family", "group", "value", "low", "high", "better", "ceiling", "floors", "skill"}
    wanted |= {"skill_low", "skill_high", "resolved", "n", "floor", "ceiling_low", "ceiling_high", "note"}
    assert wanted == set(first)
    assert len(found["scores"]) == sum(len(one.scores) for one in world[1].sets)
    assert {one["ceiling"] for one in found["scores"] if one["family"] == "likelihood"} == {None}


def test_the_same_seed_gives_the_same_scores():
    rng = np.random.default_rng(1)
    train, holdout, fresh = (dataset(real_values(n, rng)) for n in (200, 60, 60))
    steps = []
    reports = [
        evaluate(
            {"one": fresh},
            train=train,
            holdout=holdout,
            validation=fresh,
            references={},
            replicates=5,
            progress=lambda step, share: steps.append(share),
        )
        for _ in range(2)
    ]
    assert scores_json(reports[0]) == scores_json(reports[1])
    assert steps[-1] == 1.0
    unscaled = [score for score in reports[0].sets[0].scores if score.group == "fidelity" and score.floor != "shuffled"]
    assert len(unscaled) > 10
    assert all(score.floor == "" and np.isnan(score.skill) and not score.resolved for score in unscaled)


def test_refusals_say_what_is_missing():
    rng = np.random.default_rng(1)
    real, few = dataset(real_values(40, rng)), dataset(real_values(3, rng))
    with pytest.raises(UsageError, match="nothing to judge; give at least one synthetic set"):
        evaluate({}, train=real, holdout=real, references={})
    with pytest.raises(UsageError, match="synthetic/mine has 3 records; at least 20 are needed"):
        evaluate({"mine": few}, train=real, holdout=real, references={})
    bits = {"mine": HeldOutBits(np.ones(7), "exact")}
    with pytest.raises(UsageError, match="the set: 7 likelihoods for 40 holdout records; give one for each"):
        evaluate({"mine": real}, train=real, holdout=real, references={}, likelihoods=bits, replicates=2)
