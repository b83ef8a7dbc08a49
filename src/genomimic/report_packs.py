"""What a page holds pressed: figures and all rows of tables of each set, and no more than the page may weigh."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from plotly.offline import get_plotlyjs

from genomimic.figures import Figure
from genomimic.packing import pack
from genomimic.report_tables import ShownTable
from genomimic.set_views import SetView

PAGE_BYTES = 5_850_000
FEWEST_ROWS = 25

Content = dict[str, dict[str, Any]]


def packs(
    sets: Sequence[SetView], model_figures: Sequence[Figure], tables: Sequence[ShownTable], *, page_bytes: int
) -> dict[str, str]:
    """What is unpacked when it comes into view, beside a page of this size.

    Long tables lose their last rows where all would weigh too much.
    """
    others: dict[str, Content] = {"model": {"figures": _drawn(model_figures), "tables": {}}}
    others |= {"scores": {"figures": {}, "tables": {table.key: table.data() for table in tables}}}
    found = {"plotly": plotly()} | {name: _pressed(content) for name, content in others.items()}
    budget = PAGE_BYTES - page_bytes - sum(map(len, found.values()))
    return found | _fitted({one.key: _content(one) for one in sets}, budget)


@cache
def plotly() -> str:
    """The library that draws the charts, pressed from four and a half megabytes to less than two."""
    return pack(get_plotlyjs())


def _fitted(contents: dict[str, Content], budget: int) -> dict[str, str]:
    """The contents pressed, each table cut to as many rows as let all stay within the budget."""
    most = max((table["size"] for one in contents.values() for table in one["tables"].values()), default=0)
    while True:
        found = {name: _pressed(content, most) for name, content in contents.items()}
        size = sum(map(len, found.values()))
        if size <= budget or most <= FEWEST_ROWS:
            return found
        most = max(int(0.9 * most * max(budget, 0) / size), FEWEST_ROWS)


def _content(one: SetView) -> Content:
    figures = [figure for page in one.pages for figure in page.figures]
    tables = {table.key: table.data() for page in one.pages for table in page.tables}
    return {"figures": _drawn(figures), "tables": tables}


def _drawn(figures: Sequence[Figure]) -> dict[str, Any]:
    return {
        figure.key: {"html": str(figure.body)} if figure.spec is None else {"spec": figure.spec} for figure in figures
    }


def _pressed(content: Content, most: int | None = None) -> str:
    tables = {
        key: table | {"columns": [column[:most] for column in table["columns"]]}
        for key, table in content["tables"].items()
    }
    return pack(json.dumps(content | {"tables": tables}, separators=(",", ":")))
