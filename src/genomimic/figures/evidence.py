"""Pictures of evidence where they say more than the table: a small registry by the table's name.

A picture is drawn where its table has the columns that it needs; a table without one stands as a table alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Shaped

from genomimic.evaluation import SetReport
from genomimic.evidence import Columns
from genomimic.figures.base import Figure, label_of, plotly_figure
from genomimic.pages import page_of
from genomimic.plots import evidence as charts
from genomimic.plots.colours import MUTED, REAL, set_colour

PICTURES: "dict[str, Picture]" = {}
DIFFERS = 0.05
FAR = 4.0  # standard errors
MOST_NAMED = 50


class Drawn(NamedTuple):
    """A chart, and what it shows in words, the main number first."""

    chart: go.Figure
    alt: str


Draw = Callable[[Columns, str, str], Drawn]


@dataclass(frozen=True)
class Picture:
    """How to draw a table: `draw(columns, name of the set, colour)`; `needs` are the columns that it reads."""

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
            drawn = known.draw(table.columns, label_of(one), set_colour(number))
            key = f"set{number}-{table.name.replace('_', '-')}-picture"
            yield plotly_figure(key, known.title, known.reading, drawn.alt, drawn.chart, page=page_of(table))


@picture(
    "motifs",
    title="Motifs in real and synthetic records",
    reading="Each point is one motif: on the line it is as frequent in both, above it too frequent in synthetic "
    "records; hover to read its name.",
    needs=["name", "real per kb", "synthetic per kb", "q"],
)
def motif_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Motif frequencies, real against synthetic."""
    sides = columns["real per kb"], columns["synthetic per kb"]
    return _scatter(columns["name"], *sides, columns["q"], "motifs", "sites per kb", name, colour)


@picture(
    "motif_pairs",
    title="Motifs that seek or shun each other",
    reading="Each point is a pair of motifs. Right of 0 they stand together more often than by chance in real records, "
    "above 0 in synthetic ones; a generator that keeps their grammar puts the points on the line.",
    needs=["motif", "other", "real log odds", "synthetic log odds", "q"],
)
def motif_pair_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Log odds of pairs of motifs, real against synthetic."""
    pairs = np.array([f"{a} + {b}" for a, b in zip(columns["motif"], columns["other"], strict=True)], dtype=object)
    sides = columns["real log odds"], columns["synthetic log odds"]
    return _scatter(pairs, *sides, columns["q"], "pairs of motifs", "log odds", name, colour)


@picture(
    "enriched_words",
    title="Over- and under-represented words",
    reading="Each point is a word: how much more often it stands than its shorter words tell, in real and in synthetic "
    "records. A point far from 1 in real records that lies at 1 in synthetic ones is a rule that was not learned.",
    needs=["word", "real observed over expected", "synthetic observed over expected", "q"],
)
def enriched_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Observed over expected counts, real against synthetic."""
    sides = columns["real observed over expected"], columns["synthetic observed over expected"]
    unit = "observed over expected"
    return _scatter(columns["word"], *sides, columns["q"], "words", unit, name, colour, log=True)


@picture(
    "genes",
    title="Mean expression of genes",
    reading="Each point is a gene: on the line its mean is that of real cells, above it is too high in synthetic ones; "
    "hover to read its name.",
    needs=["gene", "real mean", "synthetic mean", "z"],
)
def gene_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Means of genes, real against synthetic."""
    differs, sides = np.abs(columns["z"]) > FAR, (columns["real mean"], columns["synthetic mean"])
    names = columns["gene"].tolist()
    chart = charts.against_real(
        names, *sides, unit="mean", name=name, colour=colour, differs=differs, clearly=f"|z| > {FAR:g}"
    )
    first = f"{names[0]}, real {sides[0][0]:.3g}, synthetic {sides[1][0]:.3g}"
    return Drawn(
        chart, f"{int(differs.sum()):,} of {len(names):,} genes differ clearly (z beyond {FAR:g}); surest: {first}."
    )


@picture(
    "giveaway_genes",
    title="The telling genes in real and synthetic cells",
    reading="Each point is a gene that the classifier used: above the line it is too high in synthetic cells, below "
    "it too low; hover to read its name.",
    needs=["gene", "real mean", "synthetic mean", "share of separation"],
)
def giveaway_gene_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Means of the genes that the classifier used."""
    genes, shares = columns["gene"][:MOST_NAMED], columns["share of separation"]
    sides = columns["real mean"][:MOST_NAMED], columns["synthetic mean"][:MOST_NAMED]
    chart = charts.against_real(genes.tolist(), *sides, unit="mean", name=name, colour=colour)
    return Drawn(chart, f"The most telling gene is {genes[0]}, which carries {shares[0]:.1%} of the separation.")


@picture(
    "regions",
    title="Kinds of records: too many, too few",
    reading="Each point is a region of the embedding with its share of the records. Below the line the generator makes "
    "too few of this kind, above it too many; on the floor it misses the kind.",
    needs=["region", "real share", "synthetic share", "q"],
)
def region_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Shares of regions, real against synthetic."""
    regions = np.array([f"region {one}" for one in columns["region"]], dtype=object)
    sides = columns["real share"], columns["synthetic share"]
    return _scatter(regions, *sides, columns["q"], "regions", "share of records", name, colour)


@picture(
    "positions",
    title="Where along the record the letters differ",
    reading="The curves are how much each position tells (the height of its logo). A signal is lost where the dashed "
    "curve stands alone; diamonds mark positions whose letters differ more than by chance.",
    needs=["position", "divergence (bits)", "real information (bits)", "synthetic information (bits)", "q"],
)
def position_profile(columns: Columns, name: str, colour: str) -> Drawn:
    """Information and divergence along the position."""
    places, divergence = columns["position"], columns["divergence (bits)"]
    lines = {"real holdout": columns["real information (bits)"], name: columns["synthetic information (bits)"]}
    chart = charts.profile(places, lines, {"real holdout": REAL, name: colour}, unit="bits")
    worst, differs = int(divergence.argmax()), columns["q"] < DIFFERS
    if differs.any():
        marker = {"symbol": "diamond", "size": 9, "color": colour, "line": {"width": 1, "color": "white"}}
        heights = columns["synthetic information (bits)"][differs]
        chart.add_scatter(x=places[differs], y=heights, mode="markers", marker=marker, name="q < 0.05")
    alt = (
        f"The letters differ most at position {places[worst]} ({divergence[worst]:.2g} bits); "
        f"{int(differs.sum()):,} of {len(places):,} positions differ clearly (q below {DIFFERS:g})."
    )
    return Drawn(chart, alt)


@picture(
    "giveaway_words",
    title="The telling words in real and synthetic records",
    reading="Each point is one word that the classifier used: above the line it is too frequent, below it too rare.",
    needs=["word", "real per 1,000 words", "synthetic per 1,000 words", "share of separation"],
)
def giveaway_scatter(columns: Columns, name: str, colour: str) -> Drawn:
    """Frequencies of the words that the classifier used."""
    words, shares = columns["word"], columns["share of separation"]
    sides = columns["real per 1,000 words"], columns["synthetic per 1,000 words"]
    chart = charts.against_real(words.tolist(), *sides, unit="per 1,000 words", name=name, colour=colour)
    return Drawn(chart, f"The most telling word is {words[0]}, which carries {shares[0]:.0%} of the separation.")


@picture(
    "giveaway_positions",
    title="Which positions give synthetic records away",
    reading="The taller a bar, the more the letters and pairs of neighbours at that position tell the classifier.",
    needs=["position", "share of separation"],
)
def giveaway_bars(columns: Columns, name: str, colour: str) -> Drawn:
    """What each position carries of the classifier's separation, over its letters and pairs."""
    places, at = np.unique(columns["position"], return_inverse=True)
    shares = np.bincount(at, columns["share of separation"], len(places))
    chart = charts.bars(places, shares, colour=colour, unit=f"share of the separation of {name}")
    chart.update_yaxes(tickformat=".0%")
    most = int(shares.argmax())
    return Drawn(chart, f"Position {places[most]} tells most: {shares[most]:.0%} of the separation.")


@picture(
    "giveaway_sites",
    title="Where the convolutional classifier looks",
    reading="The higher a curve, the more that place says 'synthetic'; where the two curves part, the records differ.",
    needs=["position", "added in real records", "added in synthetic records", "share of separation"],
)
def site_profile(columns: Columns, name: str, colour: str) -> Drawn:
    """What each position adds to the classifier's answer."""
    places, shares = columns["position"], columns["share of separation"]
    lines = {"real holdout": columns["added in real records"], name: columns["added in synthetic records"]}
    chart = charts.profile(places, lines, {"real holdout": REAL, name: colour}, unit="added to the answer (logits)")
    most = int(shares.argmax())
    return Drawn(chart, f"Position {places[most]} tells most: {shares[most]:.0%} of the separation.")


def _scatter(
    names: Shaped[np.ndarray, " rows"],
    real: Float[np.ndarray, " rows"],
    synthetic: Float[np.ndarray, " rows"],
    q: Float[np.ndarray, " rows"],
    what: str,
    unit: str,
    name: str,
    colour: str,
    *,
    log: bool = False,
) -> Drawn:
    """Rows of a table, the most surely different first, as points; those with q below 5% stand out."""
    differs = q < DIFFERS
    chart = charts.against_real(
        names.tolist(), real, synthetic, unit=unit, name=name, colour=colour, differs=differs, log=log
    )
    first = (
        f"; first in the table {names[0]}: real {real[0]:.3g}, synthetic {synthetic[0]:.3g}" if differs.any() else ""
    )
    return Drawn(chart, f"{int(differs.sum()):,} of {len(q):,} {what} differ clearly (q below {DIFFERS:g}){first}.")


@picture(
    "label_augmentation",
    title="What synthetic sequences add to few real ones",
    reading="How well a learner tells labels of the holdout. Synthetic sequences are worth something where their line "
    "lies above that of the mutated copies, which need no generator.",
    needs=["share of real", "real alone", "with synthetic", "with mutated copies"],
)
def augmentation_curves(columns: Columns, name: str, colour: str) -> Drawn:
    """Agreement by share of the real records."""
    lines = {"real alone": REAL, f"with {name}": colour, "with mutated copies": MUTED}
    named = zip(lines, ("real alone", "with synthetic", "with mutated copies"), strict=True)
    values = {label: columns[column] for label, column in named}
    chart = charts.growth(columns["share of real"], values, lines, unit="accuracy, or Spearman's rho, on the holdout")
    first = ", ".join(f"{label} {one[0]:.3g}" for label, one in values.items())
    return Drawn(chart, f"With {columns['share of real'][0]:.0%} of the real records: {first}.")


@picture(
    "label_tenths",
    title="Labels asked for and judged",
    reading="Each point is a tenth of the records. Where the two lines agree, synthetic sequences change with their "
    "label as real ones do.",
    needs=["synthetic label", "synthetic, judged", "real label", "real, judged"],
)
def tenths(columns: Columns, name: str, colour: str) -> Drawn:
    """Judged against asked labels."""
    values = {"real": (columns["real label"], columns["real, judged"])}
    values[name] = columns["synthetic label"], columns["synthetic, judged"]
    chart = charts.judged(values, {"real": REAL, name: colour})
    ends = [f"{label} {y[0]:.3g} to {y[-1]:.3g}" for label, (_, y) in values.items()]
    return Drawn(chart, f"Judged from the lowest tenth to the highest: {', '.join(ends)}.")
