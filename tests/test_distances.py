import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from genomimic.distances import nearest_records
from genomimic.screening import Words, presence, screen, words_for

RNG = np.random.default_rng(3)


def texts(n, length, letters="ACGT"):
    return ["".join(row) for row in RNG.choice(list(letters), (n, length))]


def edited(text, edits, rng):
    letters = list(text)
    for _ in range(edits):
        at, new = int(rng.integers(len(letters))), str(rng.choice(list("ACGT")))
        letters[at : at + 1] = [[new], [letters[at], new], []][rng.integers(3)]
    return "".join(letters)


def brute(queries, strands):
    return np.array([[min(Levenshtein.distance(q, strand[j]) for strand in strands) for j in range(len(strands[0]))]
                     for q in queries])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("ACGN", min_size=0, max_size=14), min_size=1, max_size=4),
    st.lists(st.text("ACGN", min_size=0, max_size=14), min_size=4, max_size=12),
    st.sampled_from([Words(2, 16, 4), Words(3, 5, 4), Words(5, 1021, 4), Words(3, 1021, 31)]),
)
def test_no_target_that_was_left_out_is_below_the_proven_distance(queries, targets, words):
    opposite = [text[::-1] for text in targets]
    found = screen(queries, [targets, opposite], 2, words)
    distances = brute(queries, [targets, opposite])
    np.put_along_axis(distances, found.rows, 99, 1)
    assert (distances.min(1) >= found.least).all()


@pytest.mark.parametrize("both", [False, True])
def test_what_is_called_proven_is_the_exact_nearest_distance(both):
    rng, targets = np.random.default_rng(0), texts(300, 60)
    queries = [edited(targets[i], edits, rng) for i, edits in enumerate((0, 1, 2, 4, 8, 16, 30) * 6)]
    opposite = [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in targets] if both else None
    screened = nearest_records(queries, targets, opposite, cells=0, candidates=20)
    exact = nearest_records(queries, targets, opposite)
    assert exact.proven.all()
    assert (screened.distance >= exact.distance).all()
    assert (screened.distance == exact.distance)[screened.proven].all()
    assert screened.proven[:4].all()
    assert not screened.proven.all()


@pytest.mark.parametrize("length", [50, 200, 500])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.15])
def test_screening_misses_no_planted_near_copy(length, share):
    rng, targets = np.random.default_rng(1), texts(2000, length)
    queries = [edited(text, round(share * length), rng) for text in targets[:40]]
    found = nearest_records(queries, targets, cells=0)
    assert (found.distance <= round(share * length)).all()
    assert (found.index == np.arange(40)).all()


def test_screening_finds_copies_on_the_opposite_strand_and_repeats_of_proteins():
    targets = texts(200, 40)
    opposite = [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in targets]
    found = nearest_records(opposite[:5], targets, opposite, cells=0)
    assert found.reversed.all()
    assert found.distance.tolist() == [0] * 5
    proteins = texts(200, 30, "ACDEFGHIKLMNPQRSTVWY")
    assert words_for(proteins).k == 3
    assert nearest_records(proteins[:9], proteins, cells=0).index.tolist() == list(range(9))


def test_screening_does_not_depend_on_blocks(monkeypatch):
    queries, targets = texts(30, 40), texts(500, 40)
    whole = nearest_records(queries, targets, cells=0, candidates=8)
    monkeypatch.setattr("genomimic.screening.TARGETS_AT_ONCE", 70)
    monkeypatch.setattr("genomimic.screening.QUERIES_AT_ONCE", 7)
    blocks = nearest_records(queries, targets, cells=0, candidates=8)
    assert (whole.proven == blocks.proven).all()
    assert np.abs(whole.distance - blocks.distance).mean() < 0.5  # ties at the last candidate may fall either way


def test_a_word_is_present_once_however_often_it_stands():
    assert presence(["AAAA", "AACA", "A"], Words(2, 16, 4)).sum(1).tolist() == [1, 3, 0]
