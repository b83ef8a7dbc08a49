"""Judging synthetic data: every score between its floor and its ceiling, with an interval."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from genomimic.census import Census, take_census
from genomimic.comparison import Comparison, alike
from genomimic.dataset import Dataset
from genomimic.embedding import Embed, embed_with, embedding
from genomimic.errors import UsageError
from genomimic.evidence import Table, tables
from genomimic.kinds import kind_of
from genomimic.likelihoods import HeldOutBits, held_out_scores, learned_by_heart
from genomimic.metrics import METRICS
from genomimic.metrics.base import EVERY, RECORDS
from genomimic.modalities import Sequences
from genomimic.motifs import Motifs
from genomimic.scoring import Halved, Scale, Score, halved, score
from genomimic.verdicts import findings, verdict
from genomimic.views import View

__all__ = ["Report", "Score", "SetReport", "evaluate", "scores_json"]

MAX_RECORDS = EVERY
FRESH_DRAWS = 3
COLLAPSED_TO = 0.05


@dataclass(frozen=True, eq=False)
class SetReport:
    """What was found about one synthetic set: scores, the verdict in one sentence, and the sentences behind it.

    `comparison` holds at most 5,000 of the records that were judged, as many synthetic as holdout ones in random order,
    and all of train. Sets of one `generator` differ in its training seed only. `tables` are the evidence; `census`
    counts all records of the set, also beyond those that were judged; `halves` has the values of each score on the
    half-samples, from which sets are compared with each other.
    """

    name: str
    generator: str
    comparison: Comparison
    scores: tuple[Score, ...]
    tables: tuple[Table, ...]
    verdict: str
    findings: tuple[str, ...]
    census: Census | None = None
    halves: Mapping[str, Float[np.ndarray, " replicates"]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Report:
    """Scores of one or several synthetic sets against the same real data."""

    sets: tuple[SetReport, ...]
    train: Dataset
    holdout: Dataset
    provenance: Mapping[str, str | int | float | bool]


def evaluate(
    synthetic: Mapping[str, Dataset],
    *,
    generators: Mapping[str, str] | None = None,
    train: Dataset,
    holdout: Dataset,
    validation: Dataset | None = None,
    references: Mapping[str, Dataset],
    train_clusters: Int[np.ndarray, " train"] | None = None,
    holdout_clusters: Int[np.ndarray, " holdout"] | None = None,
    validation_clusters: Int[np.ndarray, " validation"] | None = None,
    likelihoods: Mapping[str, HeldOutBits] | None = None,
    reference_likelihoods: Mapping[str, HeldOutBits] | None = None,
    motifs: Motifs | None = None,
    embed: Embed | None = None,
    seed: int = 0,
    replicates: int = 50,
    progress: Callable[[str, float], None] | None = None,
) -> Report:
    """Score synthetic sets against real data that share no related records with the training data.

    `references` are samples of baselines fitted on train, at best all of the modality's `baselines`; a score whose
    floor is missing has no skill. A copier, a collapsed generator and what else the kind of data has as a control
    (`Kind.controls`), such as shuffled records, are made here. Each set is judged at n = min(its size, holdout, train,
    every reference, the metric's limit). `generators` says which generator made a set, where several made by one (with
    different training seeds) are judged. `validation`
    records stand for fresh real ones where copies of the training data are sought; without them the holdout's do.
    `likelihoods` and `reference_likelihoods` have held-out bits by name of set and of reference. Each of `replicates`
    draws of half the records gives two half-samples. `motifs` are looked for in DNA or RNA. `embed` gives the numbers
    of each record that its place in the embedding is made of, instead of words and letters. Raises `UsageError` where a
    set has too few records (`Kind.fewest`).
    """
    named = _checked(synthetic, references, train, holdout, validation)
    check_motifs(motifs, train)
    clusters = {"train": train_clusters, "holdout": holdout_clusters, "validation": validation_clusters}
    learned, unseen = View(named["train"], train_clusters), View(named["holdout"], holdout_clusters)
    if embed is not None:
        embed_with(learned, embed)

    @cache
    def scale(n: int) -> Scale:
        found = _scale(learned, named, list(references), clusters, n, replicates, np.random.default_rng([seed, n]))
        return replace(found, motifs=motifs)

    reports = []
    for number, name in enumerate(synthetic):
        most = min(
            kind_of(train.modality).most, len(synthetic[name]), len(holdout), len(train), *map(len, references.values())
        )

        @cache
        def at(limit: int, name: str = name, number: int = number, most: int = most) -> tuple[Scale, Halved]:
            n = min(limit, most)
            rng = np.random.default_rng([seed, n, number + 1])
            return scale(n), halved(_draw(named[f"synthetic/{name}"], n, rng), replicates, rng)

        done = _steps(progress, name, number / len(synthetic), 1 / len(synthetic))
        judged, generated = at(RECORDS)
        comparison = judged.comparison(generated)
        scores = _scores(comparison, at, done)
        own, others = (likelihoods or {}).get(name), reference_likelihoods or {}
        likelihood, saved = held_out_scores(own, others, unseen, replicates, seed)
        by_heart, beyond = learned_by_heart(own, others, learned, unseen, replicates, seed)
        scores += likelihood + by_heart
        census = take_census(View(named[f"synthetic/{name}"]), learned, unseen)
        shown, halves = tables(comparison), _halves(scores, at)
        missing = [metric.name for metric in METRICS.values() if metric.lacks(comparison)]
        value = train.modality.value
        told = findings(scores, len(comparison.synthetic), saved, shown, census, beyond, missing, value)
        generator = (generators or {}).get(name, name)
        reports.append(SetReport(name, generator, comparison, scores, shown, verdict(scores), told, census, halves))
    provenance = {"seed": seed, "replicates": replicates, "train": len(train), "holdout": len(holdout)}
    provenance |= {"motifs": str(motifs)} if motifs else {}
    provenance |= {"embedding": embedding(learned).version}
    return Report(tuple(reports), train, holdout, provenance)


def scores_json(report: Report) -> dict:
    """The scores as plain values in format 1 of scores.json; a number that is not known is None."""
    scores = [{"set": one.name, **_plain(score)} for one in report.sets for score in one.scores]
    sets = [
        {
            "set": one.name,
            "generator": one.generator,
            "verdict": one.verdict,
            "findings": list(one.findings),
            "census": None if one.census is None else one.census._asdict(),
        }
        for one in report.sets
    ]
    return {"format": 1, "sets": sets, "scores": scores, "provenance": dict(report.provenance)}


def _plain(score: Score) -> dict:
    floors = {name: _number(value) for name, value in score.floors.items()}
    values = {name: _number(value) if isinstance(value, float) else value for name, value in score._asdict().items()}
    return {**values, "floors": floors, "resolved": bool(score.resolved)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def check(synthetic: Mapping[str, Dataset], train: Dataset, holdout: Dataset) -> None:
    """Refuse what cannot be judged: too few records, or sets of different kinds."""
    records, fewest = holdout.modality.records, kind_of(holdout.modality).fewest
    if len(holdout) < fewest:
        raise UsageError(
            f"the holdout has {len(holdout)} {records}, at least {fewest} are needed to judge by; give some "
            f"{10 * fewest} distinct {records} or more in all, or only train: genomimic train"
        )
    for name, one in {"train": train, **synthetic}.items():
        if len(one) < fewest:
            raise UsageError(f"{name} has {len(one)} records; at least {fewest} are needed to judge it")
    alike(train, holdout, *synthetic.values())


def check_motifs(motifs: Motifs | None, data: Dataset) -> None:
    """Refuse motifs for data in which they cannot be looked for."""
    if motifs and not (isinstance(data.modality, Sequences) and data.modality.letters.complements):
        name = data.modality.config()["name"]
        raise UsageError(f"motifs are looked for in dna or rna, and these data are {name}; leave out --motifs")


def _checked(
    synthetic: Mapping[str, Dataset],
    references: Mapping[str, Dataset],
    train: Dataset,
    holdout: Dataset,
    validation: Dataset | None,
) -> dict[str, Dataset]:
    """All sets by name, equally wide; synthetic ones as synthetic/NAME."""
    sets = {"train": train, "holdout": holdout}
    sets |= {f"synthetic/{name}": one for name, one in synthetic.items()}
    sets |= {f"reference/{name}": one for name, one in references.items()}
    if validation is not None and len(validation) >= kind_of(train.modality).fewest:
        sets["validation"] = validation
    if not synthetic:
        raise UsageError("nothing to judge; give at least one synthetic set")
    check({name: one for name, one in sets.items() if name not in ("train", "holdout")}, train, holdout)
    return dict(zip(sets, alike(*sets.values()), strict=True))


def _draw(dataset: Dataset, n: int, rng: np.random.Generator, clusters: Int[np.ndarray, " size"] | None = None) -> View:
    """A random draw of n records, in random order."""
    rows = rng.permutation(len(dataset))[:n]
    return View(dataset.take(rows), None if clusters is None else clusters[rows])


def _scale(
    learned: View,
    sets: Mapping[str, Dataset],
    references: Sequence[str],
    clusters: Mapping[str, Int[np.ndarray, " size"] | None],
    n: int,
    replicates: int,
    rng: np.random.Generator,
) -> Scale:
    def real(name: str) -> Halved:
        view = _draw(sets[name], n, rng, clusters[name])
        return halved(View(view.dataset, view.clusters), replicates, rng)

    def generated(dataset: Dataset) -> Halved:
        return halved(_draw(dataset, n, rng), replicates, rng)

    holdout, train = real("holdout"), learned.dataset
    few = rng.permutation(len(train))[: max(int(COLLAPSED_TO * len(train)), 1)]
    draw = _draw(train, n, rng).dataset
    return Scale(
        train=learned,
        holdout=holdout,
        matched_train=real("train"),
        fresh=tuple(real("train") for _ in range(FRESH_DRAWS)),
        unseen=real("validation") if "validation" in sets else holdout,
        references={name: generated(sets[f"reference/{name}"]) for name in references},
        controls={
            "copier": generated(train.take(rng.integers(len(train), size=n))),
            "collapsed": generated(train.take(rng.choice(few, n))),
            **{name: generated(one) for name, one in kind_of(train.modality).controls(draw, rng).items()},
        },
    )


def _scores(
    comparison: Comparison, at: Callable[[int], tuple[Scale, Halved]], done: Callable[[str, float], None]
) -> tuple[Score, ...]:
    wanted = [metric for metric in METRICS.values() if metric.applies(comparison)]
    scores = []
    for number, metric in enumerate(wanted):
        done(metric.name, number / len(wanted))
        scores.append(score(metric, *at(metric.limit)))
    done("done", 1.0)
    return tuple(scores)


def _halves(
    scores: Sequence[Score], at: Callable[[int], tuple[Scale, Halved]]
) -> dict[str, Float[np.ndarray, " replicates"]]:
    metrics = [METRICS[score.metric] for score in scores if score.metric in METRICS]
    sides = {metric: at(metric.limit) for metric in metrics}
    return {metric.name: scale.measure(metric, generated).halves for metric, (scale, generated) in sides.items()}


def _steps(
    progress: Callable[[str, float], None] | None, name: str, start: float, share: float
) -> Callable[[str, float], None]:
    def done(step: str, fraction: float) -> None:
        if progress is not None:
            progress(f"{name}: {step}", start + share * fraction)

    return done
