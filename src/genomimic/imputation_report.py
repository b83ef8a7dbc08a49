"""The report of an imputation: how well hidden values are foretold, beside simpler methods, on one page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from genomimic.imputation import COVERED
from genomimic.imputation_scores import FEWEST, PATTERNS, Difference, Judged, Trial, coverage, paired
from genomimic.plots.colours import SETS
from genomimic.plots.imputations import LEVELS, Curve, Interval, differences_svg, ranges_svg, spreads_svg
from genomimic.templating import asset, environment

FEWEST_VALUES = 5
"""Hidden values below which a gene or a cell is not shown."""


def render(trials: Sequence[Trial], *, data: str, filled: str, provenance: Mapping[str, Any]) -> str:
    """The page of the trials; `data` names what was filled in, `filled` says how much of it."""
    model = next(iter(trials[0].methods))
    names = list(trials[0].methods)
    colours = dict(zip(names, SETS, strict=False))
    nats = [(trial.pattern, _beyond(trial, "nats", colours)) for trial in trials]
    square = [(trial.pattern, _beyond(trial, "square", colours)) for trial in trials]
    return (
        environment()
        .get_template("imputation.html.j2")
        .render(
            title=f"Filled in: {data}",
            lead=f"{filled} by {model}. {_claim(trials, model)}",
            css=asset("report.css"),
            model=model,
            verdicts=[_verdict(trial) for trial in trials],
            legend=[{"name": name, "colour": colours[name]} for name in names],
            nats=Markup(differences_svg(nats, axis=f"nats a value more than {model} needs (95% intervals)")),
            square=Markup(differences_svg(square, axis=f"squared error above {model}'s (95% intervals)")),
            ranges=Markup(ranges_svg([(trial.pattern, _curves(trial, colours)) for trial in trials])),
            best=_best(trials[0]),
            spreads=Markup(_spreads(trials[0])),
            provenance=provenance.items(),
        )
    )


def _claim(trials: Sequence[Trial], model: str) -> str:
    claimed = [trial.pattern for trial in trials if trial.improved]
    if not claimed:
        return f"No improvement of {model} over simpler methods is shown: consider one of those."
    return f"{model} foretells hidden values better than every simpler method where they are hidden " + (
        "in each of the three ways." if len(claimed) == len(trials) else f"so: {', '.join(claimed)}."
    )


def _verdict(trial: Trial) -> dict[str, Any]:
    return {
        "pattern": trial.pattern,
        "meaning": PATTERNS[trial.pattern],
        "n": f"{int(trial.asked.sum()):,} values of {trial.cells:,} cells",
        "said": trial.verdict,
        "improved": trial.improved,
        "inside": f"{trial.inside:.0%}",
        "rows": [_row(trial, name, judged) for name, judged in trial.methods.items()],
    }


def _row(trial: Trial, name: str, judged: Judged) -> dict[str, Any]:
    cells = np.nonzero(trial.asked)[0]
    nats, square = paired(judged.nats.astype(float), cells), paired(judged.square.astype(float), cells)
    held = paired((np.abs(judged.rank - 0.5) <= COVERED / 2).astype(float), cells)
    roots = Difference(*(float(np.sqrt(max(end, 0.0))) for end in square))
    return {
        "name": name,
        "cells": [
            {"value": f"{nats.value:.3f}", "interval": f"{nats.low:.3f} to {nats.high:.3f}"},
            {"value": f"{roots.value:.3f}", "interval": f"{roots.low:.3f} to {roots.high:.3f}"},
            {"value": f"{held.value:.1%}", "interval": f"{held.low:.1%} to {held.high:.1%}"},
        ],
    }


def _beyond(trial: Trial, what: Any, colours: Mapping[str, str]) -> list[Interval]:
    return [Interval(name, colours[name], *found) for name, found in trial.differences(what).items()]


def _curves(trial: Trial, colours: Mapping[str, str]) -> list[Curve]:
    return [Curve(name, colours[name], _inside(judged)) for name, judged in trial.methods.items()]


def _inside(judged: Judged) -> Float[np.ndarray, " levels"]:
    return np.array([coverage(judged.rank, float(level)) for level in LEVELS])


def _best(trial: Trial) -> str:
    """The likeliest of the simpler methods."""
    _, *others = trial.methods.items()
    return min(others, key=lambda other: other[1].nats.mean())[0]


def _spreads(trial: Trial) -> str:
    """By how much the model is better than the best simpler method, gene by gene and cell by cell."""
    own, other = next(iter(trial.methods.values())), trial.methods[_best(trial)]
    panels = []
    for axis, name in ((1, "genes"), (0, "cells")):
        which = np.nonzero(trial.asked)[axis]
        n = np.bincount(which)
        means = (np.bincount(which, other.nats - own.nats) / np.maximum(n, 1))[n >= FEWEST_VALUES]
        if len(means) >= FEWEST:
            panels.append((f"{len(means):,} {name}: better in {(means > 0).mean():.0%}", means))
    return spreads_svg(panels, axis=f"nats a value more than the model needs: {_best(trial)}") if panels else ""
