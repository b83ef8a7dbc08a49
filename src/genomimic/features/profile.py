"""Features of expression profiles: library sizes, detected genes, log expression; computed once for each view."""

import numpy as np
from jaxtyping import Bool, Float32, Int

from genomimic.errors import UsageError
from genomimic.modalities.expression import Expression, known_values
from genomimic.observation.negative_binomial import PER
from genomimic.views import View

_ROWS_AT_ONCE = 1000


def modality(view: View) -> Expression:
    """What kind of profiles these are; raises `UsageError` for other data."""
    if not isinstance(view.modality, Expression):
        raise UsageError(f"{type(view.modality).__name__} data have no genes; give expression profiles")
    return view.modality


def genes(view: View) -> tuple[str, ...]:
    """Names of the genes, one a column."""
    return modality(view).genes


def known(view: View) -> Bool[np.ndarray, "n genes"]:
    """Which values are known."""
    return view.per_record("known", lambda whole: known_values(whole.dataset.values))


def complete(view: View) -> bool:
    """Whether all values of the set are known."""
    return view.root.feature("complete", lambda whole: bool(known_values(whole.dataset.values).all()))


def library_sizes(view: View) -> Int[np.ndarray, " n"]:
    """Sum of each cell's counts, of the genes that the data hold and that are known; counts alone have one."""
    return view.per_record("library sizes", lambda whole: whole.dataset.values.clip(0).sum(1, dtype=np.int64))


def detected_genes(view: View) -> Int[np.ndarray, " n"]:
    """Genes with a count above 0 in each cell."""
    return view.per_record("detected genes", lambda whole: (whole.dataset.values > 0).sum(1))


def log_expression(view: View) -> Float32[np.ndarray, "n genes"]:
    """log(1 + counts per 10,000) of each cell; continuous values as they are.

    A value that is not known is the mean of the gene's known ones in the set.
    """
    return view.per_record("log expression", _log_expression)


def _log_expression(view: View) -> Float32[np.ndarray, "n genes"]:
    values = view.dataset.values
    if not modality(view).counts:
        return _filled(values.astype(np.float32), view)
    found = np.empty(values.shape, np.float32)
    sizes = np.maximum(library_sizes(view), 1)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        found[rows] = np.log1p(values[rows].clip(0) * (PER / sizes[rows, None]))
    return _filled(found, view)


def _filled(found: Float32[np.ndarray, "n genes"], view: View) -> Float32[np.ndarray, "n genes"]:
    """The same with the gene's mean in the place of what is not known; 0 where nothing is."""
    if complete(view):
        return found
    there = known(view)
    total = np.where(there, found, 0.0).sum(0)
    return np.where(there, found, (total / np.maximum(there.sum(0), 1)).astype(np.float32))
