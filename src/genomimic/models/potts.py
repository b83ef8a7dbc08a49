"""Autoregressive Potts model (arDCA; Trinquier, Uguzzoni, Pagnani, Zamponi & Weigt 2021) for aligned records.

    p(x_i = a | x_1 .. x_{i-1}) = softmax_a( h_i(a) + sum_{j < i} J_ij(a, x_j) )
    loss                        = - mean log p(x) + strength / 2 * sum J^2

Each position is one logistic regression on all positions before it. The loss is convex. Strengths are tried from strong
to weak, each from the solution of the one before, and validation says where to stop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from genomimic import nn
from genomimic.errors import UsageError
from genomimic.models.base import Model, Plan, Positive, Scalars, Spec, settled
from genomimic.models.guard import FREE, Free
from genomimic.models.strands import either_strand, log_mean

MOST_COUPLINGS = 2**23
"""Couplings that are held at most: DNA up to 724 letters, protein up to 144."""


class Potts(eqx.Module):
    """Fields h and couplings J; those of a position with itself and with later ones are never used and stay 0."""

    fields: Float[Array, "length outputs"]
    couplings: Float[Array, "length inputs length outputs"]


@dataclass(frozen=True)
class AutoregressivePotts(Model):
    """Each position given all before it, by one regularised logistic regression."""

    name: ClassVar[str] = "potts"
    summary: ClassVar[str] = "autoregressive Potts model (arDCA): all pairs of positions, for aligned data"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    shown: ClassVar[tuple[str, ...]] = ("loss", "strength")

    strongest: Positive | None = None
    """First L2 strength in nats a record; 1,000 over the number of training records where not given."""
    strengths: int = 12
    """Strengths tried, each half the one before; 1 keeps the strength that is given."""
    steps: int = 150
    """Training steps at each strength."""
    rate: Positive = 0.01
    """Learning rate."""
    batch: int = 512
    """Records in a training step."""

    def settled(self, spec: Spec, n: int) -> "Model":
        return self if self.strongest else replace(self, strongest=1000.0 / n)

    def plan(self, n: int) -> Plan:
        return Plan(self.strengths * self.steps, self.batch, self.steps, patience=2)

    def init(self, spec: Spec, key: PRNGKeyArray) -> nn.Averaged[Potts]:
        _check(spec)
        fields = jnp.asarray(spec.start)
        weights = Potts(fields, jnp.zeros((spec.length, spec.observation.inputs, *fields.shape)))
        return nn.Averaged.begin(weights, optax.adam(self.rate))

    def step(
        self, spec: Spec, state: nn.Averaged[Potts], batch: Int[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[nn.Averaged[Potts], Scalars]:
        batch = jax.vmap(lambda x, key: either_strand(spec, x, key))(batch, jax.random.split(key, len(batch)))
        strength = self._strength(state.step)

        def loss(weights: Potts) -> Float[Array, ""]:
            fit = -jax.vmap(lambda x: _log_prob(spec, weights, x))(batch).mean()
            return fit + strength / 2 * (weights.couplings**2).sum()

        value, gradient = jax.value_and_grad(loss)(state.weights)
        return state.after(gradient, optax.adam(self.rate), decay=0.98), {"train_loss": value, "strength": strength}

    def log_prob(
        self, spec: Spec, state: nn.Averaged[Potts], x: Int[Array, " length"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        return log_mean(spec, lambda x: _log_prob(spec, state.average, x), x)

    def sample(
        self, spec: Spec, state: nn.Averaged[Potts], codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        draw_key, strand_key = jax.random.split(key)
        return either_strand(spec, self.obey(spec, state, codes, FREE, draw_key), strand_key)

    def obey(
        self, spec: Spec, state: nn.Averaged[Potts], codes: Int[Array, " labels"], guard: Free, key: PRNGKeyArray
    ) -> Int[Array, " length"]:
        """From left to right: each letter adds its couplings to the parameters of all positions behind it."""
        couplings = _earlier(state.average.couplings)

        def place(
            carry: tuple[Float[Array, "length outputs"], Any],
            at: tuple[Int[Array, ""], Float[Array, "inputs _ _"], PRNGKeyArray],
        ) -> tuple[tuple[Float[Array, "length outputs"], Any], Int[Array, ""]]:
            (params, known), (i, sent, key) = carry, at
            drawn = spec.observation.draw(params[i] + guard.barred(known, i), key)
            sent = jnp.tensordot(spec.observation.features(drawn), sent, 1)
            return (params + sent, guard.after(known, i, drawn)), drawn

        at = (jnp.arange(spec.length), couplings, jax.random.split(key, spec.length))
        _, drawn = jax.lax.scan(place, (state.average.fields, guard.start()), at)
        return spec.observation.trim(drawn)

    def networks(self, state: nn.Averaged[Potts]) -> Mapping[str, Any]:
        return {"fields and couplings": state.average}

    def _strength(self, step: Int[Array, ""]) -> Float[Array, ""]:
        return settled(self.strongest) * 0.5 ** (step // self.steps)


def _check(spec: Spec) -> None:
    """Refuse data in which positions mean nothing, and records too long for all pairs of positions."""
    spec.need_order("potts")
    if not spec.aligned or spec.ends:
        raise UsageError("potts needs aligned records of one length, and these are not; use --model autoregressive")
    longest = int((MOST_COUPLINGS**0.5) // spec.symbols)
    if spec.length > longest:
        raise UsageError(
            f"potts couples all pairs of positions of at most {longest} letters, and these records have {spec.length}; "
            f"cut them with --window {longest}, or use --model autoregressive"
        )


def _earlier(
    couplings: Float[Array, "length inputs length outputs"],
) -> Float[Array, "length inputs length outputs"]:
    """The couplings that each position has with those before it, and 0 elsewhere."""
    length = len(couplings)
    return couplings * jnp.triu(jnp.ones((length, length)), 1)[:, None, :, None]


def _log_prob(spec: Spec, weights: Potts, x: Int[Array, " length"]) -> Float[Array, ""]:
    """Log-probability of a row as it is read."""
    features = spec.observation.features(x)
    params = weights.fields + jnp.tensordot(features, _earlier(weights.couplings), 2)
    return spec.observation.log_prob(params, x).sum()
