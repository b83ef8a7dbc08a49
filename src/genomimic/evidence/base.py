"""What evidence is: a table behind the scores, made from a comparison, with a card that says how to read it.

    @evidence(group="fidelity", title="Words over- and under-represented", reading="...", needs=[nucleotides])
    def words(comparison: Comparison) -> Columns:
        return {"word": words, "real per 1,000": real, "synthetic per 1,000": synthetic, "q": q}

registers `words` in `EVIDENCE`; the report shows the first rows of each table and gives all of them as CSV.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from genomimic.comparison import Comparison
from genomimic.metrics.base import Group, Need

Columns = Mapping[str, Shaped[np.ndarray, " rows"]]
EVIDENCE: "dict[str, Evidence]" = {}


@dataclass(frozen=True)
class Evidence:
    """A table of a comparison with its card: `reading` says in a sentence or two how to read it."""

    name: str
    group: Group
    title: str
    reading: str
    columns: Callable[[Comparison], Columns]
    needs: tuple[Need, ...] = ()

    def applies(self, comparison: Comparison) -> bool:
        """Whether these data have what the table needs."""
        return all(need(comparison) for need in self.needs)


@dataclass(frozen=True, eq=False)
class Table:
    """Evidence about one synthetic set: equally long columns by heading, the most telling rows first."""

    name: str
    group: Group
    title: str
    reading: str
    columns: Columns


def evidence(
    *, group: Group, title: str, reading: str, needs: Sequence[Need] = ()
) -> Callable[[Callable[[Comparison], Columns]], Callable[[Comparison], Columns]]:
    """Register a table under the name of its function."""

    def register(columns: Callable[[Comparison], Columns]) -> Callable[[Comparison], Columns]:
        name = getattr(columns, "__name__", "")
        EVIDENCE[name] = Evidence(name, group, title, reading, columns, tuple(needs))
        return columns

    return register


def tables(comparison: Comparison) -> tuple[Table, ...]:
    """All tables that apply to a comparison and have rows."""
    found = [(one, one.columns(comparison)) for one in EVIDENCE.values() if one.applies(comparison)]
    made = [Table(one.name, one.group, one.title, one.reading, columns) for one, columns in found]
    return tuple(table for table in made if len(next(iter(table.columns.values()))))
