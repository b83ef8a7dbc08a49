"""Figures of the embedding: where real and synthetic records lie."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

from genomimic.embedding import Map, embedding_map
from genomimic.evaluation import SetReport
from genomimic.figures.base import Figure, label_of, plotly_figure
from genomimic.plots import evidence
from genomimic.plots.colours import REAL, set_colour
from genomimic.plots.maps import coloured_map
from genomimic.views import View

HEIGHT = 470


class Wording(NamedTuple):
    """How a map speaks of a kind of data; `near` is the sentence on what near points share."""

    title: str
    near: str
    records: str
    axes: tuple[str, str]


def map_figure(one: SetReport, number: int, words: Wording) -> Figure:
    """Holdout and synthetic records as points on the first two dimensions of the embedding."""
    places, name = _places(one), label_of(one)
    chart = evidence.points(
        {"real holdout": places.holdout, name: places.synthetic},
        {"real holdout": REAL, name: set_colour(number)},
        {"real holdout": "circle-open", name: "circle"},
        words.axes,
    )
    apart = np.linalg.norm(places.synthetic.mean(0) - places.holdout.mean(0))
    wide = [float(np.sqrt(side.var(0).sum())) for side in (places.holdout, places.synthetic)]
    records = words.records
    return plotly_figure(
        f"set{number}-map",
        words.title,
        f"{words.near} Places with rings alone are kinds of real {records} that the generator misses, places without "
        "rings are of its own making.",
        f"{len(places.holdout):,} {records} a side; the middles lie {apart:.2g} apart, where real {records} "
        f"spread {wide[0]:.2g} and synthetic ones {wide[1]:.2g} about theirs.",
        chart,
    )


def label_map(one: SetReport, number: int, label: str, words: Wording) -> Figure:
    """The same map in the colours of a label that both sets have."""
    places, name = _places(one), label_of(one)
    points = {"real holdout": places.holdout, name: places.synthetic}
    sides = one.comparison.holdout, one.comparison.synthetic
    colours = {key: _labels(view, label, len(at)) for (key, at), view in zip(points.items(), sides, strict=True)}
    chart = coloured_map(points, colours, colour_name=label).update_layout(height=HEIGHT)
    chart.update_xaxes(title=words.axes[0]).update_yaxes(title=words.axes[1])
    return plotly_figure(
        f"set{number}-map-labels",
        f"{words.title} by {label}",
        f"Open symbols are synthetic {words.records}: those of a colour should lie among the filled ones of that "
        "colour, and nowhere else.",
        _at_home(one, label, words.records),
        chart,
    )


def _at_home(one: SetReport, label: str, records: str) -> str:
    """How many cells are nearest to a training cell of their own label."""
    sides = one.comparison
    known = sides.train.dataset.labels[label].astype(str)
    own = [
        _labels(view, label, len(nearest.index)) == known[nearest.index]
        for view, nearest in ((sides.holdout, sides.holdout_nearest), (sides.synthetic, sides.nearest))
    ]
    return (
        f"The nearest training record has the same {label} for {own[1].mean():.0%} of synthetic {records}, and for "
        f"{own[0].mean():.0%} of real ones."
    )


def _places(one: SetReport) -> Map:
    return embedding_map(one.comparison.train, one.comparison.holdout, one.comparison.synthetic)


def _labels(view: View, label: str, shown: int) -> Shaped[np.ndarray, " shown"]:
    return view.dataset.labels[label][:shown].astype(str)
