"""One loop for every model: batches in, validation, best state kept, checkpoints that training can go on from."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray, Shaped

from genomimic import models
from genomimic.dataset import Dataset
from genomimic.errors import TrainingError
from genomimic.models import Conditions, Model, Plan, Scalars, Spec, State
from genomimic.run import (
    CHECKPOINT,
    Checkpoint,
    Row,
    Run,
    read_checkpoint,
    read_log,
    template,
    write_checkpoint,
    write_log,
)

MOST_VALIDATED = 4096
"""Validation records looked at during training; more would only cost time."""

MOST_SEEN = 4096
"""Training records from which a model settles what is left to the end."""

PACED = 4
"""Steps by which the pace of training is measured."""

INIT, STEP, VALIDATE, FINISH = range(4)
"""What random numbers are for; each purpose draws from a stream of its own."""


class Progress(NamedTuple):
    """Where training stands, for a progress bar; `ending`: its steps are over, and the model settles the rest."""

    step: int
    steps: int
    scalars: Row
    ending: bool = False


def spec_of(train: Dataset, conditions: Sequence[str] = ()) -> Spec:
    """What models are told of a training set; `conditions` are labels that they are told of each record."""
    modality = train.modality
    observation = modality.observation(train.values)
    start = observation.start(train.values)
    spec = Spec(train.length, observation, start, modality.aligned, modality.complement, modality.ordered)
    return with_conditions(spec, train, conditions)


def with_conditions(spec: Spec, train: Dataset, conditions: Sequence[str]) -> Spec:
    """What models are told of a training set, and of each record these labels."""
    return replace(spec, conditions=Conditions.of(train, conditions))


def fit(
    model: Model,
    train: Dataset,
    validation: Dataset,
    *,
    spec: Spec | None = None,
    seed: int = 0,
    path: Path | None = None,
    deadline: float = math.inf,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Train a model and keep its best state by validation; with `path`, checkpoint there and go on from what is there.

    `spec` is what the model is told of the training set; where not given, `spec_of` finds it, without conditions.
    Steps end at the first validation after `deadline`, a time on the clock of `time.monotonic`; what the model does in
    the end (`Model.finished`) comes on top.
    The same seed gives the same state on the same platform, interrupted and resumed or not. Raises `TrainingError`
    where training breaks down before any usable state.
    """
    spec = spec or spec_of(train)
    model = model.settled(spec, len(train))
    loop = _Loop(model, spec, model.plan(len(train)), seed, path)
    begin, log = loop.begin()
    checkpoint = begin
    rows, unseen = (spec.conditions.rows(part) for part in (train, validation.some(MOST_VALIDATED)))
    for checkpoint in loop.run(begin, log, rows, unseen, deadline, progress):
        if path is not None:
            write_log(path, log)
            write_checkpoint(path, checkpoint)
    config = {"model": models.config(model), "training": {"seed": seed}}
    return Run(model, spec, checkpoint.best, train.modality, path, config)


def pace(model: Model, train: Dataset, *, spec: Spec | None = None, seed: int = 0) -> float:
    """Seconds that a training step of a settled model takes on this machine, once it is compiled."""
    loop = _Loop(model, spec or spec_of(train), model.plan(len(train)), seed, None)
    state, steps = loop.begin()[0].state, jax.jit(loop.steps)
    rows, missing = loop.spec.conditions.rows(train), loop.spec.observation.missing
    given = jnp.asarray(_batches(rows, loop.plan, 0, PACED, seed, missing))
    took = math.inf
    for _ in range(3):
        began = time.monotonic()
        jax.block_until_ready(steps(state, given, jnp.arange(PACED), loop.key(STEP)))
        took = min(took, time.monotonic() - began)
    return took / PACED


@dataclass(frozen=True, eq=False)
class _Loop:
    model: Model
    spec: Spec
    plan: Plan
    seed: int
    path: Path | None

    def begin(self) -> tuple[Checkpoint, list[Row]]:
        """The checkpoint and the log to go on from, or those of a new start."""
        if self.path is not None and (self.path / CHECKPOINT).exists():
            checkpoint = read_checkpoint(self.path, template(self.model, self.spec))
            return checkpoint, [row for row in read_log(self.path) if row["step"] <= checkpoint.step]
        state = jax.jit(partial(self.model.init, self.spec))(self.key(INIT))
        return Checkpoint(state, state, 0, 0, math.inf), []

    def run(
        self,
        checkpoint: Checkpoint,
        log: list[Row],
        train: Shaped[np.ndarray, "n length"],
        validation: Shaped[np.ndarray, "m length"],
        deadline: float,
        progress: Callable[[Progress], None],
    ) -> Iterator[Checkpoint]:
        """A checkpoint after each validation; `log` grows by a row each time."""
        yield checkpoint
        steps, validate = jax.jit(self.steps), jax.jit(partial(self.model.validate, self.spec))
        unseen = jnp.asarray(validation)
        began = time.monotonic() - (log[-1]["seconds"] if log else 0.0)
        while checkpoint.step < self.plan.steps and not checkpoint.stopped:
            now = min(checkpoint.step + self.plan.every, self.plan.steps)
            batches = _batches(train, self.plan, checkpoint.step, now, self.seed, self.spec.observation.missing)
            state, scalars = steps(
                checkpoint.state, jnp.asarray(batches), jnp.arange(checkpoint.step, now), self.key(STEP)
            )
            state, judged = validate(state, unseen, jax.random.fold_in(self.key(VALIDATE), now))
            row = {"step": now} | {name: round(float(value), 6) for name, value in {**scalars, **judged}.items()}
            log.append(row | {"seconds": round(time.monotonic() - began, 2)})
            checkpoint = self._judged(checkpoint, state, log)
            if time.monotonic() > deadline and not checkpoint.stopped:
                checkpoint = replace(
                    checkpoint, stopped=f"the time given was over after {now} of {self.plan.steps} steps"
                )
            progress(Progress(now, self.plan.steps, row))
            if checkpoint.stopped:
                progress(Progress(now, self.plan.steps, row, ending=True))
                checkpoint = self._finished(checkpoint, train, lambda state, key: validate(state, unseen, key))
            yield checkpoint

    def _finished(
        self,
        checkpoint: Checkpoint,
        train: Shaped[np.ndarray, "n length"],
        validate: Callable[[State, PRNGKeyArray], tuple[State, Scalars]],
    ) -> Checkpoint:
        """With what the model makes of the best state in the end."""
        rows = jnp.asarray(train[np.random.default_rng(self.seed).permutation(len(train))[:MOST_SEEN]])
        key = jax.random.fold_in(self.key(VALIDATE), checkpoint.best_step)

        def judge(state: State) -> float:
            return float(validate(state, key)[1]["loss"])

        end = self.model.finished(self.spec, checkpoint.best, rows, judge, self.key(FINISH))
        if not end.done:
            return checkpoint
        stopped = f"{checkpoint.stopped}; {end.done}"
        return replace(checkpoint, best=end.state, best_loss=judge(end.state), stopped=stopped)

    def _judged(self, before: Checkpoint, state: State, log: list[Row]) -> Checkpoint:
        """The next checkpoint: best state kept, and a reason to stop if there is one."""
        row = log[-1]
        step, loss = int(row["step"]), row["loss"]
        if not all(math.isfinite(value) for value in row.values()):
            return self._broken(before, row)
        after = replace(before, state=state, step=step)
        sick = self.model.health(log)
        if sick and before.best_step:
            return replace(after, stopped=sick)
        if loss < before.best_loss:
            after = replace(after, best=state, best_step=step, best_loss=loss)
        elif step - before.best_step >= self.plan.patience * self.plan.every:
            return replace(after, stopped=f"validation has not improved since step {before.best_step}")
        if step >= self.plan.steps:
            done = "every record counted" if self.plan.once else f"all {self.plan.steps} steps done"
            return replace(after, stopped=done)
        return replace(after, stopped=sick or "")

    def _broken(self, before: Checkpoint, row: Row) -> Checkpoint:
        wrong = ", ".join(name for name, value in row.items() if not math.isfinite(value))
        sentence = f"training broke down at step {row['step']:.0f}: {wrong} is not a number; lower the learning rate"
        if not before.best_step:
            raise TrainingError(sentence)
        return replace(before, step=int(row["step"]), stopped=f"{sentence}; the best state before that is kept")

    def steps(
        self, state: State, batches: Shaped[Array, "steps batch length"], at: Int[Array, " steps"], key: PRNGKeyArray
    ) -> tuple[State, Scalars]:
        """Many steps in one call; scalars are means over them."""

        def step(state: State, given: tuple[Shaped[Array, "batch length"], Int[Array, ""]]) -> tuple[State, Scalars]:
            batch, i = given
            return self.model.step(self.spec, state, batch, jax.random.fold_in(key, i))

        state, scalars = jax.lax.scan(step, state, (batches, at))
        return state, jax.tree.map(lambda x: x.mean(), scalars)

    def key(self, purpose: int) -> PRNGKeyArray:
        return jax.random.fold_in(jax.random.key(self.seed), purpose)


def _batches(
    values: Shaped[np.ndarray, "n length"], plan: Plan, first: int, last: int, seed: int, missing: int | float
) -> Shaped[np.ndarray, "steps batch length"]:
    """The records of steps first .. last - 1: shuffled anew each pass, or once in order and then missing."""
    n, places = len(values), np.arange(first * plan.batch, last * plan.batch)
    if plan.once:
        rows = values[np.minimum(places, n - 1)]
        rows = np.where((places < n)[:, None], rows, np.array(missing, values.dtype))
    else:
        orders = {turn: np.random.default_rng([seed, turn]).permutation(n) for turn in np.unique(places // n)}
        rows = values[np.concatenate([orders[turn][places[places // n == turn] % n] for turn in orders])]
    return rows.reshape(last - first, plan.batch, -1)
