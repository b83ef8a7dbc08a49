"""What a figure is, and what all of them share."""

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

import plotly.graph_objects as go
from markupsafe import Markup

from genomimic.alphabet import Alphabet
from genomimic.dataset import Dataset
from genomimic.evaluation import SetReport
from genomimic.features import sequence
from genomimic.packing import chart_spec
from genomimic.plots.colours import REAL, TRAIN, set_colour
from genomimic.views import View


class Figure(NamedTuple):
    """A figure as the page draws it: `body` is HTML or SVG, `spec` a Plotly figure; one of them is set.

    `page` is the key of the page of a set that it stands on (`pages.PAGES`). `half` figures stand two in a row where
    there is room.
    """

    key: str
    title: str
    reading: str
    alt: str
    body: Markup = Markup("")
    spec: Mapping[str, Any] | None = None
    half: bool = False
    page: str = "look"


def plotly_figure(key: str, title: str, reading: str, alt: str, chart: go.Figure, *, page: str = "look") -> Figure:
    """A figure that the reader's browser draws."""
    return Figure(key, title, reading, alt, spec=chart_spec(chart), page=page)


def scroll(content: str, label: str) -> str:
    """A box that scrolls sideways by itself, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label, quote=True)}">{content}</div>'


def views(one: SetReport) -> dict[str, View]:
    """Training, holdout and synthetic records by the names that charts give them."""
    sides = one.comparison
    return {"train": sides.train, "holdout": sides.holdout, label_of(one): sides.synthetic}


def colours(one: SetReport, number: int) -> dict[str, str]:
    """The colours of `views`."""
    return dict(zip(views(one), (TRAIN, REAL, set_colour(number)), strict=True))


def label_of(one: SetReport) -> str:
    """Name of a set in a chart, where "train" and "holdout" are the real data."""
    return f"synthetic {one.name}" if one.name in ("train", "holdout") else one.name


def letters_of(dataset: Dataset) -> Alphabet:
    """The alphabet of a data set of sequences."""
    return sequence.alphabet(View(dataset))
