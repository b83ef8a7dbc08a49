"""Gene expression in a report: what is shown of cells, and the words for them."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import ClassVar

from genomimic.census import Census
from genomimic.dataset import Dataset
from genomimic.evaluation import SetReport
from genomimic.figures.base import Figure, Portrayal, in_pairs, of_all
from genomimic.figures.cells import cell_figures, share_figure
from genomimic.figures.copies import distance_figure
from genomimic.figures.genes import curve_figures, pair_figure, violin_figure
from genomimic.figures.glossary import CELLS
from genomimic.figures.maps import Wording, label_map, map_figure
from genomimic.metrics.cell_types import types_of

MAP = Wording(
    "Principal components of the cells",
    "Each point is a cell; near ones express the same genes.",
    "cells",
    ("first principal component", "second principal component"),
)


class ProfilePortrayal(Portrayal):
    """Counts and continuous values of genes."""

    division: ClassVar[str] = "Where cells were split by donor or batch, all cells of one stand in one part."
    search: ClassVar[str] = "genes, types, AUC …"
    words: ClassVar[Mapping[str, str]] = CELLS

    def figures(self, one: SetReport, number: int) -> Iterator[Figure]:
        small = chain(
            (map_figure(one, number, MAP), pair_figure(one, number)),
            curve_figures(one, number),
            cell_figures(one, number),
        )
        yield from in_pairs(small)
        yield violin_figure(one, number)
        yield from _by_label(one, number)
        yield distance_figure(one, number, unit="distance to the nearest training cell, in principal components")

    def name(self, dataset: Dataset) -> str:
        return dataset.modality.records

    def facts(self, census: Census, dataset: Dataset) -> tuple[tuple[str, str], ...]:
        return (
            ("cells read", f"{census.records:,}"),
            ("different ones", of_all(census.different, census)),
            ("exact copies of training cells", of_all(census.copies_of_training, census)),
            ("exact copies of holdout cells", of_all(census.copies_of_holdout, census)),
        )

    def css(self, dataset: Dataset) -> str:
        """None."""
        return ""


def _by_label(one: SetReport, number: int) -> Iterator[Figure]:
    types = types_of(one.comparison)
    if types is not None:
        yield label_map(one, number, types.label, MAP)
        yield share_figure(one, number, types.label)
