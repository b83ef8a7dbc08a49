"""Two predictors for design: a guide that says where to go, and a judge that the guide and the designer never see.

A design that was made to please a predictor pleases it also where it is wrong. So the labelled records are parted, in
whole clusters of related sequences: the guide learns from one half of the training records, the judge from the other
half and from all that the generator has not seen. Of predictors that a user brings less is known, which is said.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genomimic.accuracy import Measure, accuracy
from genomimic.assessing import Judged
from genomimic.dataset import Dataset, join
from genomimic.errors import DataError, UsageError
from genomimic.parts import Parts
from genomimic.predicting import Trained, Watch, learn, silent, with_label
from genomimic.predictor import Predictor
from genomimic.predictor_files import read_accuracy
from genomimic.predictors import Classes, Numbers, Target, target_of
from genomimic.reading import digest_of
from genomimic.splitting import folds


@dataclass(frozen=True)
class Aim:
    """What is wanted: a high (`sign` 1) or low (-1) value of a label, a value near `target`, or a class `of` it."""

    label: str
    of: str | None = None
    sign: int = 1
    target: float | None = None

    @property
    def name(self) -> str:
        """What the judge's value is."""
        return f"probability of {self.of}" if self.of else self.label

    @property
    def peers(self) -> str:
        """The natural records that designs are compared with: of a class where one is wanted."""
        return f"natural sequences of {self.of}" if self.of else "natural sequences"

    def __str__(self) -> str:
        if self.of is not None:
            return f"{self.label} = {self.of}"
        if self.target is not None:
            return f"{self.label} near {self.target:g}"
        return f"{'high' if self.sign > 0 else 'low'} {self.label}"

    def judged(self, predictor: Predictor, dataset: Dataset) -> Judged:
        """What a predictor says of records: the number with its interval, or the probability of the class."""
        if self.of is None:
            found = predictor.predict(dataset)
            return Judged(found.mean, found.low, found.high)
        told = predictor.classify(dataset)
        shares = told.probabilities[:, told.names.index(self.of)]
        return Judged(shares, shares, shares)

    def measured(self, dataset: Dataset) -> Float[np.ndarray, " n"]:
        """What was measured of records: the number, or 1 where they are of the class."""
        column = dataset.labels[self.label].astype(str)
        return (column == self.of).astype(float) if self.of is not None else column.astype(float)

    def among(self, natural: Dataset) -> Dataset:
        """The `peers` among natural records; raises `DataError` where there is none."""
        if self.of is None:
            return natural
        found = natural.take(np.flatnonzero(self.measured(natural)))
        if not len(found):
            raise DataError(
                f"none of the {len(natural):,} natural sequences to compare with is of {self.label}={self.of}"
            )
        return found


@dataclass(frozen=True)
class Oracles:
    """The guide and the judge, natural records that the judge has not seen, and `known`: all records of the run.

    `said` is how good both are, `caution` why they may not be independent: empty where they learned from records apart.
    """

    guide: Predictor
    judge: Predictor
    natural: Dataset
    known: Dataset
    said: str
    caution: str = ""


def aim_of(text: str, *, minimise: bool = False, target: float | None = None) -> Aim:
    """What `--objective` says: a label that is a number, or NAME=CLASS.

    >>> aim_of("cell_type=K562").of, aim_of("activity", minimise=True).sign
    ('K562', -1)
    """
    label, equals, of = text.partition("=")
    if not label or (equals and not of):
        raise UsageError(f"--objective {text}: expected a label such as activity, or NAME=CLASS such as cell_type=K562")
    if of and (minimise or target is not None):
        raise UsageError(f"--objective {text}: a class is wanted or not; leave out --minimise and --target")
    return Aim(label, of or None, -1 if minimise else 1, target)


def train_oracles(
    parts: Parts,
    aim: Aim,
    *,
    guide: Predictor | None = None,
    judge: Predictor | None = None,
    seed: int = 0,
    watch: Watch = silent,
) -> Oracles:
    """A guide and a judge for an aim, from the records of a run, or those given.

    Raises `UsageError` for a label that is not there or does not suit the aim, and where one predictor is given as
    both, and `DataError` for too few records.
    """
    check_oracles(aim, guide=guide, judge=judge)
    said, caution = [], caution_of(parts, guide=guide, judge=judge)
    check_aim(target_of(with_label(parts.train, aim.label)[0], aim.label), aim)
    cluster = parts.split.cluster[parts.split.rows("train")]
    half = folds(parts.train, cluster, 2, seed=seed)
    first, second = (parts.train.take(np.flatnonzero(half == which)) for which in (0, 1))
    natural = aim.among(with_label(first, aim.label)[0])
    if judge is None:
        learned = learn(
            join([second, parts.validation, parts.holdout]), aim.label, seed=seed, watch=_named("judge", watch)
        )
        judge, said = learned.predictor, [*said, _sentence("The judge", learned)]
        _check(judge, aim)
    if guide is None:
        learned = learn(first, aim.label, seed=seed, watch=_named("guide", watch))
        guide, said = learned.predictor, [*said, _sentence("The guide, which the designs were made by,", learned)]
    given = [_given(name, one) for name, one in (("judge", judge), ("guide", guide)) if one.path]
    known = join([parts.train, parts.validation, parts.holdout])
    return Oracles(guide, judge, natural, known, " ".join([*said, *given]), caution)


def check_oracles(aim: Aim, *, guide: Predictor | None, judge: Predictor | None) -> None:
    """Refuse predictors that do not suit the aim, and one that is to guide and to judge."""
    for one in (guide, judge):
        if one is not None:
            _check(one, aim)
    if guide and judge and same(guide, judge):
        raise UsageError(
            f"--guide and --judge are the same predictor ({judge.path or judge.target.label}), which cannot judge what "
            "it guided; leave out --judge, or give one that learned from other records"
        )


def same(one: Predictor, other: Predictor) -> bool:
    """Whether two predictors are one: the same object, or learned in the same way from the same data."""
    first, second = ({k: v for k, v in each.config.items() if k != "command"} for each in (one, other))
    return one is other or (bool(first) and first == second)


def caution_of(parts: Parts, *, guide: Predictor | None, judge: Predictor | None) -> str:
    """Why given predictors may not be independent of each other or of the records of a run; empty if none is given."""
    source = parts.train.source
    own = digest_of(source) if source and (guide or judge) else ""
    learned = {name: _digest(one) for name, one in (("guide", guide), ("judge", judge)) if one}
    if "judge" in learned and learned["judge"] in ("", own):
        whether = "learned" if learned["judge"] else "may have learned"
        return (
            f"The given judge {whether} from the file that the run learned from, so it may know the records that the "
            "guide learned from, and the natural sequences shown: its praise may flatter the designs."
        )
    if "guide" in learned and learned["guide"] in ("", own, learned.get("judge")):
        whether = "learned" if learned["guide"] else "may have learned"
        return (
            f"The given guide {whether} from records that the judge learned from too: where one errs, so may the "
            "other, and the judge's praise may flatter the designs."
        )
    return ""


def _digest(predictor: Predictor) -> str:
    """SHA-256 of the file that a predictor learned from; empty where that is not known."""
    return str(predictor.config.get("data", {}).get("sha256", ""))


def _given(name: str, predictor: Predictor) -> str:
    """Which predictor was given, and how good it said that it is when it was trained."""
    assert predictor.path is not None
    found: dict[str, Any] = read_accuracy(predictor.path)
    if not found:
        return f"The {name} was given: {predictor.path}."
    one = Measure(**found["holdout"][found["chosen"]]["pearson_r" if found["kind"] == "number" else "accuracy"])
    title = "Pearson's r" if found["kind"] == "number" else "accuracy"
    return (
        f"The {name} was given: {predictor.path}, with {title} {one.value:.2f} [{one.low:.2f}, {one.high:.2f}] on "
        f"{found['records']['holdout']:,} records held out when it was trained."
    )


def _check(predictor: Predictor, aim: Aim) -> None:
    target = predictor.target
    if target.label != aim.label:
        raise UsageError(
            f"{predictor.path}: predicts {target.label}, and {aim.label} is wanted; give a predictor of {aim.label}"
        )
    check_aim(target, aim)


def check_aim(target: Target, aim: Aim) -> None:
    """Refuse to aim at a class of a number, at no class of several, or at one that is not there."""
    if isinstance(target, Classes):
        if aim.of is None:
            raise UsageError(f"{aim.label} is a class; say which: --objective {aim.label}={target.names[0]}")
        target.code(aim.of)
    elif aim.of is not None:
        raise UsageError(f"{aim.label} is a number; leave out ={aim.of}, and say --maximise, --minimise or --target")


def _named(name: str, watch: Watch) -> Watch:
    return lambda stage, share, detail: watch(stage, share, f"{name}: {detail}" if detail else name)


def _sentence(name: str, trained: Trained) -> str:
    """How good a predictor is, on records that it did not learn from."""
    found = accuracy(trained)[trained.chosen]
    key = "pearson_r" if isinstance(trained.predictor.target, Numbers) else "accuracy"
    one: Measure = found[key]
    title = "Pearson's r" if key == "pearson_r" else "accuracy"
    return (
        f"{name} is a {trained.chosen} predictor of {trained.predictor.target.label}, which learned from "
        f"{len(trained.learned):,} sequences: {title} {one.value:.2f} [{one.low:.2f}, {one.high:.2f}] on "
        f"{len(trained.holdout):,} others."
    )
