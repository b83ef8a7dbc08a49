"""Labels in a table of their own: joined by name or by place, missing ones counted, mistakes refused."""

import pytest

from genomimic.errors import DataError
from genomimic.reading import digest_of, read, reread

PLACES = ">chr1:0-8\nACGTACGT\n>x::chr1:8-16(-)\nACGTTCGT\n>chr2:0-8\nGGGTACGT\n"


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">s1 old=1\nACGTACGT\n>s2 old=2\nACGTTCGT\n>s3 old=3\nGGGTACGT\n")
    return path


def test_columns_become_labels_of_the_records_they_name(fasta, tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text("cell\tname\tactivity\nK562\ts3\t1.5\nHepG2\ts1\t\nK562\ts9\t7\n")
    data = read(fasta, labels=table)
    assert data.labels["cell"].tolist() == ["HepG2", "", "K562"]
    assert data.labels["activity"].tolist() == ["", "", "1.5"]
    assert data.labels["old"].tolist() == ["1", "2", "3"]
    assert data.notes["labels_missing"] == 2
    again = reread(data.source, data.modality)
    assert again.labels["cell"].tolist() == data.labels["cell"].tolist()
    before = digest_of(data.source)
    table.write_text("name,cell\n")
    assert digest_of(data.source) != before


def test_bed_names_places_as_bedtools_does(tmp_path):
    fasta, bed = tmp_path / "a.fa", tmp_path / "a.bed"
    fasta.write_text(PLACES)
    bed.write_text("# made up\nchr1\t0\t8\tp1\t10\t+\t2.5\nchr1\t8\t16\tp2\t20\t-\t3.5\n")
    data = read(fasta, labels=bed)
    assert data.labels["name"].tolist() == ["p1", "p2", ""]
    assert data.labels["column_7"].tolist() == ["2.5", "3.5", ""]


def test_windows_carry_the_labels_of_their_record(tmp_path):
    fasta, table = tmp_path / "a.fa", tmp_path / "t.csv"
    fasta.write_text(">s1\nACGTACGT\n>s2\nACGTTCGT\n")
    table.write_text("id,kind\ns1,a\ns2,b\n")
    assert read(fasta, window=4, labels=table).labels["kind"].tolist() == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "id,cell\ns1,a\ns1,b\n", "'s1' stands twice"),
        ("t.csv", "id,cell\nz1,a\n", "no record is in it; it names 'z1' and the like, and records are named 's1'"),
        ("t.csv", "id\ns1\n", "no labels beside the names in column 'id'"),
        ("t.csv", "id,cell,cell\ns1,a,b\n", "column names stand twice"),
        ("t.csv", "id,cell\n", "holds no rows"),
        ("t.bed", "chr1\t5\n", "a BED file has at least 3 columns"),
        ("t.bed", "chr1\t5\t9\n", "no labels beside the places"),
        ("absent.csv", None, "absent.csv"),
    ],
)
def test_tables_that_cannot_be_joined_are_refused_in_one_line(fasta, tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read(fasta, labels=tmp_path / name)
    assert "\n" not in str(caught.value)
