"""Words of k letters: Jensen-Shannon divergence of their frequencies, without the bias of finite samples."""

import math
from functools import partial

import numpy as np
from jaxtyping import Int

from genomimic.comparison import Comparison
from genomimic.divergence import jensen_shannon, null_bias
from genomimic.features import sequence
from genomimic.metrics.base import metric, word_length


def kmer_js(comparison: Comparison, k: int) -> float:
    """Divergence of pooled k-mer frequencies in excess of the null bias, in bits; about 0 for fresh real data."""
    counts = sequence.kmer_totals(comparison.synthetic, k), sequence.kmer_totals(comparison.holdout, k)
    seen = int(((counts[0] + counts[1]) > 0).sum())
    return _divergence(*counts) - float(null_bias(seen, *(max(int(count.sum()), 1) for count in counts)))


def kmer_js_distance(a: Int[np.ndarray, " words"], b: Int[np.ndarray, " words"]) -> float:
    """Square root of the divergence (bits) of k-mer counts, bias left in, as most papers print it.

    It depends on the number of records. scipy and D3 print the same with natural logarithms: divide by sqrt(ln 2).
    """
    return math.sqrt(_divergence(a, b))


def _divergence(a: Int[np.ndarray, " words"], b: Int[np.ndarray, " words"]) -> float:
    return float(jensen_shannon(a / max(a.sum(), 1), b / max(b.sum(), 1)))


for _k in range(1, 7):
    metric(
        name=f"kmer_js_{_k}",
        family="k-mers",
        group="fidelity",
        question="Are the letters as frequent as in real records?"
        if _k == 1
        else f"Are words of {_k} letters as frequent as in real records?",
        better="lower",
        low=-1.0,
        high=1.0,
        unit="bits above chance",
        paper="Lin 1991, doi:10.1109/18.61115",
        floor="uniform" if _k == 1 else "composition",
        needs=[word_length(_k)],
        kind="divergence",
    )(partial(kmer_js, k=_k))
