"""Search without a gradient: the generator proposes changes, and those that are worth more are kept.

Any function of records can be the objective. Changes are natural ones, since they are drawn from the generator given
the rest, as in latent-space evolution but in the space of sequences (cf. AdaLead, Sinai et al. 2020).
"""

import numpy as np

from genomimic.dataset import Dataset
from genomimic.designing.brief import Brief
from genomimic.designing.proposals import redrawn, windows
from genomimic.designing.selection import distinct

POOL = 10
"""Samples for each line of descent among which its founder is chosen."""


def search(brief: Brief, *, rounds: int = 15, children: int = 4) -> Dataset:
    """N lines of descent, begun with the best of `POOL` n samples; in each round the best child replaces its parent.

    A child that breaks a rule, or is worth less, does not. Lines do not mix, so that designs stay apart.
    """
    rng = np.random.default_rng([brief.seed, brief.n])
    pool = brief.drawn(POOL * brief.n)
    worth = brief.reward(pool)
    founders = distinct(pool, worth, brief.n)
    values, worth = pool.values[founders].copy(), worth[founders]
    for _ in range(rounds):
        parents = np.repeat(values, children, 0)
        places = windows(parents, brief.run.spec.symbols, rng)
        born = redrawn(brief, parents, places, seed=int(rng.integers(2**31)))
        gained = np.where(brief.keeps(born), brief.reward(brief.records(born)), -np.inf).reshape(-1, children)
        best = gained.argmax(1)
        better = gained.max(1) > worth
        values[better] = born.reshape(len(values), children, -1)[np.arange(len(values)), best][better]
        worth[better] = gained.max(1)[better]
    return brief.finished("search", values[np.argsort(-worth, kind="stable")])
