"""Edits of given sequences along a gradient, with a cost for each (Ledidi, Schreiber et al. 2020).

    letter i ~ softmax(log(one-hot of the given letter + EPSILON) + w_i);  w climbs  z-score of objective - cost * edits

Letters are drawn, and the gradient passes through their probabilities (straight-through).
"""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, Int8, PRNGKeyArray

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.designing.objective import Objective
from genomimic.designing.reward import Scale, unlabelled
from genomimic.errors import UsageError
from genomimic.models import Spec
from genomimic.sampling import aligned_values, mapped

EPSILON = 1e-4
"""Chance of every other letter at the start."""

DRAWS = 8
"""Sequences drawn in each step, of which the best is a candidate."""


def edit(
    brief: Brief, *, given: Dataset | None = None, steps: int = 60, rate: float = 0.5, cost: float = 0.05
) -> Dataset:
    """N given sequences (samples where not given), each with the edits that are worth their cost.

    `cost`: what an edit costs, in standard deviations of the objective. Of all that was drawn on the way the best that
    keeps the rules is handed back, in the order of the given sequences; it may be the given one.
    """
    objective, run = brief.objective, brief.run
    if objective.gradient is None:
        raise UsageError(f"{objective.name} has no gradient to follow; use the method search, which needs none")
    start = (brief.drawn(brief.n) if given is None else given.some(brief.n)).values
    if given is not None:
        start = aligned_values(run, unlabelled(run, given.some(brief.n)))[:, : run.spec.length]
    if not brief.keeps(start).all():
        raise UsageError(
            f"given sequence {int(np.argmin(brief.keeps(start))) + 1} breaks a rule; mend it, or the rules"
        )
    follow = partial(_followed, objective, brief.reward.wanted, steps, rate, cost)
    state = (objective.gradient[0], jnp.asarray(brief.possible))
    candidates = mapped(replace(run, state=state), follow, start, seed=brief.seed)
    candidates = np.concatenate([start[:, None], candidates], 1)
    best = [_best(brief, row, cost) for row in candidates]
    return brief.finished("edit", np.stack(best))


def _best(brief: Brief, candidates: Int8[np.ndarray, "m length"], cost: float) -> Int8[np.ndarray, " length"]:
    """The candidate that is worth most, less what its edits of the first cost; one that keeps the rules."""
    rows = np.unique(candidates, axis=0)
    rows = rows[brief.keeps(rows)]
    worth = brief.reward(brief.records(rows)) - cost * (rows != candidates[0]).sum(1)
    return rows[worth.argmax()]


def _followed(
    objective: Objective,
    scale: Scale,
    steps: int,
    rate: float,
    cost: float,
    model: Any,
    spec: Spec,
    state: tuple[Any, Bool[Array, "length symbols"]],
    x: Int[Array, " length"],
    key: PRNGKeyArray,
) -> Int8[Array, "steps length"]:
    """The best sequence drawn in each step."""
    assert objective.gradient is not None
    score, (params, possible) = objective.gradient[1], state
    given, letters = jax.nn.one_hot(x, spec.symbols), (x < spec.symbols)[:, None]
    barred = jnp.where(possible | (given > 0), 0.0, -jnp.inf)
    optimiser = optax.adam(rate)

    def worth(w: Float[Array, "length symbols"], key: PRNGKeyArray) -> tuple[Float[Array, ""], Int[Array, " length"]]:
        logits = jnp.log(given + EPSILON) + w + barred
        drawn = jax.random.categorical(key, logits)
        hard, soft = jax.nn.one_hot(drawn, spec.symbols), jax.nn.softmax(logits)
        features = jnp.where(letters, hard + soft - jax.lax.stop_gradient(soft), 0.0)
        gained = (objective.wanted(score(params, features)) - scale.mean) / scale.deviation
        edits = (1 - (features * given).sum(1)).sum(where=letters[:, 0])
        return gained - cost * edits, jnp.where(letters[:, 0], drawn, x)

    def loss(w: Float[Array, "length symbols"], key: PRNGKeyArray) -> tuple[Float[Array, ""], Any]:
        worths, drawn = jax.vmap(worth, (None, 0))(w, jax.random.split(key, DRAWS))
        return -worths.mean(), drawn[jnp.argmax(worths)]

    def step(carry: Any, key: PRNGKeyArray) -> tuple[Any, Int8[Array, " length"]]:
        w, moments = carry
        slope, best = jax.grad(loss, has_aux=True)(w, key)
        updates, moments = optimiser.update(slope, moments)
        return (w + updates, moments), best.astype(jnp.int8)

    start = jnp.zeros(given.shape)
    return jax.lax.scan(step, (start, optimiser.init(start)), jax.random.split(key, steps))[1]
