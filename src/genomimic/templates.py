"""Templates: records of which some letters are given and the others are to be filled in.

A letter of the alphabet is kept. N (X in proteins) may become any letter, and the other ambiguity codes any of those
that they stand for: R becomes A or G.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from genomimic.alphabet import DNA, PROTEIN, RNA, Alphabet
from genomimic.errors import DataError, UsageError
from genomimic.io import read_records
from genomimic.modalities.sequences import Sequences

_BASES = {
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}
CODES = {
    DNA.name: _BASES,
    RNA.name: {code: letters.replace("T", "U") for code, letters in _BASES.items()},
    PROTEIN.name: {"B": "DN", "J": "IL", "Z": "EQ", "X": PROTEIN.symbols},
}
"""The letters that each ambiguity code stands for (IUPAC)."""


class Templates(NamedTuple):
    """Templates by name: which letters may stand at each place, and none behind the end."""

    names: tuple[str, ...]
    allowed: Bool[np.ndarray, "templates length symbols"]


def read_templates(given: str | Path, modality: Sequences, *, length: int, ends: bool) -> Templates:
    """The template that a text is, or those in a file, for records of `length` letters, or up to that where they end.

    Raises `UsageError` or `DataError` for what is no letter, for a length that no record has, and where nothing is
    left to fill in.

    >>> read_templates("ACRN", Sequences("dna", stranded=True, aligned=True), length=4, ends=False).allowed[0].sum(1)
    array([1, 1, 2, 4])
    """
    if Path(given).is_file():
        records = list(read_records(Path(given), notes=Counter(), column=None))
        texts = {f"{given}, template {number} {record.id!r}": record.text for number, record in enumerate(records, 1)}
        names = tuple(record.id or str(number) for number, record in enumerate(records, 1))
    elif str(given).isalpha():
        texts, names = {"the template": str(given)}, (str(given).upper(),)
    else:
        raise DataError(f"template {str(given)!r}: neither letters and N alone nor a file that is there")
    rows = [_row(where, text.upper(), modality.letters, length, ends) for where, text in texts.items()]
    return Templates(names, np.stack(rows))


def _row(where: str, text: str, alphabet: Alphabet, length: int, ends: bool) -> Bool[np.ndarray, "length symbols"]:
    """The letters that a template allows, checked."""
    unknown, longest = alphabet.ambiguous[0], "up to " if ends else ""
    if len(text) > length or (len(text) < length and not ends):
        mend = f"write {unknown} where letters are to be drawn" if len(text) < length else "shorten it"
        raise UsageError(f"{where} has {len(text)} letters, and records of this run have {longest}{length}; {mend}")
    allowed = np.zeros((length, alphabet.size), bool)
    for at, letter in enumerate(text):
        letters = letter if letter in alphabet.symbols else CODES[alphabet.name].get(letter, "")
        if not letters:
            codes = "".join(CODES[alphabet.name])
            raise UsageError(
                f"{where}, position {at + 1}: {letter!r} is neither a letter of {alphabet.name} ({alphabet.symbols}) "
                f"nor a code for some of them ({codes})"
            )
        allowed[at, [alphabet.symbols.index(one) for one in letters]] = True
    if (allowed.sum(1) < 2).all():
        raise UsageError(f"{where} has nothing to fill in; write {unknown} where letters are to be drawn")
    return allowed
