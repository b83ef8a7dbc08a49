"""The report of an evaluation: one HTML file that needs nothing else, and the scores as JSON beside it."""

import json
import math
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from genomimic.alphabet import Alphabet
from genomimic.encoding import NOTES
from genomimic.evaluation import Report, Score, SetReport, scores_json
from genomimic.figures import Figure, letters_of, set_figures
from genomimic.metrics import METRICS
from genomimic.metrics.titles import title_of
from genomimic.model_figures import discriminator_figure, latent_figures, training_figure
from genomimic.plots.colours import SHAPES, UNKNOWN, letter_colours, paler, set_colour
from genomimic.plots.scorechart import score_chart
from genomimic.run import replace_file
from genomimic.sections import DiscriminatorScores, LatentMap, TrainingLog
from genomimic.verdicts import as_good_as_real

HEADINGS = ("score", "question", "group", "better", "value", "low", "high", "floor", "ceiling", "skill", "skill low")
HEADINGS += ("skill high", "floor is", "resolved", "n", "all references")

LIKELIHOOD_QUESTION = "How many bits does the model need for one letter of a fresh real record?"
GROUP_QUESTIONS = {
    "fidelity": "Does it look like real data?",
    "diversity": "Is it as varied as real data?",
    "novelty": "Is it more than a copy of the training data?",
}


class Tile(NamedTuple):
    """One group of scores in two lines: how many reach real data, and the weakest."""

    group: str
    headline: str
    detail: str


class SetView(NamedTuple):
    """One synthetic set as the template shows it."""

    name: str
    verdict: str
    findings: tuple[str, ...]
    colour: str
    marker: Markup
    tiles: tuple[Tile, ...]
    figures: tuple[Figure, ...]


def write_report(
    report: Report,
    folder: Path,
    *,
    training: TrainingLog | None = None,
    latent: LatentMap | None = None,
    discriminator: DiscriminatorScores | None = None,
    reproduce: str = "",
) -> Path:
    """Write `report.html` and `scores.json` into the folder; gives the path of the HTML file."""
    html = render(report, training=training, latent=latent, discriminator=discriminator, reproduce=reproduce)
    replace_file(folder / "scores.json", json.dumps(scores_json(report), indent=2, allow_nan=False).encode())
    path = folder / "report.html"
    replace_file(path, html.encode())
    return path


def render(
    report: Report,
    *,
    training: TrainingLog | None = None,
    latent: LatentMap | None = None,
    discriminator: DiscriminatorScores | None = None,
    reproduce: str = "",
) -> str:
    """The HTML of a report; sections on the model appear where their data is given."""
    model_figures = tuple(_model_figures(training, latent, discriminator))
    several = len(report.sets) > 1
    metrics = dict.fromkeys(score.metric for one in report.sets for score in one.scores)
    titles, questions = {name: title_of(name) for name in metrics}, {name: question_of(name) for name in metrics}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=_title(report, training),
            subtitle=_subtitle(report),
            sections=_sections(has_model=bool(model_figures)),
            sets=[_set_view(report, one, number) for number, one in enumerate(report.sets)],
            chart=score_chart({one.name: one.scores for one in report.sets}, titles, questions),
            group_questions=GROUP_QUESTIONS,
            nan=math.nan,
            table_headings=("set", *HEADINGS) if several else HEADINGS,
            table=[
                (one.name, score, titles[score.metric], questions[score.metric])
                for one in report.sets
                for score in one.scores
            ],
            model_figures=model_figures,
            counts=_counts(report),
            notes=[(NOTES.get(name, name.replace("_", " ")), n) for name, n in report.train.notes.items() if n],
            provenance=[(name.replace("_", " "), value) for name, value in report.provenance.items()],
            reproduce=reproduce,
            version=version("genomimic"),
            letter_css=_letter_css(letters_of(report.holdout)),
            css=_asset("report.css"),
            js=_asset("report.js"),
            plotly=Markup(get_plotlyjs()),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("genomimic", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number_text
    environment.filters["json_in_html"] = json_in_html
    return environment


def _asset(name: str) -> Markup:
    return Markup((Path(__file__).parent / "templates" / name).read_text())


def question_of(metric: str) -> str:
    """What a metric asks, from its card."""
    if metric in METRICS:
        return METRICS[metric].question
    return LIKELIHOOD_QUESTION if metric.startswith("bits_per_base") else ""


def number_text(value: float) -> str:
    """A number with three significant digits and at most five decimals; n/a where there is none.

    >>> number_text(0.123456), number_text(12345.6), number_text(0.00001234)
    ('0.123', '12,346', '0.00001')
    """
    if math.isnan(value):
        return "n/a"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    short = f"{round(value, 5):.3g}"
    return f"{value:.5f}" if "e" in short else short.removeprefix("-") if float(short) == 0 else short


def json_in_html(text: str) -> Markup:
    """JSON as the content of a script element, which nothing within it can end."""
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _model_figures(
    training: TrainingLog | None, latent: LatentMap | None, discriminator: DiscriminatorScores | None
) -> Iterator[Figure]:
    if training is not None and training.has_curves:
        yield training_figure(training)
    if latent is not None:
        yield from latent_figures(latent)
    if discriminator is not None:
        yield discriminator_figure(discriminator)


def _title(report: Report, training: TrainingLog | None) -> str:
    data = Path(str(report.provenance.get("data", "sequences"))).name
    first, *others = report.sets
    if others:
        return f"{data}: {len(report.sets)} synthetic sets compared"
    model = training.model if training is not None else report.provenance.get("model", first.name)
    return f"{data}, mimicked by {model}"


def _subtitle(report: Report) -> str:
    letters = letters_of(report.holdout)
    kind = letters.name.upper() if letters.complements is not None else letters.name
    sizes = ", ".join(f"{len(one.comparison.synthetic):,}" for one in report.sets)
    return f"{sizes} synthetic {kind} sequences judged beside {len(report.holdout):,} real ones held out for judging."


def _sections(*, has_model: bool) -> list[tuple[str, str]]:
    names = {"verdict": "Verdict", "scores": "Scores", "figures": "Figures", "model": "Model", "data": "Data"}
    names |= {"reproduce": "Reproduce", "glossary": "Words"}
    return [(anchor, name) for anchor, name in names.items() if anchor != "model" or has_model]


def _set_view(report: Report, one: SetReport, number: int) -> SetView:
    shape, colour = SHAPES[number % len(SHAPES)], set_colour(number)
    marker = Markup('<svg class="dot" viewBox="-8 -8 16 16" aria-hidden="true"><use href="#shape-{}" fill="{}"/></svg>')
    groups = dict.fromkeys(score.group for score in one.scores)
    tiles = tuple(tile(group, [score for score in one.scores if score.group == group]) for group in groups)
    figures = tuple(set_figures(one, number))
    return SetView(one.name, one.verdict, one.findings, colour, marker.format(shape, colour), tiles, figures)


def tile(group: str, scores: list[Score]) -> Tile:
    """A group of scores in two lines; no average, which would hide the weakest."""
    resolved = [score for score in scores if score.resolved]
    if not resolved:
        return Tile(group, "not resolved", f"n={scores[0].n:,} cannot tell floor from ceiling")
    good = len(as_good_as_real(scores))
    weakest = min(resolved, key=lambda score: score.skill)
    detail = f"weakest: {title_of(weakest.metric)}, skill {weakest.skill:.2f}"
    return Tile(group, f"{good} of {len(resolved)} as good as fresh real data", detail)


def _counts(report: Report) -> list[tuple[str, int]]:
    real = [("real, training", len(report.train)), ("real, holdout", len(report.holdout))]
    return real + [(f"synthetic, {one.name}", len(one.comparison.synthetic)) for one in report.sets]


def _letter_css(letters: Alphabet) -> Markup:
    rules = {letter: paler(colour, 0.58) for letter, colour in letter_colours(letters.symbols).items()}
    rules["unknown"] = paler(UNKNOWN, 0.6)
    return Markup("".join(f".l-{name}{{background:{colour}}}" for name, colour in rules.items()))
