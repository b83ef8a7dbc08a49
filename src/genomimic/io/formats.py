"""Which format a file is in: by its first letter where that is telling, else by its name."""

import re
from pathlib import Path
from typing import Literal

from genomimic.errors import DataError
from genomimic.io.base import shorten
from genomimic.io.compression import bare_suffix, open_bytes

Format = Literal["fasta", "fastq", "csv", "tsv", "parquet", "hdf5", "mtx"]

FASTA_SUFFIXES = (".fa", ".fasta", ".fna", ".ffn", ".faa", ".frn", ".fas", ".mpfa")
_TABLES: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".parquet": "parquet", ".pq": "parquet"}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"BAM\x01": "a BAM file; convert it with: samtools fasta",
    b"%PDF": "a PDF file",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_format(path: Path) -> Format:
    """Format of a file, plain or compressed, or of a folder; `DataError` where it is none that can be read."""
    if path.is_dir():
        return "mtx"
    with open_bytes(path) as file:
        start = file.read(1 << 16)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"\x89HDF"):
        return "hdf5"
    if start.startswith(b"%%MatrixMarket"):
        return "mtx"
    if path.suffix.lower() == ".h5ad":
        raise DataError(f"{path} is not an .h5ad file: it does not begin as HDF5 files do; was it copied completely?")
    _refuse_binary(path, start)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    suffix = bare_suffix(path)
    if not first:
        raise DataError(f"{path} holds blank lines only, no records")
    if suffix in _TABLES:
        return _TABLES[suffix]
    if first[:1] in (b">", b"@"):
        return "fasta" if first[:1] == b">" else "fastq"
    line = first.splitlines()[0]
    if suffix not in FASTA_SUFFIXES and (b"\t" in line or b"," in line):
        return "tsv" if b"\t" in line else "csv"
    shown = shorten(line.decode("utf-8", "replace"), 40)
    raise DataError(
        f"{path}, line {_line_number(start, first)}: {shown!r} stands before any header; FASTA needs a line "
        "'>name' above each sequence (tables: .csv, .tsv or .parquet)"
    )


def _refuse_binary(path: Path, start: bytes) -> None:
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise DataError(f"{path} is {what}")
    wrong = _CONTROL.search(start)
    if wrong or start.startswith((b"\xff\xfe", b"\xfe\xff")):
        at = wrong.start() if wrong else 0
        raise DataError(
            f"{path} is a binary file (byte {at + 1} is 0x{start[at]:02x}); "
            "give FASTA, FASTQ, CSV, TSV or Parquet (UTF-16 text: save it as UTF-8)"
        )


def _line_number(start: bytes, rest: bytes) -> int:
    return start[: len(start) - len(rest)].count(b"\n") + 1
