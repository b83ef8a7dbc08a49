"""Bytes in and out of plain, gzip, bzip2, xz and zstandard files."""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from genomimic.errors import DataError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_OPENERS = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open, "zst": zstd.open}


def bare_suffix(path: Path) -> str:
    """Suffix of a file name in lower case, behind which a compression suffix may stand.

    >>> bare_suffix(Path("reads.FA.gz"))
    '.fa'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes and suffixes[-1] in SUFFIXES:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The uncompressed bytes of a file, by its first bytes whatever its name; its faults are raised as `DataError`.

    Faults that show only while the bytes are read (a truncated archive) are told the same way, as long as they are
    read inside the `with`.
    """
    compression = _compression(path)
    opened = path.open if compression is None else partial(_OPENERS[compression], path)
    try:
        with opened("rb") as file:
            yield cast("BinaryIO", file)
    except (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError) as error:
        raise _damaged(path, compression, error) from error


def _compression(path: Path) -> str | None:
    try:
        if path.is_dir():
            raise DataError(f"{path} is a folder; name a file in it")
        with path.open("rb") as file:
            start = file.read(6)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; check the spelling and the folder ({Path.cwd()})") from None
    except PermissionError:
        raise DataError(f"{path} may not be read by this user; ask its owner for permission (chmod +r)") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be opened: {error}") from error
    if not start:
        raise DataError(f"{path} is empty (0 bytes); was it copied or downloaded completely?")
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), None)


def _damaged(path: Path, compression: str | None, error: Exception) -> DataError:
    if compression is None:
        return DataError(f"{path} cannot be read: {error}")
    return DataError(f"{path} is a truncated or damaged .{compression} file ({error}); copy or download it again")


def open_compressed(path: Path, file: BinaryIO) -> BinaryIO:
    """A stream into an open file that compresses as the suffix of `path` asks; the same bytes in give the same out."""
    match path.suffix.lower():
        case ".gz":
            return cast("BinaryIO", gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=4, mtime=0))
        case ".bz2":
            return cast("BinaryIO", bz2.BZ2File(file, "wb"))
        case ".xz":
            return cast("BinaryIO", lzma.LZMAFile(file, "wb"))
        case ".zst":
            return cast("BinaryIO", zstd.ZstdFile(file, "wb"))
        case _:
            return file
