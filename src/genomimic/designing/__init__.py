"""Sequences on demand: methods of design behind one interface, (run, objective, rules) -> Dataset."""

from collections.abc import Callable
from difflib import get_close_matches

from genomimic.dataset import Dataset
from genomimic.defaults import EDIT_PRICE, METHOD, PRICE
from genomimic.designing.ascent import ascend, check_latent
from genomimic.designing.brief import Brief
from genomimic.designing.editing import edit
from genomimic.designing.evolution import search
from genomimic.designing.guiding import check_guided, guide
from genomimic.designing.objective import Objective
from genomimic.designing.selection import select
from genomimic.designing.starts import check_request
from genomimic.errors import UsageError
from genomimic.rules import Rules
from genomimic.run import Run
from genomimic.where import Where

__all__ = ["METHODS", "Brief", "Objective", "ascend", "design", "edit", "guide", "search", "select"]

METHODS: dict[str, Callable[[Brief], Dataset]] = {
    "select": select,
    "search": search,
    "ascend": ascend,
    "edit": edit,
    "guide": guide,
}

SUITED: dict[str, Callable[[Run], None]] = {"ascend": check_latent, "guide": check_guided}
"""What refuses a run, for methods that not all models have."""


def design(
    run: Run,
    objective: Objective,
    *,
    n: int | None = None,
    method: str = METHOD,
    price: float = PRICE,
    rules: Rules = (),
    seed: int = 0,
    yardstick: Run | None = None,
    where: Where | None = None,
    start: Dataset | None = None,
    edit_price: float = EDIT_PRICE,
) -> Dataset:
    """N sequences (100 where not said) made for an objective by a method of `METHODS`, all of which keep the rules.

    `price`: what it costs to be less, or more, likely than typical samples (see `reward.py`); 0 for nothing.
    `yardstick`: the run whose likelihood says what is natural, where the generator has none. `where`: labels that the
    generator is told. `start`: sequences that the method edit improves, a design for each, and `edit_price` what each
    changed letter costs, in standard deviations of the objective. Raises `UsageError` for rules that clash, and where
    the run, the objective or the start does not suit the method.

    >>> import genomimic as gm
    >>> from genomimic.training import fit
    >>> junctions = gm.read(gm.data.path("splice_junctions")).some(500)
    >>> run = fit(gm.model("markov", order=1), junctions, junctions)
    >>> few = gm.Objective("letters of T", lambda records: (records.values == 3).sum(1), sign=-1)
    >>> made = gm.design(run, few, n=2, method="select", price=0.0)
    >>> bool((made.values == 3).sum(1).max() < (junctions.values == 3).sum(1).mean())
    True
    """
    check_method(method, run)
    n = check_request(n, method, start, edit_price)
    return METHODS[method](Brief(run, objective, n, price, rules, seed, yardstick, where, start, edit_price))


def check_method(method: str, run: Run) -> None:
    """Refuse a method that is not there, or that does not suit the model of the run."""
    if method not in METHODS:
        close = get_close_matches(method, METHODS, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise UsageError(f"there is no method {method!r}{hint}; methods: {', '.join(METHODS)}")
    if method in SUITED:
        SUITED[method](run)
