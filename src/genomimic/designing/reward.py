"""What a design is worth: how far it goes beyond what the generator writes anyway, less a price for being unnatural.

    reward = z(objective) - price * z(bits)^2 / 2

z counts standard deviations from the mean of fresh samples of the generator, told the same labels; bits are those that
the generator needs for a letter. What is likelier than a typical sample costs as much as what is less likely: the
likeliest sequences of all are monotonous, and as easily told from natural ones.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genomimic.dataset import Dataset
from genomimic.designing.objective import Objective
from genomimic.run import Run
from genomimic.sampling import bits_per_base

REFERENCE = 512
"""Samples from which means and standard deviations are taken."""


class Scale(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Float[np.ndarray, " n"]) -> "Scale":
        """Of numbers, which may all be the same."""
        return cls(float(values.mean()), float(values.std()) or 1.0)

    def z(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Standard deviations from the mean."""
        return (values - self.mean) / self.deviation


@dataclass(frozen=True, eq=False)
class Reward:
    """The reward of records, on the scale of a reference set. `yardstick`: the run whose likelihood is natural."""

    objective: Objective
    yardstick: Run
    price: float
    wanted: Scale
    natural: Scale

    @classmethod
    def of(cls, objective: Objective, yardstick: Run, price: float, reference: Dataset) -> "Reward":
        """On the scale of these records; where the yardstick has a quick likelihood, by that."""
        yardstick = replace(yardstick, model=getattr(yardstick.model, "quick", yardstick.model))
        natural = Scale.of(bits(yardstick, reference)) if price else Scale(0.0, 1.0)
        return cls(objective, yardstick, price, Scale.of(objective.wanted(objective.values(reference))), natural)

    def __call__(self, dataset: Dataset) -> Float[np.ndarray, " n"]:
        gained = self.wanted.z(self.objective.wanted(self.objective.values(dataset)))
        if not self.price:
            return gained
        return gained - self.price * self.natural.z(bits(self.yardstick, dataset)) ** 2 / 2


def bits(run: Run, dataset: Dataset) -> Float[np.ndarray, " n"]:
    """Bits per base of records, their labels not told."""
    return bits_per_base(run, unlabelled(run, dataset))


def unlabelled(run: Run, dataset: Dataset) -> Dataset:
    """Records whose labels a run is not told."""
    names = run.spec.conditions.names
    return replace(dataset, labels={name: np.full(len(dataset), "", dtype=object) for name in names})
