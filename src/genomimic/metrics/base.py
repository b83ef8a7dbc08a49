"""What a metric is: a small function of a comparison, with a card that says how to read its number.

    @metric(family="composition", group="fidelity", question="...", better="lower", low=0.0, high=1.0,
            unit="GC fraction", paper="...", floor="uniform", needs=[nucleotides])
    def gc_mean(comparison: Comparison) -> float:
        ...

registers `gc_mean` in `METRICS`, and evaluation, report and protocol tests pick it up from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from genomimic.comparison import Comparison
from genomimic.features import sequence
from genomimic.modalities import Expression, Sequences
from genomimic.words import MAX_WORDS

Statistic = Callable[[Comparison], float]
Need = Callable[[Comparison], bool]
Group = Literal["fidelity", "diversity", "novelty"]
Kind = Literal["difference", "divergence", "correlation", "share"]
METRICS: "dict[str, Metric]" = {}

EVERY = 50_000
"""Most records of a set that are judged, by metrics that add up over records."""
RECORDS = 5_000
"""Most records for metrics that keep many numbers for each record, or train a classifier."""
PAIRS = 2_000
"""Most records for metrics that compare all with all."""

OF_FEW_NUMBERS = 2**0.5
"""Times that the standard error of an agreement of few numbers is that of its half-samples.

What keeps it below 1 is chance among these numbers, which (of correlations, on Fisher's scale) is as large in all
records as in half.
"""

SHORT_AT_BEST = 1.25
"""Times that the standard error is that of the half-samples of scores whose error grows as they get worse.

Where chance makes such a score good, the half-samples say that it is more certain than it is.
"""


def all_records(comparison: Comparison) -> int:
    """How many synthetic records a metric reads that reads them all."""
    return len(comparison.synthetic)


def pairs_read(comparison: Comparison) -> int:
    """How many synthetic records a metric reads that compares all with all of the holdout."""
    return len(comparison.distances(comparison.synthetic, comparison.holdout))


@dataclass(frozen=True)
class Metric:
    """A statistic with its card.

    `low`, `high`: its range. `floor`: the reference from which skill is measured, blind to the property by construction
    ("copier", "collapsed", "shuffled" and "exchanged" are made by evaluation); "markov or independent" is the one of
    these that the kind of data has. `ceiling`: what fresh real data score, where
    symmetry tells; otherwise it is measured. `references`: whether all references are scored too, or the floor alone.
    `needs`: what kind of data it is for; `enough`: whether these hold enough of what it counts, without which it is
    left out and a finding says so. `limit`: how many records of each set it is given at most; `size`: how many of these
    it reads. `widen`: times that its standard error is that of its half-samples, where they miss a part of it. `kind`
    says how its error is made
    (`scoring.interval`): a divergence is smooth and least where the sets are equal; a correlation is lower the
    fewer the records; a share is a share of the records; anything else is a difference.
    """

    name: str
    family: str
    group: Group
    question: str
    better: Literal["lower", "higher"]
    low: float
    high: float
    unit: str
    paper: str
    floor: str
    statistic: Statistic
    needs: tuple[Need, ...] = ()
    enough: Need | None = None
    ceiling: float | None = None
    references: bool = True
    size: Callable[[Comparison], int] = all_records
    widen: float = 1.0
    limit: int = EVERY
    kind: Kind = "difference"

    @property
    def floors(self) -> tuple[str, ...]:
        """The references that are its floor, each for one kind of data."""
        return tuple(self.floor.split(" or "))

    def applies(self, comparison: Comparison) -> bool:
        """Whether these data are of the kind that the metric needs, and enough."""
        return all(need(comparison) for need in self.needs) and not self.lacks(comparison)

    def lacks(self, comparison: Comparison) -> bool:
        """Whether these data are of the kind that the metric needs and too few."""
        return self.enough is not None and all(need(comparison) for need in self.needs) and not self.enough(comparison)


def metric(
    *,
    family: str,
    group: Group,
    question: str,
    better: Literal["lower", "higher"],
    low: float,
    high: float,
    unit: str,
    paper: str,
    floor: str,
    name: str | None = None,
    needs: Sequence[Need] = (),
    enough: Need | None = None,
    ceiling: float | None = None,
    references: bool = True,
    size: Callable[[Comparison], int] = all_records,
    widen: float = 1.0,
    limit: int = EVERY,
    kind: Kind = "difference",
) -> Callable[[Statistic], Statistic]:
    """Register a statistic under its own name, or under `name`."""

    def register(statistic: Statistic) -> Statistic:
        label = name or getattr(statistic, "__name__", "")
        METRICS[label] = Metric(
            name=label,
            family=family,
            group=group,
            question=question,
            better=better,
            low=low,
            high=high,
            unit=unit,
            paper=paper,
            floor=floor,
            statistic=statistic,
            needs=tuple(needs),
            enough=enough,
            ceiling=ceiling,
            references=references,
            size=size,
            widen=widen,
            limit=limit,
            kind=kind,
        )
        return statistic

    return register


def sequences(comparison: Comparison) -> bool:
    """DNA, RNA or protein."""
    return isinstance(comparison.train.modality, Sequences)


def profiles(comparison: Comparison) -> bool:
    """Expression profiles."""
    return isinstance(comparison.train.modality, Expression)


def counts(comparison: Comparison) -> bool:
    """Expression profiles that are counts."""
    modality = comparison.train.modality
    return isinstance(modality, Expression) and modality.counts


def several_genes(comparison: Comparison) -> bool:
    """Expression profiles of at least three genes, of which pairs can be compared."""
    return profiles(comparison) and comparison.train.dataset.length > 2


def nucleotides(comparison: Comparison) -> bool:
    """DNA or RNA."""
    return sequences(comparison) and sequence.alphabet(comparison.train).complements is not None


def aligned(comparison: Comparison) -> bool:
    """A position means the same in every record."""
    return sequences(comparison) and comparison.train.modality.aligned


def variable_length(comparison: Comparison) -> bool:
    """Not all real records are equally long, or a synthetic one is not as long as they are."""
    if not sequences(comparison):
        return False
    lengths = [sequence.lengths(view) for view in _views(comparison)]
    return len({int(edge) for found in lengths for edge in (found.min(), found.max())}) > 1


def word_length(k: int) -> Need:
    """Words of `k` letters fit the records and their table is not too large."""

    def fits(comparison: Comparison) -> bool:
        if not sequences(comparison):
            return False
        words = sequence.alphabet(comparison.train).size ** k
        return words <= MAX_WORDS and all(int(sequence.lengths(view).max()) >= k for view in _views(comparison))

    return fits


def _views(comparison: Comparison) -> tuple:
    return comparison.train, comparison.holdout, comparison.synthetic
