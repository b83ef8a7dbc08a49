"""Training predictors: records apart by homology, members that each leave a fold out, the better learner chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import DataError, UsageError
from genomimic.labels import known
from genomimic.modalities import Sequences
from genomimic.predictor import Predictor
from genomimic.predictors import LEARNERS, Learner, Members, Numbers, Target, Task, target_of
from genomimic.predictors.base import blocks, only, said_by
from genomimic.predictors.calibration import Bands, bands_of, temperature_of
from genomimic.predictors.targets import label_column
from genomimic.splitting import folds, split

MEMBERS = 5

ORDERS = 20
"""Random orders of labels that predictors are taught, to see what chance gives."""

Watch = Callable[[str, float, str], None]
"""Told of the work as it goes: the stage, the share of it that is done, and a detail."""

Kind = Literal["auto", "linear", "convolutional"]


def silent(stage: str, share: float, detail: str) -> None:
    """A watch that looks away."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A learner fitted to the folds: its members, what they say of the folds they left out, and how well."""

    predictor: Predictor
    outputs: Float[np.ndarray, "n outputs"]
    loss: float


@dataclass(frozen=True, eq=False)
class Trained:
    """The learner that was chosen, all that were fitted, and the records that none of them has seen.

    `left_out` records had no label. `by_chance` is what linear predictors that were taught labels in random order say
    of the holdout: the floor.
    """

    chosen: str
    fitted: Mapping[str, Fitted]
    by_chance: Float[np.ndarray, "orders m outputs"]
    learned: Dataset
    holdout: Dataset
    holdout_clusters: Int[np.ndarray, " m"]
    left_out: int

    @property
    def predictor(self) -> Predictor:
        """The predictor that was chosen."""
        return self.fitted[self.chosen].predictor


def learn(
    data: Dataset,
    label: str,
    *,
    kind: Kind = "auto",
    by: str | None = None,
    members: int = MEMBERS,
    seed: int = 0,
    watch: Watch = silent,
) -> Trained:
    """Learn a label from sequences, with a holdout of whole homology clusters (or the label column `by`) left out.

    Each member learns from all folds but one of training and validation records; folds are whole clusters too. "auto"
    takes the learner that predicts the folds left out best. The same seed gives the same predictor. Raises
    `UsageError` for a label that is not there, and `DataError` for one that cannot be learned.
    """
    check(data, kind)
    labelled, left_out = with_label(data, label)
    target_of(labelled, label)
    watch("split", 0.0, "")
    found = split(labelled, by=by, seed=seed)
    rows, holdout = np.flatnonzero(np.isin(found.part, ("train", "validation"))), found.rows("holdout")
    learned = labelled.take(rows)
    target, fold = target_of(learned, label), folds(learned, found.cluster[rows], members, seed=seed)
    watch("split", 1.0, f"{len(learned):,} to learn from in {members} folds, {len(holdout):,} held out")
    names = tuple(LEARNERS) if kind == "auto" else tuple(dict.fromkeys(("linear", kind)))
    fitted = {name: fit(LEARNERS[name], learned, target, fold, seed=seed, watch=watch) for name in names}
    chosen = min(names, key=lambda name: fitted[name].loss) if kind == "auto" else kind
    held = labelled.take(holdout)
    by_chance = taught_by_chance(learned, held, target, fold, seed)
    return Trained(chosen, fitted, by_chance, learned, held, found.cluster[holdout], left_out)


def check(data: Dataset, kind: str) -> None:
    """Refuse records that are no sequences, and learners that there are not."""
    if not isinstance(data.modality, Sequences):
        raise UsageError(f"predictors learn from sequences, and these are {data.modality.records}")
    if kind != "auto" and kind not in LEARNERS:
        raise UsageError(f"there is no learner {kind!r}; choose from auto, {', '.join(LEARNERS)}")


def with_label(data: Dataset, label: str) -> tuple[Dataset, int]:
    """The records whose label is known, and how many were left out; raises `DataError` where it is known of none."""
    there = known(label_column(data, label))
    if not there.any():
        raise DataError(f"{label} is missing in all {len(data):,} records; give some of them a value")
    return (data if there.all() else data.take(np.flatnonzero(there))), int((~there).sum())


def taught_by_chance(
    learned: Dataset, held: Dataset, target: Target, fold: Int[np.ndarray, " n"], seed: int
) -> Float[np.ndarray, "orders m outputs"]:
    """What linear predictors that were taught labels in random order say of records held out; many orders at once."""
    assert isinstance(learned.modality, Sequences)
    one = Task.of(learned.modality, learned.length, target)
    rng, wanted = np.random.default_rng([seed, len(learned)]), target.columns(learned.labels[target.label])
    mixed = np.concatenate([wanted[rng.permutation(len(wanted))] for _ in range(ORDERS)], 1)
    task, learner = replace(one, outputs=mixed.shape[1], classes=False), LEARNERS["linear"]
    members = learner.fit(task, learned.values, mixed, fold, seed=seed, told=lambda share, detail: None)
    values = learned.modality.conform(held, learned.length).values
    said = blocks(partial(said_by, learner, task), members, task, values).astype(float)
    return said.reshape(len(held), ORDERS, target.outputs).swapaxes(0, 1)


def fit(
    learner: Learner,
    learned: Dataset,
    target: Target,
    fold: Int[np.ndarray, " n"],
    *,
    seed: int = 0,
    watch: Watch = silent,
) -> Fitted:
    """A learner's members, calibrated on the folds that they left out."""
    assert isinstance(learned.modality, Sequences)
    task = Task.of(learned.modality, learned.length, target)
    wanted = target.columns(learned.labels[target.label])
    members = learner.fit(task, learned.values, wanted, fold, seed=seed, told=partial(watch, "learn"))
    outputs = out_of_fold(learner, task, members, learned, fold)
    calibration = calibrated(target, outputs, learned.labels[target.label])
    scale = calibration if isinstance(calibration, float) else 1.0
    loss = float(np.asarray(task.loss(jnp.asarray(outputs / scale), jnp.asarray(wanted))).mean())
    predictor = Predictor(learner, task, target, members, calibration, learned.modality)
    return Fitted(predictor, outputs, loss)


def out_of_fold(
    learner: Learner, task: Task, members: Members, learned: Dataset, fold: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n outputs"]:
    """What the member that left a record out says of it."""
    said = partial(said_by, learner, task)
    outputs = np.empty((len(learned), task.outputs))
    for number in range(fold.max() + 1):
        rows = np.flatnonzero(fold == number)
        outputs[rows] = blocks(said, only(members, number), task, learned.values[rows])
    return outputs


def calibrated(
    target: Target, outputs: Float[np.ndarray, "n outputs"], labels: Shaped[np.ndarray, " n"]
) -> Bands | float:
    """Bands of a number, the temperature of classes, from records left out."""
    if isinstance(target, Numbers):
        return bands_of(outputs[:, 0] * target.deviation + target.mean, target.values(labels))
    return temperature_of(outputs, target.columns(labels))
