"""Which model suits the data: a ladder from cheap to dear, climbed while it pays (the one-standard-error rule).

A rung is a few models of like cost. The climb ends where the best model of a rung saves no more than two standard
errors on the best below it; the simplest model within one standard error of the best is chosen. All of it looks at
bits per base of validation records, paired record by record, with errors by homology cluster (Breiman et al. 1984).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genomimic import models
from genomimic.errors import UsageError
from genomimic.likelihoods import bits_saved
from genomimic.models import Model
from genomimic.models.base import Spec
from genomimic.observation import Gaussian
from genomimic.scoring import NORMAL_95

SEQUENCES = (("composition", "pwm"), ("markov", "position-markov", "potts"), ("autoregressive",))
PROFILES = (("independent",), ("pca-gaussian",), ("vae",))
"""Models from simple to complex, rung by rung; all have a likelihood, of the VAE a bound, so they can be compared."""

LONGEST_POTTS = 128
"""Potts models of longer records have more couplings than the ladder waits for."""

WORTH_CLIMBING = 2.0
"""Standard errors that a rung must save for the next one to be tried."""

Halves = Sequence[Int[np.ndarray, " half"]]


class Tried(NamedTuple):
    """A model that was trained, its bits per base on each validation record, and how long it took."""

    model: Model
    bits: Float[np.ndarray, " validation"]
    seconds: float


class Choice(NamedTuple):
    """The model chosen, why, and a row for each that was tried."""

    model: Model
    reason: str
    rows: tuple[dict[str, Any], ...]


def rungs(spec: Spec) -> list[list[Model]]:
    """The ladder for data of a kind: without the models that such data do not suit or that cannot be told labels.

    Raises `UsageError` where none is left.
    """
    ladder = [[models.build(name) for name in rung if _suits(name, spec)] for rung in _ladder(spec)]
    told = [[model for model in rung if model.hears(spec.conditions)] for rung in ladder]
    if not any(told):
        raise UsageError(
            f"auto knows no model of such data that can be told labels; use --model {models.conditional()}"
        )
    return [rung for rung in told if rung]


def _ladder(spec: Spec) -> tuple[tuple[str, ...], ...]:
    return SEQUENCES if spec.ordered else PROFILES


def pays(below: Sequence[Tried], rung: Sequence[Tried], halves: Halves) -> bool:
    """Whether the best of a rung is better than the best below it by more than two standard errors."""
    if not below:
        return True
    saved, error = _saved(_best(rung), _best(below), halves)
    return saved > WORTH_CLIMBING * error


def choose(tried: Sequence[Tried], halves: Halves, ladder: Sequence[Sequence[Model]], value: str) -> Choice:
    """The simplest model within one standard error of the best; `tried` is in the order of the ladder.

    `value` is what bits are counted for, such as a letter.
    """
    best = _best(tried)
    excess = [_saved(best, one, halves) for one in tried]
    chosen = next(one for one, (behind, error) in zip(tried, excess, strict=True) if one is best or behind <= error)
    rows = tuple(
        {
            "model": one.model.name,
            "bits_per_base": round(float(one.bits.mean()), 5),
            "behind_the_best": round(behind, 5),
            "standard_error": round(error, 5),
            "seconds": round(one.seconds, 1),
        }
        for one, (behind, error) in zip(tried, excess, strict=True)
    )
    return Choice(chosen.model, _reason(chosen, best, tried, ladder, value), rows)


def _reason(chosen: Tried, best: Tried, tried: Sequence[Tried], ladder: Sequence[Sequence[Model]], value: str) -> str:
    needs = f"{chosen.model.name} needs {chosen.bits.mean():.4f} bits for a {value} of a validation record"
    names = {one.model.name for one in tried}
    last = [model.name for model in ladder[-1] if model.name not in names]
    stopped = f"; {', '.join(last)} was not tried, as the models before it no longer improved" if last else ""
    if chosen is best:
        return f"{needs}, the fewest of the {len(tried)} models tried{stopped}"
    return (
        f"{needs}; {best.model.name} needs {best.bits.mean():.4f}, which is within one standard error, "
        f"and the simpler model is kept{stopped}"
    )


def _best(tried: Sequence[Tried]) -> Tried:
    return min(tried, key=lambda one: one.bits.mean())


def _saved(one: Tried, other: Tried, halves: Halves) -> tuple[float, float]:
    """Bits per base that one model saves on another, and the standard error of that."""
    saved, margin = bits_saved(one.bits, {"other": other.bits}, halves=halves)["other"]
    return saved, margin / NORMAL_95


def _suits(name: str, spec: Spec) -> bool:
    if name in ("pwm", "position-markov") and not spec.aligned:
        return False
    if name == "pca-gaussian":
        return isinstance(spec.observation, Gaussian)
    return name != "potts" or (spec.aligned and not spec.ends and spec.length <= LONGEST_POTTS)
