"""One synthetic set as the report shows it: its verdict, its tiles, its pages."""

from typing import NamedTuple

from markupsafe import Markup

from genomimic.evaluation import Score, SetReport
from genomimic.figures import Figure, evidence_figures, portrayal_of
from genomimic.metrics.titles import title_of
from genomimic.pages import PAGES, page_of
from genomimic.plots.colours import set_colour, set_shape
from genomimic.report_tables import ShownTable
from genomimic.verdicts import as_good_as_real


class Tile(NamedTuple):
    """One group of scores in two lines: the weakest, and how many reach real data."""

    group: str
    headline: str
    detail: str


class Page(NamedTuple):
    """One page of a set: `facts` in numbers first, then its figures and tables."""

    key: str
    title: str
    figures: tuple[Figure, ...]
    tables: tuple[ShownTable, ...]
    facts: tuple[tuple[str, str], ...] = ()


class SetView(NamedTuple):
    """One synthetic set as the template shows it."""

    key: str
    name: str
    verdict: str
    findings: tuple[str, ...]
    colour: str
    marker: Markup
    tiles: tuple[Tile, ...]
    pages: tuple[Page, ...]


def set_view(one: SetReport, number: int, folder: str) -> SetView:
    """What the page shows of a set; `folder` is where its tables lie under tables/."""
    marker = Markup('<svg class="dot" viewBox="-8 -8 16 16" aria-hidden="true"><use href="#shape-{}" fill="{}"/></svg>')
    groups = dict.fromkeys(score.group for score in one.scores)
    tiles = tuple(tile(group, [score for score in one.scores if score.group == group]) for group in groups)
    return SetView(
        f"set{number}",
        one.name,
        one.verdict,
        one.findings,
        set_colour(number),
        marker.format(set_shape(number), set_colour(number)),
        tiles,
        _pages(one, number, folder),
    )


def _pages(one: SetReport, number: int, folder: str) -> tuple[Page, ...]:
    train = one.comparison.train
    portrayal = portrayal_of(train.modality)
    figures = [*portrayal.figures(one, number), *evidence_figures(one, number)]
    tables = [
        ShownTable(
            f"set{number}-{table.name.replace('_', '-')}",
            table.title,
            table.reading,
            f"tables/{folder}/{table.name}.csv",
            page_of(table),
            table.columns,
        )
        for table in one.tables
    ]
    facts = () if one.census is None else portrayal.facts(one.census, train.dataset)
    pages = (
        Page(
            key,
            title,
            tuple(figure for figure in figures if figure.page == key),
            tuple(table for table in tables if table.page == key),
            facts if key == "copies" else (),
        )
        for key, title in PAGES.items()
    )
    return tuple(page for page in pages if page.figures or page.tables)


def tile(group: str, scores: list[Score]) -> Tile:
    """A group of scores in two lines, its weakest score first; no average, which would hide it."""
    resolved = [score for score in scores if score.resolved]
    if not resolved:
        return Tile(group, "not resolved", f"n={scores[0].n:,} cannot tell floor from ceiling")
    weakest = min(resolved, key=lambda score: score.skill)
    good = len(as_good_as_real(scores))
    return Tile(
        group,
        f"weakest: {title_of(weakest.metric)}",
        f"skill {weakest.skill:.2f} [{weakest.skill_low:.2f}, {weakest.skill_high:.2f}]; "
        f"{good} of {len(resolved)} as good as fresh real data",
    )
