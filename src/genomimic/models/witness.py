"""A critic without training: it remembers how often letters, pairs of letters and words occur in both kinds of records.

Of all scores w . phi(x) with weights of one size, that with w = mean phi(real) - mean phi(synthetic) differs most
between the two kinds: the witness function of the maximum mean discrepancy (Gretton et al. 2012). The features phi
are letters by position, pairs of letters at any two positions, and counts of words, each scaled to unit spread, so
that the score is about the logarithm of the odds of being real. It never overfits more than the means themselves.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from genomimic import nn

MOST_NUMBERS = 800
"""Numbers of a stretch, within which all pairs are seen: 200 letters of DNA."""
MOST_WORDS = 4096
LEAST_VARIANCE = 0.02

Batch = Float[Array, "batch length inputs"]


class Means(NamedTuple):
    """Means over records of letters, of products of two letters of one stretch of positions, and of word counts.

    A word is two halves: the counts are a table of first half by second half.
    """

    letters: Float[Array, "stretches numbers"]
    pairs: Float[Array, "stretches numbers numbers"]
    words: Float[Array, "starts ends"]


def means(x: Batch) -> Means:
    """The means of a batch."""
    rows, (starts, ends) = _stretches(x), _halves(x)
    pairs = jnp.einsum("nsa,nsb->sab", rows, rows) / len(x)
    return Means(rows.mean(0), pairs, jnp.einsum("nia,nib->ab", starts, ends) / len(x))


def witness(real: Means, synthetic: Means, x: Batch) -> Float[Array, " batch"]:
    """Score of each record, higher for what is more frequent among the real ones; gradients pass."""
    spread = jnp.sqrt(jnp.maximum(real.letters * (1 - real.letters), LEAST_VARIANCE) / (1 - 1 / x.shape[2]))
    rows = (_stretches(x) - real.letters) / spread
    more = real.letters - synthetic.letters
    shifted = more[:, :, None] * real.letters[:, None, :]
    together = real.pairs - synthetic.pairs - shifted - shifted.swapaxes(1, 2)
    together = together / (spread[:, :, None] * spread[:, None, :]) * _apart(rows.shape[2], x.shape[2])
    of_pairs = jnp.einsum("nsa,sab,nsb->n", rows, together, rows) / 2
    starts, ends = _halves(x)
    variance = real.words + 0.2 * real.words.mean() + 1e-6
    of_words = jnp.einsum("nia,ab,nib->n", starts, (real.words - synthetic.words) / variance, ends)
    return jnp.einsum("nsa,sa->n", rows, more / spread) + of_pairs + of_words


def _stretches(x: Batch) -> Float[Array, "batch stretches numbers"]:
    """Neighbouring positions side by side, in stretches of one length, zeros behind the last."""
    n, length, inputs = x.shape
    stretches = -(-length * inputs // MOST_NUMBERS)
    places = -(-length // stretches)
    padded = jnp.pad(x, ((0, 0), (0, stretches * places - length), (0, 0)))
    return padded.reshape(n, stretches, places * inputs)


def _apart(numbers: int, inputs: int) -> Float[np.ndarray, "numbers numbers"]:
    """1 for two numbers of different positions, 0 for two of one position."""
    place = np.arange(numbers) // inputs
    return (place[:, None] != place).astype(np.float32)


def _halves(x: Batch) -> tuple[Float[Array, "batch words starts"], Float[Array, "batch words ends"]]:
    """First and second half of the word at each place, one-hot; words are as long as the table allows."""
    _, length, inputs = x.shape
    size = max(k for k in range(1, 13) if k == 1 or (inputs**k <= MOST_WORDS and k <= length))
    first, places = size // 2, length - size + 1
    return nn.words(x, first)[:, :places], nn.words(x, size - first)[:, first:]
