"""Gated dilated causal convolutions (van den Oord et al. 2016, WaveNet): all positions at once, or one after another.

Each layer sees its input here and d, 2d, ... positions before, with d = 1, 2, 4, ... from layer to layer, so a few
layers see far back. For sampling each keeps a ring of its last inputs: a position costs the same wherever it stands.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from genomimic import nn

Memory = tuple[Float[Array, "_ width"], ...]
"""The last inputs of each layer, as a ring: the input of position i stands at place i modulo places."""


class GatedConvolution(eqx.Module):
    """x + linear(tanh(a) sigmoid(b)), where a and b see x here and at `taps - 1` places before, `dilation` apart."""

    gates: eqx.nn.Linear
    out: eqx.nn.Linear
    taps: int = eqx.field(static=True)
    dilation: int = eqx.field(static=True)

    def __init__(self, width: int, taps: int, dilation: int, key: PRNGKeyArray) -> None:
        gates_key, out_key = jax.random.split(key)
        self.gates = eqx.nn.Linear(taps * width, 2 * width, key=gates_key)
        self.out = eqx.nn.Linear(width, width, key=out_key)
        self.taps, self.dilation = taps, dilation

    @property
    def places(self) -> int:
        """Positions back to the farthest tap."""
        return (self.taps - 1) * self.dilation

    def __call__(self, x: Float[Array, "length width"], mask: Float[Array, " width"]) -> Float[Array, "length width"]:
        """All positions at once; `mask` multiplies what the gates let through."""
        padded = jnp.concatenate([jnp.zeros((self.places, x.shape[1])), x])
        seen = [padded[j * self.dilation : j * self.dilation + len(x)] for j in range(self.taps)]
        return x + self._gated(jnp.concatenate(seen, -1), mask)

    def next(
        self, x: Float[Array, " width"], ring: Float[Array, "places width"], i: Int[Array, ""]
    ) -> tuple[Float[Array, " width"], Float[Array, "places width"]]:
        """Position i alone, and the ring with its input."""
        seen = [_place(ring, i + j * self.dilation) for j in range(self.taps - 1)]
        after = x + self._gated(jnp.concatenate([*seen, x]), jnp.ones(len(x)))
        return after, jax.lax.dynamic_update_index_in_dim(ring, x, i % max(len(ring), 1), 0) if len(ring) else ring

    def _gated(self, seen: Float[Array, "*shape taps"], mask: Float[Array, " width"]) -> Float[Array, "*shape width"]:
        a, b = jnp.split(nn.linear(self.gates, seen), 2, -1)
        return nn.linear(self.out, mask * jnp.tanh(a) * jax.nn.sigmoid(b))


class CausalTrunk(eqx.Module):
    """A stack of gated convolutions whose dilation doubles from layer to layer."""

    layers: tuple[GatedConvolution, ...]

    def __init__(self, width: int, layers: int, taps: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, layers)
        self.layers = tuple(GatedConvolution(width, taps, 2**layer, key) for layer, key in enumerate(keys))

    def __call__(
        self, x: Float[Array, "length width"], drop: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, "length width"]:
        """All positions at once; with a key, the same channels are dropped at all positions of the record."""
        masks = nn.dropout(jnp.ones((len(self.layers) + 1, x.shape[1])), drop, key)
        for layer, mask in zip(self.layers, masks[1:], strict=True):
            x = layer(x, mask)
        return jax.nn.relu(x) * masks[0]

    @property
    def width(self) -> int:
        """Channels of each layer."""
        return self.layers[0].out.weight.shape[0]

    def start(self) -> Memory:
        """What the layers remember before the first position: nothing."""
        return tuple(jnp.zeros((layer.places, layer.out.weight.shape[0])) for layer in self.layers)

    def next(
        self, x: Float[Array, " width"], memory: Memory, i: Int[Array, ""]
    ) -> tuple[Float[Array, " width"], Memory]:
        """Position i alone, given what the layers remember of those before it."""
        rings = []
        for layer, ring in zip(self.layers, memory, strict=True):
            x, ring = layer.next(x, ring, i)
            rings.append(ring)
        return jax.nn.relu(x), tuple(rings)


def _place(ring: Float[Array, "places width"], i: Int[Array, ""]) -> Float[Array, " width"]:
    return jax.lax.dynamic_index_in_dim(ring, i % len(ring), 0, keepdims=False)
