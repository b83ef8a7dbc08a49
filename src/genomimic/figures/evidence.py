"""Pictures of evidence where they say more than the table: a small registry by the table's name.

A picture is drawn where its table has the columns that it needs; a table without one stands as a table alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from genomimic.evaluation import SetReport
from genomimic.evidence import Table
from genomimic.figures.base import Figure, label_of, plotly_figure
from genomimic.pages import page_of
from genomimic.plots.colours import set_colour

Draw = Callable[[Table, str, str], go.Figure]
PICTURES: "dict[str, Picture]" = {}


@dataclass(frozen=True)
class Picture:
    """How to draw a table: `draw(table, name of the set, colour)` with the columns that it needs."""

    title: str
    reading: str
    needs: tuple[str, ...]
    draw: Draw


def picture(*tables: str, title: str, reading: str, needs: Sequence[str]) -> Callable[[Draw], Draw]:
    """Register how tables of these names are drawn."""

    def register(draw: Draw) -> Draw:
        PICTURES.update({name: Picture(title, reading, tuple(needs), draw) for name in tables})
        return draw

    return register


def evidence_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """Pictures of the tables of one synthetic set."""
    for table in one.tables:
        known = PICTURES.get(table.name)
        if known is not None and set(known.needs) <= set(table.columns):
            chart = known.draw(table, label_of(one), set_colour(number))
            alt = f"{len(next(iter(table.columns.values()))):,} rows, all in the table {table.title}."
            key = f"set{number}-{table.name.replace('_', '-')}-picture"
            yield plotly_figure(key, known.title, known.reading, alt, chart, page=page_of(table))
