"""Models of data whose two strands count alike: a record is drawn, and then read from either strand.

    p(x) = (q(x) + q(reverse complement of x)) / 2

is the exact probability of a record that a generator q writes and a coin may turn round. It is the same for both
strands. q learns from records that are turned at random.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from genomimic.models.base import Spec


def reverse_complement(x: Int[Array, " length"], complement: tuple[int, ...]) -> Int[Array, " length"]:
    """The opposite strand of a row, read 5' to 3'; padding stays behind the end.

    >>> reverse_complement(jnp.array([0, 0, 1, 4]), (3, 2, 1, 0, 4, 5)).tolist()
    [2, 3, 3, 4]
    """
    pad = len(complement) - 2
    source = (x != pad).sum() - 1 - jnp.arange(len(x))
    turned = jnp.array(complement, x.dtype)[x][jnp.maximum(source, 0)]
    return jnp.where(source >= 0, turned, jnp.array(pad, x.dtype))


def either_strand(spec: Spec, x: Int[Array, " length"], key: PRNGKeyArray) -> Int[Array, " length"]:
    """The row or its reverse complement, each as likely; the row itself where strands differ."""
    if spec.complement is None:
        return x
    return jnp.where(jax.random.bernoulli(key), reverse_complement(x, spec.complement), x)


def log_mean(
    spec: Spec, log_prob: Callable[[Int[Array, " length"]], Float[Array, ""]], x: Int[Array, " length"]
) -> Float[Array, ""]:
    """Log of the mean probability of the row and its reverse complement; of the row alone where strands differ."""
    if spec.complement is None:
        return log_prob(x)
    both = jnp.stack([log_prob(x), log_prob(reverse_complement(x, spec.complement))])
    return jax.nn.logsumexp(both) - jnp.log(2.0)
