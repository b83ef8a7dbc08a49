import numpy as np
import pytest

from genomimic import data
from genomimic.alphabet import DNA, PROTEIN, RNA
from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.modalities import Sequences, build
from genomimic.modalities.guessing import choose_alphabet, detect_aligned, detect_stranded
from genomimic.reading import read


def random_dna(n, length, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.int8)


@pytest.mark.parametrize(
    ("letters", "name"),
    [
        (b"ACGT", "dna"),
        (b"acgtnnn", "dna"),
        (b"ACG", "dna"),
        (b"ACGTACGTACGTRACGTACGTA", "dna"),
        (b"ACGU", "rna"),
        (b"MKVLAAGIVGLPNVGKSTLF", "protein"),
        (b"ACDEFGHIKLMNPQRSTVWYX*", "protein"),
    ],
)
def test_the_alphabet_is_chosen_from_the_letters(letters, name):
    assert choose_alphabet(letters).name == name


def test_letters_that_may_be_either_are_refused():
    with pytest.raises(DataError, match="may be ambiguity codes or amino acids; say --modality dna, rna or protein"):
        choose_alphabet(b"GASKRDVH")
    with pytest.raises(DataError, match="both T and U occur; say --modality dna or --modality rna"):
        choose_alphabet(b"ACGTU")


def test_build_is_the_inverse_of_config():
    for modality in (
        Sequences("dna", stranded=False, aligned=True),
        Sequences("protein", stranded=True, aligned=False),
    ):
        assert build(modality.config()) == modality
    with pytest.raises(UsageError, match="there is no modality 'proteins'; did you mean 'protein'"):
        build({"name": "proteins"})


def test_an_end_is_observed_only_where_a_sequence_ends():
    modality = Sequences("dna", stranded=True, aligned=False)
    assert not modality.observation(np.array([[0, 1, DNA.unknown]], np.int8)).ends
    assert modality.observation(np.array([[0, 1, DNA.pad]], np.int8)).ends


def test_texts_have_no_padding_and_show_unknown_letters():
    values = np.array([[0, 1, 4, 4], [3, 5, 2, 0]], np.int8)
    modality = Sequences("dna", stranded=True, aligned=False)
    assert list(modality.texts(Dataset(values, np.array(["a", "b"]), modality))) == ["AC", "TNGA"]


def test_random_dna_is_neither_stranded_nor_aligned():
    for seed in range(5):
        values = random_dna(1000, 40, seed)
        assert not detect_stranded(values, DNA).answer
        assert not detect_aligned(values, DNA).answer


def test_both_strands_of_stranded_data_are_unstranded():
    skewed = np.random.default_rng(0).choice(4, (1000, 60), p=[0.35, 0.15, 0.25, 0.25]).astype(np.int8)
    assert detect_stranded(skewed, DNA).answer
    assert not detect_stranded(np.concatenate([skewed, DNA.reverse_complement(skewed)]), DNA).answer


def test_one_anchored_motif_is_alignment_and_a_palindrome_keeps_the_strands_equal():
    values = random_dna(400, 200)
    values[:200, 100:104] = DNA.encode("TATA")
    assert detect_aligned(values, DNA).answer
    assert detect_stranded(values, DNA).answer
    values = random_dna(400, 204)
    values[:200, 100:104] = DNA.encode("GATC")
    assert detect_aligned(values, DNA).answer
    assert not detect_stranded(values, DNA).answer


def test_unequal_lengths_are_not_aligned_and_rna_and_protein_are_stranded():
    values = random_dna(400, 20)
    values[:, 3] = 0
    values[0, -1] = DNA.pad
    assert not detect_aligned(values, DNA).answer
    assert detect_stranded(values, RNA).answer
    assert detect_stranded(values, PROTEIN).answer


def test_the_bundled_splice_junctions_are_stranded_and_aligned():
    dataset = read(data.path("splice_junctions"))
    assert dataset.modality == Sequences("dna", stranded=True, aligned=True)
    counts = {str(k): int(n) for k, n in zip(*np.unique(dataset.labels["class"], return_counts=True), strict=True)}
    assert counts == {"EI": 766, "IE": 768, "N": 1655}
    assert dataset.notes == {"letters_unknown": 60, "records_too_ambiguous": 1}
    with pytest.raises(UsageError, match="no bundled data set 'splice'"):
        data.path("splice")
