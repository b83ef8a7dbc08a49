"""FASTA and FASTQ: records of letters below a header line.

FASTA is parsed here, in blocks that end between records, and not by dnaio: its reader drops lines that start with
"#" in silence, gives the line behind a fault as the fault's place, and is no faster. FASTQ is dnaio's.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

import dnaio

from genomimic.errors import DataError
from genomimic.io.base import NO_LABELS, Record, record_error, shorten
from genomimic.io.compression import open_bytes

BLOCK_BYTES = 1 << 22

_LABEL = re.compile(r'(?:^|(?<=\s))([A-Za-z_][\w.-]*)=("(?:[^"]|"")*"(?!\S)|\S*)')
_BLANK_LINE = re.compile(rb"\n(?=[ \t]*\n)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]+")
_LAYOUT = b"\n \t\r\x0b\x0c"


def read_fasta(path: Path, *, notes: Counter[str]) -> Iterator[Record]:
    """Records of a FASTA file; counts `lines_crlf` and `lines_blank` into `notes`."""
    number = 0
    with open_bytes(path) as file:
        for block in _blocks(file):
            for chunk in _normalise(block, notes).split(b"\n>")[1:]:
                number += 1
                yield _record(path, number, chunk)
    if number == 0:
        raise DataError(f"{path} holds no records")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file in blocks, each of whole records and starting with a line break and ">"."""
    rest = b"\n" + file.read(BLOCK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    while more := file.read(max(BLOCK_BYTES, len(rest))):
        seen = len(rest)
        rest += more
        cut = rest.rfind(b"\n>", max(seen - 1, 1))
        if cut > 0:
            yield rest[: cut + 1]
            rest = rest[cut:]
    yield rest


def _normalise(block: bytes, notes: Counter[str]) -> bytes:
    crlf = block.count(b"\r\n")
    if crlf:
        notes["lines_crlf"] += crlf
        block = block.replace(b"\r\n", b"\n")
    notes["lines_blank"] += sum(1 for _ in _BLANK_LINE.finditer(block))
    return block


def _record(path: Path, number: int, chunk: bytes) -> Record:
    head, _, body = chunk.partition(b"\n")
    try:
        header = head.decode().strip()
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 2} of the header is 0x{head[error.start]:02x}"
        raise record_error(path, number, "", f"{found}, which is not UTF-8; convert with: iconv -t utf-8") from None
    try:
        text = body.translate(None, _LAYOUT).decode()
    except UnicodeDecodeError as error:
        found = f"letter {error.start + 1} is byte 0x{error.object[error.start]:02x}"
        raise record_error(
            path, number, _name(header), f"{found}, which is not UTF-8; is this a binary file?"
        ) from None
    if not text:
        reason = "old Mac line ends; convert with: tr '\\r' '\\n'" if "\r" in header else "remove it or add its letters"
        raise record_error(path, number, _name(header), f"the record has no sequence; {reason}")
    return _named(header, text)


def _name(header: str) -> str:
    return header.partition(" ")[0]


def read_fastq(path: Path, *, notes: Counter[str]) -> Iterator[Record]:
    """Records of a FASTQ file without their qualities, which are counted as `qualities_left_out` into `notes`."""
    number = 0
    with open_bytes(path) as file:
        try:
            for number, read in enumerate(dnaio.FastqReader(file), 1):
                if not read.sequence:
                    raise record_error(path, number, read.name, "the record has no sequence; remove it")
                yield _named(read.name, read.sequence)
        except dnaio.FileFormatError as error:
            raise record_error(path, number + 1, "", f"broken FASTQ: {shorten(str(error), 160)}") from error
    notes["qualities_left_out"] += number


def _named(header: str, text: str) -> Record:
    words = header.split(None, 1)
    description = words[1] if len(words) > 1 else ""
    labels = {key: _unquote(value) for key, value in _LABEL.findall(description)} if "=" in description else NO_LABELS
    return Record(words[0] if words else "", text, labels, description)


def _unquote(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1].replace('""', '"') if quoted else value


def format_record(record: Record) -> str:
    r"""A record as FASTA, its sequence on one line; labels become `key=value` words.

    White space in the name becomes "_", and control characters in labels become blanks.

    >>> format_record(Record("s1", "ACGT", {"cell type": "GM 12878"}))
    '>s1 cell_type="GM 12878"\nACGT\n'
    """
    words = ["_".join(record.id.split()), *(f"{_key(name)}={_quote(value)}" for name, value in record.labels.items())]
    return f">{_CONTROL.sub(' ', ' '.join(words))}\n{record.text}\n"


@cache
def _key(name: str) -> str:
    key = re.sub(r"[^\w.-]", "_", name)
    return key if re.match(r"[A-Za-z_]", key) else f"_{key}"


def _quote(value: str) -> str:
    if not value or ('"' not in value and value.split() == [value]):
        return value
    return '"' + value.replace('"', '""') + '"'
