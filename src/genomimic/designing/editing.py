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
from genomimic.designing.reward import Scale
from genomimic.designing.starts import checked_starts
from genomimic.errors import UsageError
from genomimic.models import Spec
from genomimic.sampling import mapped

EPSILON = 1e-4
"""Chance of every other letter at the start."""

DRAWS = 8
"""Sequences drawn in each step, of which the best is a candidate."""


def edit(brief: Brief, *, steps: int = 60, rate: float = 0.5) -> Dataset:
    """The sequences to start from (n samples where none are given), each with the edits that are worth their price.

    Of all that was drawn on the way the best that keeps the rules is handed back, in the order of the given sequences;
    it may be the given one. Each design is labelled with the name of the given one, and how many letters changed.
    """
    objective, run, cost = brief.objective, brief.run, brief.edit_price
    if objective.gradient is None:
        raise UsageError(f"{objective.name} has no gradient to follow; use the method search, which needs none")
    given = None if brief.start is None else checked_starts(brief.start, run, brief.rules)
    start = (brief.drawn(brief.n) if given is None else given).values
    follow = partial(_followed, objective, brief.reward.wanted, steps, rate, cost)
    state = (objective.gradient[0], jnp.asarray(brief.possible))
    candidates = mapped(replace(run, state=state), follow, start, seed=brief.seed)
    candidates = np.concatenate([start[:, None], candidates], 1)
    best = np.stack([_best(brief, row, cost) for row in candidates])
    made = brief.finished("edit", best)
    priced = replace(made, labels={**made.labels, "edit_price": np.full(len(made), f"{cost:g}", dtype=object)})
    return priced if given is None else _named(priced, given)


def _named(made: Dataset, given: Dataset) -> Dataset:
    """Designs that say what they were made of, and how many letters were changed."""
    edits = (made.values != given.values).sum(1).astype(str).astype(object)
    return replace(made, labels={**made.labels, "start": given.ids.astype(str).astype(object), "edits": edits})


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
