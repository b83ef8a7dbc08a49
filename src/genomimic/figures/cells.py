"""Figures of cells one by one: library sizes, detected genes, mean values, and how many there are of each type."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Num

from genomimic.evaluation import SetReport
from genomimic.features import profile
from genomimic.figures.base import Figure, colours, plotly_figure, views
from genomimic.plots import profiles as charts
from genomimic.views import View

MOST_LABELS = 30


class Measure(NamedTuple):
    """One number a cell; `of` gives it, and the chart shows it in `unit`."""

    key: str
    title: str
    unit: str
    of: Callable[[View], Num[np.ndarray, " n"]]
    wrong: str


LIBRARY = Measure(
    "library-sizes",
    "Library sizes",
    "log10 of counts a cell",
    lambda view: np.log10(1 + profile.library_sizes(view)),
    "one that is narrower has cells of one depth alone",
)
DETECTED = Measure(
    "detected-genes",
    "Detected genes",
    "genes with a count",
    profile.detected_genes,
    "one that stands higher or lower has too few or too many zeros",
)
MEANS = Measure(
    "cell-means",
    "Mean value of a cell",
    "mean over genes",
    lambda view: profile.log_expression(view).mean(1),
    "one that is narrower lacks cells with high or low values throughout",
)
SPREADS = Measure(
    "cell-spreads",
    "Spread of the values of a cell",
    "standard deviation over genes",
    lambda view: profile.log_expression(view).std(1),
    "one that stands lower has cells that are too close to the mean of all",
)


def cell_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """Violins of one number a cell."""
    counts = profile.modality(one.comparison.train).counts
    for measure in (LIBRARY, DETECTED) if counts else (MEANS, SPREADS):
        yield _violins(one, number, measure)


def _violins(one: SetReport, number: int, measure: Measure) -> Figure:
    values = {name: measure.of(view) for name, view in views(one).items()}
    medians = ", ".join(f"{name} {np.median(x):.4g} (± {x.std():.2g})" for name, x in values.items())
    chart = charts.violins({measure.title: values}, colours(one, number), unit=measure.unit)
    return plotly_figure(
        f"set{number}-{measure.key}",
        measure.title,
        "The synthetic violin should have the shape, the median and the quartiles (dot and bar) of the holdout's; "
        f"{measure.wrong}.",
        f"Medians (and standard deviations), {measure.unit}: {medians}.",
        chart,
    )


def share_figure(one: SetReport, number: int, label: str) -> Figure:
    """How many cells there are of each type, where a label says it."""
    every = {name: view.dataset.labels[label].astype(str) for name, view in views(one).items()}
    names, counts = np.unique(every["train"], return_counts=True)
    labels = names[np.argsort(-counts, kind="stable")][:MOST_LABELS].tolist()
    shares = {name: np.array([float((found == one).mean()) for one in labels]) for name, found in every.items()}
    *_, synthetic = shares.values()
    apart = np.abs(synthetic - shares["holdout"])
    most = int(apart.argmax())
    return plotly_figure(
        f"set{number}-labels",
        f"Shares of cells by {label}",
        "The synthetic bars should be as long as the others. A model that was told the labels draws them as often as "
        "they stand in its training data, which does not say that its cells are of the kind that they are called.",
        f"The widest difference is that of {labels[most]}: {synthetic[most]:.1%} of synthetic cells, "
        f"{shares['holdout'][most]:.1%} of holdout cells.",
        charts.share_bars(labels, shares, colours(one, number)),
    )
