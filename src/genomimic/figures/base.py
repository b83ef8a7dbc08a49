"""What a figure is, and what all of them share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, ClassVar, NamedTuple

import plotly.graph_objects as go
from markupsafe import Markup

from genomimic.census import Census
from genomimic.dataset import Dataset
from genomimic.evaluation import SetReport
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


class Portrayal(ABC):
    """What a report shows of records of a kind, and what it calls them; it holds no data."""

    division: ClassVar[str]
    """How far the parts know each other, where the split does not say it."""

    search: ClassVar[str]
    """What one may look for among the scores."""

    words: ClassVar[Mapping[str, str]]
    """Words that reports on this kind of data use, with their meaning, beside those of all reports."""

    @abstractmethod
    def figures(self, one: SetReport, number: int) -> Iterator[Figure]:
        """Figures of one synthetic set beside the real data."""

    @abstractmethod
    def name(self, dataset: Dataset) -> str:
        """What these records are called, in the plural."""

    @abstractmethod
    def facts(self, census: Census, dataset: Dataset) -> tuple[tuple[str, str], ...]:
        """What was counted over all records of a set, in words and numbers."""

    @abstractmethod
    def css(self, dataset: Dataset) -> str:
        """Style rules that the figures need beside those of all reports."""


def of_all(count: int, census: Census) -> str:
    """A count with its share of all records of a set."""
    return f"{count:,} ({100 * count / census.records:.3g} %)"


def in_pairs(figures: Iterator[Figure]) -> Iterator[Figure]:
    """Figures two in a row, the last of an odd number alone."""
    every = list(figures)
    paired = len(every) // 2 * 2
    yield from (figure._replace(half=number < paired) for number, figure in enumerate(every))


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
