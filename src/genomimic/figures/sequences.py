"""Sequences in a report: logos, words, GC content, lengths, the sequences themselves, and the words for them."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import ClassVar

import numpy as np
from jaxtyping import Num
from markupsafe import Markup

from genomimic.alphabet import Alphabet
from genomimic.census import Census
from genomimic.dataset import Dataset
from genomimic.evaluation import SetReport
from genomimic.features import sequence
from genomimic.figures.base import Figure, Portrayal, colours, in_pairs, of_all, plotly_figure, scroll, views
from genomimic.figures.copies import copy_figures
from genomimic.figures.glossary import SEQUENCES
from genomimic.figures.maps import Wording, map_figure
from genomimic.modalities import Sequences
from genomimic.plots import charts
from genomimic.plots.colours import UNKNOWN, letter_colours, paler, set_colour
from genomimic.plots.logos import axis_end, logo, logo_svg
from genomimic.plots.sequences import coloured
from genomimic.views import View

SIDE_BY_SIDE = 30


MAP = Wording(
    "Map of the records",
    "Each point is a record; near ones share words and letters at positions.",
    "records",
    ("first dimension of the embedding", "second dimension"),
)


class SequencePortrayal(Portrayal):
    """DNA, RNA and protein."""

    division: ClassVar[str] = (
        "Where the split was made by homology clusters, none of them is related to a training record."
    )
    search: ClassVar[str] = "k-mer, GC, AUC …"
    words: ClassVar[Mapping[str, str]] = SEQUENCES

    def figures(self, one: SetReport, number: int) -> Iterator[Figure]:
        key = f"set{number}"
        holdout, synthetic = one.comparison.holdout, one.comparison.synthetic
        if holdout.modality.aligned:
            yield logo_figure(holdout.dataset, synthetic.dataset, name=one.name, key=key)
        yield from in_pairs(_curve_figures(one, number))
        yield map_figure(one, number, MAP)
        yield side_by_side(holdout.dataset, synthetic.dataset, name=one.name, key=key)
        yield _kmer_figure(one, number)
        yield from copy_figures(one, number)

    def name(self, dataset: Dataset) -> str:
        letters = _letters(dataset)
        return f"{letters.name.upper() if letters.complements is not None else letters.name} sequences"

    def facts(self, census: Census, dataset: Dataset) -> tuple[tuple[str, str], ...]:
        opposite = ("copies of their opposite strand", of_all(census.copies_of_training_opposite, census))
        return (
            ("records read", f"{census.records:,}"),
            ("different ones", of_all(census.different, census)),
            ("exact copies of training records", of_all(census.copies_of_training, census)),
            *((opposite,) if _letters(dataset).complements is not None else ()),
            ("exact copies of holdout records", of_all(census.copies_of_holdout, census)),
        )

    def css(self, dataset: Dataset) -> str:
        """The colours of letters."""
        rules = {letter: paler(colour, 0.58) for letter, colour in letter_colours(_letters(dataset).symbols).items()}
        rules["unknown"] = paler(UNKNOWN, 0.6)
        return "".join(f".l-{name}{{background:{colour}}}" for name, colour in rules.items())


def _curve_figures(one: SetReport, number: int) -> Iterator[Figure]:
    if sequence.alphabet(one.comparison.holdout).complements is not None:
        yield _gc_figure(one, number)
    if any(np.ptp(sequence.lengths(view)) for view in views(one).values()):
        yield _length_figure(one, number)


def logo_figure(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """Logos of real and synthetic aligned records, one under the other on the same axis."""
    symbols = _letters(holdout).symbols
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


def side_by_side(holdout: Dataset, synthetic: Dataset, *, name: str, key: str) -> Figure:
    """The first records of both sets as coloured text."""
    symbols = _letters(holdout).symbols
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


def _letters(dataset: Dataset) -> Alphabet:
    return sequence.alphabet(View(dataset))
