"""The report of an evaluation: one HTML file that needs nothing else, and its numbers as JSON and CSV beside it."""

import json
import math
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from genomimic.comparing import Ranking, ranking, rankings_json
from genomimic.comparison_table import compared, legend
from genomimic.evaluation import Report, scores_json
from genomimic.figures import (
    COMMON,
    Figure,
    discriminator_figure,
    latent_figures,
    portrayal_of,
    training_figure,
)
from genomimic.likelihoods import QUESTIONS
from genomimic.metrics import METRICS
from genomimic.metrics.titles import title_of
from genomimic.notes import explain
from genomimic.plots.scorechart import score_chart
from genomimic.rank_table import rank_columns, ranks
from genomimic.report_files import INDEX, PAGE, write_files
from genomimic.report_packs import packs
from genomimic.report_tables import FIRST_ROWS, ShownTable, csv_text, file_names, score_columns
from genomimic.sections import Chosen, DiscriminatorScores, LatentMap, TrainingLog
from genomimic.set_views import set_view
from genomimic.templating import asset, environment

PACKS = "<!-- packs -->"
SCORES, RANKS = "scores.csv", "ranks.csv"
FEW_LANES = 24
FEW_SETS = 3

GROUP_QUESTIONS = {
    "fidelity": "Does it look like real data?",
    "diversity": "Is it as varied as real data?",
    "novelty": "Is it more than a copy of the training data?",
}


def write_report(
    report: Report,
    folder: Path,
    *,
    training: TrainingLog | None = None,
    latent: LatentMap | None = None,
    discriminator: DiscriminatorScores | None = None,
    choice: Chosen | None = None,
    reproduce: str = "",
) -> Path:
    """Write the report into a folder, in place of an earlier one; gives the path of the HTML file.

    `report.html` is for people, `scores.json` for programs; `scores.csv`, `ranks.csv` (of several generators) and
    `tables/SET/TABLE.csv` are for spreadsheets.
    """
    rankings = ranking(report)
    html = render(
        report,
        rankings,
        training=training,
        latent=latent,
        discriminator=discriminator,
        choice=choice,
        reproduce=reproduce,
    )
    tables = _csv_files(report, rankings)
    content = {**scores_json(report), "ranks": rankings_json(rankings), "files": list(tables)}
    index = json.dumps(content, indent=2, allow_nan=False)
    write_files(folder, {INDEX: index.encode(), **tables, PAGE: html.encode()})
    return folder / PAGE


def render(
    report: Report,
    rankings: Sequence[Ranking],
    *,
    training: TrainingLog | None = None,
    latent: LatentMap | None = None,
    discriminator: DiscriminatorScores | None = None,
    choice: Chosen | None = None,
    reproduce: str = "",
) -> str:
    """The HTML of a report with its ranks; sections on the model appear where their data is given."""
    model_figures = tuple(_model_figures(training, latent, discriminator))
    metrics = dict.fromkeys(score.metric for one in report.sets for score in one.scores)
    titles, questions = {name: title_of(name) for name in metrics}, {name: question_of(name) for name in metrics}
    chart = score_chart({one.name: one.scores for one in report.sets}, titles, questions)
    sets = [
        set_view(one, number, folder)
        for number, (one, folder) in enumerate(zip(report.sets, _folders(report), strict=True))
    ]
    rows = compared(report)
    portrayal = portrayal_of(report.holdout.modality)
    csv_tables = [_score_table(report), *([_rank_table(rankings)] if rankings else [])]
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=_title(report, training),
            subtitle=_subtitle(report),
            sections=_sections(has_model=bool(model_figures or choice), several=len(sets) > 1),
            sets=sets,
            few_sets=len(sets) <= FEW_SETS,
            chart=chart,
            open_families=chart.lanes <= FEW_LANES,
            group_questions=GROUP_QUESTIONS,
            nan=math.nan,
            titles=titles,
            questions=questions,
            compared=rows,
            marks=legend(rows),
            score_table=csv_tables[0],
            judged=sorted({score.n for one in report.sets for score in one.scores}),
            ranks=ranks(rankings, list(dict.fromkeys(one.generator for one in report.sets))),
            model_figures=model_figures,
            choice=choice,
            counts=_counts(report),
            division=_division(report),
            notes=[(explain(name), n) for name, n in report.train.notes.items() if n],
            provenance=_provenance(report),
            reproduce=reproduce,
            version=version("genomimic"),
            modality=report.holdout.modality,
            search=portrayal.search,
            glossary=sorted({**COMMON, **portrayal.words}.items(), key=lambda term: term[0].casefold()),
            own_css=Markup(portrayal.css(report.holdout)),
            css=asset("report.css"),
            scripts=[asset(name) for name in ("packs.js", "tables.js", "report.js")],
        )
    )
    pressed = packs(sets, model_figures, csv_tables, page_bytes=len(page.encode()))
    scripts = "".join(f'<script type="text/plain" id="pack-{name}">{text}</script>\n' for name, text in pressed.items())
    return page.replace(PACKS, scripts)


def _environment() -> Environment:
    found = environment()
    found.filters["number"] = number_text
    return found


def question_of(metric: str) -> str:
    """What a score asks: a metric's card says it; scores of a model's likelihood have no card."""
    return METRICS[metric].question if metric in METRICS else QUESTIONS.get(metric, "")


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
    data = Path(str(report.provenance.get("data", report.holdout.modality.records))).name
    first, *others = report.sets
    if others:
        return f"{data}: {len(report.sets)} synthetic sets compared"
    model = training.model if training is not None else report.provenance.get("model", first.name)
    return f"{data}, mimicked by {model}"


def _subtitle(report: Report) -> str:
    records = portrayal_of(report.holdout.modality).name(report.holdout)
    sizes = ", ".join(f"{len(one.comparison.synthetic):,}" for one in report.sets)
    return f"{sizes} synthetic {records} judged beside {len(report.holdout):,} real ones held out for judging."


def _sections(*, has_model: bool, several: bool) -> list[tuple[str, str]]:
    names = {"verdict": "Verdict", "compared": "Side by side", "scores": "Scores", "figures": "Evidence"}
    names |= {"model": "Model", "data": "Data", "reproduce": "Reproduce", "glossary": "Words"}
    missing = {"model": not has_model, "compared": not several}
    return [(anchor, name) for anchor, name in names.items() if not missing.get(anchor)]


def _folders(report: Report) -> list[str]:
    return file_names([one.name for one in report.sets])


def _score_table(report: Report) -> ShownTable:
    columns = score_columns(report)
    first = FIRST_ROWS if len(report.sets) > 1 else len(columns["score"])
    reading = "The same numbers in full precision are in scores.csv and scores.json beside this file."
    return ShownTable("score-table", "All scores as a table", reading, SCORES, "scores", columns, first)


def _rank_table(rankings: Sequence[Ranking]) -> ShownTable:
    return ShownTable("rank-table", "Ranks of generators", "", RANKS, "scores", rank_columns(rankings))


def _csv_files(report: Report, rankings: Sequence[Ranking]) -> dict[str, bytes]:
    """Scores, ranks and the tables of each set as CSV, by the path of the file."""
    files = {SCORES: score_columns(report)} | ({RANKS: rank_columns(rankings)} if rankings else {})
    for one, name in zip(report.sets, _folders(report), strict=True):
        files |= {f"tables/{name}/{table.name}.csv": table.columns for table in one.tables}
    return {name: csv_text(columns).encode() for name, columns in files.items()}


def _counts(report: Report) -> list[tuple[str, int]]:
    real = [("real, training", len(report.train)), ("real, holdout", len(report.holdout))]
    return real + [(f"synthetic, {one.name}", len(one.comparison.synthetic)) for one in report.sets]


def _provenance(report: Report) -> list[tuple[str, object]]:
    """Where the numbers come from; how the data were split stands with the data."""
    return [(name.replace("_", " "), value) for name, value in report.provenance.items() if name != "split"]


def _division(report: Report) -> str:
    """How far the parts know each other, in a sentence."""
    note = str(report.provenance.get("split", ""))
    return f"{note[0].upper()}{note[1:]}." if note else portrayal_of(report.holdout.modality).division
