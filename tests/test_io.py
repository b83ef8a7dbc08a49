import bz2
import gzip
import lzma
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from genomimic.errors import DataError, UsageError
from genomimic.io import compression, fasta, read_records
from genomimic.io.base import Record
from genomimic.io.fasta import format_record

TEXT = b">s1 class=EI length=4\nACGT\nTT\n\n>s2\r\nGG GG\r\n"
PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": compression.zstd.compress}


def records(tmp_path, name, content, **options):
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_records(path, notes=options.pop("notes", Counter()), **options))


def refused(tmp_path, name, content, match, **options):
    with pytest.raises(DataError, match=match) as caught:
        records(tmp_path, name, content, **options)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_fasta_with_wraps_blanks_and_windows_line_ends(tmp_path):
    notes = Counter()
    found = records(tmp_path, "a.fa", TEXT, notes=notes)
    assert found[0] == Record("s1", "ACGTTT", {"class": "EI", "length": "4"}, "class=EI length=4")
    assert found[1][:2] == ("s2", "GGGG")
    assert notes == {"lines_crlf": 2, "lines_blank": 1}


@pytest.mark.parametrize("suffix", PACK)
def test_compressed_by_content_whatever_the_name(tmp_path, suffix):
    plain = records(tmp_path, "a.fa", TEXT)
    assert records(tmp_path, "a.fa" + suffix, PACK[suffix](TEXT)) == plain
    assert records(tmp_path, "b.fa", PACK[suffix](TEXT)) == plain
    assert records(tmp_path, "c.fa" + suffix, TEXT) == plain


@pytest.mark.parametrize("suffix", PACK)
def test_truncated_archive(tmp_path, suffix):
    content = PACK[suffix](b"".join(b">s%d\nACGT%d\n" % (i, i * 7919) for i in range(5000)))
    for cut in (10, len(content) // 2, len(content) - 2):
        refused(tmp_path, "a.fa" + suffix, content[:cut], rf"truncated or damaged {suffix} file .*download it again")


@pytest.mark.parametrize("block", [4, 7, 64, 1 << 22])
def test_blocks_do_not_show(tmp_path, block, monkeypatch):
    monkeypatch.setattr(fasta, "BLOCK_BYTES", block)
    notes = Counter()
    content = b"\xef\xbb\xbf" + b"".join(b">s%d\nAC\nGT\n\n" % i for i in range(20)).rstrip()
    found = records(tmp_path, "a.fa", content, notes=notes)
    assert [r.id for r in found] == [f"s{i}" for i in range(20)]
    assert {r.text for r in found} == {"ACGT"}
    assert notes["lines_blank"] == 19


def test_missing_folder_empty_and_unreadable(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.fa does not exist; check the spelling"):
        read_records(tmp_path / "nothing.fa", notes=Counter())
    with pytest.raises(DataError, match="is a folder; name a file in it"):
        read_records(tmp_path, notes=Counter())
    refused(tmp_path, "a.fa", b"", "is empty")
    refused(tmp_path, "a.fa", b"\n \n", "blank lines only, no records")
    refused(tmp_path, "a.fa.gz", gzip.compress(b""), "no records")


def test_permission(tmp_path, monkeypatch):
    def forbid(*_, **__):
        raise PermissionError

    monkeypatch.setattr(Path, "open", forbid)
    with pytest.raises(DataError, match="may not be read by this user"):
        read_records(tmp_path / "a.fa", notes=Counter())


def test_fasta_faults(tmp_path):
    refused(tmp_path, "a.fa", b">s1\nAC\n>s2 x\n>s3\nGG\n", "record 2 's2': the record has no sequence")
    refused(tmp_path, "a.fa", b">s1\nAC\n>s2", "record 2 's2': the record has no sequence")
    refused(tmp_path, "a.fa", b"\n\nACGT\n>s1\nAC\n", "line 3: 'ACGT' stands before any header")
    refused(tmp_path, "a.fa", b">s1\rACGT\r>s2\rAC\r", "old Mac line ends")
    refused(tmp_path, "a.fa", b">s1\xff\nACGT\n", "record 1: byte 4 of the header is 0xff, which is not UTF-8")
    refused(tmp_path, "a.fa", b">s1\nACGT\xe9A\n", "record 1 's1': letter 5 is byte 0xe9, which is not UTF-8")
    refused(tmp_path, "a.fa", b">s1\nAC\x00GT\n", r"binary file \(byte 7 is 0x00\)")
    refused(tmp_path, "a.zip", b"PK\x03\x04rest", "a zip archive; unpack it first")
    refused(tmp_path, "a.fa", "\ufeff>s1\nAC\n".encode("utf-16"), "UTF-16")


def test_fastq(tmp_path):
    notes = Counter()
    found = records(tmp_path, "a.fq", b"@r1 x=1\nACGT\n+\nIIII\n@r2\nAC\n+\nII\n", notes=notes)
    assert [(r.id, r.text, dict(r.labels)) for r in found] == [("r1", "ACGT", {"x": "1"}), ("r2", "AC", {})]
    assert notes == {"qualities_left_out": 2}


def test_fastq_faults(tmp_path):
    refused(tmp_path, "a.fq", b"@r1\nACGT\n+\nIIII\n@r2\nACGT\n+\nII\n", "broken FASTQ: .* line 8: Length of sequence")
    refused(tmp_path, "a.fq", b"@r1\nACGT\n+\n", "broken FASTQ: .*Premature end of file")
    refused(tmp_path, "a.fq", b"@r1\n\n+\n\n", "record 1 'r1': the record has no sequence")


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "name,SEQ,class\nx y,ACGT,\nz,GG,NA\n"), ("a.tsv", "class\tseq\tname\n\tACGT\tx y\nNA\tGG\tz\n")],
)
def test_delimited(tmp_path, name, text):
    wanted = [Record("x_y", "ACGT", {"class": ""}), Record("z", "GG", {"class": "NA"})]
    assert records(tmp_path, name, text.encode()) == wanted
    assert records(tmp_path, name + ".gz", gzip.compress(text.encode())) == wanted


def test_parquet(tmp_path):
    table = pa.table({"dna": ["ACGT", "GG"], "expression": [2.5, None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    found = list(read_records(tmp_path / "a.parquet", notes=Counter()))
    assert found == [Record("", "ACGT", {"expression": "2.5"}), Record("", "GG", {"expression": ""})]
    refused(tmp_path, "b.parquet", b"PAR1 no parquet", "not a Parquet file that can be read")


def test_the_sequence_column_is_found_by_its_entries(tmp_path):
    assert records(tmp_path, "a.csv", b"kind,promoter\nEI,ACGTACGTAC\nN,GGGGGGGGTT\n")[0].text == "ACGTACGTAC"
    assert records(tmp_path, "a.csv", b"kind,chain\nEI,MKVLITGAGF\nN,FFEELLPPQQ\n")[0].text == "MKVLITGAGF"


def test_table_faults(tmp_path):
    table = b"name,seq\nx,ACGT\n"
    refused(
        tmp_path,
        "a.csv",
        table,
        "has no column 'sea'; did you mean 'seq'\\? its columns are 'name', 'seq'",
        column="sea",
    )
    refused(tmp_path, "a.csv", b"a,b\n1,2\n", "which column holds the sequences\\? Name it with --column; .* 'a', 'b'")
    refused(tmp_path, "a.csv", b"name,seq\nx,ACGT\ny,\n", "record 2 'y': column 'seq' is empty")
    refused(tmp_path, "a.csv", b"name,seq\nx,ACGT\ny\n", "not a table that can be read: .*Expected 2 columns, got 1")
    refused(tmp_path, "a.csv", b"name,seq\n", r"no records \(a header line only\)")
    refused(tmp_path, "a.csv", b"seq,seq\nA,C\n", r"column names stand twice \('seq'\)")
    refused(tmp_path, "a.csv", b"ACGTACGTAC,1\nGGGGGGGGTT,2\n", "is a sequence, not a column name; add a header line")
    refused(tmp_path, "a.csv", b"name,seq\nx,AC\xffGT\n", "not a table that can be read")
    with pytest.raises(UsageError, match="FASTA, which has no columns"):
        records(tmp_path, "a.fa", TEXT, column="seq")


@pytest.mark.parametrize("value", ["plain", "", "two words", 'quo"te', '"', ' "a" b', "a=b", "tab\there", "\xa0"])
def test_labels_come_back_as_they_were(tmp_path, value):
    text = format_record(Record("s", "ACGT", {"first": value, "last": "x"}))
    assert records(tmp_path, "a.fa", text.encode())[0].labels == {"first": value, "last": "x"}


def test_importing_io_loads_no_array_engine():
    code = "import sys, genomimic.io; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
