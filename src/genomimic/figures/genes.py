"""Figures of genes: spread and zeros along the mean, the values of telling genes, correlations of pairs."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.evaluation import SetReport
from genomimic.features import profile
from genomimic.figures.base import Figure, colours, label_of, plotly_figure, views
from genomimic.metrics.gene_pairs import correlations, slope
from genomimic.metrics.genes import Moments, mean_dropout, mean_variance, moments
from genomimic.plots import profiles as charts
from genomimic.plots.colours import set_colour
from genomimic.plots.profiles import Cloud
from genomimic.views import View

MOST_POINTS = 2000  # genes, or pairs of genes, of each set
GENES_A_PLACE, MOST_PLACES = 15, 20  # of a curve through genes
SHOWN_GENES = 8
EXPRESSION = "log(1 + counts per 10,000)"


def curve_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """How spread and zeros of genes depend on their mean."""
    yield _curve(
        one,
        number,
        "mean-variance",
        "Mean and variance of genes",
        "Each point is a gene; the synthetic curve should lie on the dashed one of real cells. Below it, genes vary "
        "too little for their mean.",
        "standard deviation",
        lambda found: np.sqrt(found.second),
        mean_variance,
    )
    if profile.modality(one.comparison.train).counts:
        yield _curve(
            one,
            number,
            "mean-dropout",
            "Mean and dropout of genes",
            "Each point is a gene; the synthetic curve should lie on the dashed one of real cells. Above it, genes are "
            "without a count too often for their mean.",
            "share of cells without a count",
            lambda found: found.zeros,
            mean_dropout,
        )


def _curve(
    one: SetReport,
    number: int,
    key: str,
    title: str,
    reading: str,
    unit: str,
    of: Callable[[Moments], Float[np.ndarray, " genes"]],
    apart: Callable[[Comparison], float],
) -> Figure:
    sides = {name: view for name, view in views(one).items() if name != "train"}
    names = np.array(profile.genes(one.comparison.train))
    rows = _some(len(names))
    sets = {name: _cloud(moments(view).mean, of(moments(view)), rows) for name, view in sides.items()}
    x_title = f"mean {unit_of(one)}"
    chart = charts.clouds(sets, colours(one, number), names[rows].tolist(), x_title=x_title, y_title=unit)
    alt = f"The curves are {apart(one.comparison):.2g} apart ({unit}, root mean square over the range of means)."
    return plotly_figure(f"set{number}-{key}", title, reading, alt, chart)


def _cloud(x: Float[np.ndarray, " genes"], y: Float[np.ndarray, " genes"], rows: Int[np.ndarray, " some"]) -> Cloud:
    """Some genes as points, and a curve through the middles of groups of genes with about the same mean."""
    groups = np.array_split(np.argsort(x, kind="stable"), max(min(len(x) // GENES_A_PLACE, MOST_PLACES), 1))
    return Cloud(x[rows], y[rows], *(np.array([values[group].mean() for group in groups]) for values in (x, y)))


def unit_of(one: SetReport) -> str:
    """What the values of genes are given in."""
    return EXPRESSION if profile.modality(one.comparison.train).counts else "value"


def violin_figure(one: SetReport, number: int) -> Figure:
    """The genes that vary most among training cells, gene by gene."""
    chosen, names = _most_variable(one.comparison.train), profile.genes(one.comparison.train)
    values = {name: profile.log_expression(view) for name, view in views(one).items()}
    groups = {names[gene]: {name: rows[:, gene] for name, rows in values.items()} for gene in chosen.tolist()}
    label = label_of(one)
    apart = {gene: float(sets[label].mean() - sets["holdout"].mean()) for gene, sets in groups.items()}
    worst = max(apart, key=lambda gene: abs(apart[gene]))
    means = f"real {groups[worst]['holdout'].mean():.3g}, synthetic {groups[worst][label].mean():.3g}"
    return plotly_figure(
        f"set{number}-violins",
        "The most variable genes",
        "For each gene the synthetic violin should have the humps of the real ones at the same heights: a hump that is "
        "missing is a state of cells that the generator does not make.",
        f"The {len(groups)} genes that vary most among training cells; the mean is off most for {worst} ({means}).",
        charts.violins(groups, colours(one, number), unit=unit_of(one)),
    )


def _most_variable(train: View) -> Int[np.ndarray, " chosen"]:
    return np.argsort(-moments(train).second, kind="stable")[:SHOWN_GENES]


def pair_figure(one: SetReport, number: int) -> Figure:
    """Correlations of pairs of genes, synthetic against real."""
    comparison = one.comparison
    fresh = comparison.narrow(
        synthetic=comparison.matched_train, holdout=comparison.holdout, matched_train=comparison.matched_train
    )
    synthetic, real = correlations(comparison)
    other, _ = correlations(fresh)
    rows = _some(len(real))
    inclined = slope(synthetic, real)
    line = (inclined, float(synthetic.mean() - inclined * real.mean()))
    name = label_of(one)
    return plotly_figure(
        f"set{number}-gene-pairs",
        "Correlations of pairs of genes",
        "Each point is a pair of genes. Genes that are tied too loosely give a line flatter than the dashed one, a "
        "cloud about it means that other genes are tied; some of both is chance.",
        f"{len(real):,} pairs of the most variable genes: correlation {_r(synthetic, real):.3f} and slope "
        f"{inclined:.2f}; training cells in the place of synthetic ones give {_r(other, real):.3f} and "
        f"{slope(other, real):.2f}.",
        charts.correlation_scatter(
            real[rows].astype(float), synthetic[rows].astype(float), line, name=name, colour=set_colour(number)
        ),
    )


def _r(a: Float[np.ndarray, " pairs"], b: Float[np.ndarray, " pairs"]) -> float:
    return float(correlation(a, b))


def _some(n: int) -> Int[np.ndarray, " some"]:
    """At most so many rows as a chart can show, by chance and always the same."""
    return np.sort(np.random.default_rng(0).permutation(n)[:MOST_POINTS])
