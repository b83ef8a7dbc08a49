"""The latent space of a run written to a file: AnnData's `obsm` for cells, or a table."""

import csv
import io
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy import sparse

import genomimic
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.io.compression import bare_suffix, open_compressed
from genomimic.io.h5ad import check_installed, write_h5ad
from genomimic.latent import Latent, check, encode, reconstruction_error
from genomimic.learning import command
from genomimic.modalities import Expression
from genomimic.run import Run
from genomimic.writing import appearing, known_or_nan

Errors = Float[np.ndarray, " n"]


def check_latent(run: Run, out: Path) -> None:
    """Refuse a run without an encoder, and a name that asks for a format that its latent space does not go into."""
    check(run, "encode")
    suffix = bare_suffix(out)
    if isinstance(run.modality, Expression) and out.suffix.lower() == ".h5ad":
        return check_installed(out)
    if suffix not in (".csv", ".tsv"):
        raise UsageError(f"{out}: the latent space goes into .h5ad (gene expression), .csv or .tsv; name the file so")
    return None


def write_latent(run: Run, data: Dataset, out: Path) -> None:
    """Write latent means and variances and the reconstruction error of each record."""
    check_latent(run, out)
    latent, error = encode(run, data), reconstruction_error(run, data)
    with appearing(out) as place:
        if out.suffix.lower() == ".h5ad":
            _write_cells(run, data, latent, error, place)
        else:
            _write_table(data, latent, error, place, out)


def _write_cells(run: Run, data: Dataset, latent: Latent, error: Errors, place: Path) -> None:
    data = run.modality.conform(data, run.spec.length)
    assert isinstance(data.modality, Expression)
    values = known_or_nan(data)
    write_h5ad(
        place,
        sparse.csr_array(values) if data.modality.counts else values,
        cells=data.ids,
        genes=data.modality.genes,
        labels=data.labels,
        provenance={
            "generator": "genomimic",
            "version": genomimic.__version__,
            "run": run.digest,
            "command": command(),
        },
        points={"X_genomimic": latent.mean, "X_genomimic_variance": latent.variance},
        numbers={"genomimic_error": error},
    )


def _write_table(data: Dataset, latent: Latent, error: Errors, place: Path, out: Path) -> None:
    """A row a record: name, labels, bits a value, means and variances."""
    axes = range(1, latent.mean.shape[1] + 1)
    with place.open("wb") as raw, open_compressed(out, raw) as stream:
        lines: list[list[object]] = [
            ["name", *data.labels, "error", *(f"{kind}_{axis}" for kind in ("mean", "variance") for axis in axes)]
        ]
        columns = [column.tolist() for column in data.labels.values()]
        for i, name in enumerate(data.ids.tolist()):
            numbers = (error[i], *latent.mean[i], *latent.variance[i])
            lines.append([name, *(column[i] for column in columns), *(f"{x:.6g}" for x in numbers)])
        text = io.StringIO(newline="")
        csv.writer(text, delimiter="," if bare_suffix(out) == ".csv" else "\t", lineterminator="\n").writerows(lines)
        stream.write(text.getvalue().encode())
