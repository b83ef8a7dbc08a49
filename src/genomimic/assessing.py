"""How good designs are: judged by a predictor that neither generator nor designer has seen, beside natural sequences.

Activity alone is easy: sequences unlike any natural one often score highest, since no predictor learned what they do.
So each design stands between activity and naturalness, with natural sequences and random edits beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.distances import Nearest
from genomimic.features import sequence
from genomimic.metrics import METRICS
from genomimic.metrics.discrimination import TRAINED_ON_EACH_OTHER, auc_interval
from genomimic.modalities import Sequences
from genomimic.mutation import exchanged
from genomimic.views import View

SHOWN = 1000
"""Natural sequences, and random edits, that designs are shown beside."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
"""Shares of letters that random edits exchange."""

TOP = 10
"""Per cent of natural sequences, the best by what was measured of them, that designs are told from."""

FEW = 20
"""Designs below which a classifier has too little to learn from to tell anything."""


class Judged(NamedTuple):
    """What a judge says of records: a value each, and the interval that holds the true one with a chance of 90%.

    Both ends are the value where there is no such interval, as of probabilities.
    """

    value: Float[np.ndarray, " n"]
    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]

    @property
    def ranged(self) -> bool:
        """Whether there are intervals."""
        return bool((self.low < self.high).any())


class Group(NamedTuple):
    """Sequences with what the judge says of them, and the bits that the generator needs for a letter of each."""

    dataset: Dataset
    judged: Judged
    bits: Float[np.ndarray, " n"]


Judge = Callable[[Dataset], Judged]
Bits = Callable[[Dataset], Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class Assessment:
    """Designs beside natural sequences and random edits of the best of these.

    `nearest` is the nearest of the `real` sequences to each design, `recognised` the AUC of a linear classifier that
    tells designs from `beside` of the best natural sequences. `sign` is 1 where high values are wanted and -1 where low
    ones are; where values near `target` are, it says so. `start` are the sequences that the designs were made of, row
    by row, where they were given. `peers` says what the natural sequences are.
    """

    designs: Group
    natural: Group
    edited: Group
    real: Dataset
    nearest: Nearest
    recognised: float
    beside: int
    sign: int
    target: float | None = None
    start: Group | None = None
    peers: str = "natural sequences"

    def wanted(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """How good values are; higher is better."""
        return self.sign * values if self.target is None else -np.abs(values - self.target)

    def percentile(self, share: float) -> float:
        """The judge's value that this share of natural sequences does not reach, in the wanted direction."""
        order = np.argsort(self.wanted(self.natural.judged.value), kind="stable")
        return float(self.natural.judged.value[order[min(int(share * len(order)), len(order) - 1)]])

    @property
    def beyond(self) -> float:
        """Share of the designs that are judged better than 99 in 100 natural sequences."""
        best = np.quantile(self.wanted(self.natural.judged.value), 0.99)
        return float((self.wanted(self.designs.judged.value) > best).mean())

    @property
    def told(self) -> str:
        """The AUC with a 95% interval, which is wide where designs are few."""
        n = len(self.designs.dataset)
        low, high = auc_interval(self.recognised, n, self.beside, widen=TRAINED_ON_EACH_OTHER)
        few = f"; {n} designs are too few to tell" if n < FEW else ""
        return f"{self.recognised:.2f} ({low:.2f} to {high:.2f}{few})"

    @property
    def order(self) -> Int[np.ndarray, " n"]:
        """The rows of the designs, the best to the judge first."""
        return np.argsort(-self.wanted(self.designs.judged.value), kind="stable")

    @property
    def edits(self) -> Int[np.ndarray, " n"]:
        """Letters of each design that differ from what it was made of."""
        assert self.start is not None
        return (self.designs.dataset.values != self.start.dataset.values).sum(1)

    @property
    def median(self) -> float:
        """The judge's median value of the designs."""
        return float(np.median(self.designs.judged.value))


def assess(
    designs: Dataset,
    natural: Dataset,
    measured: Float[np.ndarray, " natural"],
    *,
    judge: Judge,
    bits: Bits,
    known: Dataset | None = None,
    sign: int = 1,
    target: float | None = None,
    start: Dataset | None = None,
    peers: str = "natural sequences",
    seed: int = 0,
) -> Assessment:
    """Judge designs beside natural sequences, of which a value was measured for each, and what they started from.

    Higher is better if `sign` is 1, lower if it is -1, and nearer to `target` where that is given.

    The natural sequences must be unknown to the judge. `known`: the sequences among which the nearest is looked for,
    which are all that the generator or a user may know of; the natural ones where not given.
    """
    rng = np.random.default_rng([seed, len(natural)])
    good = sign * measured if target is None else -np.abs(measured - target)
    top = natural.take(best_rows(good))
    real = natural if known is None else known
    shown = natural.take(np.sort(rng.permutation(len(natural))[:SHOWN]))
    own, others, changed = (Group(one, judge(one), bits(one)) for one in (designs, shown, edited(top, SHOWN // 2, rng)))
    before = None if start is None else Group(start, judge(start), bits(start))
    beside = top.take(rng.permutation(len(top))[: max(len(designs), 10)])
    nearest, told = sequence.nearest(View(designs), View(real)), recognised(designs, natural, beside)
    return Assessment(own, others, changed, real, nearest, told, len(beside), sign, target, before, peers)


def best_rows(good: Float[np.ndarray, " n"]) -> Int[np.ndarray, " best"]:
    """The best `TOP` per cent of records, and all that are as good as the last of them.

    >>> best_rows(np.arange(20)).tolist()
    [18, 19]
    >>> best_rows(np.ones(3)).tolist()  # of a class: its records
    [0, 1, 2]
    """
    return np.flatnonzero(good >= np.sort(good)[-max(len(good) * TOP // 100, 1)])


def edited(natural: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Sequences of a set, drawn again and again, of which a share of letters is exchanged at random (`SHARES`)."""
    assert isinstance(natural.modality, Sequences)
    rows, shares = rng.integers(len(natural), size=n), np.resize(SHARES, n)
    values = exchanged(natural.values[rows], shares[:, None], natural.modality.letters.size, rng)
    ids = np.array([f"edited_{row:05d}" for row in range(n)], object)
    return Dataset(values, ids, natural.modality, {"exchanged": shares.astype(str)})


def recognised(designs: Dataset, natural: Dataset, beside: Dataset) -> float:
    """AUC of a linear classifier, out of fold, for designs against natural sequences of the best."""
    comparison = compare(*(replace(one, labels={}) for one in (natural.some(2000), beside, designs)))
    return float(METRICS["two_sample_auc_linear"].statistic(comparison))
