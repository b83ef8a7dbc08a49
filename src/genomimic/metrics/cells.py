"""Cells one by one: how many counts and how many genes each has."""

import numpy as np
from jaxtyping import Int

from genomimic.comparison import Comparison
from genomimic.features import profile
from genomimic.metrics.base import RECORDS, counts, metric, profiles
from genomimic.metrics.differences import energy_distance
from genomimic.views import View

DECADES = 9
BINS_A_DECADE = 100
GENE_BINS = 200


@metric(
    family="cells",
    group="fidelity",
    question="Do cells have as many counts as real ones?",
    better="lower",
    low=-float(DECADES),
    high=2.0 * DECADES,
    unit="log10 counts above chance",
    paper="Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018 (energy distance)",
    floor="shuffled",
    needs=[profiles, counts],
    limit=RECORDS,
    kind="divergence",
)
def library_size(comparison: Comparison) -> float:
    """Energy distance between the distributions of log10(1 + library size)."""
    a, b = (view.totals("library histogram", _libraries) for view in (comparison.synthetic, comparison.holdout))
    return energy_distance(a, b, 1 / BINS_A_DECADE)


@metric(
    family="cells",
    group="fidelity",
    question="Do cells have counts of as many genes as real ones?",
    better="lower",
    low=-1.0,
    high=2.0,
    unit="share of genes above chance",
    paper="Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018 (energy distance)",
    floor="shuffled",
    needs=[profiles, counts],
    limit=RECORDS,
    kind="divergence",
)
def detected_genes(comparison: Comparison) -> float:
    """Energy distance between the distributions of the share of genes that a cell has a count of."""
    a, b = (view.totals("detected histogram", _detected) for view in (comparison.synthetic, comparison.holdout))
    return energy_distance(a, b, 1 / GENE_BINS)


def _libraries(view: View) -> Int[np.ndarray, " bins"]:
    places = np.rint(BINS_A_DECADE * np.log10(1 + profile.library_sizes(view))).astype(int)
    return np.bincount(places.clip(max=DECADES * BINS_A_DECADE), minlength=DECADES * BINS_A_DECADE + 1)


def _detected(view: View) -> Int[np.ndarray, " bins"]:
    share = profile.detected_genes(view) / np.maximum(profile.known(view).sum(1), 1)
    return np.bincount(np.rint(GENE_BINS * share).astype(int), minlength=GENE_BINS + 1)
