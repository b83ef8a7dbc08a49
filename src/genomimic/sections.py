"""What a report can tell about the model behind a synthetic set, where the model has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Num, Shaped

from genomimic.budgets import duration, outlook
from genomimic.comparison import Comparison
from genomimic.dataset import Dataset
from genomimic.kinds import kind_of
from genomimic.latent import encode, traverse
from genomimic.metrics.cell_types import types_of
from genomimic.run import Run, read_meta
from genomimic.sampling import discriminate
from genomimic.views import View

SHOWN = 1000
"""Records of each kind in the latent map and among the discriminator's scores."""

POINTS, COPIES = 7, 200
"""Steps of the line through the latent space, and records decoded at each."""


class TriedModel(NamedTuple):
    """A row of the ladder that a model was chosen from; bits per base are of validation records."""

    model: str
    bits_per_base: float
    behind_the_best: float
    standard_error: float
    took: str


class Chosen(NamedTuple):
    """How `auto` came to its model."""

    model: str
    reason: str
    tried: tuple[TriedModel, ...]


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """The numbers logged while a model was trained, by column; NaN where a row has no such number.

    `outlook` says what more time would buy, where a time was set.
    """

    model: str
    columns: Mapping[str, Float[np.ndarray, " rows"]]
    best_step: int | None = None
    stop_reason: str = ""
    outlook: str = ""

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, object]],
        *,
        model: str,
        best_step: int | None = None,
        stop_reason: str = "",
        outlook: str = "",
    ) -> "TrainingLog":
        """Columns from the rows of `log.jsonl`; entries that are not numbers are left out."""
        names = dict.fromkeys(name for row in rows for name, value in row.items() if _is_number(value))
        columns = {name: np.array([_number(row.get(name)) for row in rows], float) for name in names}
        if "step" not in columns:
            columns = {"step": np.arange(len(rows), dtype=float), **columns}
        return cls(model, columns, best_step, stop_reason, outlook)

    @property
    def has_curves(self) -> bool:
        """Whether there are two points to join; a model that only counts has one."""
        return len(self.columns["step"]) > 1


@dataclass(frozen=True, eq=False)
class LatentMap:
    """The latent space along two principal axes: encoded holdout records and draws from the prior.

    `real_colour` and `synthetic_colour` hold, for each point, a label or a number named `colour_name`. `unit_kl` is
    the mean KL divergence of each latent unit in nats. `line` is the mean of the number `line_name` in records decoded
    at steps of the line along which it rises.
    """

    real: Float[np.ndarray, "n 2"]
    synthetic: Float[np.ndarray, "m 2"]
    colour_name: str
    real_colour: Shaped[np.ndarray, " n"]
    synthetic_colour: Shaped[np.ndarray, " m"]
    explained: Float[np.ndarray, "2"]
    unit_kl: Num[np.ndarray, " units"]
    line_name: str
    line: Float[np.ndarray, " points"]

    @classmethod
    def project(
        cls,
        mean: Float[np.ndarray, "n latent"],
        variance: Float[np.ndarray, "n latent"],
        synthetic: Float[np.ndarray, "m latent"],
        *,
        colour_name: str,
        real_colour: Shaped[np.ndarray, " n"],
        synthetic_colour: Shaped[np.ndarray, " m"],
        line_name: str,
        line: Float[np.ndarray, " points"],
    ) -> "LatentMap":
        """Encoded records (`mean`, `variance`) and synthetic latent vectors on the principal axes of the means."""
        centre = mean.mean(0)
        _, singular, axes = np.linalg.svd(mean - centre, full_matrices=False)
        plane = np.zeros((2, mean.shape[1]))
        plane[: len(axes[:2])] = axes[:2]
        shares = np.append(singular**2 / max(float((singular**2).sum()), 1e-300), [0.0, 0.0])[:2]
        unit_kl = 0.5 * (mean**2 + variance - np.log(variance) - 1).mean(0)
        real, drawn = (mean - centre) @ plane.T, (synthetic - centre) @ plane.T
        return cls(real, drawn, colour_name, real_colour, synthetic_colour, shares, unit_kl, line_name, line)


@dataclass(frozen=True, eq=False)
class DiscriminatorScores:
    """What a discriminator answers, D(x), for records that it learned from, fresh real ones and synthetic ones."""

    train: Float[np.ndarray, " n"]
    holdout: Float[np.ndarray, " m"]
    synthetic: Float[np.ndarray, " k"]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float | np.number) else float("nan")


def of_run(run: Run, train: Dataset, judged: Comparison) -> dict[str, Any]:
    """What a run can show of itself beside records that it made: arguments of `write_report` by name."""
    assert run.path is not None
    meta = read_meta(run.path)
    log = TrainingLog.from_rows(
        run.log,
        model=run.model.name,
        best_step=meta["best_step"],
        stop_reason=meta["stopped"],
        outlook=outlook(run.config, run.log),
    )
    sections: dict[str, Any] = {"training": log}
    if "choice" in run.config:
        sections["choice"] = chosen(run)
    synthetic, holdout = (view.take(np.arange(min(SHOWN, len(view)))) for view in (judged.synthetic, judged.holdout))
    if hasattr(run.model, "encode"):
        types = types_of(judged)
        sections["latent"] = _latent_map(run, holdout, synthetic, None if types is None else types.label)
    if hasattr(run.model, "discriminate"):
        learned = train.take(np.arange(min(SHOWN, len(train))))
        sets = (learned, holdout.dataset, synthetic.dataset)
        sections["discriminator"] = DiscriminatorScores(*(discriminate(run, dataset) for dataset in sets))
    return sections


def chosen(run: Run) -> Chosen:
    """How a run that `auto` made came to its model."""
    choice = run.config["choice"]
    rows = [{**row, "took": duration(row["seconds"])} for row in choice["tried"]]
    tried = tuple(TriedModel(**{name: row[name] for name in TriedModel._fields}) for row in rows)
    return Chosen(run.model.name, choice["reason"], tried)


def _latent_map(run: Run, holdout: View, synthetic: View, label: str | None) -> LatentMap:
    """The map in the colours of a label, or of the number that records of this kind differ in (`Kind.trait`)."""
    real, drawn = encode(run, holdout.dataset), encode(run, synthetic.dataset)
    trait, views = kind_of(run.modality).trait(run.modality), (holdout, synthetic)
    numbers = [trait.of(view) for view in views]
    colours = numbers if label is None else [view.dataset.labels[label].astype(str) for view in views]
    walked = View(traverse(run, holdout.dataset, numbers[0], points=POINTS, copies=COPIES))
    return LatentMap.project(
        real.mean,
        real.variance,
        drawn.mean,
        colour_name=trait.name if label is None else label,
        real_colour=colours[0],
        synthetic_colour=colours[1],
        line_name=trait.name,
        line=trait.of(walked).reshape(POINTS, COPIES).mean(1),
    )
