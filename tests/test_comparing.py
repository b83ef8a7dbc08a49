"""Ranks of generators: only where they can be told apart, with training seeds apart from sampling error."""

import numpy as np
import pytest
from toys import dataset, real_values, references, substituted

from genomimic.comparing import ranking
from genomimic.evaluation import evaluate

N = 300
NOISE = {"twin a": 0.0, "twin b": 0.0, "noisy": 0.3}


@pytest.fixture(scope="module")
def report(few_passes):
    rng = np.random.default_rng(3)
    train, holdout = real_values(1500, rng), real_values(N, rng)
    sets = {
        f"{name} {seed}": substituted(real_values(N, rng), share, rng)
        for name, share in NOISE.items()
        for seed in (1, 2)
    }
    return evaluate(
        {name: dataset(values) for name, values in sets.items()},
        generators={name: name[:-2] for name in sets},
        train=dataset(train),
        holdout=dataset(holdout),
        references=references(train, N, rng),
        replicates=15,
    )


def standing(report, metric):
    found = next(one for one in ranking(report) if one.metric == metric)
    return {one.generator: one for one in found.standings}


@pytest.mark.parametrize("metric", ["two_sample_auc_linear", "pair_correlation", "kmer_js_3"])
def test_a_clear_loser_is_last_and_twins_share_a_rank(report, metric):
    found = standing(report, metric)
    assert [found[name].rank for name in NOISE] == [1, 1, 3]
    assert len(found["noisy"].seeds) == 2
    assert found["noisy"].value == pytest.approx(np.mean(found["noisy"].seeds))


def test_equals_are_not_ranked(report):
    """Neither are the noisy ones ahead where noise makes records more varied than real ones."""
    told = {one.metric: [s.rank for s in one.standings if s.generator != "noisy"] for one in ranking(report)}
    assert [metric for metric, ranks in told.items() if ranks != [1, 1]] == []


def test_seeds_that_disagree_keep_generators_together(report):
    """One bad seed of three thousand letters' worth must not decide for its generator."""
    mixed = [
        one if one.generator == "noisy" else type(one)(**{**vars(one), "generator": "mixed"}) for one in report.sets
    ]
    sets = [type(one)(**{**vars(one), "generator": "mixed" if i in (0, 4) else "other"}) for i, one in enumerate(mixed)]
    several = type(report)(tuple(sets), report.train, report.holdout, report.provenance)
    assert {one.rank for one in standing(several, "two_sample_auc_linear").values()} == {1}


def test_one_generator_has_no_rank(report):
    alone = type(report)(report.sets[:2], report.train, report.holdout, report.provenance)
    assert ranking(alone) == ()
