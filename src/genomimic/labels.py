"""Labels of records: which are missing, and whether they are classes or numbers."""

import numpy as np
from jaxtyping import Bool, Float, Shaped

MISSING = ("", "na", "nan", "none", "null", ".")
"""What stands for a label that is not known, in any case."""

FEWEST_NUMBERS = 20
"""Different numbers from which on a label is a quantity; fewer are classes that happen to be called 0, 1, 2."""


def known(column: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which labels are known.

    >>> known(np.array(["K562", "", "NA"])).tolist()
    [True, False, False]
    """
    return ~np.isin(np.char.lower(np.char.strip(column.astype(str))), MISSING)


def numbers(column: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, " n"] | None:
    """The labels as numbers, NaN where not known; None where they are classes.

    >>> numbers(np.array(["K562", "GM12878"])) is None
    True
    """
    there = known(column)
    found = np.full(len(column), np.nan)
    try:
        found[there] = column[there].astype(str).astype(float)
    except ValueError:
        return None
    distinct = np.unique(found[there])
    return found if len(distinct) > FEWEST_NUMBERS and np.isfinite(distinct).all() else None
