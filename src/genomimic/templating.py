"""Pages from templates: one environment and one style sheet for all reports."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def environment() -> Environment:
    """What templates are read with: a name that is missing is an error, and text is escaped."""
    return Environment(
        loader=PackageLoader("genomimic", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> Markup:
    """A style sheet or script beside the templates."""
    return Markup((Path(__file__).parent / "templates" / name).read_text())
