"""The figures of a report: each with its title, one sentence on how to read it and its words for who cannot see it."""

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Num
from markupsafe import Markup

from genomimic.alphabet import Alphabet
from genomimic.dataset import Dataset
from genomimic.evaluation import SetReport
from genomimic.plots import charts
from genomimic.plots.colours import REAL, TRAIN, letter_colours, set_colour
from genomimic.plots.differences import align, caption
from genomimic.plots.helix import Ink, helix_svg
from genomimic.plots.logos import axis_end, logo, logo_svg
from genomimic.plots.sequences import coloured
from genomimic.views import View

SIDE_BY_SIDE = 30


class Figure(NamedTuple):
    """A figure as the template draws it: `body` is HTML or SVG, `spec` a Plotly figure as JSON; one of them is set.

    `half` figures stand two in a row on a wide screen.
    """

    key: str
    title: str
    reading: str
    alt: str
    body: Markup = Markup("")
    spec: str = ""
    half: bool = False


def set_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """Figures of one synthetic set beside the real data."""
    key = f"set{number}"
    holdout, synthetic = one.comparison.holdout, one.comparison.synthetic
    if holdout.modality.aligned:
        yield logo_figure(holdout.dataset, synthetic.dataset, name=one.name, key=key)
    yield from in_pairs(_curve_figures(one, number))
    yield side_by_side(holdout.dataset, synthetic.dataset, name=one.name, key=key)
    yield _helix_figure(one, key)


def in_pairs(figures: Iterator[Figure]) -> Iterator[Figure]:
    """Figures two in a row, the last of an odd number alone."""
    every = list(figures)
    paired = len(every) // 2 * 2
    yield from (figure._replace(half=number < paired) for number, figure in enumerate(every))


def _curve_figures(one: SetReport, number: int) -> Iterator[Figure]:
    yield _kmer_figure(one, number)
    if one.comparison.holdout.alphabet.complements is not None:
        yield _gc_figure(one, number)
    if any(np.ptp(view.lengths) for view in _views(one).values()):
        yield _length_figure(one, number)
    yield _distance_figure(one, number)


def logo_figure(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """Logos of real and synthetic aligned records, one under the other on the same axis."""
    symbols = letters_of(holdout).symbols
    real, ours = logo(holdout.values, symbols), logo(synthetic.values, symbols)
    end = axis_end(real, ours)
    parts = [("real holdout", real, f"{key}-r"), (name, ours, f"{key}-s")]
    body = "".join(
        f"<h4>{escape(label)}</h4>{_scroll(logo_svg(one, name=label, end=end, prefix=prefix), f'logo of {label}')}"
        for label, one, prefix in parts
    )
    return Figure(
        f"{key}-logo",
        "Sequence logos",
        "Tall letters are positions where the sequences agree; both logos should show the same letters at the same "
        f"heights. Both axes end at {end:g} bits; one letter everywhere would be {np.log2(len(symbols)):.2f}.",
        f"Information: {real.information.sum():.2f} bits in real data, {ours.information.sum():.2f} bits in {name}.",
        body=Markup(body),
    )


def _kmer_figure(one: SetReport, number: int) -> Figure:
    k = 4 if one.comparison.holdout.alphabet.size == 4 else 2
    train, holdout, synthetic = (view.kmer_totals(k) for view in _views(one).values())
    words = one.comparison.holdout.words(k)
    chart = charts.kmer_scatter(words, holdout, synthetic, train, name=one.name, colour=set_colour(number))
    return plotly_figure(
        f"set{number}-kmers",
        f"Words of {k} letters",
        "Each point is one word: on the diagonal it is as frequent as in fresh real data; grey points show how far "
        "real data stray by chance. Hover over a point to read its word.",
        f"{len(words)} words; correlation of log frequencies with the holdout data: "
        f"{_log_correlation(holdout, synthetic):.3f} for {one.name}, {_log_correlation(holdout, train):.3f} for train.",
        chart,
    )


def _log_correlation(a: Num[np.ndarray, " words"], b: Num[np.ndarray, " words"]) -> float:
    logs = np.log(a + 0.5), np.log(b + 0.5)
    return float(np.corrcoef(*logs)[0, 1]) if min(log.std() for log in logs) > 0 else 1.0


def _gc_figure(one: SetReport, number: int) -> Figure:
    percent = {name: 100 * view.gc for name, view in _views(one).items()}
    spread = 100 / max(float(np.median(one.comparison.holdout.lengths)), 10)
    means = ", ".join(f"{name} {values.mean():.1f} ± {values.std():.1f} %" for name, values in percent.items())
    return plotly_figure(
        f"set{number}-gc",
        "GC content",
        "The synthetic curve should lie on the dashed holdout curve; a narrower one lacks variety, a shifted one has "
        "the wrong composition.",
        f"Mean and standard deviation of GC content: {means}.",
        charts.density_curves(percent, _colours(one, number), title="GC content (%)", spread=spread),
    )


def _length_figure(one: SetReport, number: int) -> Figure:
    lengths = {name: view.lengths for name, view in _views(one).items()}
    spread = max(0.5, float(np.std(lengths["holdout"])) / 8)
    medians = ", ".join(f"{name} {np.median(values):g}" for name, values in lengths.items())
    return plotly_figure(
        f"set{number}-lengths",
        "Lengths",
        "The synthetic curve should lie on the dashed holdout curve.",
        f"Median lengths: {medians}.",
        charts.density_curves(lengths, _colours(one, number), title="length (letters)", spread=spread),
    )


def _distance_figure(one: SetReport, number: int) -> Figure:
    colours = _colours(one, number)
    distances = {"holdout": one.comparison.holdout_nearest.distance, label_of(one): one.comparison.nearest.distance}
    chart = charts.distance_curves(distances, colours, title="edits to the nearest training record")
    medians = ", ".join(f"{name} {np.median(values):.3g}" for name, values in distances.items())
    return plotly_figure(
        f"set{number}-distances",
        "Distance to the nearest training record",
        "If the synthetic curve lies left of the dashed holdout curve, the set is closer to the training data than "
        "fresh real data are: a sign of copying. Far to the right, it is unlike them.",
        f"Median distances to the nearest training record: {medians}.",
        chart,
    )


def side_by_side(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """The first records of both sets as coloured text."""
    symbols = letters_of(holdout).symbols
    columns = "".join(
        f"<div><h4>{escape(label)}</h4>{_scroll(_lines(dataset, symbols), f'sequences of {label}')}</div>"
        for label, dataset in (("real holdout", holdout), (name, synthetic))
    )
    return Figure(
        f"{key}-sequences",
        "Sequences side by side",
        "Could you tell which side is real? Letters that name no single symbol are grey.",
        f"The first {min(SIDE_BY_SIDE, len(synthetic))} synthetic records of {name} beside as many real ones.",
        body=Markup(f'<div class="pair">{columns}</div>'),
    )


def _lines(dataset: Dataset, symbols: str) -> str:
    rows = dataset.take(np.arange(min(SIDE_BY_SIDE, len(dataset))))
    texts = dataset.modality.texts(rows)
    lines = (
        f'<div class="line"><span class="id">{escape(str(name))}</span>'
        f'<span class="letters">{coloured(text, symbols)}</span></div>'
        for name, text in zip(rows.ids, texts, strict=True)
    )
    return f'<div class="lines">{"".join(lines)}</div>'


def _helix_figure(one: SetReport, key: str) -> Figure:
    """Three synthetic records beside their nearest training records: the closest, the middle and the farthest."""
    distance = one.comparison.nearest.distance
    order = np.argsort(distance, kind="stable")
    picks = {"closest": order[0], "median": order[len(order) // 2], "farthest": order[-1]}
    examples = [_example(one, label, int(row)) for label, row in picks.items()]
    tabs = "".join(
        f'<button role="tab" type="button" id="{key}-tab-{n}" aria-controls="{key}-example-{n}" '
        f'aria-selected="{"true" if n == 0 else "false"}">{escape(label)}</button>'
        for n, (label, _, _) in enumerate(examples)
    )
    panels = "".join(
        f'<div role="tabpanel" id="{key}-example-{n}" aria-labelledby="{key}-tab-{n}">'
        f'<p class="example">{escape(words)}</p>{_scroll(svg, f"helix of the {label} record")}</div>'
        for n, (label, words, svg) in enumerate(examples)
    )
    double = one.comparison.train.alphabet.complements is not None
    return Figure(
        f"{key}-helix",
        "Synthetic beside its nearest real sequence" if not double else "The double helix: what is new in a record",
        "Marked places differ from the nearest training record: ◆ another letter, ▲ an extra letter, ▼ a missing one; "
        "the letters below are the synthetic and the real record.",
        "; ".join(f"{label}: {words}" for label, words, _ in examples),
        body=Markup(f'<div data-tabs><div role="tablist" aria-label="Which record">{tabs}</div>{panels}</div>'),
    )


def _example(one: SetReport, label: str, row: int) -> tuple[str, str, str]:
    train, synthetic, nearest = one.comparison.train.dataset, one.comparison.synthetic, one.comparison.nearest
    alphabet, opposite = synthetic.alphabet, bool(nearest.reversed[row])
    at = int(nearest.index[row])
    real = alphabet.reverse_complement(train.values[at]) if opposite else train.values[at]
    columns = align(alphabet.decode(synthetic.dataset.values[row]), alphabet.decode(real))
    words = f"{synthetic.dataset.ids[row]} {caption(columns, str(train.ids[at]), reversed_strand=opposite)}"
    partners = None if alphabet.complements is None else dict(zip(alphabet.symbols, alphabet.complements, strict=True))
    return label, words, helix_svg(columns, Ink(letter_colours(alphabet.symbols), partners), name=words)


def plotly_figure(key: str, title: str, reading: str, alt: str, chart: go.Figure) -> Figure:
    """A figure that the reader's browser draws."""
    return Figure(key, title, reading, alt, spec=str(chart.to_json()))


def _scroll(content: str, label: str) -> str:
    """A box that scrolls sideways by itself, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label, quote=True)}">{content}</div>'


def _views(one: SetReport) -> dict[str, View]:
    sides = one.comparison
    return {"train": sides.train, "holdout": sides.holdout, label_of(one): sides.synthetic}


def _colours(one: SetReport, number: int) -> dict[str, str]:
    return dict(zip(_views(one), (TRAIN, REAL, set_colour(number)), strict=True))


def label_of(one: SetReport) -> str:
    """Name of a set in a chart, where "train" and "holdout" are the real data."""
    return f"synthetic {one.name}" if one.name in ("train", "holdout") else one.name


def letters_of(dataset: Dataset) -> Alphabet:
    """The alphabet of a data set of sequences."""
    return View(dataset).alphabet
