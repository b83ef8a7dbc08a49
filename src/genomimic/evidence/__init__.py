"""Tables behind the scores: what differs, and by how much (see `genomimic.evidence.base`)."""

from genomimic.evidence import copies, giveaways, motifs
from genomimic.evidence.base import EVIDENCE, Evidence, Table, evidence, tables

__all__ = ["EVIDENCE", "Evidence", "Table", "copies", "evidence", "giveaways", "motifs", "tables"]
from genomimic.evidence import positions, words

__all__ = ["EVIDENCE", "Evidence", "Table", "copies", "evidence", "motifs", "positions", "tables", "words"]
