"""Figures of what the data look like: logos, words, GC content, lengths, the sequences themselves."""

from collections.abc import Iterator
from html import escape

import numpy as np
from jaxtyping import Num
from markupsafe import Markup

from genomimic.dataset import Dataset
from genomimic.embedding import embedding_map
from genomimic.evaluation import SetReport
from genomimic.features import sequence
from genomimic.figures.base import Figure, colours, label_of, letters_of, plotly_figure, scroll, views
from genomimic.figures.copies import copy_figures
from genomimic.modalities import Sequences
from genomimic.plots import charts, evidence
from genomimic.plots.colours import REAL, set_colour
from genomimic.plots.logos import axis_end, logo, logo_svg
from genomimic.plots.sequences import coloured

SIDE_BY_SIDE = 30


def set_figures(one: SetReport, number: int) -> Iterator[Figure]:
    """Figures of one synthetic set beside the real data."""
    key = f"set{number}"
    holdout, synthetic = one.comparison.holdout, one.comparison.synthetic
    if holdout.modality.aligned:
        yield logo_figure(holdout.dataset, synthetic.dataset, name=one.name, key=key)
    yield from in_pairs(_curve_figures(one, number))
    yield map_figure(one, number)
    yield side_by_side(holdout.dataset, synthetic.dataset, name=one.name, key=key)
    yield _kmer_figure(one, number)
    yield from copy_figures(one, number)


def in_pairs(figures: Iterator[Figure]) -> Iterator[Figure]:
    """Figures two in a row, the last of an odd number alone."""
    every = list(figures)
    paired = len(every) // 2 * 2
    yield from (figure._replace(half=number < paired) for number, figure in enumerate(every))


def _curve_figures(one: SetReport, number: int) -> Iterator[Figure]:
    if sequence.alphabet(one.comparison.holdout).complements is not None:
        yield _gc_figure(one, number)
    if any(np.ptp(sequence.lengths(view)) for view in views(one).values()):
        yield _length_figure(one, number)


def logo_figure(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """Logos of real and synthetic aligned records, one under the other on the same axis."""
    symbols = letters_of(holdout).symbols
    real, ours = logo(holdout.values, symbols), logo(synthetic.values, symbols)
    end = axis_end(real, ours)
    parts = [("real holdout", real, f"{key}-r"), (name, ours, f"{key}-s")]
    body = "".join(
        f"<h4>{escape(label)}</h4>{scroll(logo_svg(one, name=label, end=end, prefix=prefix), f'logo of {label}')}"
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
    k = 4 if sequence.alphabet(one.comparison.holdout).size == 4 else 2
    train, holdout, synthetic = (sequence.kmer_totals(view, k) for view in views(one).values())
    words = sequence.words(one.comparison.holdout, k)
    chart = charts.kmer_scatter(words, holdout, synthetic, train, name=one.name, colour=set_colour(number))
    return plotly_figure(
        f"set{number}-kmers",
        f"Words of {k} letters",
        "Each point is one word: on the diagonal it is as frequent as in fresh real data; grey points show how far "
        "real data stray by chance. Hover over a point to read its word.",
        f"{len(words)} words; correlation of log frequencies with the holdout data: "
        f"{_log_correlation(holdout, synthetic):.3f} for {one.name}, {_log_correlation(holdout, train):.3f} for train.",
        chart,
        page="words",
    )


def _log_correlation(a: Num[np.ndarray, " words"], b: Num[np.ndarray, " words"]) -> float:
    logs = np.log(a + 0.5), np.log(b + 0.5)
    return float(np.corrcoef(*logs)[0, 1]) if min(log.std() for log in logs) > 0 else 1.0


def _gc_figure(one: SetReport, number: int) -> Figure:
    percent = {name: 100 * sequence.gc(view) for name, view in views(one).items()}
    spread = 100 / max(float(np.median(sequence.lengths(one.comparison.holdout))), 10)
    means = ", ".join(f"{name} {values.mean():.1f} ± {values.std():.1f} %" for name, values in percent.items())
    return plotly_figure(
        f"set{number}-gc",
        "GC content",
        "The synthetic curve should lie on the dashed holdout curve; a narrower one lacks variety, a shifted one has "
        "the wrong composition.",
        f"Mean and standard deviation of GC content: {means}.",
        charts.density_curves(percent, colours(one, number), title="GC content (%)", spread=spread),
    )


def _length_figure(one: SetReport, number: int) -> Figure:
    lengths = {name: sequence.lengths(view) for name, view in views(one).items()}
    spread = max(0.5, float(np.std(lengths["holdout"])) / 8)
    medians = ", ".join(f"{name} {np.median(values):g}" for name, values in lengths.items())
    return plotly_figure(
        f"set{number}-lengths",
        "Lengths",
        "The synthetic curve should lie on the dashed holdout curve.",
        f"Median lengths: {medians}.",
        charts.density_curves(lengths, colours(one, number), title="length (letters)", spread=spread),
    )


def map_figure(one: SetReport, number: int) -> Figure:
    """Holdout and synthetic records as points on the first two dimensions of the embedding."""
    places, name = embedding_map(one.comparison.train, one.comparison.holdout, one.comparison.synthetic), label_of(one)
    chart = evidence.points(
        {"real holdout": places.holdout, name: places.synthetic},
        {"real holdout": REAL, name: set_colour(number)},
        {"real holdout": "circle-open", name: "circle"},
    )
    apart = np.linalg.norm(places.synthetic.mean(0) - places.holdout.mean(0))
    wide = [float(np.sqrt(side.var(0).sum())) for side in (places.holdout, places.synthetic)]
    return plotly_figure(
        f"set{number}-map",
        "Map of the records",
        "Each point is a record; near ones share words and letters at positions. Places with rings alone are kinds of "
        "real records that the generator misses, places without rings are of its own making.",
        f"{len(places.holdout):,} records a side; the middles lie {apart:.2g} apart, where real records spread "
        f"{wide[0]:.2g} and synthetic ones {wide[1]:.2g} about theirs.",
        chart,
    )


def side_by_side(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """The first records of both sets as coloured text."""
    symbols = letters_of(holdout).symbols
    columns = "".join(
        f"<div><h4>{escape(label)}</h4>{scroll(_lines(dataset, symbols), f'sequences of {label}')}</div>"
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
    assert isinstance(dataset.modality, Sequences)
    texts = dataset.modality.texts(rows)
    lines = (
        f'<div class="line"><span class="id">{escape(str(name))}</span>'
        f'<span class="letters">{coloured(text, symbols)}</span></div>'
        for name, text in zip(rows.ids, texts, strict=True)
    )
    return f'<div class="lines">{"".join(lines)}</div>'
