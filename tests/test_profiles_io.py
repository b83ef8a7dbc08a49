"""Gene expression from files and back: what is read equals what was written, and what cannot be read is said."""

import gzip
import sys
import warnings

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from scipy import sparse
from scipy.io import mmwrite

from genomimic import data
from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.io import profiles as blocks
from genomimic.io.profile_tables import gene_likeness
from genomimic.modalities import Expression
from genomimic.notes import NOTES
from genomimic.reading import Writer, read, reread, write
from genomimic.variable_genes import expected_variance, most_variable

anndata = pytest.importorskip("anndata")

SHARED_FOLDER = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GENES = ("ACTB", "CD3D", "MS4A1", "NKG7", "RPL5", "LYZ", "GNLY", "MALAT1")
CELLS = tuple(f"{barcode}-1" for barcode in ("AAACCTGA", "AAACGGGT", "ACGTACGT", "TTTGGTCA", "CCGTAAGT", "GGACTTAA"))


def counts(cells=6, genes=8, seed=0):
    values = np.random.default_rng(seed).poisson(1.5, (cells, genes)).astype(np.int32)
    values[np.arange(cells), np.arange(cells) % genes] += 1
    values[np.arange(genes) % cells, np.arange(genes)] += 1
    return values


def dataset(values, kind="counts", genes=GENES, cells=CELLS, **labels):
    values = np.asarray(values, np.float32 if kind == "continuous" else np.int32)
    named = {name: np.array(column) for name, column in labels.items()}
    return Dataset(values, np.array(cells), Expression(kind, tuple(genes)), named)


def continuous():
    values = np.log1p(counts()).astype(np.float32) - np.float32(0.1)
    values[0, 1] = values[3, 5] = np.nan
    return dataset(values, "continuous", cell_type=["T", "B", "NK", "T", "", "B"])


def labelled():
    return dataset(counts(), cell_type=["T", "B", "NK", "T", "", "B"], donor=["1", "2", "3", "1", "2", "3"])


def same(found, wanted):
    assert found.modality == wanted.modality
    assert found.ids.tolist() == wanted.ids.tolist()
    assert found.values.dtype == wanted.values.dtype
    np.testing.assert_array_equal(found.values, wanted.values)
    assert {name: found.labels[name].tolist() for name in found.labels} == {
        name: wanted.labels[name].tolist() for name in wanted.labels
    }


def annotated(path, matrix, obs=None, genes=GENES, cells=CELLS, **more):
    frame = pd.DataFrame(obs or {}, index=list(cells)[: matrix.shape[0]])
    var = pd.DataFrame(index=list(genes)[: matrix.shape[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anndata.AnnData(matrix, frame, var, **more).write_h5ad(path)
    return path


def table(path, values, *, corner="", across=GENES, down=CELLS, sep=","):
    lines = [sep.join([corner, *across])]
    lines += [sep.join([name, *map(str, row)]) for name, row in zip(down, np.asarray(values).tolist(), strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def refused(path, match, error=DataError, **options):
    with pytest.raises(error, match=match) as caught:
        read(path, **options)
    assert "\n" not in str(caught.value)
    assert error is UsageError or str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["a.h5ad", "a.csv", "a.tsv.gz"])
@pytest.mark.parametrize("made", [labelled, continuous, lambda: dataset(counts())])
def test_what_is_written_is_read_again(tmp_path, name, made):
    write(made(), tmp_path / name)
    found = read(tmp_path / name)
    same(found, made())
    same(reread(found.source, found.modality), found)
    assert set(found.notes) <= set(NOTES)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_written_anndata_opens_without_a_warning_and_says_where_it_comes_from(tmp_path):
    path = tmp_path / "a.h5ad"
    with Writer(path, labelled().modality, provenance={"synthetic": True, "seed": 3}) as writer:
        writer.write(labelled().take(np.arange(2)))
        writer.write(labelled().take(np.arange(2, 6)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = anndata.read_h5ad(path)
    assert isinstance(found.X, sparse.csr_matrix)
    assert (found.X.toarray() == counts()).all()
    assert (bool(found.uns["genomimic"]["synthetic"]), int(found.uns["genomimic"]["seed"])) == (True, 3)
    assert found.obs["donor"].dtype == "category"


def test_counts_that_are_not_known_are_written_as_missing(tmp_path):
    values = counts()
    values[2, 3] = -1
    write(dataset(values), tmp_path / "a.h5ad")
    found = anndata.read_h5ad(tmp_path / "a.h5ad").X.toarray()
    assert np.argwhere(np.isnan(found)).tolist() == [[2, 3]]
    assert (np.nan_to_num(found, nan=-1) == values).all()
    write(dataset(values), tmp_path / "a.csv")
    assert read(tmp_path / "a.csv", modality="continuous").notes["values_missing"] == 1


def test_a_failure_leaves_no_file(tmp_path):
    def interrupted():
        with Writer(tmp_path / "a.h5ad", labelled().modality) as writer:
            writer.write(labelled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"gene expression is written as AnnData or a table; name the file \.h5ad"):
        write(labelled(), tmp_path / "a.fa")


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("block", [1, 17, blocks.BLOCK_VALUES])
def test_a_matrix_read_in_pieces_is_the_whole_one(tmp_path, monkeypatch, form, block):
    monkeypatch.setattr(blocks, "BLOCK_VALUES", block)
    values = counts()
    monkeypatch.setattr("genomimic.io.hdf5.BLOCK_VALUES", block)
    path = annotated(tmp_path / "a.h5ad", form(values.astype(np.float32)), {"cell_type": list("ABABAB")})
    same(read(path), dataset(values, cell_type=list("ABABAB")))
    few = read(path, genes=3)
    monkeypatch.undo()
    same(read(path, genes=3), few)
    assert few.length == 3


def test_layers_and_raw(tmp_path):
    values = counts()
    logs = np.log1p(values).astype(np.float32)
    raw = anndata.AnnData(sparse.csr_matrix(values), var=pd.DataFrame(index=list(GENES)))
    path = annotated(tmp_path / "a.h5ad", logs, layers={"raw_counts": sparse.csr_matrix(values)}, raw=raw)
    found = read(path)
    assert found.modality.kind == "continuous"
    assert {"counts_elsewhere raw_counts", "counts_elsewhere raw"} <= set(found.notes)
    same(read(path, layer="raw_counts"), dataset(values))
    same(read(path, layer="raw"), dataset(values))
    refused(
        path, "has no layer 'raw_count'; did you mean 'raw_counts'\\? there is X, raw_counts, raw", layer="raw_count"
    )
    refused(path, "is not a whole number .* whole numbers stand in raw_counts: --layer raw_counts", modality="counts")
    same(reread(read(path, layer="raw").source, dataset(values).modality), dataset(values))


def test_labels_of_anndata(tmp_path):
    obs = {
        "cell_type": pd.Categorical(["T", "B", None, "T", "B", "B"]),
        "batch": [1, 2, 1, 2, 1, 2],
        "control": [True, False] * 3,
        "score": np.linspace(0, 1, 6),
    }
    found = read(annotated(tmp_path / "a.h5ad", counts(), obs))
    assert found.labels["cell_type"].tolist() == ["T", "B", "", "T", "B", "B"]
    assert found.labels["batch"].tolist() == ["1", "2"] * 3
    assert found.labels["control"].tolist() == ["True", "False"] * 3
    assert (found.notes["labels_missing"], found.notes["obs_columns_left_out"]) == (1, 1)


def tenx_hdf5(path, values, names=GENES, kinds=None):
    matrix = sparse.csc_matrix(values.T)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(matrix, part)
        group["shape"], group["barcodes"] = np.array(matrix.shape), np.array(CELLS, "S")
        features = group.create_group("features")
        features["id"] = np.array([f"ENSG{at:011d}" for at in range(len(names))], "S")
        features["name"] = np.array(names, "S")
        features["feature_type"] = np.array(kinds or ["Gene Expression"] * len(names), "S")
    return path


def test_cell_ranger_hdf5(tmp_path):
    same(read(tenx_hdf5(tmp_path / "a.h5", counts())), dataset(counts()))
    kinds = ["Gene Expression"] * 6 + ["Antibody Capture"] * 2
    names = ["CD3D", "CD3D", *GENES[2:]]
    found = read(tenx_hdf5(tmp_path / "b.h5", counts(), names, kinds))
    assert found.modality.genes == ("CD3D_ENSG00000000000", "CD3D_ENSG00000000001", *GENES[2:6])
    assert (found.notes["features_not_genes"], found.notes["genes_named_with_id"]) == (2, 2)
    assert (found.values == counts()[:, :6]).all()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("upright", [True, False])
def test_matrix_market_folders_and_files(tmp_path, packed, upright):
    mmwrite(tmp_path / "matrix.mtx", sparse.coo_matrix(counts() if upright else counts().T))
    (tmp_path / "features.tsv").write_text(
        "".join(f"ENSG{at}\t{name}\tGene Expression\n" for at, name in enumerate(GENES))
    )
    (tmp_path / "barcodes.tsv").write_text("".join(f"{cell}\n" for cell in CELLS))
    for file in list(tmp_path.iterdir()) if packed else []:
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    same(read(tmp_path), dataset(counts()))
    same(read(tmp_path / ("matrix.mtx.gz" if packed else "matrix.mtx")), dataset(counts()))


@pytest.mark.parametrize("turn", [False, True])
def test_parquet_either_way_round(tmp_path, turn):
    frame = pd.DataFrame(counts(), index=list(CELLS), columns=list(GENES))
    parquet.write_table(pa.Table.from_pandas(frame.T if turn else frame), tmp_path / "a.parquet")
    whole = (frame.T if turn else frame).rename_axis("gene" if turn else "cell").reset_index()
    parquet.write_table(pa.Table.from_pandas(whole, preserve_index=False), tmp_path / "b.parquet")
    same(read(tmp_path / "a.parquet"), dataset(counts()))
    same(read(tmp_path / "b.parquet"), dataset(counts()))


@SHARED_FOLDER
@given(
    cells=st.integers(4, 9),
    genes=st.integers(4, 9),
    seed=st.integers(0, 99),
    turned=st.booleans(),
    labels=st.lists(st.sampled_from(["cell_type", "donor", "note"]), unique=True),
    sep=st.sampled_from([",", "\t"]),
)
def test_tables_are_read_either_way_round(tmp_path, cells, genes, seed, turned, labels, sep):
    rng, values = np.random.default_rng(seed), counts(cells, genes, seed)
    named = [f"ENSG{at:011d}" for at in rng.permutation(genes)]
    barcodes = ["".join(letters) + f"-{at}" for at, letters in enumerate(rng.choice(list("ACGT"), (cells, 12)))]
    columns = {} if turned else {name: rng.choice(["x", "y"], cells) for name in labels}
    frame = pd.DataFrame(values, index=barcodes, columns=named)
    path = tmp_path / ("a.csv" if sep == "," else "a.tsv")
    (frame.T if turned else frame.assign(**columns)).to_csv(path, sep=sep)
    same(read(path), dataset(values, genes=named, cells=barcodes, **columns))


def test_orientation_can_be_said(tmp_path):
    path = table(tmp_path / "a.csv", counts(), across=[f"x{at}" for at in range(8)], down=[f"y{at}" for at in range(6)])
    assert read(path).values.shape == (6, 8)
    found = read(path, orientation="genes-by-cells")
    assert found.modality.genes == tuple(f"y{at}" for at in range(6))
    assert (found.values == counts().T).all()
    assert gene_likeness(GENES) >= 0.5 > -0.5 > gene_likeness(CELLS)
    refused(
        path, "--orientation is 'sideways'; give cells-by-genes or genes-by-cells", UsageError, orientation="sideways"
    )


def test_genes_that_vary_more_than_their_mean_foretells_are_chosen(tmp_path):
    rng = np.random.default_rng(0)
    means = np.geomspace(0.2, 30, 40)
    values = rng.poisson(means, (300, 40)).astype(np.int32)
    on = rng.random(300) < 0.3
    for gene in (5, 20, 33):
        values[:, gene] = rng.poisson(np.where(on, 3.0, 0.1) * means[gene])
    names = [f"gene{at}" for at in range(40)]
    cells = [f"cell_{at}" for at in range(300)]
    path = annotated(tmp_path / "a.h5ad", sparse.csr_matrix(values), genes=names, cells=cells)
    found = read(path, genes=3)
    assert found.modality.genes == ("gene5", "gene20", "gene33")
    assert found.notes["genes_not_variable"] == 37
    (tmp_path / "wanted.txt").write_text("gene7\ngene2\n")
    assert read(path, genes=str(tmp_path / "wanted.txt")).modality.genes == ("gene7", "gene2")
    (tmp_path / "wanted.txt").write_text("gene7\ngenee2\n")
    refused(
        path,
        "lacks 1 of the 2 genes in .*wanted.txt, such as 'genee2'; did you mean 'gene2'",
        genes=str(tmp_path / "wanted.txt"),
    )
    assert read(path, genes="all").length == 40
    with pytest.raises(
        UsageError, match="no_such_file: give a number, all, or a file with the name of one gene a line"
    ):
        read(path, genes="no_such_file")


def test_variances_on_a_parabola_are_foretold_and_one_above_it_is_found():
    mean = np.geomspace(0.01, 100, 200)
    variance = mean + 0.3 * mean**2
    x = np.log10(mean)
    assert np.allclose(expected_variance(mean, 10 ** (0.2 + 1.1 * x + 0.1 * x**2)), 10 ** (0.2 + 1.1 * x + 0.1 * x**2))
    variance[77] *= 10
    ratio = variance / expected_variance(mean, variance)
    assert most_variable(ratio, np.ones(200, bool), 1).tolist() == [77]


BAD = {
    "negative": (
        lambda v: v.__setitem__((1, 2), -3),
        "cell 'AAACGGGT-1', gene 'MS4A1': -3 is negative .1 values are., which no count",
    ),
    "fraction": (lambda v: v.__setitem__((2, 0), 0.5), "cell 'ACGTACGT-1', gene 'ACTB': 0.5 is not a whole number"),
    "missing": (
        lambda v: v.__setitem__((0, 3), np.nan),
        r"cell 'AAACCTGA-1', gene 'NKG7': missing \(NaN\), which no count can be",
    ),
    "infinite": (
        lambda v: v.__setitem__((5, 7), np.inf),
        "cell 'GGACTTAA-1', gene 'MALAT1': inf: infinite; correct it",
    ),
}


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_values_that_no_count_can_be_are_named(tmp_path, fault, form):
    values = counts().astype(np.float64)
    change, match = BAD[fault]
    change(values)
    refused(annotated(tmp_path / "a.h5ad", form(values)), match, modality="counts")
    write_to = table(tmp_path / "a.csv", values)
    refused(write_to, match, modality="counts")


def test_counts_too_large_to_hold_are_named(tmp_path):
    values = counts().astype(np.float64)
    values[1, 2] = 2.0**33
    path = annotated(tmp_path / "a.h5ad", values)
    refused(path, "gene 'MS4A1': 8.58993e\\+09 is too large for a count; say --modality continuous")
    assert read(path, modality="continuous").values[1, 2] == 2.0**33


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix])
def test_damage_inside_an_hdf5_file_is_told_in_a_line(tmp_path, form):
    path = annotated(tmp_path / "a.h5ad", form(counts()))
    with h5py.File(path, "a") as file:
        file["X/indices"][3] = 99
    refused(path, "holds what AnnData and 10x files do not .*, or is damaged; copy it again, or write it anew")
    with h5py.File(path, "a") as file:
        del file["var/_index"]
    refused(path, "holds what AnnData and 10x files do not .*, or is damaged; copy it again, or write it anew")


def test_missing_values_among_whole_numbers_ask_what_they_are(tmp_path):
    values = counts().astype(np.float64)
    values[0, 3] = np.nan
    path = table(tmp_path / "a.csv", values)
    refused(path, "gene 'NKG7': missing in what else looks like counts; write 0 .*, or say --modality continuous")
    found = read(path, modality="continuous")
    assert np.isnan(found.values[0, 3])
    assert found.notes["values_missing"] == 1


def test_empty_genes_and_cells_are_left_out_and_counted(tmp_path):
    values = counts()
    values[:, 4] = 0
    values[2] = 0
    found = read(annotated(tmp_path / "a.h5ad", values, {"cell_type": list("ABCDEF")}))
    assert found.modality.genes == tuple(gene for gene in GENES if gene != "RPL5")
    assert found.ids.tolist() == [cell for at, cell in enumerate(CELLS) if at != 2]
    assert found.labels["cell_type"].tolist() == list("ABDEF")
    assert (found.notes["genes_never_seen"], found.notes["cells_without_counts"]) == (1, 1)
    refused(annotated(tmp_path / "b.h5ad", 0 * values), "no gene varies; is the matrix empty")


def test_names_that_stand_twice(tmp_path):
    twice = ("ACTB", "CD3D", "ACTB", *GENES[3:])
    refused(
        annotated(tmp_path / "a.h5ad", counts(), genes=twice),
        r"1 names of genes .* \(such as 'ACTB'\).*var_names_make_unique",
    )
    refused(annotated(tmp_path / "b.h5ad", counts(), genes=("", *GENES[1:])), "gene 1 has no name")
    refused(table(tmp_path / "a.csv", counts(), across=twice), r"1 names of genes .* \(such as 'ACTB'\)")
    again = read(annotated(tmp_path / "c.h5ad", counts(), cells=["x", "x", "y", "z", "x", "w"]))
    assert again.ids.tolist() == ["x", "x_2", "y", "z", "x_3", "w"]
    assert again.notes["ids_made_unique"] == 2


def test_a_matrix_that_stands_on_its_side_is_told(tmp_path):
    side = annotated(tmp_path / "a.h5ad", counts().T, genes=CELLS, cells=GENES)
    refused(
        side, r"its genes are named as cells are \('AAACCTGA-1'\) and its cells are not \('ACTB'\); .* --orientation"
    )
    same(read(side, orientation="genes-by-cells"), dataset(counts()))
    odd = annotated(tmp_path / "b.h5ad", counts().T, genes=[f"n{at}" for at in range(6)], cells=GENES)
    refused(odd, "seems transposed: the genes stand where cells do", modality=dataset(counts()).modality)


def test_other_files_are_refused_in_a_line(tmp_path):
    whole = annotated(tmp_path / "a.h5ad", counts()).read_bytes()
    (tmp_path / "cut.h5ad").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.h5ad", "truncated or damaged HDF5 file .*; copy or download it again")
    (tmp_path / "text.h5ad").write_text("ACGT\n")
    refused(tmp_path / "text.h5ad", r"is not an \.h5ad file: it does not begin as HDF5 files do")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.zeros(3)
    refused(tmp_path / "other.h5", "HDF5 file of neither AnnData nor 10x Genomics")
    with h5py.File(tmp_path / "other.h5ad", "w") as file:
        file["X"] = np.zeros((3, 3))
    refused(tmp_path / "other.h5ad", "is an HDF5 file but not AnnData's: it has no 'obs'")
    (tmp_path / "ragged.csv").write_text("cell,ACTB,CD3D,LYZ\nx,1,2\ny,3,4\n")
    refused(tmp_path / "ragged.csv", "line 2: 3 columns, where the header has 4; was the file", modality="counts")
    header = "%%MatrixMarket matrixx coordinate integer general\n3 3 90\n" + 90 * "1 1 5\n"
    (tmp_path / "matrix.mtx").write_text(header)
    (tmp_path / "features.tsv").write_text("a\nb\nc\n")
    (tmp_path / "barcodes.tsv").write_text("x\ny\nz\n")
    refused(tmp_path / "matrix.mtx", "is not a Matrix Market file that can be read: Line 1: .* matrixx")
    for name in ("matrix.mtx", "features.tsv", "barcodes.tsv"):
        (tmp_path / name).unlink()
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "is a folder; name a file in it", modality="counts")
    (tmp_path / "bad.mtx").write_text("%%MatrixMarket matrix coordinate integer general\n3 3 2\n1 1 5\n9 9 1\n")
    (tmp_path / "genes.tsv").write_text("a\nb\nc\n")
    refused(tmp_path / "bad.mtx", "no file of names beside it; put barcodes.tsv there")
    (tmp_path / "barcodes.tsv").write_text("x\ny\nz\n")
    refused(tmp_path / "bad.mtx", "is not a Matrix Market file that can be read")
    (tmp_path / "barcodes.tsv").write_text("x\ny\n")
    (tmp_path / "bad.mtx").write_text("%%MatrixMarket matrix coordinate integer general\n3 3 1\n1 1 5\n")
    refused(tmp_path / "bad.mtx", "3 cells x 3 genes, but there are 2 names of cells and 3 of genes")


def test_options_of_another_kind_of_data_are_refused(tmp_path):
    path = annotated(tmp_path / "a.h5ad", counts())
    refused(path, "holds gene expression, for which there is no --window", UsageError, window=10)
    refused(table(tmp_path / "a.csv", counts()), "is not an AnnData file, so it has no layers", UsageError, layer="x")
    refused(data.path("splice_junctions"), "holds sequences, for which there is no --genes", UsageError, genes=10)


def test_without_anndata_the_line_says_what_to_install(tmp_path, monkeypatch):
    path = annotated(tmp_path / "a.h5ad", counts())
    for name in [name for name in sys.modules if name.split(".")[0] in ("anndata", "h5py")]:
        monkeypatch.setitem(sys.modules, name, None)
    refused(path, r"needs the package anndata, .* pip install 'genomimic\[expression\]'")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'genomimic\[expression\]', or write \.csv\.gz"):
        write(labelled(), tmp_path / "b.h5ad")
    write(labelled(), tmp_path / "b.csv.gz")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.h5ad", "b.csv.gz"]


def test_the_bundled_cells_are_counts():
    found = read(data.path("pbmc"))
    assert (found.values.shape, found.modality.kind) == ((700, 765), "counts")
    assert len(set(found.labels["cell_type"].tolist())) == 10
    assert data.path("pbmc").stat().st_size < 400_000
