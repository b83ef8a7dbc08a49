"""Motif libraries: what files say, what is refused, and which motifs are alike."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomimic import motifs
from genomimic.errors import DataError
from genomimic.io.motif_files import read_matrices
from genomimic.motif_clustering import representatives, similarities

JASPAR = ">M1\tfirst\nA [ 3 0 12 ]\nC [ 0 9 0 ]\nG [ 9 0 0 ]\nT [ 0 3 0 ]\n"
MEME = """MEME version 5

ALPHABET= ACGT

MOTIF M1 first
letter-probability matrix: alength= 4 w= 3 nsites= 12 E= 0
 0.25 0 0.75 0
 0 0.75 0 0.25
 1 0 0 0
"""
TRANSFAC = "AC M1\nXX\nID first\nXX\nP0 A C G T\n01 3 0 9 0 G\n02 0 9 0 3 C\n03 12 0 0 0 A\nXX\n//\n"
COUNTS = [[3, 0, 9, 0], [0, 9, 0, 3], [12, 0, 0, 0]]


def written(tmp_path, text):
    path = tmp_path / "motifs.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [JASPAR, MEME, TRANSFAC, ">M1 first\n3 0 12\n0 9 0\n9 0 0\n0 3 0\n"])
def test_all_formats_say_the_same(tmp_path, text):
    (matrix,) = read_matrices(written(tmp_path, text))
    assert matrix[:2] == ("M1", "first")
    assert matrix.counts.tolist() == COUNTS


@settings(max_examples=40)
@given(st.lists(st.lists(st.lists(st.integers(0, 10**6), min_size=4, max_size=4), min_size=1, max_size=9), min_size=1))
def test_what_is_written_as_jaspar_is_read_back(tmp_path_factory, counts):
    counts = [[[a + 1, *rest] for a, *rest in matrix] for matrix in counts]
    rows = [zip(*matrix, strict=True) for matrix in counts]
    text = "".join(
        f">M{i}\n"
        + "".join(f"{letter} [ {' '.join(map(str, row))} ]\n" for letter, row in zip("ACGT", one, strict=True))
        for i, one in enumerate(rows)
    )
    read = read_matrices(written(tmp_path_factory.mktemp("jaspar"), text))
    assert [matrix.counts.tolist() for matrix in read] == counts


@settings(max_examples=60)
@given(st.sampled_from([JASPAR, MEME, TRANSFAC]), st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path_factory, text, data):
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text(max_size=6)) + text[at + data.draw(st.integers(0, 20)) :]
    path = written(tmp_path_factory.mktemp("damaged"), damaged or "x")
    try:
        found, told = read_matrices(path), str(path)
    except DataError as error:
        found, told = [], str(error)
    assert "\n" not in told
    assert str(path) in told
    assert all(np.isfinite(matrix.counts).all() for matrix in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\n", "line 1: found 'hello'; no motif file starts so"),
        (JASPAR.replace("12", "x"), "line 2: found '3 0 x'; only numbers may stand here"),
        (JASPAR.replace("A [ 3 0 12 ]\n", ""), "line 1: found '>M1 first'; four rows (A, C, G, T)"),
        (JASPAR + JASPAR, "two motifs are called M1; rename one"),
        (MEME.replace("0.75 0\n", "0.15 0\n", 1), "line 7: found '0.25 0 0.15 0'; four probabilities that add up to 1"),
        (
            MEME.replace("w= 3", "w= 4"),
            "line 6: found 'letter-probability matrix: alength= 4 w= 4 nsites= 12 E= 0'; 3 rows",
        ),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), "motifs of DNA are needed"),
        (TRANSFAC.replace("//\n", ""), "its last motif does not end with //"),
        (JASPAR.replace("12", "-1"), "counts are 0 or more; log-odds matrices cannot be used"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(DataError, match=re.escape(message)):
        read_matrices(written(tmp_path, text))


def test_neither_taxon_nor_file():
    with pytest.raises(DataError, match=r"no motifs at 'vertebrate': give a taxon of JASPAR \(vertebrates, plants, "):
        motifs.read("vertebrate")


def test_bundled_motifs_are_jaspar_2024():
    sizes = {taxon: len(motifs.read(taxon).every) for taxon in ("vertebrates", "fungi", "diatoms")}
    assert sizes == {"vertebrates": 879, "fungi": 178, "diatoms": 1}
    ctcf = next(motif for motif in motifs.read("vertebrates").every if motif.name == "CTCF")
    assert ctcf.id.startswith("MA0139.")


def test_bundled_clusters_are_those_of_the_matrices():
    every = motifs.read("nematodes").every
    chosen = representatives([motif.counts for motif in every])
    assert [motif.cluster for motif in every] == [every[i].id for i in chosen]


def test_reverse_complements_and_shifts_are_alike_and_strangers_are_not():
    rng = np.random.default_rng(0)
    one = rng.dirichlet([0.1] * 4, 10)
    other = rng.dirichlet([0.1] * 4, 10)
    shifted = np.concatenate([np.full((3, 4), 0.25), one[:, :][::-1, ::-1]])
    alike = similarities([one, shifted, other])
    assert alike[0, 1] == pytest.approx(1)
    assert alike[0, 2] < 0.7
    assert representatives([one, shifted, other])[2] == 2
    assert len(set(representatives([one, shifted, other]))) == 2
