"""Guided sampling: sequential Monte Carlo whose particles are beginnings, each weighed by what its completion is worth.

The generator completes every beginning; beginnings whose completions are worth more live on (twisted by the reward,
cf. Wu et al. 2023), and the rest behind a cut that moves to the right is drawn anew. It needs no gradient and serves
every generator that writes from left to right, masked diffusion among them.
"""

import numpy as np
from jaxtyping import Float, Int

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.designing.proposals import redrawn
from genomimic.designing.selection import distinct


def guide(brief: Brief, *, particles: int = 16, stages: int = 12, strength: float = 3.0) -> Dataset:
    """The best particle of each of n independent runs.

    `strength`: how much a standard deviation of reward raises the logarithm of a beginning's weight.
    """
    rng = np.random.default_rng([brief.seed, brief.n])
    values = brief.drawn(brief.n * particles).values.copy()
    worth = brief.reward(brief.records(values))
    best, best_worth = _best(values, worth, brief.n, None)
    weights = strength * worth
    for cut in np.linspace(0, values.shape[1], stages + 1).astype(int)[1:-1]:
        chosen = _resampled(weights.reshape(brief.n, -1), rng)
        values, before = values[chosen], worth[chosen]
        places = np.broadcast_to(np.arange(values.shape[1]) >= cut, values.shape)
        values = redrawn(brief, values, places, seed=int(rng.integers(2**31)))
        worth = np.where(brief.keeps(values), brief.reward(brief.records(values)), -np.inf)
        weights = strength * (worth - before)
        best, best_worth = _best(values, worth, brief.n, (best, best_worth))
    order = distinct(brief.records(best), best_worth, brief.n)
    return brief.finished("guide", best[order])


def _best(
    values: np.ndarray, worth: Float[np.ndarray, " all"], n: int, known: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The best particle that each run has had, and its worth."""
    at = worth.reshape(n, -1).argmax(1) + np.arange(n) * (len(worth) // n)
    if known is None:
        return values[at], worth[at]
    better = worth[at] > known[1]
    return np.where(better[:, None], values[at], known[0]), np.maximum(worth[at], known[1])


def _resampled(weights: Float[np.ndarray, "n particles"], rng: np.random.Generator) -> Int[np.ndarray, " all"]:
    """Particles that live on, run by run, as many as their weights say and never more than one too many."""
    shares = np.exp(weights - weights.max(1, keepdims=True))
    cumulative = (shares / shares.sum(1, keepdims=True)).cumsum(1)
    n, particles = weights.shape
    marks = (np.arange(particles) + rng.random((n, 1))) / particles
    chosen = np.minimum((cumulative[:, None, :] < marks[:, :, None]).sum(2), particles - 1)
    return (chosen + particles * np.arange(n)[:, None]).ravel()
