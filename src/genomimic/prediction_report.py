"""The report of a predictor: accuracy beside its floors, predicted and true values, and what letters add; one file."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from genomimic.accuracy import Measure, Measures, true_values
from genomimic.dataset import Dataset
from genomimic.plots.contributions import contributions_svg, outlines
from genomimic.plots.predictions import confusion_table, scatter_svg
from genomimic.predicting import Trained
from genomimic.predictor import Predictor
from genomimic.predictors import LEARNERS, Classes
from genomimic.templating import asset, environment

LOGOS = 6
PREFIX = "letter"

TITLES = {
    "pearson_r": "Pearson's r",
    "spearman": "Spearman's rho",
    "rmse": "RMSE",
    "coverage": "inside 90% intervals",
    "width": "their width",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss (nats)",
}
SUMMARIES = {
    **{name: learner.summary for name, learner in LEARNERS.items()},
    "shuffled": "linear predictors, taught labels in random orders: the mean, and 95% of them",
    "blind": "the mean, or the most frequent class, whatever the record",
}


class Logo(NamedTuple):
    """What the letters of one record add, with a line about it."""

    title: str
    body: Markup


def render(trained: Trained, measures: Mapping[str, Measures], provenance: Mapping[str, Any]) -> str:
    """The page of a predictor."""
    predictor, n = trained.predictor, len(trained.holdout)
    chosen = measures[trained.chosen]
    label, head = predictor.target.label, next(iter(chosen))
    return (
        environment()
        .get_template("prediction.html.j2")
        .render(
            title=f"{label}, predicted from {predictor.modality.records}",
            lead=f"{TITLES[head]} {interval_text(chosen[head])} on {n:,} records held out.",
            css=asset("report.css"),
            letters=Markup(outlines(predictor.modality.letters.symbols, PREFIX)),
            n=f"{n:,}",
            records=predictor.modality.records,
            choice=_choice(trained),
            measures=[TITLES[name] for name in chosen],
            rows=[_row(name, one, list(chosen), chosen=name == trained.chosen) for name, one in measures.items()],
            figure=Markup(_figure(trained)),
            reading=_reading(trained),
            logos=logos(predictor, _shown(trained)),
            logo_reading=LOGO_READING,
            provenance=provenance.items(),
        )
    )


LOGO_READING = (
    "Letters above the line raise the prediction, letters below it lower it, to first order: how much the prediction "
    "would change if the letter were exchanged for the mean of all letters. Records held out."
)


def logos(predictor: Predictor, dataset: Dataset) -> list[Logo]:
    """What the letters of records add to their prediction, or to the log-odds of the class they are taken for."""
    texts = list(predictor.modality.texts(dataset))
    if isinstance(predictor.target, Classes):
        told = predictor.classify(dataset)
        every = {name: predictor.attribute(dataset, name) for name in np.unique(told.name)}
        added = np.stack([every[name][row] for row, name in enumerate(told.name)])
        said = [f"{name} ({p.max():.0%})" for name, p in zip(told.name, told.probabilities, strict=True)]
        units = [f"log-odds of {name}" for name in told.name]
    else:
        mean, low, high = predictor.predict(dataset)
        added, units = predictor.attribute(dataset), [predictor.target.label] * len(dataset)
        said = [f"{m:.3g} [{a:.3g}, {b:.3g}]" for m, a, b in zip(mean, low, high, strict=True)]
    found = []
    for row, (name, text) in enumerate(zip(dataset.ids.astype(str), texts, strict=True)):
        body = contributions_svg(text, added[row], name=name, unit=units[row], prefix=PREFIX)
        found.append(Logo(f"{name}: predicted {said[row]}{_truth(dataset, predictor, row)}", Markup(body)))
    return found


def logo_page(predictor: Predictor, dataset: Dataset, most: int = 100) -> str:
    """A page of logos alone, of the first records."""
    shown = dataset.take(np.arange(min(len(dataset), most)))
    rows = "".join(
        f"<h4>{Markup.escape(one.title)}</h4><div class='scroll'>{one.body}</div>" for one in logos(predictor, shown)
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>What each letter adds</title><style>"
        "body{font:16px/1.5 system-ui,sans-serif;color:#1d2733;margin:24px}"
        ".scroll{overflow-x:auto}.defs{position:absolute}"
        f"</style></head><body>{outlines(predictor.modality.letters.symbols, PREFIX)}<h1>What each letter adds to "
        f"{Markup.escape(predictor.target.label)}</h1><p>{LOGO_READING}</p>{rows}</body></html>"
    )


def interval_text(measure: Measure) -> str:
    """A value with its interval.

    >>> interval_text(Measure(0.7, 0.65, 0.75))
    '0.700 [0.650, 0.750]'
    """
    return f"{measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"


def _choice(trained: Trained) -> str:
    if len(trained.fitted) == 1:
        return f"Only the {trained.chosen} learner was asked for."
    losses = ", ".join(f"{name} {fitted.loss:.3f}" for name, fitted in trained.fitted.items())
    return f"Used: the {trained.chosen} one. By loss on clusters that members left out: {losses}."


def _row(name: str, one: Measures, columns: Sequence[str], *, chosen: bool) -> dict[str, Any]:
    cells = []
    for column in columns:
        found = one.get(column)
        value = "" if found is None else f"{found.value:.3f}"
        cells.append({"value": value, "interval": "" if found is None else f"{found.low:.3f} to {found.high:.3f}"})
    return {"name": name, "summary": SUMMARIES[name], "cells": cells, "chosen": chosen}


def _figure(trained: Trained) -> str:
    predictor, true = trained.predictor, true_values(trained)
    target = predictor.target
    if isinstance(target, Classes):
        told, counts = predictor.classify(trained.holdout), np.zeros((len(target.names),) * 2, int)
        np.add.at(counts, (target.codes(true), told.probabilities.argmax(1)), 1)
        return confusion_table(counts, target.names, label=target.label)
    return scatter_svg(*predictor.predict(trained.holdout), true, label=target.label)


def _reading(trained: Trained) -> str:
    if isinstance(trained.predictor.target, Classes):
        return "Each row is all records of a class; the diagonal is right."
    return "Each point is a record held out. The band is the 90% interval of each prediction; the line is equality."


def _shown(trained: Trained) -> Dataset:
    """Records held out, from low to high or a few of each class."""
    target, true = trained.predictor.target, true_values(trained)
    if isinstance(target, Classes):
        each = -(-LOGOS // len(target.names))
        rows = np.concatenate([np.flatnonzero(true == name)[:each] for name in target.names])[:LOGOS]
    else:
        rows = np.argsort(true, kind="stable")[np.linspace(0, len(true) - 1, LOGOS).astype(int)]
    return trained.holdout.take(rows)


def _truth(dataset: Dataset, predictor: Predictor, row: int) -> str:
    known = dataset.labels.get(predictor.target.label)
    if known is None or not str(known[row]):
        return ""
    true = known[row] if predictor.task.classes else f"{float(known[row]):.3g}"
    return f", true {true}"
