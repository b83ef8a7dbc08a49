import numpy as np
import pytest
from toys import dataset, sequences

from genomimic.comparison import compare
from genomimic.errors import UsageError
from genomimic.views import View


def counted(view, k):
    totals = dict(zip(view.words(k), view.kmer_totals(k).tolist(), strict=True))
    return {word: count for word, count in totals.items() if count}


def test_kmers_overlap_and_skip_unknown_letters_and_padding():
    view = View(sequences("AAAA", "ANCG", "ACG"))
    assert counted(view, 2) == {"AA": 3, "CG": 2, "AC": 1}
    assert view.kmers(2).dtype == np.uint8
    assert view.kmers(2).shape == (3, 16)


def test_kmers_of_unstranded_data_share_a_column_with_their_reverse_complement():
    view = View(sequences("AAC", "GTT", stranded=False))
    assert view.kmers(2).shape == (2, 10)
    assert counted(view, 2) == {"AA": 2, "AC": 2}
    assert (view.kmers(2)[0] == view.kmers(2)[1]).all()


def test_kmers_longer_than_the_records_are_none():
    assert View(sequences("ACG")).kmers(5).sum() == 0


def test_kmers_of_protein_and_their_limit():
    view = View(sequences("MKMK", alphabet="protein"))
    assert counted(view, 2) == {"MK": 2, "KM": 1}
    with pytest.raises(UsageError, match="4-mers of protein are more than 8000 words; use a smaller k"):
        view.kmers(4)


def test_lengths_gc_and_one_hot():
    view = View(sequences("GCAT", "GN", "CC"))
    assert view.lengths.tolist() == [4, 2, 2]
    assert view.gc.tolist() == [0.5, 1.0, 1.0]
    assert view.one_hot.sum((1, 2)).tolist() == [4.0, 1.0, 2.0]
    with pytest.raises(UsageError, match="protein has no GC content"):
        _ = View(sequences("MK", alphabet="protein")).gc


def test_a_part_slices_what_the_whole_computed():
    values = np.random.default_rng(0).integers(0, 4, (40, 12))
    view = View(dataset(values))
    part = view.take(np.arange(5, 30)).take(np.array([3, 1, 7]))
    alone = View(dataset(values[[8, 6, 12]]))
    assert (part.kmers(3) == alone.kmers(3)).all()
    assert (part.gc == alone.gc).all()
    assert (part.distances(part) == alone.distances(alone)).all()
    assert (part.nearest(view).index == [8, 6, 12]).all()


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
    assert comparison.train.lengths.tolist() == [4]


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
