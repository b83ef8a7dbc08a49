import bz2
import gzip
import io
import lzma
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from genomimic import encoding
from genomimic.alphabet import ALPHABETS, DNA
from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.io import compression
from genomimic.modalities import Sequences
from genomimic.reading import NOTES, Writer, digest, read, write

SHARED_FOLDER = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def put(tmp_path, text, name="a.fa"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def texts(dataset):
    return list(dataset.modality.texts(dataset))


def refused(path, match, **options):
    with pytest.raises(DataError, match=match) as caught:
        read(path, **options)
    assert "\n" not in str(caught.value)


def test_letters_lengths_and_names_are_counted(tmp_path):
    path = put(tmp_path, ">a\nacgtACGTAA\n>a\nACGTACGTRT\n>\nACGTACG\n>b\nNNACGTACGT\n")
    dataset = read(path)
    assert texts(dataset) == ["ACGTACGTAA", "ACGTACGTNT", "ACGTACG"]
    assert dataset.ids.tolist() == ["a", "a_2", "record_3"]
    assert dataset.values[2].tolist()[-3:] == [DNA.pad] * 3
    assert dataset.values.dtype == np.int8
    assert dataset.notes == {
        "ids_made_unique": 1,
        "ids_missing": 1,
        "letters_lower_case": 4,
        "letters_unknown": 3,
        "records_padded": 1,
        "records_too_ambiguous": 1,
    }
    assert len(read(path, max_unknown=0.2)) == 4


def test_every_note_is_explained(tmp_path):
    fasta = put(tmp_path, b">a x=1\r\nMKVLE*\r\n\r\n>b\r\nMKVLEE\r\n")
    fastq = put(tmp_path, "@r\nACGT\n+\nIIII\n", "a.fq")
    notes = {**read(fasta).notes, **read(fastq).notes}
    assert notes == {
        "labels_missing": 1,
        "lines_blank": 1,
        "lines_crlf": 5,
        "qualities_left_out": 1,
        "records_padded": 1,
        "stops_dropped": 1,
    }
    assert set(notes) <= set(NOTES)


def test_labels_that_some_records_lack_are_empty(tmp_path):
    dataset = read(put(tmp_path, ">a x=1\nACGT\n>b y=2\nACGT\n"))
    assert {name: column.tolist() for name, column in dataset.labels.items()} == {"x": ["1", ""], "y": ["", "2"]}


def test_windows(tmp_path):
    path = put(tmp_path, ">chr1 kind=x\nAACCGGTTAC\n>chr2\nACG\n>chr3\nNNNNNNACGT\n")
    dataset = read(path, window=4, stride=3)
    assert dataset.ids.tolist() == ["chr1:1-4", "chr1:4-7", "chr1:7-10", "chr3:7-10"]
    assert texts(dataset) == ["AACC", "CGGT", "TTAC", "ACGT"]
    assert dataset.labels["record"].tolist() == ["chr1"] * 3 + ["chr3"]
    assert dataset.labels["kind"].tolist() == ["x"] * 3 + [""]
    assert dataset.notes["records_shorter_than_window"] == 1
    assert dataset.notes["records_too_ambiguous"] == 2
    assert read(path, window=4).notes["windows_partial"] == 2
    refused(path, r"no sequence is left \(.*records_shorter_than_window 3\)", window=50)


def test_rna_and_dna_letters_are_exchanged_only_when_said(tmp_path):
    path = put(tmp_path, ">a\nACGU\n>b\nACGT\n")
    refused(path, "both T and U occur; say --modality dna or --modality rna")
    rna = read(path, modality="rna")
    assert texts(rna) == ["ACGU", "ACGU"]
    assert rna.notes == {"letters_t_read_as_u": 1}
    assert read(path, modality="dna").notes == {"letters_u_read_as_t": 1}


def test_a_modality_of_other_data_is_kept(tmp_path):
    modality = Sequences("dna", stranded=False, aligned=True)
    assert read(put(tmp_path, ">a\nACGT\n"), modality=modality).modality == modality
    chosen = read(put(tmp_path, ">a\nACGT\n"), stranded=True, aligned=True)
    assert chosen.modality == Sequences("dna", stranded=True, aligned=True)


def test_letters_outside_the_alphabet(tmp_path):
    protein = put(tmp_path, ">p0\nACD\n>p1 x\nMKVLAAGE\n")
    refused(
        protein,
        r"a.fa, record 2 'p1': base 4: 'L' is not a letter of dna \(ACGT, --modality dna\); "
        "if this is protein use --modality protein, else replace it with N",
        modality="dna",
    )
    refused(put(tmp_path, ">a\nACGTACGT-ACGT\n"), "base 9: '-' is not .*this is a gap: remove the gaps")
    refused(put(tmp_path, ">a\nMKVLE*MKVLE\n"), "residue 6: '\\*' .* a stop inside a sequence")
    refused(put(tmp_path, ">a\nACGTACGTAC\u00e9\n"), "base 11: '\u00e9' .* replace it with N or remove the record")
    refused(put(tmp_path, ">a\nACGTACGTAC\u03b1\n"), "base 11: '\u03b1'")
    refused(put(tmp_path, ">a\n*\n"), "no sequence but a stop", modality="protein")


def test_a_later_record_that_contradicts_the_alphabet(tmp_path):
    path = put(tmp_path, "".join(f">d{i}\nACGT\n" for i in range(9000)) + ">late\nMKVL\n")
    refused(path, "record 9001 'late': base 1: 'M'|record 9001 'late': base 4: 'L' .*read as dna by its first letters")


def test_long_records_need_windows(tmp_path, monkeypatch):
    path = put(tmp_path, ">chr1\n" + "ACGT" * 6000 + "\n>b\nACGT\n")
    refused(path, r"record 1 'chr1': 24,000 letters, more than 20,000; cut it with --window 200")
    assert len(read(path, window=200)) == 120
    monkeypatch.setattr(encoding, "MAX_BYTES", 30)
    refused(put(tmp_path, f">a\n{'A' * 20}\n>b\nA\n"), "'a' has 20 letters, and 2 rows as long .*--window")


def test_wrong_arguments(tmp_path):
    path = put(tmp_path, ">a\nACGT\n")
    for options, match in [
        ({"stride": 3}, "--stride needs --window"),
        ({"window": 0}, "--window is 0; it must be at least 1"),
        ({"modality": "DNA"}, "there is no modality 'DNA'; did you mean 'dna'"),
    ]:
        with pytest.raises(UsageError, match=match):
            read(path, **options)


def test_numbers_behind_repeated_names_meet_no_other_name(tmp_path):
    names = ["a", "a", "a_2", "a", "b", "a_2"]
    ids = read(put(tmp_path, "".join(f">{name}\nACGT\n" for name in names))).ids.tolist()
    assert len(set(ids)) == 6
    assert [ids[0], ids[2], ids[4]] == ["a", "a_2", "b"]


@st.composite
def datasets(draw):
    modality = Sequences(draw(st.sampled_from(sorted(ALPHABETS))), stranded=True, aligned=False)
    letters = modality.letters
    rows = draw(
        st.lists(st.text(letters.symbols + letters.ambiguous[0], min_size=1, max_size=30), min_size=1, max_size=8)
    )
    length = max(map(len, rows))
    encoded = [np.pad(letters.encode(row), (0, length - len(row)), constant_values=letters.pad) for row in rows]
    word = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=1, max_size=6)
    ids = draw(st.lists(word, min_size=len(rows), max_size=len(rows), unique=True))
    value = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=6)
    keys = draw(st.lists(st.sampled_from(["class", "cell_type", "x.y-z"]), unique=True))
    labels = {key: np.array(draw(st.lists(value, min_size=len(rows), max_size=len(rows)))) for key in keys}
    return Dataset(np.stack(encoded), np.array(ids), modality, labels)


@SHARED_FOLDER
@given(dataset=datasets(), suffix=st.sampled_from(["", ".gz", ".bz2", ".xz", ".zst"]))
def test_what_is_written_is_read_back(tmp_path, dataset, suffix):
    path = tmp_path / f"a.fa{suffix}"
    write(dataset, path)
    back = read(path, modality=dataset.modality, max_unknown=1.0)
    np.testing.assert_array_equal(back.values, dataset.values)
    assert back.ids.tolist() == dataset.ids.tolist()
    assert back.labels.keys() == dataset.labels.keys()
    for name, column in dataset.labels.items():
        assert back.labels[name].tolist() == column.tolist()


def reads_or_refuses(path, **options):
    try:
        return len(read(path, **options)) > 0
    except DataError as error:
        return "\n" not in str(error)


content = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [b">", b"@", b"\n", b"\r\n", b"ACGT", b"name,seq\n", b"+", b"II", b" a=b", b"\t", b",", b'"', b"*", b"\xff"]
    )
).map(b"".join)


@settings(SHARED_FOLDER, max_examples=250)
@given(content=content, suffix=st.sampled_from([".fa", ".fq", ".csv", ".tsv", ".parquet", "", ".fa.gz", ".fa.zst"]))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path, content, suffix):
    path = tmp_path / f"fuzz{suffix}"
    for bytes_ in (content, gzip.compress(content), b"PAR1" + content + b"PAR1"):
        path.write_bytes(bytes_)
        assert reads_or_refuses(path)


def whole_files():
    """A valid file of each format by its suffix."""
    rows = [(f"s{i}", "ACGT" * 5, "ab"[i % 2]) for i in range(5)]
    table = io.BytesIO()
    parquet.write_table(
        pa.table(dict(zip(("name", "seq", "class"), map(list, zip(*rows, strict=True)), strict=True))), table
    )
    return {
        ".fa": "".join(f">{name} class={label}\n{text}\n" for name, text, label in rows).encode(),
        ".fq": "".join(f"@{name}\n{text}\n+\n{'I' * 20}\n" for name, text, _ in rows).encode(),
        ".csv": "\n".join(["name,seq,class", *map(",".join, rows)]).encode(),
        ".tsv": "\n".join(["name\tseq\tclass", *map("\t".join, rows)]).encode(),
        ".parquet": table.getvalue(),
    }


WHOLE = whole_files()
PACK = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": compression.zstd.compress,
}


damages = st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4)
"""Where bytes of a file are taken out, how many, and what is put there."""


def damaged(content, damages):
    for at, cut, noise in damages:
        place = int(at * len(content))
        content = content[:place] + noise + content[place + cut :]
    return content


@settings(SHARED_FOLDER, max_examples=400)
@given(
    suffix=st.sampled_from(sorted(WHOLE)),
    pack=st.sampled_from(sorted(PACK)),
    damages=damages,
    inside=st.booleans(),
    window=st.none() | st.integers(1, 30),
)
def test_a_file_damaged_anywhere_is_read_or_refused_in_one_line(tmp_path, suffix, pack, damages, inside, window):
    """Damaged before it was compressed, or after."""
    path, content = tmp_path / f"damaged{suffix}{pack}", WHOLE[suffix]
    path.write_bytes(PACK[pack](damaged(content, damages)) if inside else damaged(PACK[pack](content), damages))
    assert reads_or_refuses(path, window=window)


def test_every_byte_of_a_parquet_file_may_be_wrong(tmp_path):
    """Names and entries that are no UTF-8 among them."""
    path = tmp_path / "a.parquet"
    for place in range(4, len(WHOLE[".parquet"]) - 4):
        path.write_bytes(damaged(WHOLE[".parquet"], [(place / len(WHOLE[".parquet"]) + 1e-9, 1, b"\xed")]))
        assert reads_or_refuses(path)


def interrupt(path, dataset):
    with Writer(path, dataset.modality) as writer:
        writer.write(dataset)
        raise KeyboardInterrupt


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    dataset = read(put(tmp_path, ">a\nACGT\n"))
    path = tmp_path / "out.fa.gz"
    with Writer(path, dataset.modality) as writer:
        writer.write(dataset)
        writer.write(dataset)
        assert not path.exists()
    first = path.read_bytes()
    assert gzip.decompress(first) == b">a\nACGT\n>a\nACGT\n"
    with pytest.raises(KeyboardInterrupt):
        interrupt(path, dataset)
    assert path.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.fa", "out.fa.gz"]


def test_the_same_data_are_written_to_the_same_bytes(tmp_path):
    dataset = read(put(tmp_path, ">a x=1\nACGT\n"))
    for suffix in ("", ".gz", ".bz2", ".xz", ".zst"):
        write(dataset, tmp_path / f"b.fa{suffix}")
        write(dataset, tmp_path / f"c.fa{suffix}")
        assert digest(tmp_path / f"b.fa{suffix}") == digest(tmp_path / f"c.fa{suffix}")


def test_places_that_cannot_be_written(tmp_path):
    dataset = read(put(tmp_path, ">a\nACGT\n"))
    (tmp_path / "folder.fa").mkdir()
    for path, match in [
        (tmp_path / "x.csv", "sequences are written as FASTA; name the file .fa or .fa.gz"),
        (tmp_path / "folder.fa", "is a folder"),
        (tmp_path / "no" / "x.fa", "there is no folder .*no; make it first"),
        ("/proc/x.fa", r"/proc/x\.fa cannot be written: .*; choose another place"),
        (tmp_path / ("x" * 300 + ".fa"), "cannot be written: File name too long"),
    ]:
        with pytest.raises(UsageError, match=match):
            write(dataset, path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.fa", "folder.fa"]


def test_digest_of_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        digest(tmp_path / "x")
    assert digest(put(tmp_path, "abc", "x")).startswith("ba7816bf")


def test_blocks_do_not_show(tmp_path, monkeypatch):
    path = put(tmp_path, "".join(f">s{i} n={i}\n{'ACGTTGCA' * (1 + i % 3)}\n" for i in range(50)))
    whole = read(path)
    monkeypatch.setattr("genomimic.sequence_reading.BLOCK_LETTERS", 30)
    parts = read(path)
    np.testing.assert_array_equal(parts.values, whole.values)
    assert parts.notes == whole.notes
    assert all(int(b) - int(a) == 1 for a, b in pairwise(parts.labels["n"].tolist()))
