"""Letters exchanged at random: what change without a plan does."""

import numpy as np
from jaxtyping import Float, Int8


def exchanged(
    values: Int8[np.ndarray, "n length"],
    share: float | Float[np.ndarray, "n 1"],
    symbols: int,
    rng: np.random.Generator,
) -> Int8[np.ndarray, "n length"]:
    """Rows of which this share of letters, one share for all or one a row, is another letter; padding stays.

    >>> exchanged(np.array([[0, 0, 0, 0, 4]], np.int8), 1.0, 2, np.random.default_rng(0))
    array([[1, 1, 1, 1, 4]], dtype=int8)
    """
    hit = (rng.random(values.shape) < share) & (values < symbols)
    others = (values + rng.integers(1, symbols, values.shape)) % symbols
    return np.where(hit, others, values).astype(np.int8)
