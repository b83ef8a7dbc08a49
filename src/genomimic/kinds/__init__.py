"""What judging must know of each kind of data: one file and one entry here."""

from genomimic.kinds.base import Describe, Kind, Trait
from genomimic.kinds.profiles import Profiles
from genomimic.kinds.sequences import SequenceKind
from genomimic.modalities import Expression, Modality, Sequences

__all__ = ["KINDS", "Describe", "Kind", "Trait", "kind_of"]

KINDS: dict[type[Modality], Kind] = {Sequences: SequenceKind(), Expression: Profiles()}


def kind_of(modality: Modality) -> Kind:
    """What judging must know of data of a modality."""
    return KINDS[type(modality)]
