"""What gave synthetic records away: the words, positions and letters by which classifiers tell them from real ones."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int, Shaped

from genomimic import words
from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.features import sequence
from genomimic.metrics.base import sequences
from genomimic.metrics.discrimination import Told, convolutional_classifier, linear_classifier

ROWS = 200
LONGEST = 6


@evidence(
    group="fidelity",
    title="Words that give synthetic records away",
    reading="Words by which the linear classifier tells the sets apart, and the share of the difference in mean score "
    "that each carries. A weight above 0 means that more of the word looks synthetic.",
    needs=[sequences],
)
def giveaway_words(comparison: Comparison) -> Columns:
    """Words of up to 4 letters by what they carry of the linear classifier's separation; both strands named once."""
    told = _told(comparison)
    lengths = [kind for kind in told if isinstance(kind, int) and told[kind].real.sum() and told[kind].synthetic.sum()]
    real, synthetic = (np.concatenate([_per_1000(getattr(told[k], kind)) for k in lengths]) for kind in _SETS)
    names = np.array([word for k in lengths for word in sequence.words(comparison.synthetic, k)])
    columns = {
        "word": names,
        "weight": np.concatenate([told[k].weight for k in lengths]),
        "real per 1,000 words": real,
        "synthetic per 1,000 words": synthetic,
        "log2 ratio": np.log2((synthetic + 0.01) / (real + 0.01)),
        "share of separation": np.concatenate([told[k].carried for k in lengths]) / separation(told),
    }
    return _most_telling(columns, "share of separation")


@evidence(
    group="fidelity",
    title="Positions that give synthetic records away",
    reading="Letters, and pairs of neighbours, at positions (from 1) by which the linear classifier tells the sets "
    "apart, and the share of the difference in mean score that each carries.",
    needs=[sequences, lambda comparison: "letters" in _told(comparison)],
)
def giveaway_positions(comparison: Comparison) -> Columns:
    """Letters and neighbouring pairs at positions by what they carry of the linear classifier's separation."""
    told, symbols = _told(comparison), sequence.alphabet(comparison.synthetic).symbols
    pairs = [first + second for first in symbols for second in symbols]
    kinds = [(told[kind], names) for kind, names in (("letters", list(symbols)), ("pairs", pairs)) if kind in told]
    columns = {
        "position": np.concatenate([np.arange(len(one.real)) // len(names) + 1 for one, names in kinds]),
        "letters": np.concatenate([np.tile(names, len(one.real) // len(names)) for one, names in kinds]),
        "weight": np.concatenate([one.weight for one, _ in kinds]),
        "share of real records": np.concatenate([one.real for one, _ in kinds]),
        "share of synthetic records": np.concatenate([one.synthetic for one, _ in kinds]),
        "share of separation": np.concatenate([one.carried for one, _ in kinds]) / separation(told),
    }
    return _most_telling(columns, "share of separation")


@evidence(
    group="fidelity",
    title="Where the convolutional classifier looks",
    reading="How much the letters at each position (from 1) move the convolutional classifier's mean score of "
    "synthetic records above that of real ones. It sees dependence between letters that are not neighbours, too.",
    needs=[sequences],
)
def giveaway_sites(comparison: Comparison) -> Columns:
    """Positions by how far their letters move the network's mean scores apart."""
    real, synthetic = _sites(comparison)
    moved = synthetic.mean(0) - real.mean(0)
    columns = {
        "position": np.arange(len(moved)) + 1,
        "added in real records": real.mean(0),
        "added in synthetic records": synthetic.mean(0),
        "share of separation": moved / max(np.abs(moved).sum(), 1e-9),
    }
    return _most_telling(columns, "share of separation")


@evidence(
    group="fidelity",
    title="Words that the convolutional classifier recognises",
    reading="Words by how far their letters, wherever they stand, move the convolutional classifier's mean score of "
    "synthetic records above that of real ones, in log-odds per 1,000 records.",
    needs=[sequences, lambda comparison: comparison.synthetic.dataset.length >= _word_length(comparison)],
)
def giveaway_motifs(comparison: Comparison) -> Columns:
    """Words (6 letters of DNA) by what they add to the network's scores of synthetic less real records."""
    k, sites = _word_length(comparison), _sites(comparison)
    alphabet, both = sequence.alphabet(comparison.synthetic), sequence.both_strands(comparison.synthetic)
    column = words.columns(alphabet, k, both_strands=both)
    views = comparison.holdout, comparison.synthetic
    found = [column[words.codes(view.dataset.values, alphabet.size, k)] for view in views]
    known = [words.codes(view.dataset.values, alphabet.size, k) >= 0 for view in views]
    sums = [np.lib.stride_tricks.sliding_window_view(one, k, axis=1).sum(-1) for one in sites]
    counts = [np.bincount(code[ok], minlength=len(column)) for code, ok in zip(found, known, strict=True)]
    added = [
        np.bincount(code[ok], one[ok], len(column)) / len(code)
        for code, ok, one in zip(found, known, sums, strict=True)
    ]
    seen = np.flatnonzero(counts[0] + counts[1])
    real, synthetic = (1000 * count[seen] / max(count.sum(), 1) for count in counts)
    columns = {
        "word": np.array([words.word(alphabet, code, k) for code in seen.tolist()], dtype=str),
        "added per 1,000 records": 1000 * (added[1] - added[0])[seen],
        "in real records": counts[0][seen],
        "in synthetic records": counts[1][seen],
        "log2 ratio": np.log2((synthetic + 0.01) / (real + 0.01)),
    }
    return _most_telling(columns, "added per 1,000 records")


_SETS = ("real", "synthetic")


def _told(comparison: Comparison) -> dict[str | int, Told]:
    """What the linear classifier made of each kind of feature."""
    return dict(comparison.joint(linear_classifier).told)


def _sites(comparison: Comparison) -> tuple[Float[np.ndarray, "n length"], Float[np.ndarray, "m length"]]:
    sites = comparison.joint(convolutional_classifier).sites
    return sites[: len(comparison.holdout)], sites[len(comparison.holdout) :]


def _word_length(comparison: Comparison) -> int:
    size = sequence.alphabet(comparison.synthetic).size
    return max(k for k in range(1, LONGEST + 1) if size**k <= words.MAX_WORDS)


def _per_1000(means: Float[np.ndarray, " words"]) -> Float[np.ndarray, " words"]:
    return 1000 * means / means.sum()


def separation(told: Mapping[str | int, Told]) -> float:
    """How far the classifier moves the mean scores of the two sets apart."""
    return max(sum(float(one.carried.sum()) for one in told.values()), 1e-9)


def _most_telling(columns: dict[str, Shaped[np.ndarray, " rows"]], by: str) -> Columns:
    order: Int[np.ndarray, " rows"] = np.argsort(-columns[by], kind="stable")[:ROWS]
    return {heading: column[order] for heading, column in columns.items()}
