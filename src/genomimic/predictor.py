"""A trained predictor: numbers with intervals or classes with probabilities, contributions of letters, a gradient.

>>> import genomimic as gm
>>> predictor = gm.Predictor.load("activity")  # doctest: +SKIP
>>> predictor.predict(gm.read("designs.fa")).mean  # doctest: +SKIP
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int8

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.predictor_files import read_config, read_weights, understood
from genomimic.predictors import Classes, Learner, Members, Numbers, Target, Task
from genomimic.predictors.base import COMPILED, blocks, mean_of, said_by
from genomimic.predictors.calibration import Bands, probabilities

Score = Callable[[Any, Float[Array, "length features"]], Float[Array, ""]]
"""A pure function of parameters and one record's features, with a gradient."""


class Prediction(NamedTuple):
    """Numbers in the units of the label; each interval holds the true one with a probability of 90%."""

    mean: Float[np.ndarray, " n"]
    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]


class Classification(NamedTuple):
    """The likeliest class of each record, and the calibrated probability of every one."""

    name: np.ndarray
    names: tuple[str, ...]
    probabilities: Float[np.ndarray, "n classes"]


@dataclass(frozen=True, eq=False)
class Predictor:
    """Members that each left out a fold of the training records, calibrated on what they left out.

    `calibration` is the bands of a number or the temperature of classes. `path` is None for one in memory.
    """

    learner: Learner
    task: Task
    target: Target
    members: Members
    calibration: Bands | float
    modality: Sequences
    path: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | str) -> "Predictor":
        """The predictor in a directory; raises `RunError` where a file is missing, damaged or of another format."""
        path = Path(path)
        config = read_config(path)
        learner, target, task, modality = understood(config, path)
        members, calibration = read_weights(path, learner, task, int(config["training"]["members"]))
        return cls(learner, task, target, members, calibration, modality, path, config)

    def predict(self, dataset: Dataset) -> Prediction:
        """Numbers with 90% intervals; raises `UsageError` where the label is a class (see `classify`)."""
        if not isinstance(self.target, Numbers):
            raise UsageError(f"{self.target.label} is a class and no number; use classify")
        assert isinstance(self.calibration, Bands)
        mean = self.outputs(dataset)[:, 0] * self.target.deviation + self.target.mean
        return Prediction(mean, *self.calibration.about(mean))

    def classify(self, dataset: Dataset) -> Classification:
        """Classes with probabilities; raises `UsageError` where the label is a number (see `predict`)."""
        if not isinstance(self.target, Classes):
            raise UsageError(f"{self.target.label} is a number and no class; use predict")
        assert isinstance(self.calibration, float)
        found = probabilities(self.outputs(dataset), self.calibration)
        return Classification(np.array(self.target.names, object)[found.argmax(1)], self.target.names, found)

    def outputs(self, dataset: Dataset) -> Float[np.ndarray, "n outputs"]:
        """What the members say on average: a standardised number, or logits that are not calibrated."""
        said = partial(said_by, self.learner, self.task)
        return blocks(said, self.members, self.task, self.tokens(dataset)).astype(float)

    def attribute(self, dataset: Dataset, of: str | None = None) -> Float[np.ndarray, "n length"]:
        """What each letter adds to the prediction, in the units of the label (log-odds of the class `of`).

        To first order: what the prediction would lose if the letter were exchanged for the mean of all letters
        (Majdandzic et al. 2023, doi:10.1186/s13059-023-02956-3). Where a class is asked for and `of` is not given,
        the first one.
        """
        params, score = self.function(of)
        added = jax.jit(partial(_added, score), compiler_options=COMPILED)
        return blocks(added, params, self.task, self.tokens(dataset)).astype(float)

    def function(self, of: str | None = None) -> tuple[Any, Score]:
        """Parameters and a pure function (parameters, features) -> score of one record, to be differentiated.

        Features are (length, letters), one-hot or a mixture of letters; columns behind the letters (an end) count for
        nothing. The score is the mean of the members in the units of the label, or the calibrated log-odds of the class
        `of` (the first one where not given).
        """
        task, symbols = self.task, self.task.symbols
        mean = partial(mean_of, self.learner, task)
        if isinstance(self.target, Numbers):
            centre, scale = self.target.mean, self.target.deviation
            return self.members, lambda params, x: mean(params, x[:, :symbols])[0] * scale + centre
        assert isinstance(self.calibration, float)
        code, sharpness = self.target.code(of or self.target.names[0]), 1 / self.calibration
        return self.members, lambda params, x: _log_odds(mean(params, x[:, :symbols]) * sharpness, code)

    def tokens(self, dataset: Dataset) -> Int8[np.ndarray, "n length"]:
        """The letters of records, padded to the length of those learned from; others than such are refused."""
        given, learned = dataset.modality.config()["name"], self.modality.config()["name"]
        if given != learned:
            raise UsageError(f"the predictor was trained on {learned}, this is {given}")
        return self.modality.conform(dataset, self.task.length).values


def _added(score: Score, params: Any, x: Float[Array, "block length symbols"]) -> Float[Array, "block length"]:
    slopes = jax.vmap(jax.grad(score, 1), (None, 0))(params, x)
    return ((slopes - slopes.mean(-1, keepdims=True)) * x).sum(-1)


def _log_odds(logits: Float[Array, " classes"], code: int) -> Float[Array, ""]:
    log_probs = jax.nn.log_softmax(logits)
    others = jnp.where(jnp.arange(len(logits)) == code, -jnp.inf, log_probs)
    return log_probs[code] - jax.nn.logsumexp(others)
