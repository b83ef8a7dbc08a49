"""What the scores say in plain words, by rules that anyone can check."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from genomimic.census import Census
from genomimic.evidence.base import Table
from genomimic.metrics.titles import title_of
from genomimic.scoring import Score

BASELINES = {
    "uniform": "random letters",
    "composition": "letters drawn independently",
    "markov": "a Markov chain",
    "pwm": "independent positions",
    "position-markov": "a position-specific Markov chain",
    "independent": "genes drawn independently",
    "copula": "a Gaussian copula",
    "pca-gaussian": "a Gaussian of principal components",
}
CONTROLS = {
    "copier": "a copier",
    "collapsed": "a collapsed generator",
    "shuffled": "shuffled real records",
    "exchanged": "cells with their genes exchanged",
}
COPIES = {
    "exact_copies": "exact copies",
    "substring_copies": "with a long stretch of a training record",
    "near_copies": "within 10% edits of a training record",
    "near_excess": "closer to a training record than fresh real ones are, and not to other real data",
}
EXCESS = 0.01  # of the records, which fresh real data may have nearer to the one than to the other by chance
NO_FLOOR = {"likelihood", "generalisation gap", "likelihood attack"}  # families that are read beside the baselines
LEAST_GAP = 0.005  # bits per base beyond a baseline's that are worth a word
Mark = Literal["real", "between", "floor", "unsure", "unresolved"]
NOT_COLLAPSE = {"embedding", "adversarial accuracy"}  # families of diversity scores that other faults lower too
COLLAPSED_BELOW = 0.5  # of the way from a collapsed generator to real data


def verdict(scores: Sequence[Score]) -> str:
    """One sentence: copying and collapse first, or the simplest baseline that does better, then the count.

    >>> verdict([])
    'No score could be resolved with so few records.'
    """
    faults = []
    if (copied := copying(scores)) is not None:
        faults.append(f"copies its training data ({_sentence_of_copies(copied)})")
    if (collapsed := collapse(scores)) is not None:
        faults.append(f"makes the same records again and again ({_readable(collapsed)})")
    if not faults and (baseline := beaten_by(scores)) is not None:
        faults.append(f"worse than {BASELINES[baseline]} (easier to tell from real data)")
    sentence = "; ".join([" and ".join(faults), _count(scores)] if faults else [_count(scores)])
    return f"{sentence[0].upper()}{sentence[1:]}."


def findings(
    scores: Sequence[Score],
    n: int,
    saved: Mapping[str, tuple[float, float]],
    tables: Sequence[Table] = (),
    census: Census | None = None,
    gap: tuple[float, float] | None = None,
    missing: Sequence[str] = (),
    value: str = "letter",
) -> tuple[str, ...]:
    """Alarms first, then the weakest score of each group, the baselines ahead, and what n records cannot show.

    `saved` are the bits per base saved on other models with the half-widths of their intervals (`bits_saved`), `gap`
    those by which the generalisation gap is beyond the baselines' (`gap_beyond`); `tables` the evidence, which says
    what gave synthetic records away; `missing` the metrics for which the real records hold too little; `value` is what
    one value of a record is called.
    """
    copies = [_alarm_of_copies(copying(scores)), _of_census(census, value), _alarm_of_gap(gap, value)]
    alarms = [*copies, _alarm_of_overlap(scores), _alarm_of_collapse(collapse(scores))]
    weakest = [_weakest(scores, group) for group in ("fidelity", "diversity", "novelty")]
    rest = [
        _giveaway(recognised(scores), tables),
        *_ahead(scores),
        *_likelihoods(scores, saved, value),
        _unresolved(scores),
        _worse_without_floor(scores),
        _left_out(missing),
        detection_limit(n),
    ]
    return tuple(sentence for sentence in [*alarms, *weakest, *rest] if sentence)


def copying(scores: Sequence[Score]) -> Score | None:
    """The score that shows copying: a share of (near) copies above all that real data and references have."""
    for score in scores:
        others = [value for name, value in score.floors.items() if name != "copier"]
        margin = EXCESS if score.metric == "near_excess" else 0.0
        if score.metric in COPIES and score.low > max([score.ceiling_high + margin, *others]):
            return score
    return None


def overlaps_real(scores: Sequence[Score]) -> Score | None:
    """A two-sample AUC clearly below 0.5 and below that of fresh real data: synthetic records repeat real ones."""
    for score in scores:
        if score.family == "two-sample test" and score.high < min(0.5, score.ceiling_low):
            return score
    return None


def collapse(scores: Sequence[Score]) -> Score | None:
    """The worst diversity score that is nearer to a collapsed generator's than to real data's.

    Recall and coverage in the embedding and adversarial accuracy do not count: records that lie elsewhere, as noisy
    ones do, and profiles that lie in the middle lower them too.
    """
    diverse = [score for score in _resolved(scores) if score.group == "diversity" and score.family not in NOT_COLLAPSE]
    low = [score for score in diverse if score.skill_high < COLLAPSED_BELOW]
    return min(low, key=lambda score: score.skill, default=None)


def beaten_by(scores: Sequence[Score]) -> str | None:
    """The simplest baseline whose records are harder to tell from real ones, by a classifier's AUC and interval."""
    harder = {name for score in scores if score.family == "two-sample test" for name in ahead(score)}
    return next((name for name in BASELINES if name in harder), None)


def recognised(scores: Sequence[Score]) -> Score | None:
    """The worse two-sample AUC where it is clearly above 0.5 and above that of fresh real data."""
    tests = [score for score in scores if score.family == "two-sample test"]
    worse = max(tests, key=lambda score: score.value, default=None)
    return worse if worse and worse.low > max(0.5, worse.ceiling_high) else None


def ahead(score: Score) -> list[str]:
    """Baselines that clearly score better, the simplest first."""
    return [name for name in BASELINES if name in score.floors and _clearly_worse(score, score.floors[name])]


def mark_of(score: Score) -> Mark:
    """Where the interval of a score's skill stands between 0, the floor, and 1, fresh real data.

    "real" reaches 1 and not 0, "unsure" holds both, "between" neither, "floor" reaches 0 alone.
    """
    if not score.resolved:
        return "unresolved"
    if score.skill_high >= 1:
        return "real" if score.skill_low > 0 else "unsure"
    return "between" if score.skill_low > 0 else "floor"


def as_good_as_real(scores: Sequence[Score]) -> list[Score]:
    """Scores that are as good as fresh real data and clearly better than the floor."""
    return [score for score in scores if mark_of(score) == "real"]


def undecided(scores: Sequence[Score]) -> list[Score]:
    """Resolved scores whose interval holds both the floor and fresh real data: they say nothing either way."""
    return [score for score in scores if mark_of(score) == "unsure"]


def detection_limit(n: int) -> str:
    """The smallest classifier AUC that n against n records can tell from chance (two standard errors under H0).

    Cross-validated, its variance is twice that of Mann and Whitney's statistic (`discrimination`).
    """
    limit = 0.5 + 2 * np.sqrt((2 * n + 1) / (6 * n * n))
    return f"With {n:,} against {n:,} records a two-sample AUC below {limit:.3f} cannot be told from chance."


def _resolved(scores: Sequence[Score]) -> list[Score]:
    return [score for score in scores if score.resolved]


def _clearly_worse(score: Score, other: float) -> bool:
    worse = score.value - other
    margin = max(score.high - score.value, score.value - score.low) * np.sqrt(2)  # the other is as uncertain
    return (worse if score.better == "lower" else -worse) > margin


def _count(scores: Sequence[Score]) -> str:
    resolved = len(_resolved(scores))
    if not resolved:
        return "no score could be resolved with so few records"
    unsure = len(undecided(scores))
    tail = f" ({unsure} undecided)" if unsure else ""
    good = len(as_good_as_real(scores))
    return f"as good as fresh real data on {good} of the {resolved} scores that can be resolved{tail}"


def _readable(score: Score) -> str:
    return f"{title_of(score.metric)} is {score.value:.3g} where fresh real data reach {score.ceiling:.3g}"


def _sentence_of_copies(score: Score) -> str:
    return f"{score.value:.1%} of the records are {COPIES[score.metric]}; of fresh real records {score.ceiling:.1%}"


def _alarm_of_copies(score: Score | None) -> str:
    return f"Copying: {_sentence_of_copies(score)}." if score else ""


def _of_census(census: Census | None, value: str) -> str:
    if census is None or not census.copies + census.copies_of_holdout:
        return ""
    strand = f" ({census.copies_of_training_opposite:,} on the opposite strand)" if value == "letter" else ""
    return (
        f"Of all {census.records:,} records, {census.copies:,} are exact copies of training records{strand}, "
        f"{census.copies_of_holdout:,} of holdout records; {census.different:,} are different."
    )


def _alarm_of_gap(gap: tuple[float, float] | None, value: str) -> str:
    """Learned by heart: the gap is clearly beyond that of every baseline."""
    if gap is None or gap[0] - gap[1] <= LEAST_GAP:
        return ""
    return (
        f"Learned by heart: unseen records need more bits for a {value} than training records do, {gap[0]:.3f} ± "
        f"{gap[1]:.3f} beyond any baseline that it was set beside."
    )


def _alarm_of_overlap(scores: Sequence[Score]) -> str:
    found = overlaps_real(scores)
    if found is None:
        return ""
    return (
        f"Copying: {title_of(found.metric)} is {found.value:.3f}, clearly below 0.5, as when records repeat real ones."
    )


def _alarm_of_collapse(score: Score | None) -> str:
    return (
        f"Collapse: {_readable(score)}, and a generator that repeats 5% of the training data {_floor(score)}."
        if score
        else ""
    )


def _giveaway(score: Score | None, tables: Sequence[Table]) -> str:
    """What each table of give-aways has on top."""
    shown = {table.name: {heading: column[0] for heading, column in table.columns.items()} for table in tables}
    top = []
    for name in ("giveaway_words", "giveaway_motifs"):
        if name in shown:
            top.append(f"{shown[name]['word']} ({_times(float(shown[name]['log2 ratio']))})")
    if "giveaway_positions" in shown:
        row = shown["giveaway_positions"]
        real, synthetic = row["share of real records"], row["share of synthetic records"]
        top.append(f"{row['letters']} at position {row['position']} (in {synthetic:.0%} of records; real {real:.0%})")
    if "giveaway_genes" in shown:
        row = shown["giveaway_genes"]
        top.append(f"{row['gene']} (mean {row['synthetic mean']:.3g}; real {row['real mean']:.3g})")
    if score is None or not top:
        return ""
    auc = f"{title_of(score.metric)} is {score.value:.3f}"
    return f"Classifiers recognise synthetic records ({auc}) above all by: {', '.join(top)}."


def _times(log2_ratio: float) -> str:
    """How frequent against real records.

    >>> _times(2.0), _times(-1.0)
    ('4 times as frequent', '0.5 times as frequent')
    """
    return f"{2**log2_ratio:.2g} times as frequent"


def _floor(score: Score) -> str:
    return f"{score.floors[score.floor]:.3g}"


def _weakest(scores: Sequence[Score], group: str) -> str:
    inside = [score for score in _resolved(scores) if score.group == group]
    if not inside:
        return ""
    worst = min(inside, key=lambda score: score.skill)
    if worst.skill >= 1:
        return ""
    skill = f"skill {worst.skill:.2f} [{worst.skill_low:.2f}, {worst.skill_high:.2f}]"
    return f"Weakest in {group}: {_readable(worst)} and {_named(worst.floor)} {_floor(worst)}; {skill}."


def _named(floor: str) -> str:
    return {**BASELINES, **CONTROLS}.get(floor, floor)


def _ahead(scores: Sequence[Score]) -> list[str]:
    lines = []
    for name, words in BASELINES.items():
        compared = [score for score in scores if score.group == "fidelity" and score.family != "likelihood"]
        metrics = [score.metric for score in compared if name in ahead(score)]
        if metrics:
            does = "does" if words.startswith("a ") else "do"
            lines.append(f"{words[0].upper()}{words[1:]} {does} better on: {_listed(metrics)}.")
    return lines


def _likelihoods(scores: Sequence[Score], saved: Mapping[str, tuple[float, float]], value: str) -> list[str]:
    """What the model's likelihood of unseen records says, beside its closest rival."""
    lines = []
    for score in scores:
        if score.family == "likelihood":
            most = "at most " if score.metric.endswith("bound") else ""
            line = f"Needs {most}{score.value:.3f} bits for one {value} of unseen real data, where fewer is better"
            others = {name: saving for name, saving in saved.items() if saving[0] != 0}  # not the model itself
            if others:
                rival = min(others, key=lambda name: others[name][0])
                saving, margin = others[rival]
                less = "fewer" if saving >= 0 else "more"
                line += f": {abs(saving):.3f} ± {margin:.3f} {less} than {_named(rival)}, its closest rival"
            lines.append(f"{line}. {score.note}".strip())
    return lines


def _unresolved(scores: Sequence[Score]) -> str:
    names = [score.metric for score in scores if not score.resolved and score.family not in NO_FLOOR]
    return f"So few records cannot tell floor from ceiling on: {_listed(names)}." if names else ""


def _worse_without_floor(scores: Sequence[Score]) -> str:
    """Faults that no skill can show, as the floor is as good as fresh real data (lengths), or nearly so."""
    worse = [
        f"{title_of(score.metric)} ({score.value:.3g}; fresh real data {score.ceiling:.3g})"
        for score in scores
        if not score.resolved and score.family not in NO_FLOOR and _beyond_ceiling(score)
    ]
    return (
        f"Clearly worse than fresh real data, though no floor can be told from it: {'; '.join(worse)}." if worse else ""
    )


def _beyond_ceiling(score: Score) -> bool:
    """Whether the interval lies wholly on the bad side of that of fresh real data; not where that is unknown."""
    return score.low > score.ceiling_high if score.better == "lower" else score.high < score.ceiling_low


def _left_out(metrics: Sequence[str]) -> str:
    return f"Left out, as these real records hold too little of what they count: {_listed(metrics)}." if metrics else ""


def _listed(metrics: Sequence[str]) -> str:
    """Titles of metrics, those that differ only in k as one.

    >>> _listed(["gc_mean", "kmer_js_2", "kmer_js_6"])
    'GC mean; K-mer JS divergence, k = 2, 6'
    """
    lengths: dict[str, list[str]] = {}
    for title in map(title_of, metrics):
        name, _, k = title.partition(", k = ")
        lengths.setdefault(name, []).append(k)
    return "; ".join(name + (f", k = {', '.join(ks)}" if ks[0] else "") for name, ks in lengths.items())
