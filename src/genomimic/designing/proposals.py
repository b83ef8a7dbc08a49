"""Changes of sequences that the generator proposes: some places are drawn anew given the others."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, PRNGKeyArray

from genomimic.designing.brief import Brief
from genomimic.models import Spec, State
from genomimic.models.guard import Free, Partly
from genomimic.sampling import mapped

OPEN = -1
"""Stands for a place that is to be drawn."""

LABELS = 0

WIDEST = 0.15
"""Largest share of a sequence that is drawn anew at once."""


def redrawn(
    brief: Brief, values: Int8[np.ndarray, "n length"], places: Bool[np.ndarray, "n length"], seed: int
) -> Int8[np.ndarray, "n length"]:
    """Rows with these places drawn anew by the generator, from left to right; a row may break rules.

    A model that knows letters on both sides (diffusion) draws given both, within the length that there is; others given
    those before.
    """
    if hasattr(brief.run.model, "fill"):
        places = places & (values < brief.run.spec.symbols)
    given = np.where(places, OPEN, values.astype(np.int32))
    rows = np.concatenate([given, np.tile(brief.codes, (len(values), 1)).astype(np.int32)], 1)
    guarded = replace(brief.run, state=(brief.run.state, brief.guard))
    return mapped(guarded, _redrawn, rows, seed=seed)


def windows(values: Int8[np.ndarray, "n length"], pad: int, rng: np.random.Generator) -> Bool[np.ndarray, "n length"]:
    """Places to draw anew in each row: a stretch of letters, or as many that are scattered; never behind an end."""
    n, length = values.shape
    lengths = np.maximum((values != pad).sum(1), 1)
    sizes = rng.integers(1, np.maximum((WIDEST * lengths).astype(int), 1) + 1)
    first = (rng.random(n) * (lengths - sizes + 1)).astype(int)[:, None]
    at, letters = np.arange(length), np.arange(length) < lengths[:, None]
    stretch = (first <= at) & (at < first + sizes[:, None])
    scattered = letters & (rng.random((n, length)) < (sizes / lengths)[:, None])
    return np.where(rng.random((n, 1)) < 0.5, stretch, scattered)


def _redrawn(
    model: Any, spec: Spec, state: tuple[State, Free], row: Int[Array, " columns"], key: PRNGKeyArray
) -> Int8[Array, " length"]:
    given, wanted = row[: spec.length], row[spec.length :]
    codes = spec.conditions.draw(wanted, jax.random.fold_in(key, LABELS))
    guard = Partly(state[1], given, spec.observation.outputs)
    return model.obey(spec, state[0], codes, guard, key)
