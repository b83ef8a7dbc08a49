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
from genomimic.plots import evidence as charts
from genomimic.plots.colours import REAL, set_colour

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


@picture(
    "motifs",
    title="Motifs in real and synthetic records",
    reading="Each point is one motif: on the line it is as frequent in both; hover to read its name.",
    needs=["name", "real per kb", "synthetic per kb"],
)
def motif_scatter(table: Table, name: str, colour: str) -> go.Figure:
    """Motif frequencies, real against synthetic."""
    columns = table.columns
    real, ours = columns["real per kb"], columns["synthetic per kb"]
    return charts.shares_scatter(columns["name"].tolist(), real, ours, unit="sites per kb", name=name, colour=colour)


@picture(
    "giveaway_words",
    title="The telling words in real and synthetic records",
    reading="Each point is one word that the classifier used: above the line it is too frequent, below it too rare.",
    needs=["word", "real per 1,000 words", "synthetic per 1,000 words"],
)
def giveaway_scatter(table: Table, name: str, colour: str) -> go.Figure:
    """Frequencies of the words that the classifier used."""
    columns = table.columns
    real, ours = columns["real per 1,000 words"], columns["synthetic per 1,000 words"]
    return charts.shares_scatter(columns["word"].tolist(), real, ours, unit="per 1,000 words", name=name, colour=colour)


@picture(
    "giveaway_sites",
    title="Where the convolutional classifier looks",
    reading="The higher a curve, the more that place says 'synthetic'; where the two curves part, the records differ.",
    needs=["position", "added in real records", "added in synthetic records"],
)
def site_profile(table: Table, name: str, colour: str) -> go.Figure:
    """What each position adds to the classifier's answer."""
    columns = table.columns
    lines = {"real holdout": columns["added in real records"], name: columns["added in synthetic records"]}
    colours = {"real holdout": REAL, name: colour}
    return charts.profile(columns["position"], lines, colours, unit="added to the answer (logits)")
