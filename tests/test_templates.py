"""Templates: what each code allows, and what is refused."""

import pytest

from genomimic.alphabet import ALPHABETS
from genomimic.errors import GenomimicError
from genomimic.modalities.sequences import Sequences
from genomimic.templates import CODES, read_templates


def allowed(text, kind="dna", *, length=None, ends=False):
    """The letters that may stand at each place, as texts."""
    modality = Sequences(kind, stranded=True, aligned=True)
    (rows,) = read_templates(text, modality, length=length or len(text), ends=ends).allowed
    return ["".join(letter for letter, may in zip(ALPHABETS[kind].symbols, row, strict=True) if may) for row in rows]


def test_codes_allow_what_they_stand_for():
    assert allowed("AcNryB") == ["A", "C", "ACGT", "AG", "CT", "CGT"]
    assert allowed("UNW", "rna") == ["U", "ACGU", "AU"]
    assert allowed("MXBZJ", "protein") == ["M", "ACDEFGHIKLMNPQRSTVWY", "DN", "EQ", "IL"]


@pytest.mark.parametrize("kind", CODES)
def test_every_code_is_an_ambiguous_letter_of_its_alphabet(kind):
    for code, letters in CODES[kind].items():
        assert code in ALPHABETS[kind].ambiguous
        assert set(letters) <= set(ALPHABETS[kind].symbols)
        assert len(letters) > 1


def test_a_short_template_ends_where_records_may_end():
    assert allowed("ANC", length=5, ends=True) == ["A", "ACGT", "C", "", ""]


@pytest.mark.parametrize(
    ("text", "length", "ends", "match"),
    [
        ("ANC", 5, False, "has 3 letters, and records of this run have 5; write N"),
        ("ANCANC", 5, True, "has 6 letters, and records of this run have up to 5; shorten it"),
        ("ACUN", 4, False, r"position 3: 'U' is neither a letter of dna \(ACGT\) nor a code for some"),
        ("ACGT", 4, False, "nothing to fill in; write N"),
        ("AC-N", 4, False, "neither letters and N alone nor a file"),
        ("", 4, False, "neither letters and N alone nor a file"),
    ],
)
def test_what_cannot_be_filled_is_refused_in_a_line(text, length, ends, match):
    with pytest.raises(GenomimicError, match=match) as error:
        allowed(text, length=length, ends=ends)
    assert "\n" not in str(error.value)


def test_a_file_gives_a_template_for_each_record(tmp_path):
    modality, file = Sequences("dna", stranded=True, aligned=True), tmp_path / "templates.fa"
    file.write_text(">one\nACN\nN\n>two\nNNNN\n")
    found = read_templates(file, modality, length=4, ends=False)
    assert found.names == ("one", "two")
    assert found.allowed.sum(2).tolist() == [[1, 1, 4, 4], [4, 4, 4, 4]]
    file.write_text(">one\nACNN\n>two\nACG!\n")
    with pytest.raises(GenomimicError, match=r"templates.fa, template 2 'two', position 4: '!' is neither"):
        read_templates(file, modality, length=4, ends=False)
