"""Probabilistic principal components (Tipping & Bishop 1999, doi:10.1111/1467-9868.00196) of continuous values.

    x = mean + W z + noise,   z ~ N(0, I)

in units of each column's spread; as many components as foresee the validation records best.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from genomimic.errors import UsageError
from genomimic.models.base import Count, Model, Plan, Scalars, Spec
from genomimic.observation import Gaussian

MOST_GENES = 5000
TRIED = (0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120)
"""Numbers of components among which validation records choose."""


class Components(eqx.Module):
    """Sums over training records, and what was made of them: loadings (columns not used are 0) and the noise."""

    total: Float[Array, " length"]
    products: Float[Array, "length length"]
    records: Float[Array, ""]
    mean: Float[Array, " length"]
    loadings: Float[Array, "length components"]
    noise: Float[Array, ""]


@dataclass(frozen=True)
class PCAGaussian(Model):
    """Normal values with a few directions in which genes vary together."""

    name: ClassVar[str] = "pca-gaussian"
    summary: ClassVar[str] = "principal components: normal values with a few directions in which genes vary together"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"

    components: Count | None = None
    """Directions; chosen by validation where not given."""
    batch: int = 512
    """Records counted at a time."""

    def plan(self, n: int) -> Plan:
        return Plan.one_pass(n, self.batch)

    def init(self, spec: Spec, key: PRNGKeyArray) -> Components:
        spec.refuse_order(self.name)
        spec.refuse_wide(self.name, MOST_GENES)
        if not isinstance(spec.observation, Gaussian):
            raise UsageError(f"{self.name} is for continuous values, and these are counts; use --model copula")
        nothing, width = jnp.zeros(spec.length), min(max(self._tried()), spec.length)
        square = jnp.zeros((spec.length, spec.length))
        zero = jnp.array(0.0)
        return Components(nothing, square, zero, nothing, jnp.zeros((spec.length, width)), zero)

    def _tried(self) -> tuple[int, ...]:
        return TRIED if self.components is None else (self.components,)

    def step(
        self, spec: Spec, state: Components, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[Components, Scalars]:
        known = jax.vmap(spec.observation.observed)(batch)
        x = spec.observation.features(batch)[..., 0]
        records = state.records + known.any(1).sum()
        sums = state.total + x.sum(0), state.products + x.T @ x
        return Components(*sums, records, state.mean, state.loadings, state.noise), {}

    def validate(
        self, spec: Spec, state: Components, values: Shaped[Array, "n length"], key: PRNGKeyArray
    ) -> tuple[Components, Scalars]:
        """The components that foresee unseen records best; bits per value."""
        mean = state.total / state.records
        strengths, directions = jnp.linalg.eigh(state.products / state.records - jnp.outer(mean, mean))
        strengths, directions = jnp.maximum(strengths[::-1], 0.0), directions[:, ::-1]
        tried = jnp.asarray(self._tried())

        def judged(k: Int[Array, ""]) -> Float[Array, ""]:
            kept = self._keep(state, mean, strengths, directions, k)
            return Model.validate(self, spec, kept, values, key)[1]["loss"]

        losses = jax.lax.map(judged, tried)
        best = tried[losses.argmin()]
        chosen = self._keep(state, mean, strengths, directions, best)
        return chosen, {"loss": losses.min(), "components": best.astype(float)}

    def _keep(
        self,
        state: Components,
        mean: Float[Array, " length"],
        strengths: Float[Array, " length"],
        directions: Float[Array, "length length"],
        k: Int[Array, ""],
    ) -> Components:
        """The first k components; what is left is noise, the same for all columns."""
        beyond, width = jnp.arange(len(strengths)) >= k, state.loadings.shape[1]
        noise = jnp.maximum((strengths * beyond).sum() / jnp.maximum(beyond.sum(), 1), 1e-4)
        scale = jnp.sqrt(jnp.maximum(strengths - noise, 0.0)) * ~beyond
        loadings = (directions * scale)[:, :width]
        return Components(state.total, state.products, state.records, mean, loadings, noise)

    def log_prob(
        self, spec: Spec, state: Components, x: Shaped[Array, " length"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        """Exact; values that are not known are left out of it."""
        assert isinstance(spec.observation, Gaussian)
        known = spec.observation.observed(x)
        deviation = jnp.where(known, spec.observation.features(x)[:, 0] - state.mean, 0.0)
        loadings = state.loadings * known[:, None]
        scales = jnp.where(known, jnp.log(jnp.asarray(spec.observation.scale)), 0.0).sum()
        return _log_normal(deviation, loadings, state.noise, known) - scales

    def sample(
        self, spec: Spec, state: Components, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        z_key, noise_key = jax.random.split(key)
        x = state.mean + state.loadings @ jax.random.normal(z_key, state.loadings.shape[1:])
        x = x + jnp.sqrt(state.noise) * jax.random.normal(noise_key, x.shape)
        return spec.observation.from_features(x[:, None])


def _log_normal(
    deviation: Float[Array, " length"],
    loadings: Float[Array, "length components"],
    noise: Float[Array, ""],
    known: Bool[Array, " length"],
) -> Float[Array, ""]:
    """Log-density of N(0, W W^T + noise I) over the known columns, by the inversion lemma."""
    inner = noise * jnp.eye(loadings.shape[1]) + loadings.T @ loadings
    log_determinant, explained = _eliminated(inner, loadings.T @ deviation)
    square = ((deviation**2).sum() - explained) / noise
    n, k = known.sum(), loadings.shape[1]
    return -(n * jnp.log(2 * jnp.pi) + log_determinant + (n - k) * jnp.log(noise) + square) / 2


def _eliminated(matrix: Float[Array, "k k"], vector: Float[Array, " k"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Log-determinant of a positive matrix A, and v' A^-1 v, by elimination of one row after another.

    LAPACK's factors of small matrices, asked for by several threads at once, can wait for each other for ever.
    """

    def row(
        i: Int[Array, ""], at: tuple[Float[Array, "k k"], Float[Array, " k"], Float[Array, ""], Float[Array, ""]]
    ) -> tuple[Float[Array, "k k"], Float[Array, " k"], Float[Array, ""], Float[Array, ""]]:
        rest, v, log_determinant, square = at
        pivot = jnp.maximum(rest[i, i], 1e-12)
        share = jnp.where(jnp.arange(len(v)) > i, rest[:, i] / pivot, 0.0)
        return (
            rest - share[:, None] * rest[i],
            v - share * v[i],
            log_determinant + jnp.log(pivot),
            square + v[i] ** 2 / pivot,
        )

    zero = jnp.array(0.0)
    return jax.lax.fori_loop(0, len(vector), row, (matrix, vector, zero, zero))[2:]
