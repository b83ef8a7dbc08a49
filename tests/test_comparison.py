import numpy as np
import pytest
from toys import dataset, sequences

from genomimic.comparison import Comparison, compare
from genomimic.errors import UsageError
from genomimic.features import sequence
from genomimic.views import View


def counted(view, k):
    totals = dict(zip(sequence.words(view, k), sequence.kmer_totals(view, k).tolist(), strict=True))
    return {word: count for word, count in totals.items() if count}


def test_kmers_overlap_and_skip_unknown_letters_and_padding():
    view = View(sequences("AAAA", "ANCG", "ACG"))
    assert counted(view, 2) == {"AA": 3, "CG": 2, "AC": 1}
    assert sequence.kmers(view, 2).dtype == np.uint8
    assert sequence.kmers(view, 2).shape == (3, 16)


def test_kmers_of_unstranded_data_share_a_column_with_their_reverse_complement():
    view = View(sequences("AAC", "GTT", stranded=False))
    assert sequence.kmers(view, 2).shape == (2, 10)
    assert counted(view, 2) == {"AA": 2, "AC": 2}
    assert (sequence.kmers(view, 2)[0] == sequence.kmers(view, 2)[1]).all()


def test_kmers_longer_than_the_records_are_none():
    assert sequence.kmers(View(sequences("ACG")), 5).sum() == 0


def test_kmers_of_protein_and_their_limit():
    view = View(sequences("MKMK", alphabet="protein"))
    assert counted(view, 2) == {"MK": 2, "KM": 1}
    with pytest.raises(UsageError, match="4-mers of protein are more than 8000 words; use a smaller k"):
        sequence.kmers(view, 4)


def test_lengths_gc_and_one_hot():
    view = View(sequences("GCAT", "GN", "CC"))
    assert sequence.lengths(view).tolist() == [4, 2, 2]
    assert sequence.gc(view).tolist() == [0.5, 1.0, 1.0]
    assert sequence.one_hot(view).sum((1, 2)).tolist() == [4.0, 1.0, 2.0]
    with pytest.raises(UsageError, match="protein has no GC content"):
        _ = sequence.gc(View(sequences("MK", alphabet="protein")))


def test_a_part_slices_what_the_whole_computed():
    values = np.random.default_rng(0).integers(0, 4, (40, 12))
    view = View(dataset(values))
    part = view.take(np.arange(5, 30)).take(np.array([3, 1, 7]))
    alone = View(dataset(values[[8, 6, 12]]))
    sides = Comparison(view, view, view, view)
    assert (sequence.kmers(part, 3) == sequence.kmers(alone, 3)).all()
    assert (sequence.gc(part) == sequence.gc(alone)).all()
    assert (sides.distances(part, part) == sides.distances(alone, alone)).all()
    assert (sides.nearest_in(part, view).index == [8, 6, 12]).all()


def test_clusters_are_those_given_or_equal_records_on_either_strand():
    records = sequences("AACC", "GGTT", "ACAC")
    assert len(set(View(records).clusters[:2])) == 1
    assert len(set(View(records).clusters)) == 2
    assert View(records, np.array([4, 5, 6])).clusters.tolist() == [4, 5, 6]
    with pytest.raises(UsageError, match="2 cluster numbers for 3 records"):
        View(records, np.array([1, 2]))


@pytest.mark.parametrize("stranded", [True, False])
def test_nearest_knows_the_opposite_strand_of_unstranded_data(stranded):
    train = sequences("TTTTGG", "ACACAC", stranded=stranded)
    nearest = compare(train, train, sequences("CCAAAA", stranded=stranded)).nearest
    assert nearest.index.tolist() == [1 if stranded else 0]
    assert nearest.distance.tolist() == [3 if stranded else 0]
    assert nearest.reversed.tolist() == [not stranded]


def test_sets_are_padded_to_the_widest():
    comparison = compare(sequences("ACGT"), sequences("ACG"), sequences("ACGTA"))
    assert comparison.train.dataset.length == comparison.holdout.dataset.length == 5
    assert sequence.lengths(comparison.train).tolist() == [4]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_empty_set_is_refused_by_name(which):
    sets = [sequences("ACGT")] * 3
    sets[which] = sets[which].take(np.array([], int))
    name = ("training", "holdout", "synthetic")[which]
    with pytest.raises(UsageError, match=f"the {name} set has no records"):
        compare(*sets)


def test_alphabets_must_agree():
    with pytest.raises(UsageError, match="protein cannot be compared with dna"):
        compare(sequences("ACGT"), sequences("ACGT"), sequences("ACGT", alphabet="protein"))
