import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomimic.alphabet import ALPHABETS, DNA, PROTEIN, RNA
from genomimic.errors import UsageError

nucleic = st.sampled_from([DNA, RNA])


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=lambda a: a.name)
def test_every_symbol_decodes_to_itself(alphabet):
    assert alphabet.decode(alphabet.encode(alphabet.symbols)) == alphabet.symbols
    assert alphabet.decode(alphabet.encode(alphabet.symbols.lower())) == alphabet.symbols


def test_ambiguity_codes_are_unknown_and_padding_is_not_text():
    assert (DNA.encode("NRYSWKMBDHV") == DNA.unknown).all()
    assert DNA.decode(np.array([0, DNA.unknown, DNA.pad, DNA.pad], np.int8)) == "AN"


def test_a_letter_outside_is_refused_with_its_place():
    with pytest.raises(UsageError, match=r"position 3: 'X' is not a letter of dna \(ACGT\)"):
        DNA.encode("ACXT")


def test_protein_has_no_reverse_complement():
    with pytest.raises(UsageError, match="protein has no reverse complement"):
        PROTEIN.reverse_complement(PROTEIN.encode("MKV"))


@given(nucleic, st.lists(st.text("ACGN", min_size=1, max_size=12), min_size=1, max_size=5))
def test_reverse_complement_is_an_involution(alphabet, texts):
    length = max(map(len, texts))
    rows = [np.pad(alphabet.encode(t), (0, length - len(t)), constant_values=alphabet.pad) for t in texts]
    values = np.stack(rows)
    other = alphabet.reverse_complement(values)
    np.testing.assert_array_equal(alphabet.reverse_complement(other), values)
    for text, row in zip(texts, other, strict=True):
        paired = str.maketrans("ACGTUN", "TGCAAN" if alphabet is DNA else "UGCAAN")
        assert alphabet.decode(row) == text.translate(paired)[::-1]
