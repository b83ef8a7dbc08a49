"""Which label says what a record comes from, told by its name and by how records lie in its groups."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Shaped

LEAST_GROUPS = 3
"""Groups that there must be, one for each part."""

LEAST_HELD_OUT = 0.1
"""Least share of the records that must stand outside the two largest groups, of which one may be learned from."""

_NUMBER = r"(s|[ _.-]?(ids?|names?|numbers?|no|codes?|index|key))?[ _.-]?\d*"


def source_label(labels: Mapping[str, Shaped[np.ndarray, " n"]], sources: Sequence[str]) -> str | None:
    """The label of a source such as "donor" by which records can be split; the first of `sources` that there is.

    Its name ends in that of the source, as `donor_id` and `sequencing.batch` do and `donor_age` does not. It has
    `LEAST_GROUPS` values or more, none of them stands for more than half of the records, and no two for nearly all.

    >>> source_label({"cell_type": np.array(["T", "B"] * 3), "donorID": np.array(["a", "b", "c"] * 2)}, ["donor"])
    'donorID'
    """
    named = ((source, name) for source in sources for name in labels if _is_named(name, source))
    return next((name for _, name in named if _can_split(labels[name])), None)


def _is_named(label: str, source: str) -> bool:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).lower()
    return re.search(rf"(^|[^a-z]){source}{_NUMBER}$", words) is not None


def _can_split(column: Shaped[np.ndarray, " n"]) -> bool:
    sizes, n = np.sort(np.unique(column, return_counts=True)[1]), len(column)
    return len(sizes) >= LEAST_GROUPS and 2 * sizes[-1] <= n and sizes[:-2].sum() >= LEAST_HELD_OUT * n
