"""The generators: a noise vector, and what is told of the record, to a sequence from left to right, or to a profile."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.base import Spec
from genomimic.models.dense import Profile
from genomimic.models.guard import FREE, Free

CODE = 16
"""Numbers that the noise vector sends to each position."""


class OrderedGenerator(eqx.Module):
    """Each position sees z and the `window` values before it.

    The parameters of position i are a two-layer network of the last values, a learned vector of the position and what z
    sends there, its layers scaled and shifted by z (FiLM, Perez et al. 2018), plus a bias that begins at the data's
    independent model and a table of the value just before. A short window leaves what is global to z; window 0 is
    the classical decoder in which all positions are independent given z.
    """

    summary: eqx.nn.Linear
    codes: eqx.nn.Linear
    code_in: eqx.nn.Linear
    film: tuple[eqx.nn.Linear, eqx.nn.Linear]
    past_in: eqx.nn.Linear
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear
    positions: Float[Array, "length width"]
    bias: Float[Array, "length outputs"]
    before: Float[Array, "length inputs outputs"]
    window: int = eqx.field(static=True)

    def __init__(
        self,
        spec: Spec,
        latent: int,
        *,
        window: int,
        width: int,
        key: PRNGKeyArray,
    ) -> None:
        keys = jax.random.split(key, 8)
        length, outputs = spec.start.shape
        inputs = spec.observation.inputs
        broad = 3 * width // 2
        self.summary = eqx.nn.Linear(latent + spec.conditions.width, broad, key=keys[0])
        self.codes = eqx.nn.Linear(broad, length * CODE, key=keys[1])
        self.code_in = eqx.nn.Linear(CODE, width, key=keys[2])
        self.film = (nn.scaled(broad, 2 * width, keys[3], 0.1), nn.scaled(broad, 2 * width, keys[4], 0.1))
        self.past_in = eqx.nn.Linear(window * (inputs + 1), width, key=keys[5])
        self.hidden = eqx.nn.Linear(width, width, key=keys[6])
        self.out = nn.scaled(width, outputs, keys[7], 0.1)
        self.positions = 0.3 * jax.random.normal(keys[7], (length, width))
        self.bias = jnp.asarray(spec.start)
        self.before = jnp.zeros((length, inputs, outputs))
        self.window = window

    def unroll(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        told: Float[Array, " told"],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Float[Array, "length inputs"]:
        """Features of one sequence drawn value by value, with a straight-through gradient."""
        observation = spec.observation
        codes, films = self._sent(jnp.concatenate([z, told]))

        def place(carry: Any, at: tuple[Shaped[Array, "..."], ...]) -> tuple[Any, Float[Array, " inputs"]]:
            windows, last, known = carry
            i, code, position, bias, before, key = at
            params = self._network(windows, last * bool(self.window), code, films, (position, bias, before))
            drawn = observation.stay_ended(last, observation.relax(params + guard.barred(known, i), key))
            known = guard.after(known, i, jnp.argmax(drawn))
            return (jnp.concatenate([nn.present(drawn), windows])[: windows.size], drawn, known), drawn

        inputs = self.before.shape[1]
        unseen = (nn.nothing(self.window, inputs).ravel(), jnp.zeros(inputs), guard.start())
        places, keys = jnp.arange(len(self.positions)), jax.random.split(key, len(self.positions))
        _, drawn = jax.lax.scan(place, unseen, (places, codes, self.positions, self.bias, self.before, keys))
        return drawn

    def _sent(
        self, z: Float[Array, " latent"]
    ) -> tuple[Float[Array, "length code"], tuple[Float[Array, " _"], Float[Array, " _"]]]:
        """What z tells each position, and how it scales and shifts the layers."""
        summary = jax.nn.relu(nn.linear(self.summary, z))
        codes = nn.linear(self.codes, summary).reshape(-1, CODE)
        return codes, (nn.linear(self.film[0], summary), nn.linear(self.film[1], summary))

    def _network(
        self,
        windows: Float[Array, "*rows past"],
        last: Float[Array, "*rows inputs"],
        codes: Float[Array, "*rows code"],
        films: tuple[Float[Array, " _"], Float[Array, " _"]],
        tables: tuple[Float[Array, "*rows width"], Float[Array, "*rows outputs"], Float[Array, "*rows inputs outputs"]],
    ) -> Float[Array, "*rows outputs"]:
        position, bias, before = tables
        first = nn.linear(self.past_in, windows) + nn.linear(self.code_in, codes) + position
        first = jax.nn.relu(_modulate(first, films[0]))
        second = first + jax.nn.relu(_modulate(nn.linear(self.hidden, first), films[1]))
        return nn.linear(self.out, second) + bias + jnp.einsum("...i,...io->...o", last, before)


class ProfileGenerator(eqx.Module):
    """Dense layers from z to every gene's parameters at once."""

    profile: Profile

    def __init__(self, spec: Spec, latent: int, widths: tuple[int, ...], key: PRNGKeyArray) -> None:
        self.profile = Profile(spec, latent + spec.conditions.width, widths, key)

    def unroll(
        self,
        spec: Spec,
        z: Float[Array, " latent"],
        told: Float[Array, " told"],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Float[Array, "length inputs"]:
        """Features of one record drawn at once, with a straight-through gradient; there are no rules for such."""
        return spec.observation.relax(self.profile(spec, jnp.concatenate([z, told])), key)


Generator = OrderedGenerator | ProfileGenerator


def _modulate(x: Float[Array, "*rows width"], film: Float[Array, " doubled"]) -> Float[Array, "*rows width"]:
    scale, shift = jnp.split(film, 2)
    return x * (1 + scale) + shift
