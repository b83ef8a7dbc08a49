"""Training within a time: how many steps fit, and what more time would buy."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from genomimic.dataset import Dataset
from genomimic.models import Model, Spec
from genomimic.training import pace

SPARE = 0.85
"""Share of the time that steps are planned for; validation and compilation take the rest."""


class Budget(NamedTuple):
    """Seconds that training may take, and when they end on the clock of `time.monotonic`."""

    seconds: float
    ends: float

    @classmethod
    def of(cls, seconds: float | None) -> "Budget | None":
        """A budget that begins now."""
        return None if seconds is None else cls(seconds, time.monotonic() + seconds)


def fitted(
    model: Model, train: Dataset, budget: Budget, seed: int, spec: Spec | None = None
) -> tuple[Model, dict[str, Any] | None]:
    """The model with as many of its steps as fit into what is left of the time, and a record of it for run.toml.

    The number of steps depends on the machine; what they give depends on that number and the seed alone.
    """
    plan = model.plan(len(train))
    if plan.once or not hasattr(model, "steps"):
        return model, None
    step = pace(model, train, spec=spec, seed=seed)
    left = max(SPARE * (budget.ends - time.monotonic()), 0.0)
    share = min(1.0, left / (step * plan.steps))
    own: int = model.steps  # pyright: ignore[reportAttributeAccessIssue]
    record = {"seconds": float(budget.seconds), "seconds_a_step": round(step, 5), "steps_without_it": own}
    return replace(model, steps=max(1, int(own * share))), record  # pyright: ignore[reportCallIssue]


def outlook(config: Mapping[str, Any], log: Sequence[Mapping[str, int | float]]) -> str:
    """What a training within a time has left undone and what more time would buy; empty where no time was set."""
    record = config.get("budget")
    if not record:
        return ""
    steps, wanted = config["model"]["steps"], record["steps_without_it"]
    given = duration(record["seconds"])
    if steps >= wanted:
        return f"All {wanted:,} planned steps fitted into the {given} given; more time would change nothing."
    whole = duration(record["seconds_a_step"] * wanted / SPARE)
    found = (
        f"{steps:,} of the {wanted:,} planned steps fitted into the {given} given; all of them take about {whole} here."
    )
    losses = [(int(row["step"]), float(row["loss"])) for row in log if "loss" in row]
    half = [loss for step, loss in losses if step <= steps / 2]
    if not half:
        return found
    gained = min(half) - min(loss for _, loss in losses)
    return (
        f"{found} The second half of the steps improved the validation loss by {max(gained, 0.0):.4f}; "
        "twice the time is likely to improve it by less than that again."
    )


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(90), duration(0.3), duration(7200)
    ('1 min 30 s', '0.3 s', '2 h')
    """
    if seconds < 9.5:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest if not hours else 0, "s")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value)
