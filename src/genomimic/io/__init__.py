"""Files of records: syntax only, streaming, plain or compressed; `genomimic.reading` knows what the letters mean.

>>> from genomimic import data
>>> next(read_records(data.path("splice_junctions"), notes=Counter())).labels
{'class': 'EI'}
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from genomimic.errors import DataError, UsageError
from genomimic.io import fasta, tables
from genomimic.io.base import Record
from genomimic.io.formats import detect_format
from genomimic.io.h5ad import read_h5ad
from genomimic.io.hdf5 import open_hdf5
from genomimic.io.profile_tables import holds_profiles, read_profile_table
from genomimic.io.profiles import Profiles, turned
from genomimic.io.tenx import read_matrix_market, read_tenx_hdf5

__all__ = ["Profiles", "Record", "detect_format", "open_profiles", "read_records", "stores_profiles"]


def stores_profiles(path: Path) -> bool:
    """Whether a file, or a folder, holds profiles and not sequences; raises `DataError` where it cannot be read."""
    kind = detect_format(path)
    return kind in ("hdf5", "mtx") or (kind in ("csv", "tsv", "parquet") and holds_profiles(path, kind))


def open_profiles(path: Path, *, layer: str | None, orientation: str | None, notes: Counter[str]) -> Profiles:
    """Profiles of an AnnData, 10x or Matrix Market file, or of a table, either way round.

    `layer` names a matrix of an AnnData file. `notes` counts in place what the syntax made us change or leave out.
    """
    kind = detect_format(path)
    annotated = kind == "hdf5" and _is_anndata(path)
    if layer is not None and not annotated:
        raise UsageError(f"{path} is not an AnnData file, so it has no layers; leave out --layer {layer}")
    match kind:
        case "hdf5":
            found = read_h5ad(path, layer=layer, notes=notes) if annotated else read_tenx_hdf5(path, notes=notes)
            return turned(found) if orientation == "genes-by-cells" else found
        case "mtx":
            return read_matrix_market(path, orientation=orientation, notes=notes)
        case "csv" | "tsv" | "parquet":
            return read_profile_table(path, kind, orientation=orientation, notes=notes)
        case _:
            wanted = "gene expression is wanted (by --modality, or by the run)"
            raise DataError(f"{path} is {kind.upper()}: it holds sequences, and {wanted}")


def _is_anndata(path: Path) -> bool:
    with open_hdf5(path) as file:
        return "obs" in file or path.suffix.lower() == ".h5ad"


def read_records(path: Path, *, notes: Counter[str], column: str | None = None) -> Iterator[Record]:
    """Records of a FASTA, FASTQ, CSV, TSV or Parquet file, one after another.

    `notes` counts in place what the syntax made us change. `column` names the sequence column of a table. Raises
    `DataError` for a file that cannot be read.
    """
    kind = detect_format(path)
    if column is not None and kind in ("fasta", "fastq"):
        raise UsageError(f"{path} is {kind.upper()}, which has no columns; leave out --column {column}")
    match kind:
        case "fasta":
            return fasta.read_fasta(path, notes=notes)
        case "fastq":
            return fasta.read_fastq(path, notes=notes)
        case "csv" | "tsv":
            return tables.read_delimited(path, delimiter="," if kind == "csv" else "\t", column=column)
        case "parquet":
            return tables.read_parquet(path, column=column)
        case _:
            if path.is_dir():
                raise DataError(f"{path} is a folder; name a file in it")
            raise DataError(f"{path} holds gene expression, and sequences are wanted (by --modality, or by the run)")
