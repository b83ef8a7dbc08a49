"""Motifs of DNA-binding proteins: matrices of counts, from JASPAR or from a user's file."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from genomimic import data
from genomimic.errors import DataError
from genomimic.io.motif_files import read_matrices
from genomimic.motif_clustering import representatives

TAXA = ("vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates", "diatoms")
RELEASE = "JASPAR 2024 CORE"
SITE_PVALUE = 1e-4


@dataclass(frozen=True, eq=False)
class Motif:
    """How often A, C, G and T were seen at each position of a binding site.

    `cluster` is the identifier of the motif that stands for this one and all that are like it.
    """

    id: str
    name: str
    counts: Float[np.ndarray, "width 4"]
    cluster: str

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(frozen=True, eq=False)
class Motifs:
    """A library of motifs; `source` says in words where they are from.

    A site is a word that random letters match as well with a probability below `pvalue`, or the best word of a motif
    too short for that.
    """

    source: str
    every: tuple[Motif, ...]
    pvalue: float = SITE_PVALUE

    @cached_property
    def representatives(self) -> tuple[Motif, ...]:
        """The motifs that are searched for, one a cluster: others would find the same sites again."""
        return tuple(motif for motif in self.every if motif.cluster == motif.id)

    @cached_property
    def names(self) -> list[str]:
        """Names of the representatives; "+3" behind a name stands for three motifs that are like it."""
        sizes = Counter(motif.cluster for motif in self.every)
        more = [sizes[motif.id] - 1 for motif in self.representatives]
        return [f"{motif.name} +{n}" if n else motif.name for motif, n in zip(self.representatives, more, strict=True)]

    def __str__(self) -> str:
        """Source, sizes and threshold in one line, for provenance."""
        sizes = f"{len(self.every):,} motifs in {len(self.representatives):,} clusters"
        return f"{self.source}, {sizes}, sites at p < {self.pvalue:g}"


def read(where: str | Path) -> Motifs:
    """Motifs of a taxon of JASPAR, or of a JASPAR, MEME or TRANSFAC file.

    Raises `DataError` where it is neither, or where the file cannot be used.

    >>> str(read("nematodes"))
    'JASPAR 2024 CORE nematodes, 103 motifs in 46 clusters, sites at p < 0.0001'
    """
    if str(where) in TAXA:
        return _bundled(str(where))
    if not Path(where).exists():
        raise DataError(f"no motifs at {str(where)!r}: give a taxon of JASPAR ({', '.join(TAXA)}) or a motif file")
    found = read_matrices(Path(where))
    chosen = representatives([matrix.counts for matrix in found])
    motifs = [Motif(one.id, one.name, one.counts, found[i].id) for one, i in zip(found, chosen, strict=True)]
    return Motifs(Path(where).name, tuple(motifs))


def _bundled(taxon: str) -> Motifs:
    """Motifs that ship with the package; taxon and cluster stand behind their names."""
    found = [matrix for matrix in read_matrices(data.MOTIFS) if matrix.tags[0] == taxon]
    return Motifs(f"{RELEASE} {taxon}", tuple(Motif(one.id, one.name, one.counts, one.tags[1]) for one in found))
