from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomimic import clustering
from genomimic.alphabet import DNA, PROTEIN
from genomimic.clustering import clusters, sequence_keys, word_length
from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.grouping import source_label
from genomimic.learning import parts_for
from genomimic.modalities import Expression, Sequences
from genomimic.splitting import split

DNA_BOTH = Sequences("dna", stranded=False, aligned=False)
DNA_ONE = Sequences("dna", stranded=True, aligned=False)


def dataset(values, modality=DNA_BOTH, **labels):
    ids = np.array([f"s{i}" for i in range(len(values))])
    return Dataset(values.copy(), ids, modality, {name: np.asarray(column) for name, column in labels.items()})


def random_dna(n, length, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.int8)


def related_dna(n, length, seed=0, share=20):
    """Random sequences, some of which carry a piece of another on either strand, unknown letters or an early end."""
    rng = np.random.default_rng(seed)
    values = random_dna(n, length, seed)
    for row in range(n // 3):
        other = rng.integers(n // 3, n)
        piece = values[other, 5 : 5 + share]
        values[row, 10 : 10 + share] = piece if row % 2 else DNA.reverse_complement(piece[None])[0]
    values[rng.random(values.shape) < 0.002] = DNA.unknown
    values[: n // 10, -7:] = DNA.pad
    return values


def words(text, w):
    other = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    return {t[i : i + w] for t in (text, other) for i in range(len(t) - w + 1) if "N" not in t[i : i + w]}


def same_partition(a, b):
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


def clusters_by_hand(texts, w):
    parent = list(range(len(texts)))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    owner = {}
    for i, text in enumerate(texts):
        for word in words(text, w):
            parent[find(i)] = find(owner.setdefault(word, i))
    return [find(i) for i in range(len(texts))]


@pytest.mark.parametrize("w", [8, 13, 16, 20, 30, 31])
@pytest.mark.parametrize("at_once", [1 << 26, 700])
def test_clusters_are_those_found_by_hand(w, at_once, monkeypatch):
    monkeypatch.setattr(clustering, "WORDS_AT_ONCE", at_once)
    monkeypatch.setattr(clustering, "_LETTERS", 1 << 9)
    values = related_dna(120, 50, seed=w, share=max(w, 12))
    found = clusters(values, DNA, w=w)
    assert same_partition(found.tolist(), clusters_by_hand([DNA.decode(row) for row in values], w))


def test_clusters_of_proteins_and_of_sequences_shorter_than_a_word():
    texts = ["MKVLAAGI", "GGMKVLAP", "WWWWYYYY", "AGVKMAAA"]
    values = np.stack([PROTEIN.encode(text) for text in texts])
    found = clusters(values, PROTEIN, w=5)
    assert found[0] == found[1]
    assert len(set(found.tolist())) == 3
    assert len(set(clusters(values, PROTEIN, w=9).tolist())) == 4


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), stranded=st.booleans())
def test_no_word_of_the_holdout_is_in_another_part(seed, stranded):
    data = dataset(related_dna(150, 40, seed), DNA_ONE if stranded else DNA_BOTH)
    found = split(data, seed=seed)
    seen = {
        part: set().union(*(words(text, found.w) for text in data.modality.texts(data.take(found.rows(part)))))
        for part in ("train", "validation", "holdout")
    }
    assert found.w == 16
    assert not seen["holdout"] & (seen["train"] | seen["validation"])
    assert not seen["validation"] & seen["train"]
    assert found.shared == 0


def test_parts_are_near_their_fractions_and_follow_the_seed():
    data = dataset(random_dna(1000, 40))
    first, again, other = split(data, seed=1), split(data, seed=1), split(data, seed=2)
    assert Counter(first.part.tolist()) == {"train": 800, "validation": 100, "holdout": 100}
    assert (first.part == again.part).all()
    assert (first.part != other.part).any()
    assert len(first.train(data)) == 800
    assert len(first.validation(data)) == len(first.holdout(data)) == 100
    thirds = split(data, fractions=(0.5, 0.3, 0.2))
    assert Counter(thirds.part.tolist()) == {"train": 500, "validation": 300, "holdout": 200}


def test_the_order_of_rows_does_not_matter():
    values = related_dna(300, 40)
    order = np.random.default_rng(0).permutation(300)
    assert (split(dataset(values[order])).part == split(dataset(values)).part[order]).all()


def test_duplicates_on_either_strand_are_left_out():
    values = random_dna(100, 30)
    values[:, -1] = DNA.pad
    doubled = np.concatenate([values, values[:10], DNA.reverse_complement(values[:5])])
    both, one = split(dataset(doubled, DNA_BOTH)), split(dataset(doubled, DNA_ONE))
    assert (both.rows("duplicate") == np.arange(100, 115)).all()
    assert (one.rows("duplicate") == np.arange(100, 110)).all()
    assert (both.duplicates, both.clusters) == (15, 100)
    assert (both.cluster[100:110] == both.cluster[:10]).all()
    assert (one.cluster[110:] == one.cluster[:5]).all()


def test_keys_tell_different_sequences_apart():
    values = np.unique(random_dna(5000, 9), axis=0)
    assert len(np.unique(sequence_keys(values, DNA, stranded=True))) == len(values)
    keys = sequence_keys(values, DNA, stranded=False)
    assert (keys == sequence_keys(DNA.reverse_complement(values), DNA, stranded=False)).all()


def test_word_length():
    assert [word_length(random_dna(100, length), DNA) for length in (50, 60, 61, 300, 301)] == [16, 16, 20, 20, 30]
    assert word_length(np.zeros((200_000, 60), np.int8), DNA) == 17
    assert word_length(np.zeros((1000, 50), np.int8), PROTEIN) == 6


def test_large_clusters_go_where_room_is():
    values = random_dna(200, 40)
    values[:120, 10:30] = values[0, 10:30]
    found = split(dataset(values))
    assert set(found.part[:120]) == {"train"}
    assert Counter(found.part.tolist()) == {"train": 160, "validation": 20, "holdout": 20}


def test_named_parts():
    values = random_dna(100, 30)
    named = np.array(["Training"] * 60 + ["val"] * 20 + ["test"] * 20)
    found = split(dataset(values, split=named), by="split")
    assert (found.part == np.repeat(["train", "validation", "holdout"], [60, 20, 20])).all()
    values[0] = values[99]
    found = split(dataset(values, split=named), by="split")
    assert (found.part[0], found.part[99], found.by) == ("duplicate", "holdout", "split")
    values[1, :20] = values[98, :20]
    assert split(dataset(values, split=named), by="split").shared == 1


def test_named_parts_without_validation_take_it_from_train():
    values = random_dna(100, 30)
    found = split(dataset(values, fold=["train"] * 90 + ["test"] * 10), by="fold")
    assert Counter(found.part.tolist()) == {"train": 80, "validation": 10, "holdout": 10}
    assert set(found.part[90:]) == {"holdout"}
    with pytest.raises(DataError, match="--split-by fold: no distinct sequence is labelled 'holdout'"):
        split(dataset(values, fold=["train"] * 90 + ["dev"] * 10), by="fold")


def test_groups_stay_whole():
    chrom = np.random.default_rng(0).choice([f"chr{i}" for i in range(1, 21)], 1000)
    found = split(dataset(random_dna(1000, 30), chrom=chrom), by="chrom")
    assert all(len(set(found.part[chrom == name])) == 1 for name in np.unique(chrom))
    assert {part: n // 100 for part, n in Counter(found.part.tolist()).items()}["train"] in (7, 8)
    with pytest.raises(DataError, match="--split-by x: 'a', 'b' are too few groups for three parts"):
        split(dataset(random_dna(100, 30), x=["a", "b"] * 50), by="x")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (random_dna(3, 30), r"3 distinct sequences \(of 3 in all\) are too few .* at least 30"),
        (np.zeros((50, 30), np.int8), "all 50 sequences are identical"),
        (
            np.concatenate([random_dna(100, 40)[:, :20], np.zeros((100, 20), np.int8)], 1),
            "100 of 100 .* --split-by LABEL",
        ),
    ],
)
def test_data_that_cannot_be_split(values, match):
    with pytest.raises(DataError, match=match):
        split(dataset(values))


def test_wrong_arguments():
    data = dataset(random_dna(50, 30), chrom=["chr1"] * 50)
    with pytest.raises(UsageError, match="there is no such label; did you mean 'chrom'\\? there is 'chrom'"):
        split(data, by="chrm")
    with pytest.raises(UsageError, match="the data have no labels; FASTA headers give them as x=VALUE"):
        split(dataset(random_dna(50, 30)), by="x")
    with pytest.raises(UsageError, match="must be three positive numbers that add up to 1"):
        split(data, fractions=(0.8, 0.1, 0.2))


def profiles(n, seed=0, genes=20, rate=3.0, **labels):
    values = np.random.default_rng(seed).poisson(rate, (n, genes)).astype(np.int32)
    modality = Expression("counts", tuple(f"gene_{at}" for at in range(genes)))
    return dataset(values, modality, **labels)


def donors(n, count, seed=0):
    return np.random.default_rng(seed).choice([f"d{at}" for at in range(count)], n)


def parts_of_groups(found, groups):
    return {name: set(found.part[groups == name].tolist()) for name in np.unique(groups)}


def test_cells_are_split_one_by_one_where_no_label_names_their_source_and_it_is_said():
    data = profiles(1000, cell_type=donors(1000, 5))
    found, again, other = split(data), split(data), split(data, seed=1)
    assert Counter(found.part.tolist()) == {"train": 800, "validation": 100, "holdout": 100}
    assert (found.w, found.by, found.shared, found.clusters) == (None, None, 0, 1000)
    assert "split by single cells, as no label parts them into at least three donors, batches or the like" in found.note
    assert "scores may flatter" in found.note
    assert (found.part == again.part).all()
    assert (found.part != other.part).any()


@pytest.mark.parametrize("name", ["donor", "donor_id", "Donor ID", "donorId", "patient", "sequencing_batch", "Sample1"])
def test_cells_of_one_donor_stay_together_and_it_is_said(name):
    groups = donors(600, 12)
    found = split(profiles(600, **{"cell_type": donors(600, 4, 1), name: groups}))
    assert all(len(parts) == 1 for parts in parts_of_groups(found, groups).values())
    assert (found.by, found.clusters, found.shared, found.duplicates) == (name, 12, 0, 0)
    assert found.note == f"split by the label {name}: all cells of one {name} stand in one part"


@pytest.mark.parametrize("name", ["donor_age", "sample_type", "resampled", "cell_type", "batches_seen"])
def test_labels_that_only_sound_like_a_source_do_not_split(name):
    assert split(profiles(200, **{name: donors(200, 9)})).by is None


def test_how_cells_were_split_is_told():
    lines = []
    watch = lambda stage, share, detail: lines.append(detail)  # noqa: E731
    assert parts_for(profiles(200), None, 0, watch).split.note in lines[-1]
    assert "160 train, 20 validation, 20 holdout, 0 duplicates left out; split by single cells" in lines[-1]
    parts_for(profiles(200, donor=donors(200, 9)), None, 0, watch)
    assert lines[-1].endswith("; split by the label donor: all cells of one donor stand in one part")
    parts_for(dataset(random_dna(200, 40)), None, 0, watch)
    assert lines[-1] == "160 train, 20 validation, 20 holdout, 0 duplicates left out"


@pytest.mark.parametrize(
    "groups", [["a", "b"] * 100, ["a"] * 101 + donors(99, 5).tolist(), ["a"] * 200, ["a", "b"] * 95 + ["c"] * 10]
)
def test_few_donors_or_one_that_has_most_cells_do_not_split(groups):
    assert split(profiles(200, donor=groups)).by is None


def test_donors_come_before_batches_and_what_is_asked_for_before_both():
    columns = {"plate": donors(300, 6), "batch": donors(300, 5, 1), "donor": donors(300, 9, 2)}
    assert source_label(columns, Expression("counts", ()).sources) == "donor"
    data = profiles(300, **columns)
    assert split(data).by == "donor"
    found = split(data, by="plate")
    assert all(len(parts) == 1 for parts in parts_of_groups(found, columns["plate"]).values())
    assert (found.by, found.note) == ("plate", "split by the label plate, as it was asked for")


def test_sequences_are_split_by_homology_whatever_their_labels_are():
    found = split(dataset(random_dna(200, 40), donor=donors(200, 9)))
    assert (found.by, found.w, found.note) == (None, 16, "")


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), grouped=st.booleans())
def test_equal_cells_stand_in_one_part_and_all_are_kept(seed, grouped):
    labels = {"batch": donors(300, 7, seed)} if grouped else {}
    data = profiles(300, seed, genes=4, rate=0.7, **labels)
    found = split(data, seed=seed)
    keys = data.modality.keys(data.values)
    assert len(np.unique(keys)) < 250
    for key in np.unique(keys):
        assert len(set(found.part[keys == key]) - {"duplicate"}) == 1
    assert grouped or found.duplicates == 0
    assert set(found.part) - {"duplicate"} == {"train", "validation", "holdout"}


def test_the_order_of_cells_does_not_matter():
    order = np.random.default_rng(0).permutation(300)
    for labels in ({}, {"batch": donors(300, 7)}, {"fold": np.repeat(["train", "test"], [250, 50])}):
        data = profiles(300, genes=4, rate=2.0, **labels)
        by = "fold" if "fold" in labels else None
        assert (split(data.take(order), by=by).part == split(data, by=by).part[order]).all()


def test_named_parts_of_cells_keep_what_judges():
    data = profiles(100, split=["train"] * 60 + ["val"] * 20 + ["test"] * 20)
    values = data.values.copy()
    values[1] = values[0]
    values[2] = values[70]
    values[3] = values[71] = values[99]
    found = split(dataset(values, data.modality, **data.labels), by="split")
    assert found.rows("duplicate").tolist() == [2, 3, 71]
    assert (found.part[[0, 1, 70, 99]] == ["train", "train", "validation", "holdout"]).all()
    assert found.w is None


def test_named_parts_that_hold_the_same_cells_are_refused():
    half = profiles(50).values
    data = dataset(np.concatenate([half, half]), profiles(1).modality, fold=["train"] * 50 + ["test"] * 50)
    with pytest.raises(
        DataError, match="--split-by fold: no cell is left for train, as all of them stand in another part"
    ):
        split(data, by="fold")


def test_cells_that_cannot_be_split():
    with pytest.raises(
        DataError, match=r"20 distinct cells \(of 20 in all\) are too few .* at least 30.*--orientation"
    ):
        split(profiles(20))
    with pytest.raises(DataError, match="all 50 cells are identical; there is nothing to learn from one cell"):
        split(profiles(50, rate=0.0))
    values = profiles(400).values.copy()
    values[:370] = 0
    with pytest.raises(
        DataError, match=r"370 of 400 cells are the same in all genes, .* --split-by LABEL, or read more"
    ):
        split(dataset(values, profiles(1).modality))
    with pytest.raises(UsageError, match=r"the data have no labels; .* AnnData files as columns of obs"):
        split(profiles(50), by="donor")
