"""How far to trust a prediction: intervals of numbers and probabilities of classes, from records left out of training.

An interval reaches from the prediction as far as errors on unseen clusters did (conformal prediction; of members that
each left out one fold: Barber et al. 2021, doi:10.1214/20-AOS1965). It is found apart for low, middle and high
predictions, since errors often differ. The mean of all members errs a little less than one does, so that intervals
are a little wide. Probabilities are those of logits divided by one temperature (Guo et al. 2017, arXiv:1706.04599).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

LEVEL = 0.9
"""Share of records whose true value an interval holds."""

MOST_BINS = 10
FEWEST_IN_BIN = 100
FLATTEST = 6.0  # of the logarithm of a temperature, either way


class Bands(NamedTuple):
    """How far below and above predictions of this size the true values lie."""

    at: Float[np.ndarray, " bins"]
    low: Float[np.ndarray, " bins"]
    high: Float[np.ndarray, " bins"]

    def about(self, mean: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Lower and upper ends of the intervals of predictions."""
        return mean + np.interp(mean, self.at, self.low), mean + np.interp(mean, self.at, self.high)


def bands_of(mean: Float[np.ndarray, " n"], true: Float[np.ndarray, " n"]) -> Bands:
    """Bands from predictions of records that were not learned from, and their true values."""
    bins = int(np.clip(len(mean) // FEWEST_IN_BIN, 1, MOST_BINS))
    parts = np.array_split(np.argsort(mean, kind="stable"), bins)
    ends = np.array([_ends(true[part] - mean[part]) for part in parts])
    at = np.array([np.median(mean[part]) for part in parts])
    return Bands(at, ends[:, 0], ends[:, 1])


def _ends(errors: Float[np.ndarray, " m"]) -> tuple[float, float]:
    """The errors between which one more lies with probability `LEVEL` at least; the widest seen where too few were."""
    ordered, beyond = np.sort(errors), int((len(errors) + 1) * (1 - LEVEL) / 2)
    cut = max(beyond - 1, 0)
    return float(ordered[cut]), float(ordered[len(errors) - 1 - cut])


def covered(
    true: Float[np.ndarray, " n"], low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Which true values lie in their intervals."""
    return (low <= true) & (true <= high)


def temperature_of(logits: Float[np.ndarray, "n classes"], wanted: Float[np.ndarray, "n classes"]) -> float:
    """The temperature that makes the true classes of records that were not learned from most probable."""

    def loss(log_temperature: float) -> float:
        return -float((wanted * log_softmax(logits / np.exp(log_temperature), 1)).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-FLATTEST, FLATTEST), method="bounded").x))  # pyright: ignore


def probabilities(logits: Float[np.ndarray, "n classes"], temperature: float) -> Float[np.ndarray, "n classes"]:
    """Calibrated probabilities of the classes."""
    return softmax(logits / temperature, 1)
