"""What a model's likelihoods say: how well it foresees unseen records, and what it has learned by heart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genomimic.errors import UsageError
from genomimic.metrics.discrimination import auc
from genomimic.scoring import NORMAL_95, Score, halved, standard_error
from genomimic.views import View

QUESTIONS = {
    "bits_per_base": "How many bits does the model need for one letter of a fresh real record?",
    "bits_per_base_bound": "How many bits does the model need, at most, for one letter of a fresh real record?",
    "bits_per_gene": "How many bits does the model need for one gene of a fresh real cell?",
    "bits_per_gene_bound": "How many bits does the model need, at most, for one gene of a fresh real cell?",
    "generalisation_gap": "How many more bits does the model need for a value of an unseen record than of one it was "
    "trained on?",
    "membership_auc_likelihood": "Can training records be told from unseen ones by how likely the model finds them?",
}
"""What the scores that need a model's likelihood ask; those that need records alone say it on their cards."""


class HeldOutBits(NamedTuple):
    """Bits per base of each holdout record under a model, in the order of the holdout set.

    `of_training` are those of the training records at `training_sample`, which tell what was learned by heart. `told`
    are the labels of each record that the model was told.
    """

    bits_per_base: Float[np.ndarray, " holdout"]
    kind: Literal["exact", "bound"]
    of_training: Float[np.ndarray, " sample"] | None = None
    told: tuple[str, ...] = ()


class SeenAndUnseen(NamedTuple):
    """Bits per base of training records and of holdout records under a model."""

    train: Float[np.ndarray, " train"]
    holdout: Float[np.ndarray, " holdout"]

    def beyond(self, other: "SeenAndUnseen") -> "SeenAndUnseen":
        """What is left when those under another model are taken off, record by record."""
        return SeenAndUnseen(self.train - other.train, self.holdout - other.holdout)


class Halves(NamedTuple):
    """Rows of half-samples, whole clusters, of training and of holdout records."""

    train: Sequence[Int[np.ndarray, " half"]]
    holdout: Sequence[Int[np.ndarray, " half"]]


def training_sample(train: int, holdout: int, seed: int) -> Int[np.ndarray, " sample"]:
    """Rows of as many training records as there are in the holdout, where there are, whose likelihoods are compared."""
    return np.random.default_rng([seed, train, holdout]).permutation(train)[:holdout]


def held_out_scores(
    own: HeldOutBits | None, others: Mapping[str, HeldOutBits], holdout: View, replicates: int, seed: int
) -> tuple[tuple[Score, ...], dict[str, tuple[float, float]]]:
    """The score of a set whose model has likelihoods, and what it saves on the references.

    Raises `UsageError` where there is not one likelihood for each holdout record.
    """
    for model, bits in [("the set", own), *others.items()]:
        if bits is not None and len(bits.bits_per_base) != len(holdout):
            found = len(bits.bits_per_base)
            raise UsageError(f"{model}: {found} likelihoods for {len(holdout)} holdout records; give one for each")
    if own is None:
        return (), {}
    floors = {model: bits.bits_per_base for model, bits in others.items()}
    halves = halved(View(holdout.dataset, holdout.clusters), replicates, np.random.default_rng([seed, len(holdout)]))
    rows = [half.rows for half in halves.halves]
    bound, unit = own.kind == "bound", holdout.modality.unit
    score = likelihood_score(own.bits_per_base, floors, bound=bound, unit=unit, halves=rows)
    note = told_note(own.told, {name: bits.told for name, bits in others.items()})
    return (score._replace(note=note),), bits_saved(own.bits_per_base, floors, halves=rows)


def told_note(own: tuple[str, ...], others: Mapping[str, tuple[str, ...]]) -> str:
    """Which labels a model was told, and which of these the baselines; nothing where it was told none.

    >>> told_note(("cell_type", "activity"), {"markov": ("cell_type",), "pwm": ("cell_type",)})
    'The model was told cell_type and activity of each record, the baselines cell_type.'
    >>> told_note(("class",), {"markov": ("class",), "composition": (), "pwm": ()})
    'The model was told class of each record, markov class, composition and pwm nothing.'
    """
    if not own:
        return ""
    alike = {told: [name for name in others if others[name] == told] for told in others.values()}
    said = [f"The model was told {' and '.join(own)} of each record"]
    for told, names in alike.items():
        who = " and ".join(names) if len(alike) > 1 else "the baselines"
        said.append(f"{who} {' and '.join(told) or 'nothing'}")
    return f"{', '.join(said)}."


def learned_by_heart(
    own: HeldOutBits | None, others: Mapping[str, HeldOutBits], train: View, holdout: View, replicates: int, seed: int
) -> tuple[tuple[Score, ...], tuple[float, float] | None]:
    """What the likelihoods of training records say, and how far the gap is beyond the baselines'."""
    if own is None or own.of_training is None:
        return (), None
    rows = training_sample(len(train), len(holdout), seed)
    if len(own.of_training) != len(rows):
        raise UsageError(f"{len(own.of_training)} likelihoods of training records; give one for each of {len(rows)}")
    rng = np.random.default_rng([seed, len(rows)])
    sample = View(train.dataset.take(rows), train.clusters[rows])
    real = [View(view.dataset, view.clusters) for view in (sample, holdout)]
    halves = Halves(*([half.rows for half in halved(view, replicates, rng).halves] for view in real))
    bits = {
        model: SeenAndUnseen(one.of_training, one.bits_per_base)
        for model, one in others.items()
        if one.of_training is not None
    }
    mine = SeenAndUnseen(own.of_training, own.bits_per_base)
    return memory_scores(mine, bits, halves), gap_beyond(mine, bits, halves)


def likelihood_score(
    bits: Float[np.ndarray, " holdout"],
    floors: Mapping[str, Float[np.ndarray, " holdout"]],
    *,
    bound: bool,
    unit: str = "base",
    halves: Sequence[Int[np.ndarray, " half"]],
) -> Score:
    """Held-out bits per base, or per what else `unit` names: value, cluster half-sample interval and floors.

    Nobody knows the entropy of the real process, so there is no ceiling and no skill: compare the value with the
    floors. A bound says that the true value is at most this.
    """
    value, margin = float(bits.mean()), NORMAL_95 * _error_of_mean(bits, halves)
    return Score(
        metric=f"bits_per_{unit}_bound" if bound else f"bits_per_{unit}",
        family="likelihood",
        group="fidelity",
        value=value,
        low=value - margin,
        high=value + margin,
        better="lower",
        ceiling=np.nan,
        ceiling_low=np.nan,
        ceiling_high=np.nan,
        floors={name: float(values.mean()) for name, values in floors.items()},
        floor=next((name for name in ("composition", "independent") if name in floors), ""),
        skill=np.nan,
        skill_low=np.nan,
        skill_high=np.nan,
        resolved=False,
        n=len(bits),
    )


def bits_saved(
    bits: Float[np.ndarray, " holdout"],
    floors: Mapping[str, Float[np.ndarray, " holdout"]],
    *,
    halves: Sequence[Int[np.ndarray, " half"]],
) -> dict[str, tuple[float, float]]:
    """Bits per base that a model saves on each floor, paired by record, with the half-width of the 95% interval."""
    saved = {name: values - bits for name, values in floors.items()}
    return {name: (float(values.mean()), NORMAL_95 * _error_of_mean(values, halves)) for name, values in saved.items()}


def _error_of_mean(values: Float[np.ndarray, " n"], halves: Sequence[Int[np.ndarray, " half"]]) -> float:
    return standard_error(np.array([values[rows].mean() for rows in halves]))


def gap(bits: SeenAndUnseen) -> float:
    """Bits per base that unseen records need more than training records.

    >>> gap(SeenAndUnseen(np.array([1.0, 2.0]), np.array([1.5, 2.0])))
    0.25
    """
    return float(bits.holdout.mean() - bits.train.mean())


def attack(bits: SeenAndUnseen) -> float:
    """AUC of calling a record a training record where the model finds it likely."""
    return auc(-bits.holdout, -bits.train)


def memory_scores(own: SeenAndUnseen, others: Mapping[str, SeenAndUnseen], halves: Halves) -> tuple[Score, ...]:
    """The generalisation gap and the AUC of the likelihood attack, with those of the baselines as floors."""
    return (
        _score("generalisation_gap", "generalisation gap", gap, own, others, halves, (-np.inf, np.inf, np.nan)),
        _score("membership_auc_likelihood", "likelihood attack", attack, own, others, halves, (0.0, 1.0, 0.5)),
    )


def gap_beyond(own: SeenAndUnseen, others: Mapping[str, SeenAndUnseen], halves: Halves) -> tuple[float, float] | None:
    """The least by which the gap exceeds a baseline's, paired by record, with the half-width of its 95% interval.

    What makes training records easier for everybody cancels. None where there is no baseline but the model itself,
    beside which no gap would ever show.
    """
    left = [own.beyond(other) for other in others.values()]
    left = [bits for bits in left if bits.train.any() or bits.holdout.any()]
    found = [(gap(bits), NORMAL_95 * _error(gap, bits, halves)) for bits in left]
    return min(found, key=lambda pair: pair[0] - pair[1], default=None)


def _score(
    name: str,
    family: str,
    statistic: Callable[[SeenAndUnseen], float],
    own: SeenAndUnseen,
    others: Mapping[str, SeenAndUnseen],
    halves: Halves,
    card: tuple[float, float, float],
) -> Score:
    least, most, ceiling = card
    value, margin = statistic(own), NORMAL_95 * _error(statistic, own, halves)
    group: Literal["novelty"] = "novelty"
    return Score(
        metric=name,
        family=family,
        group=group,
        value=value,
        low=max(value - margin, least),
        high=min(value + margin, most),
        better="lower",
        ceiling=ceiling,
        ceiling_low=ceiling,
        ceiling_high=ceiling,
        floors={model: statistic(bits) for model, bits in others.items()},
        floor="",
        skill=np.nan,
        skill_low=np.nan,
        skill_high=np.nan,
        resolved=False,
        n=len(own.holdout),
    )


def _error(statistic: Callable[[SeenAndUnseen], float], bits: SeenAndUnseen, halves: Halves) -> float:
    parts = zip(halves.train, halves.holdout, strict=True)
    return standard_error(np.array([statistic(SeenAndUnseen(bits.train[a], bits.holdout[b])) for a, b in parts]))
