"""The simple models that a generator is judged beside: fitted to the same records, and told the same labels.

A model that is told what a record is needs fewer bits for it. Beside baselines that are not told, it would be ahead
without having learned more of sequences; so these are told the same, where they can be and it helps them.
"""

from genomimic import models
from genomimic.dataset import Dataset
from genomimic.likelihoods import HeldOutBits, training_sample
from genomimic.models import Conditions, Spec
from genomimic.parts import Parts
from genomimic.run import Run
from genomimic.sampling import bits_per_base
from genomimic.training import fit, with_conditions

MOST_GROUPS = 100
"""Combinations of classes that baselines keep tables for; of more, each would have too few records."""


def fit_baseline(name: str, parts: Parts, spec: Spec, conditions: Conditions, *, seed: int = 0) -> Run:
    """A baseline that is told those labels that it can be, or none where that needs fewer bits for validation records.

    `spec` is what models are told of the training set without labels.
    """
    model, train, validation = models.build(name), parts.train, parts.validation
    plain = fit(model, train, validation, spec=spec, seed=seed)
    told = with_conditions(spec, train, model.heard(conditions))
    if not told.conditions.names or told.conditions.groups > MOST_GROUPS:
        return plain
    both = fit(model, train, validation, spec=told, seed=seed), plain
    return min(both, key=lambda run: _bits(run, validation, seed))


def held_out_bits(run: Run, parts: Parts, *, seed: int = 0) -> HeldOutBits:
    """Bits per base of the holdout, and of as many training records; the run's model must have a likelihood."""
    assert run.model.likelihood != "none"
    seen = parts.train.take(training_sample(len(parts.train), len(parts.holdout), seed))
    holdout, train = (bits_per_base(run, records, seed=seed) for records in (parts.holdout, seen))
    return HeldOutBits(holdout, run.model.likelihood, train, run.spec.conditions.names)


def _bits(run: Run, validation: Dataset, seed: int) -> float:
    return float(bits_per_base(run, validation, seed=seed).mean())
