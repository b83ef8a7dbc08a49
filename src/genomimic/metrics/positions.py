"""Aligned records: letters at each position, and which positions depend on each other."""

from functools import cache

import numpy as np
from jaxtyping import Float, Int

from genomimic.comparison import Comparison
from genomimic.metrics.base import RECORDS, aligned, metric
from genomimic.metrics.kmers import jensen_shannon, null_bias
from genomimic.views import View

MAX_NUMBERS = 512  # side of the correlation matrix: 128 positions of DNA
_RUN = 8


@metric(
    family="positions",
    group="fidelity",
    question="Are the letters right at each position?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="bits above chance",
    paper="Lin 1991, doi:10.1109/18.61115",
    floor="markov",
    needs=[aligned],
    kind="divergence",
)
def position_js(comparison: Comparison) -> float:
    """Jensen-Shannon divergence of the letters at a position less its null bias, mean over positions, in bits."""
    sides = (
        comparison.synthetic.totals("position_counts", _counts),
        comparison.holdout.totals("position_counts", _counts),
    )
    excess = [_excess(a, b) for a, b in zip(*sides, strict=True) if a.sum() and b.sum()]
    return float(np.mean(excess)) if excess else 0.0


@metric(
    family="dependence",
    group="fidelity",
    question="Do positions depend on each other as in real records?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Figliuzzi 2018, doi:10.1093/molbev/msy007; McGee 2021, doi:10.1038/s41467-021-26529-9",
    floor="pwm",
    needs=[aligned],
    kind="correlation",
    limit=RECORDS,
)
def pair_correlation(comparison: Comparison) -> float:
    """Pearson correlation of the connected frequencies C_ij(a, b) = f_ij(a, b) - f_i(a) f_j(b) over all i < j.

    A model of independent positions scores 0. Chance keeps real data below 1, the more the fewer records there are.
    """
    a = connected_pairs(comparison.synthetic)
    b = comparison.holdout.feature("connected", connected_pairs)  # kept: all sets are compared with these
    return float(a @ b / max(np.sqrt((a @ a) * (b @ b)), 1e-12))


def connected_pairs(view: View) -> Float[np.ndarray, " pairs"]:
    """Connected frequencies of letter pairs at positions i < j, centred, float32.

    Long records are thinned to runs of 8 neighbouring positions, evenly spaced, so that near and far pairs are seen.
    """
    positions = _positions(view.dataset.length, view.alphabet.size)
    letters = view.per_record("paired_one_hot", lambda whole: _flat_one_hot(whole, positions))
    mean = letters.mean(0)
    covariance = letters.T @ letters / len(letters) - np.outer(mean, mean)
    connected = covariance.ravel()[_upper_blocks(len(positions), view.alphabet.size)]
    return connected - connected.mean()


def _counts(view: View) -> Int[np.ndarray, "length symbols"]:
    values = view.dataset.values
    return np.stack([(values == symbol).sum(0) for symbol in range(view.alphabet.size)], 1)


def _excess(a: Int[np.ndarray, " symbols"], b: Int[np.ndarray, " symbols"]) -> float:
    seen = int(((a + b) > 0).sum())
    return jensen_shannon(a / a.sum(), b / b.sum()) - null_bias(seen, int(a.sum()), int(b.sum()))


def _positions(length: int, symbols: int) -> Int[np.ndarray, " positions"]:
    most = MAX_NUMBERS // symbols
    if length <= most:
        return np.arange(length)
    starts = np.linspace(0, length - _RUN, most // _RUN).astype(int)
    return np.unique(starts[:, None] + np.arange(_RUN))


def _flat_one_hot(view: View, positions: Int[np.ndarray, " positions"]) -> Float[np.ndarray, "n numbers"]:
    return view.one_hot[:, positions].reshape(len(view), -1)


@cache
def _upper_blocks(positions: int, symbols: int) -> Int[np.ndarray, " pairs"]:
    """Where in the flattened matrix of (position, symbol) by (position, symbol) the pairs i < j stand."""
    upper = np.triu(np.ones((positions, positions), bool), 1)
    return np.flatnonzero(np.kron(upper, np.ones((symbols, symbols), bool)))
