"""Files of records: syntax only, streaming, plain or compressed; `genomimic.reading` knows what the letters mean.

>>> from genomimic import data
>>> next(read_records(data.path("splice_junctions"), notes=Counter())).labels
{'class': 'EI'}
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from genomimic.errors import UsageError
from genomimic.io import fasta, tables
from genomimic.io.base import Record
from genomimic.io.formats import detect_format

__all__ = ["Record", "detect_format", "read_records"]


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
