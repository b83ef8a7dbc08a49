import numpy as np
import pytest
from toys import dataset, real_values, references, sequences, substituted

from genomimic.alignment import align, marks
from genomimic.census import Census, take_census
from genomimic.comparison import compare
from genomimic.evaluation import evaluate
from genomimic.evidence.copies import duplicates, longest_word, nearest_records
from genomimic.likelihoods import Halves, HeldOutBits, SeenAndUnseen, gap_beyond, memory_scores, training_sample
from genomimic.metrics.discrimination import auc
from genomimic.views import View


def test_census_counts_repeats_and_copies_on_each_strand():
    train, holdout = sequences("AACC", "ACAC", "ATAT"), sequences("CCCA")
    synthetic = sequences("AACC", "GGTT", "AACC", "GTGT", "ATAT", "CCCA", "TTTA", "TAAA")
    assert take_census(View(synthetic), View(train), View(holdout)) == Census(8, 5, 3, 2, 1)


def test_the_nearest_training_record_stands_beside_each():
    train = sequences("AACCGGTTAC", "TTTTTCCCCC", stranded=False)
    found = nearest_records(compare(train, train, sequences("GGGGGAAATA", "AACCGTTACC", stranded=False)))
    assert found["synthetic"].tolist() == ["0", "1"]
    assert found["training"].tolist() == ["1", "0"]
    assert found["strand"].tolist() == ["opposite", "same"]
    assert found["edits"].tolist() == [1, 2]
    assert found["marks"][0] == "||||||||.|"
    assert found["identity %"][0] == 90.0
    assert found["longest shared word"].tolist() == [8, 5]


def test_an_alignment_keeps_both_texts_and_counts_their_edits():
    rng = np.random.default_rng(0)
    for _ in range(20):
        own, other = ("".join(rng.choice(list("ACGT"), rng.integers(0, 15))) for _ in range(2))
        columns = align(own, other)
        above, below = ("".join(column[side] for column in columns) for side in (0, 1))
        assert (above.replace("-", ""), below.replace("-", "")) == (own, other)
        assert len(above) == len(marks(columns)) == len(below)
        words = [own[a:b] for a in range(len(own)) for b in range(a, len(own) + 1) if own[a:b] in other]
        assert longest_word(own, other) == max(map(len, words), default=0)


def test_repeated_records_stand_with_their_number():
    comparison = compare(*[sequences("ACGA", "TTTT", "TTTT", "TCGT", "AAAA", "CCAC")] * 3)
    found = duplicates(comparison)
    assert found["times"].tolist() == [3, 2]
    assert found["letters"].tolist() == ["TTTT", "ACGA"]
    assert len(duplicates(compare(*[sequences("ACGA", "CCCC")] * 3))["times"]) == 0


def test_the_gap_beyond_baselines_is_paired():
    rng = np.random.default_rng(0)
    hard_train, hard_holdout = rng.normal(1.9, 0.2, 400), rng.normal(1.95, 0.2, 400)
    rows = [half for _ in range(30) for half in np.array_split(rng.permutation(400), 2)]
    halves = Halves(rows, rows)
    baseline = SeenAndUnseen(hard_train, hard_holdout)
    fair = SeenAndUnseen(hard_train + rng.normal(0, 0.02, 400), hard_holdout + rng.normal(0, 0.02, 400))
    heart = SeenAndUnseen(fair.train - 0.05, fair.holdout)
    value, margin = gap_beyond(heart, {"markov": baseline}, halves)
    assert value == pytest.approx(0.05, abs=0.01)
    assert 0 < margin < 0.01
    assert abs(gap_beyond(fair, {"markov": baseline}, halves)[0]) < 0.005
    assert gap_beyond(fair, {}, halves) is None
    assert gap_beyond(heart, {"markov": baseline, "itself": heart}, halves) == (value, margin)
    assert gap_beyond(heart, {"itself": heart}, halves) is None
    found, attack = memory_scores(heart, {"markov": baseline}, halves)
    assert found.value == pytest.approx(heart.holdout.mean() - heart.train.mean())
    assert found.floors["markov"] == pytest.approx(hard_holdout.mean() - hard_train.mean())
    assert attack.value == pytest.approx(auc(-heart.holdout, -heart.train))
    assert attack.ceiling == 0.5


@pytest.fixture(scope="module")
def world(few_passes):
    rng = np.random.default_rng(8)
    n = 300
    train, holdout, fresh = (np.hstack([real_values(m, rng), real_values(m, rng)]) for m in (1500, n, n))
    copied = np.arange(n)[:, None] < n / 10
    sets = {"fresh": fresh} | {
        f"{percent}% edits": np.where(copied, substituted(train[:n], percent / 100, rng), fresh) for percent in (0, 15)
    }
    mine = HeldOutBits(np.full(n, 1.9), "exact", np.full(n, 1.8) + rng.normal(0, 0.01, n))
    rival = HeldOutBits(np.full(n, 1.9), "exact", np.full(n, 1.89) + rng.normal(0, 0.01, n))
    report = evaluate(
        {name: dataset(values) for name, values in sets.items()},
        train=dataset(train),
        holdout=dataset(holdout),
        references={name: one for name, one in references(train, n, rng).items() if name == "markov"},
        likelihoods={"fresh": mine},
        reference_likelihoods={"markov": rival},
        replicates=20,
    )
    return {one.name: one for one in report.sets}


def test_a_tenth_of_distant_copies_raises_the_alarm_and_fresh_data_do_not(world):
    assert "opies its training data" in world["15% edits"].verdict
    assert "opies its training data" in world["0% edits"].verdict
    assert "opies" not in world["fresh"].verdict
    assert world["0% edits"].census.copies == 30
    assert any("30 are exact copies of training records" in finding for finding in world["0% edits"].findings)
    assert not any("exact copies" in finding for finding in world["fresh"].findings)


def test_what_was_learned_by_heart_is_found_by_likelihood(world):
    scores = {score.metric: score for score in world["fresh"].scores}
    assert scores["generalisation_gap"].value == pytest.approx(0.1, abs=0.005)
    assert any(finding.startswith("Learned by heart") for finding in world["fresh"].findings)
    assert not any("Learned" in finding for finding in world["15% edits"].findings)


def test_the_training_sample_is_drawn_without_repeats():
    rows = training_sample(50, 20, 3)
    assert len(set(rows.tolist())) == 20
    assert (rows == training_sample(50, 20, 3)).all()
    assert len(training_sample(10, 20, 3)) == 10
