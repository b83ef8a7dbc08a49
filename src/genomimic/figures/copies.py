"""Figures of how near synthetic records come to the training data: distances, closest pairs, the double helix."""

from collections.abc import Iterator
from html import escape

import numpy as np
from markupsafe import Markup

from genomimic.alignment import Column, align, caption
from genomimic.evaluation import SetReport
from genomimic.features import sequence
from genomimic.figures.base import Figure, colours, label_of, plotly_figure, scroll
from genomimic.plots import charts
from genomimic.plots.colours import letter_colours
from genomimic.plots.helix import Ink, helix_svg

CLOSEST = 8


def copy_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """Figures on copies of one synthetic set."""
    yield distance_figure(one, number, unit="edits to the nearest training record")
    yield _pairs_figure(one, f"set{number}")
    yield _helix_figure(one, f"set{number}")


def distance_figure(one: SetReport, number: int, *, unit: str) -> Figure:
    """How near records of the set and of the holdout come to training records."""
    ours = colours(one, number)
    distances = {"holdout": one.comparison.holdout_nearest.distance, label_of(one): one.comparison.nearest.distance}
    chart = charts.distance_curves(distances, ours, title=unit)
    medians = ", ".join(f"{name} {np.median(values):.3g}" for name, values in distances.items())
    return plotly_figure(
        f"set{number}-distances",
        "Distance to the nearest training record",
        "If the synthetic curve lies left of the dashed holdout curve, the set is closer to the training data than "
        "fresh real data are: a sign of copying. Far to the right, it is unlike them.",
        f"Median distances to the nearest training record: {medians}.",
        chart,
        page="copies",
    )


def _helix_figure(one: SetReport, key: str) -> Figure:
    """Three synthetic records beside their nearest training records: the closest, the middle and the farthest."""
    distance = one.comparison.nearest.distance
    order = np.argsort(distance, kind="stable")
    picks = {"closest": order[0], "median": order[len(order) // 2], "farthest": order[-1]}
    examples = [_example(one, label, int(row)) for label, row in picks.items()]
    tabs = "".join(
        f'<button role="tab" type="button" id="{key}-tab-{n}" aria-controls="{key}-example-{n}" '
        f'data-name="{n}" aria-selected="{"true" if n == 0 else "false"}">{escape(label)}</button>'
        for n, (label, _, _) in enumerate(examples)
    )
    panels = "".join(
        f'<div role="tabpanel" id="{key}-example-{n}" aria-labelledby="{key}-tab-{n}">'
        f'<p class="example">{escape(words)}</p>{scroll(svg, f"helix of the {label} record")}</div>'
        for n, (label, words, svg) in enumerate(examples)
    )
    double = sequence.alphabet(one.comparison.train).complements is not None
    return Figure(
        f"{key}-helix",
        "Synthetic beside its nearest real sequence" if not double else "The double helix: what is new in a record",
        "Marked places differ from the nearest training record: ◆ another letter, ▲ an extra letter, ▼ a missing one; "
        "the letters below are the synthetic and the real record.",
        "; ".join(f"{label}: {words}" for label, words, _ in examples),
        body=Markup(f'<div data-tabs=""><div role="tablist" aria-label="Which record">{tabs}</div>{panels}</div>'),
        page="copies",
    )


def _pairs_figure(one: SetReport, key: str) -> Figure:
    """The synthetic records closest to the training data, each above its training record."""
    distance = one.comparison.nearest.distance
    rows = np.argsort(distance, kind="stable")[:CLOSEST]
    blocks = "".join(_pair(one, int(row)) for row in rows)
    return Figure(
        f"{key}-closest",
        "The synthetic records closest to the training data",
        "Each synthetic record stands above the training record that it resembles most; ticks between the two join "
        "equal letters, dark letters differ. A record without dark letters is a copy.",
        f"The closest pairs differ in {', '.join(f'{distance[row]:,}' for row in rows)} letters; "
        f"the median over the set is {np.median(distance):g}.",
        body=Markup(f'<div class="closest">{blocks}</div>'),
        page="copies",
    )


def _pair(one: SetReport, row: int) -> str:
    columns, words = _aligned(one, row)
    lines = (
        "".join(_letter(column.synthetic, column) for column in columns),
        "".join("|" if column.kind == "match" else " " for column in columns),
        "".join(_letter(column.real, column) for column in columns),
    )
    return f'<p class="example">{escape(words)}</p>{scroll(_block(lines), f"alignment of {words}")}'


def _block(lines: tuple[str, ...]) -> str:
    names = ("synthetic", "", "training")
    rows = (f'<span class="id">{name:<10}</span>{line}' for name, line in zip(names, lines, strict=True))
    return "<pre>" + "\n".join(rows) + "</pre>"


def _letter(letter: str, column: Column) -> str:
    return escape(letter) if column.kind == "match" else f"<mark>{escape(letter)}</mark>"


def _aligned(one: SetReport, row: int) -> tuple[list[Column], str]:
    """A synthetic record aligned with its nearest training record, and the alignment in words."""
    train, synthetic, nearest = one.comparison.train.dataset, one.comparison.synthetic, one.comparison.nearest
    alphabet, opposite = sequence.alphabet(synthetic), bool(nearest.reversed[row])
    at = int(nearest.index[row])
    real = alphabet.reverse_complement(train.values[at]) if opposite else train.values[at]
    columns = align(alphabet.decode(synthetic.dataset.values[row]), alphabet.decode(real))
    words = f"{synthetic.dataset.ids[row]} {caption(columns, str(train.ids[at]), reversed_strand=opposite)}"
    return columns, words


def _example(one: SetReport, label: str, row: int) -> tuple[str, str, str]:
    columns, words = _aligned(one, row)
    alphabet = sequence.alphabet(one.comparison.synthetic)
    partners = None if alphabet.complements is None else dict(zip(alphabet.symbols, alphabet.complements, strict=True))
    return label, words, helix_svg(columns, Ink(letter_colours(alphabet.symbols), partners), name=words)
