"""Latent ascent: the vector that a decoder writes from climbs the objective (Nguyen 2016; Killoran et al. 2017).

    z <- z + rate * d/dz [ z-score of objective(decode(z)) - price * z-score of |z|^2 / 2 ]

Letters are drawn, and the gradient passes through the probabilities that they were drawn from (straight-through).
"""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Int8, PRNGKeyArray

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.designing.selection import distinct
from genomimic.errors import UsageError
from genomimic.models import Spec, State, able
from genomimic.models.guard import Free
from genomimic.run import Run
from genomimic.sampling import mapped

STARTS = 4
"""Starts for each design."""

DRAWS = 16
"""Records drawn at the end of each climb, of which the best is kept."""


def ascend(brief: Brief, *, steps: int = 100, rate: float = 0.1) -> Dataset:
    """The best n records drawn where `STARTS` n climbs from the prior end."""
    run, objective = brief.run, brief.objective
    check_latent(run)
    if objective.gradient is None:
        raise UsageError(f"{objective.name} has no gradient to climb; use the method search, which needs none")
    params, score = objective.gradient
    scale, latent = brief.reward.wanted, getattr(run.model, "latent")  # noqa: B009
    climb = partial(_climbed, objective, score, scale, brief.price, steps, rate)
    codes = jnp.asarray(brief.codes)
    starts = np.asarray(jax.random.normal(jax.random.key(brief.seed), (STARTS * brief.n, latent)))
    ends = mapped(replace(run, state=(run.state, params, codes)), climb, starts, seed=brief.seed)
    z = np.repeat(ends, DRAWS, 0)
    made = mapped(replace(run, state=(run.state, brief.guard, codes)), _decoded, z, seed=brief.seed + 1)
    records = brief.records(made)
    worth = brief.reward(records)
    best = worth.reshape(-1, DRAWS).argmax(1) + DRAWS * np.arange(len(ends))
    kept = best[distinct(records.take(best), worth[best], brief.n)]
    return brief.finished("ascend", made[kept])


def check_latent(run: Run) -> None:
    """Refuse a model without a latent space from which letters come with a gradient."""
    if not hasattr(run.model, "relaxed"):
        raise UsageError(f"{run.model.name} has no latent space to climb in; models that have: {able('relaxed')}")


def _climbed(
    objective: Any,
    score: Any,
    scale: Any,
    price: float,
    steps: int,
    rate: float,
    model: Any,
    spec: Spec,
    state: tuple[State, Any, Int[Array, " labels"]],
    z: Float[Array, " latent"],
    key: PRNGKeyArray,
) -> Float[Array, " latent"]:
    """The latent vector at the end of a climb; labels are those of a record drawn at the start."""
    codes = spec.conditions.draw(state[2], jax.random.fold_in(key, 0))
    optimiser = optax.adam(rate)

    def gain(z: Float[Array, " latent"], key: PRNGKeyArray) -> Float[Array, ""]:
        features = model.relaxed(spec, state[0], z, codes, key)
        worth = (objective.wanted(score(state[1], features)) - scale.mean) / scale.deviation
        return worth - price * ((z**2).sum() / 2) / jnp.sqrt(len(z) / 2)

    def step(carry: Any, key: PRNGKeyArray) -> tuple[Any, None]:
        z, moments = carry
        updates, moments = optimiser.update(-jax.grad(gain)(z, key), moments)
        return (z + updates, moments), None

    return jax.lax.scan(step, (z, optimiser.init(z)), jax.random.split(key, steps))[0][0]


def _decoded(
    model: Any,
    spec: Spec,
    state: tuple[State, Free, Int[Array, " labels"]],
    z: Float[Array, " latent"],
    key: PRNGKeyArray,
) -> Int8[Array, " length"]:
    codes = spec.conditions.draw(state[2], jax.random.fold_in(key, 0))
    return model.decode(spec, state[0], z, codes, key, state[1])
