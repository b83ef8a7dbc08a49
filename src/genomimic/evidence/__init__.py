"""Tables behind the scores: what differs, and by how much (see `genomimic.evidence.base`)."""

from genomimic.evidence import copies, genes, giveaways, labels, motifs, neighbourhoods, positions, words
from genomimic.evidence.base import EVIDENCE, Columns, Evidence, Table, evidence, tables

__all__ = [
    "EVIDENCE",
    "Columns",
    "Evidence",
    "Table",
    "copies",
    "evidence",
    "genes",
    "giveaways",
    "labels",
    "motifs",
    "neighbourhoods",
    "positions",
    "tables",
    "words",
]
