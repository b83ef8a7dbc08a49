"""What every method of design is given, and the form in which it hands designs back."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from genomimic.automata import Automaton, build
from genomimic.compliance import violations
from genomimic.dataset import Dataset
from genomimic.defaults import EDIT_PRICE, PRICE
from genomimic.designing.objective import Objective
from genomimic.designing.reward import REFERENCE, Reward, bits
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.models.guard import FREE, Free, Ruled
from genomimic.ordering import guard_for
from genomimic.rules import Rules, told
from genomimic.run import Run
from genomimic.sampling import maker, sample
from genomimic.where import Where, codes_where


@dataclass(frozen=True, eq=False)
class Brief:
    """A generator, an objective, and what n designs must keep.

    `price`: what it costs to be unnatural (see `reward.py`). `yardstick`: the run that says what is natural, where the
    generator has no likelihood. `where`: labels that the generator is told. `start`: sequences to improve (`edit`), one
    design for each, and `edit_price` what each changed letter costs, in standard deviations of the objective.
    """

    run: Run
    objective: Objective
    n: int
    price: float = PRICE
    rules: Rules = ()
    seed: int = 0
    yardstick: Run | None = None
    where: Where | None = None
    start: Dataset | None = None
    edit_price: float = EDIT_PRICE

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UsageError(f"cannot make {self.n} designs; make at least 1")
        if not isinstance(self.run.modality, Sequences):
            raise UsageError("design is for sequences; this run is of gene expression")
        if self.price < 0:
            raise UsageError(f"the price of being unnatural is {self.price:g}; it must be at least 0")
        if self.edit_price < 0:
            raise UsageError(f"the price of an edit is {self.edit_price:g}; it must be at least 0")
        yardstick = self.yardstick or self.run
        if self.price and yardstick.model.likelihood == "none":
            raise UsageError(
                f"{yardstick.model.name} has no likelihood to price designs by; give a yardstick (a run of another "
                "model on the same records), or a price of 0"
            )

    @cached_property
    def guard(self) -> Free:
        """What keeps a generator within the rules."""
        return guard_for(self.run, self.rules) if self.rules else FREE

    @cached_property
    def reward(self) -> Reward:
        """What designs are worth, on the scale of what the generator writes."""
        return Reward.of(self.objective, self.yardstick or self.run, self.price, self.drawn(REFERENCE))

    @cached_property
    def _automaton(self) -> Automaton:
        assert isinstance(self.run.modality, Sequences)
        return build(self.rules, self.run.modality.letters, self.run.spec.length, ends=self.run.spec.ends)

    def keeps(self, values: Int[np.ndarray, "n length"]) -> Bool[np.ndarray, " n"]:
        """Which rows keep the rules."""
        return self._automaton.accepts(values) if self.rules else np.ones(len(values), bool)

    @property
    def possible(self) -> Bool[np.ndarray, "length symbols"]:
        """Letters that the rules allow at each place, whatever stands elsewhere."""
        spec = self.run.spec
        return (
            np.asarray(self.guard.possible())
            if isinstance(self.guard, Ruled)
            else np.ones((spec.length, spec.symbols), bool)
        )

    @property
    def codes(self) -> Int[np.ndarray, " labels"]:
        """The numbers of the labels that the generator is told."""
        return codes_where(self.where, self.run.spec.conditions)[0]

    def drawn(self, n: int, start: int = 0) -> Dataset:
        """Samples of the generator that keep the rules."""
        return sample(self.run, n, seed=self.seed, start=start, rules=self.rules, where=self.where)

    def records(self, values: Shaped[np.ndarray, "n length"]) -> Dataset:
        """Rows as a data set."""
        ids = np.array([f"design_{i:05d}" for i in range(len(values))], dtype=object)
        return Dataset(values.astype(np.int8), ids, self.run.modality)

    def finished(self, method: str, values: Shaped[np.ndarray, "n length"]) -> Dataset:
        """Designs that say what they are: method, objective by the guide, bits per base, rules, how to make them again.

        They are checked once more by what knows nothing of how rules are kept.
        """
        made, yardstick = self.records(values), self.yardstick or self.run
        broken = violations(made, self.rules)
        if broken:
            raise RuntimeError(f"a design that was to keep the rules does not: {broken[0]}")
        numbers = {"guide": self.objective.values(made)}
        if yardstick.model.likelihood != "none":
            numbers["bits_per_base"] = bits(yardstick, made)
        return replace(made, labels=self._labels(method, len(made)) | {k: _texts(v) for k, v in numbers.items()})

    def _labels(self, method: str, n: int) -> dict[str, Shaped[np.ndarray, " n"]]:
        same = {
            **maker(self.run),
            "method": method,
            "objective": self.objective.name,
            "price": f"{self.price:g}",
            "seed": str(self.seed),
        } | ({"rules": told(self.rules)} if self.rules else {})
        return {name: np.full(n, text, dtype=object) for name, text in same.items()}


def _texts(values: Float[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
    return np.array([f"{value:.5g}" for value in values], dtype=object)
