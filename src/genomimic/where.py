"""Labels that are asked for: NAME=VALUE, or a table of them with a row for each kind of record."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from jaxtyping import Int

from genomimic.errors import UsageError
from genomimic.io.tables import read_texts
from genomimic.models.conditions import ANY, Conditions

Where = Mapping[str, str] | Path
"""Values of labels by name, or a table (CSV, TSV, Parquet) with a column for each label."""


def codes_where(given: Where | None, conditions: Conditions) -> Int[np.ndarray, "kinds labels"]:
    """The numbers of the labels of each kind of record that is asked for; `ANY` where a label is to be drawn.

    A quantity is a number, or a quantile of the training records such as 0.9q; columns of a table that are no labels
    of the model are passed over. Raises `UsageError` for a label or a value that the model was not told of.
    """
    if given is None:
        return np.full((1, len(conditions.names)), ANY)
    table = read_texts(given) if isinstance(given, Path) else {name: [value] for name, value in given.items()}
    strange = [name for name in table if name not in conditions.names]
    if strange and not (isinstance(given, Path) and len(strange) < len(table)):
        raise UsageError(_unheard(strange[0], conditions))
    codes = np.full((max(map(len, table.values())), len(conditions.names)), ANY)
    for i, label in enumerate(conditions.labels):
        if label.name in table:
            codes[:, i] = label.codes(np.array(table[label.name]))
    return codes


def parse_where(words: Sequence[str]) -> Where | None:
    """What `--where` says: NAME=VALUE, several at once, or one file.

    >>> parse_where(["cell_type=K562", "activity=0.9q"])
    {'cell_type': 'K562', 'activity': '0.9q'}
    """
    if not words:
        return None
    if len(words) == 1 and Path(words[0]).is_file():
        return Path(words[0])
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (equals and name):
            raise UsageError(f"--where {word}: expected NAME=VALUE, or a table of wanted labels that is there")
        if name in found:
            raise UsageError(f"--where {word}: {name} was asked for twice; give each label once, or a table")
        found[name] = value
    return found


def _unheard(name: str, conditions: Conditions) -> str:
    if not conditions.names:
        return f"--where {name}: this run's model was told no labels; train it with --condition {name}"
    close = get_close_matches(name, conditions.names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"--where {name}: the model was not told of it; {hint}it knows: {', '.join(conditions.names)}"
