"""What every position of a record is told of the whole: of a latent vector, of labels."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PRNGKeyArray

from genomimic import nn

BROAD = 96
"""Units between what is known of the whole and what positions are told."""

CODE = 16
"""Numbers that are sent to each position alone."""


class Telling(eqx.Module):
    """What two vectors tell positions: the first tells all of them the same, the second each something of its own.

    Where positions mean nothing (`length` 0), there is no second.
    """

    everywhere: tuple[eqx.nn.Linear, eqx.nn.Linear]
    somewhere: tuple[eqx.nn.Linear, eqx.nn.Linear, eqx.nn.Linear] | None

    def __init__(self, sizes: tuple[int, int], length: int, width: int, keys: Key[Array, " n"]) -> None:
        self.everywhere = (eqx.nn.Linear(sizes[0], BROAD, key=keys[0]), eqx.nn.Linear(BROAD, width, key=keys[1]))
        self.somewhere = None
        if length:
            self.somewhere = (
                eqx.nn.Linear(sizes[1], BROAD, key=keys[2]),
                eqx.nn.Linear(BROAD, length * CODE, key=keys[3]),
                eqx.nn.Linear(CODE, width, key=keys[4]),
            )

    def __call__(self, first: Float[Array, " first"], second: Float[Array, " second"]) -> Float[Array, "#length width"]:
        """What each position is told."""
        same = nn.linear(self.everywhere[1], jax.nn.relu(nn.linear(self.everywhere[0], first)))
        if self.somewhere is None:
            return same[None]
        codes = nn.linear(self.somewhere[1], jax.nn.relu(nn.linear(self.somewhere[0], second)))
        return same + nn.linear(self.somewhere[2], codes.reshape(-1, CODE))


def telling_of_labels(labels: int, length: int, width: int, key: PRNGKeyArray) -> Telling | None:
    """What labels tell positions; None where there are no labels. `labels`: numbers that a network is told of them."""
    return Telling((labels, labels), length, width, jax.random.split(key, 5)) if labels else None


def told_by(telling: Telling | None, told: Float[Array, " labels"]) -> Float[Array, "#length width"]:
    """What labels tell positions; nothing where there are none."""
    return jnp.zeros((1, 1)) if telling is None else telling(told, told)
