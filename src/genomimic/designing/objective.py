"""What a design is to reach: a predictor's number or class, or whatever a user's own function says of records."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.predictor import Predictor, Score
from genomimic.predictors import Numbers
from genomimic.scorers import Scorer, scored

LEAST_SHARE = 1e-6
"""Probabilities nearer to 0 or 1 than this have the same log-odds."""


@dataclass(frozen=True, eq=False)
class Objective:
    """A number of each record, of which more (`sign` 1), less (-1) or a value near `target` is wanted.

    `gradient`: parameters and a JAX function (parameters, features) -> the same number, for methods that follow it.
    """

    name: str
    scorer: Scorer
    gradient: tuple[Any, Score] | None = None
    sign: int = 1
    target: float | None = None

    @classmethod
    def of_predictor(
        cls, predictor: Predictor, *, of: str | None = None, sign: int = 1, target: float | None = None
    ) -> "Objective":
        """The predicted number, or the log-odds of the class `of`."""
        label = predictor.target.label

        def odds(dataset: Dataset) -> Float[np.ndarray, " n"]:
            told = predictor.classify(dataset)
            share = np.clip(told.probabilities[:, told.names.index(str(of))], LEAST_SHARE, 1 - LEAST_SHARE)
            return np.log(share / (1 - share))

        if isinstance(predictor.target, Numbers):
            return cls(label, lambda data: predictor.predict(data).mean, predictor.function(), sign, target)
        if of is None:
            raise UsageError(f"{label} is a class; say which is wanted")
        return cls(f"{label}={of}", odds, predictor.function(of), sign, target)

    def values(self, dataset: Dataset) -> Float[np.ndarray, " n"]:
        """The number of each record."""
        return scored(self.scorer, dataset, name=self.name)

    def wanted(self, values: Any) -> Any:
        """How good numbers are; higher is better."""
        return self.sign * values if self.target is None else -abs(values - self.target)
