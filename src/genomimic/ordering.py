"""What is asked of a run, checked before anything is drawn: labels, guidance, templates to fill in, rules to keep."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from genomimic import models
from genomimic.automata import build
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.models import Model, able
from genomimic.models.guard import Ruled
from genomimic.rules import Rules
from genomimic.run import Run
from genomimic.templates import Templates, read_templates
from genomimic.where import Where, codes_where


class Order(NamedTuple):
    """What is asked of a run: its model, the labels of each kind of record, templates to fill in, and rules."""

    model: Model
    codes: Int[np.ndarray, "kinds labels"]
    templates: Templates | None
    rules: Rules = ()
    guard: Ruled | None = None

    @property
    def kinds(self) -> int:
        """Kinds of records, of each of which as many are drawn, one kind after another."""
        return max(len(self.codes), len(self.templates.names) if self.templates else 1)


def order_for(
    run: Run,
    *,
    template: str | Path | None = None,
    where: Where | None = None,
    guidance: float | None = None,
    rules: Rules = (),
) -> Order:
    """What is asked of a run, checked."""
    if template is not None and rules:
        raise UsageError("a template to fill in and rules cannot be kept together; make the template one of the rules")
    templates = None if template is None else templates_for(run, template)
    codes = codes_where(where, run.spec.conditions)
    if templates and len(codes) > 1 and len(templates.names) > 1:
        raise UsageError(f"{len(templates.names)} templates and {len(codes)} rows of labels; give one of either")
    model, guard = run.model if guidance is None else _guided(run, guidance), guard_for(run, rules) if rules else None
    return Order(model, codes, templates, rules, guard)


def templates_for(run: Run, given: str | Path) -> Templates:
    """The template that a text is, or those in a file, for records of this run; its model must be able to fill in."""
    if not hasattr(run.model, "fill"):
        raise UsageError(f"{run.model.name} cannot fill in a template; models that can: {able('fill')}")
    assert isinstance(run.modality, Sequences)
    return read_templates(given, run.modality, length=run.spec.length, ends=run.spec.ends)


def guard_for(run: Run, rules: Rules) -> Ruled:
    """What keeps records of this run within rules; raises `UsageError` where no record can keep them."""
    if not hasattr(run.model, "obey") or not isinstance(run.modality, Sequences):
        raise UsageError(f"{run.model.name} cannot keep rules on {run.modality.records}")
    if run.spec.ends and not run.model.rules_on_lengths:
        name = run.model.name
        raise UsageError(f"{name} keeps rules on records of one length only; use --model autoregressive or vae")
    return Ruled.of(build(rules, run.modality.letters, run.spec.length, ends=run.spec.ends), run.spec)


def _guided(run: Run, guidance: float) -> Model:
    """The run's model with that guidance."""
    if not run.spec.conditions.names:
        raise UsageError("--guidance needs a model that was told labels; train it with --condition NAME")
    if not hasattr(run.model, "guidance"):
        raise UsageError(f"{run.model.name} cannot be guided; models that can: {able('guidance')}")
    return models.from_config({**models.config(run.model), "guidance": guidance})
