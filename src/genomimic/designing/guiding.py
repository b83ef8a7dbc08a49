"""Guided sampling: sequential Monte Carlo whose particles are sequences of which a growing part is settled.

In every round more letters of each particle are settled, and the generator draws the others anew given these. What a
partly written sequence is worth is what this completion of it is worth (Li et al. 2024, doi:10.48550/arXiv.2408.08252),
and particles that are worth more live on (twisted by the reward, Wu et al. 2023, doi:10.48550/arXiv.2306.17775). That
needs no gradient, so any function of records can guide. Models that write from left to right settle beginnings; masked
diffusion, which knows letters on both sides, settles letters at random places.
"""

import numpy as np
from jaxtyping import Float, Int

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.designing.proposals import redrawn
from genomimic.designing.selection import distinct
from genomimic.errors import UsageError
from genomimic.run import Run


def guide(brief: Brief, *, particles: int = 16, stages: int = 12, strength: float = 3.0) -> Dataset:
    """The best particle of each of n independent runs.

    `strength`: how much a standard deviation of reward raises the logarithm of a particle's weight. A completion that
    breaks a rule is exchanged for the one before, which has the same settled letters. Raises `UsageError` for a model
    that draws what its letters have in common before all of them, so that its sequences have no settled part.
    """
    check_guided(brief.run)
    rng = np.random.default_rng([brief.seed, brief.n])
    values = brief.drawn(brief.n * particles).values.copy()
    worth = brief.reward(brief.records(values))
    best, best_worth = _best(values, worth, brief.n, None)
    turns, weights = np.repeat(_turns(brief, rng), particles, 0), strength * worth
    for settled in np.linspace(0, values.shape[1], stages + 1).astype(int)[1:-1]:
        chosen = _resampled(weights.reshape(brief.n, -1), rng)
        values, before = values[chosen], worth[chosen]
        born = redrawn(brief, values, turns >= settled, seed=int(rng.integers(2**31)))
        values = np.where(brief.keeps(born)[:, None], born, values)
        worth = brief.reward(brief.records(values))
        weights = strength * (worth - before)
        best, best_worth = _best(values, worth, brief.n, (best, best_worth))
    order = distinct(brief.records(best), best_worth, brief.n)
    return brief.finished("guide", best[order])


def check_guided(run: Run) -> None:
    """Refuse a model that settles all letters at once."""
    if hasattr(run.model, "relaxed"):
        raise UsageError(
            f"{run.model.name} draws a latent vector before all letters, and cannot be guided while it writes these; "
            "methods for it: ascend, search, select, edit"
        )


def _turns(brief: Brief, rng: np.random.Generator) -> Int[np.ndarray, "n length"]:
    """When the letter at each place of each design is settled: from left to right, or in a random order of its own."""
    turns = np.tile(np.arange(brief.run.spec.length), (brief.n, 1))
    return rng.permuted(turns, axis=1) if hasattr(brief.run.model, "fill") else turns


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
