"""Small real data sets that ship with the package; source and licence stand in the README beside them."""

from pathlib import Path

from genomimic.errors import UsageError

FILES = {"splice_junctions": "splice_junctions.fa.gz", "pbmc": "pbmc.h5ad"}
MOTIFS = Path(__file__).with_name("jaspar_core.txt.gz")


def path(name: str) -> Path:
    """Path of a bundled data set; raises `UsageError` for a name that is not bundled.

    >>> path("splice_junctions").name
    'splice_junctions.fa.gz'
    """
    if name not in FILES:
        raise UsageError(f"there is no bundled data set {name!r}; there is {', '.join(FILES)}")
    return Path(__file__).with_name(FILES[name])
