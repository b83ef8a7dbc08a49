"""Sequences of the user's own that are to be improved, checked before anything is done to them."""

import numpy as np

from genomimic.compliance import violations
from genomimic.dataset import Dataset
from genomimic.defaults import EDIT_PRICE, NUMBER
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.rules import Rules
from genomimic.run import Run

TOLD = 3
"""Broken rules that an error names; of more it says how many."""


def check_request(n: int | None, method: str, start: Dataset | None, edit_price: float) -> int:
    """How many designs are made; raises `UsageError` where only the method edit can do what is asked for."""
    if start is None:
        if edit_price != EDIT_PRICE and method != "edit":
            raise UsageError("--edit-price needs --method edit, which changes letter by letter")
        return NUMBER if n is None else n
    if method != "edit":
        raise UsageError("--start needs --method edit, which improves sequences that are given")
    if n is not None and n != len(start):
        raise UsageError(f"--start gives {len(start):,} sequences, and one design is made for each; leave out -n {n}")
    return len(start)


def checked_starts(given: Dataset, run: Run, rules: Rules) -> Dataset:
    """Given sequences, as long as the rows of the run.

    Raises `UsageError` for sequences of another alphabet or length, letters that are not known, and broken rules.
    """
    where = given.source.path if given.source else "start"
    trained, kind = run.modality.config()["name"], given.modality.config()["name"]
    if trained != kind or not isinstance(given.modality, Sequences):
        raise UsageError(f"{where} holds {kind}, and the run was trained on {trained}; give sequences of that")
    _check_lengths(given, run, where)
    _check_letters(given, where)
    broken = violations(given, rules)
    if broken:
        told = [*map(str, broken[:TOLD]), *([f"{len(broken) - TOLD:,} more"] if len(broken) > TOLD else [])]
        raise UsageError(f"{where}, {'; '.join(told)}; mend the sequences, or change the rules")
    return given.modality.conform(given, run.spec.length)


def _check_lengths(given: Dataset, run: Run, where: str) -> None:
    assert isinstance(given.modality, Sequences)
    lengths, most = (given.values != given.modality.letters.pad).sum(1), run.spec.length
    wrong = np.flatnonzero(lengths > most if run.spec.ends else lengths != most)
    if wrong.size:
        at, wanted = int(wrong[0]), f"up to {most}" if run.spec.ends else str(most)
        raise UsageError(
            f"{where}, record {at + 1} {str(given.ids[at])!r} has {lengths[at]} letters, and records of this run have "
            f"{wanted}; cut it, or train a run on sequences as long"
        )


def _check_letters(given: Dataset, where: str) -> None:
    assert isinstance(given.modality, Sequences)
    rows, places = np.nonzero(given.values == given.modality.letters.unknown)
    if rows.size:
        raise UsageError(
            f"{where}, record {rows[0] + 1} {str(given.ids[rows[0]])!r}, position {places[0] + 1}: the letter is not "
            f"known; write one of {given.modality.letters.symbols}"
        )
