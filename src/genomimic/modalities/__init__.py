"""What each kind of data means, by name; a modality is one file and one entry here.

>>> build({"name": "dna", "stranded": True, "aligned": False})
Sequences(alphabet='dna', stranded=True, aligned=False)
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from genomimic.errors import UsageError
from genomimic.modalities.base import Modality
from genomimic.modalities.expression import KINDS, Expression
from genomimic.modalities.sequences import Sequences

__all__ = ["MODALITIES", "Expression", "Modality", "Sequences", "build", "check_name"]

MODALITIES: dict[str, type[Modality]] = {
    **dict.fromkeys(("dna", "rna", "protein"), Sequences),
    **dict.fromkeys(KINDS, Expression),
}


def check_name(name: str) -> str:
    """The name of a modality as it was given; raises `UsageError` with a suggestion where there is none such."""
    if name in MODALITIES:
        return name
    close = get_close_matches(name.lower(), MODALITIES, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(f"there is no modality {name!r}; {hint}choose from {', '.join(MODALITIES)}")


def build(config: Mapping[str, Any]) -> Modality:
    """The modality whose `config()` this is; raises `UsageError` for a name that is not known."""
    name = check_name(str(config["name"]))
    return MODALITIES[name].from_config(config)
