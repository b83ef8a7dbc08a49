"""The files of a report in their folder: written whole, and none left over from an earlier report."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from genomimic.run import replacing

INDEX = "scores.json"
PAGE = "report.html"


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths in the folder; those that an earlier report wrote and this one does not are removed.

    `files` holds scores.json, whose "files" names the others; only what such a list names is ever removed. Where one
    cannot be written, the folder stays as it was.
    """
    with replacing({folder / name: files[name] for name in (INDEX, *(name for name in files if name != INDEX))}):
        _remove(folder, _listed(folder) - set(files))


def discard_files(folder: Path) -> None:
    """Remove all that a report wrote into the folder."""
    _remove(folder, _listed(folder) | {PAGE, INDEX})


def _listed(folder: Path) -> set[str]:
    """Files that the scores.json in the folder says were written beside it, and that a report can have made."""
    try:
        names = json.loads((folder / INDEX).read_bytes())["files"]
        return {name for name in names if _made_by_a_report(Path(name))}
    except (OSError, ValueError, TypeError, LookupError):
        return set()


def _made_by_a_report(path: Path) -> bool:
    if path.suffix != ".csv" or path.is_absolute() or ".." in path.parts:
        return False
    return len(path.parts) == 1 or (len(path.parts) == 3 and path.parts[0] == "tables")


def _remove(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for parent in sorted({parent for name in names for parent in Path(name).parents}, key=str, reverse=True):
        if parent.name:
            with suppress(OSError):
                (folder / parent).rmdir()
