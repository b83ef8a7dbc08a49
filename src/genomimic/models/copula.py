"""Gaussian copula (Sun et al. 2021, doi:10.1186/s13059-021-02367-2): each gene's own counts, one correlation a pair.

    x_g = F_g^-1( Phi(z_g) ),   z ~ N(0, R)

F_g is a negative binomial distribution of the counts of gene g over all records. For R each count becomes the normal
score of a place drawn at random within its step of F_g.
"""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped
from scipy import stats

from genomimic.errors import UsageError
from genomimic.models.base import Model, Plan, Scalars, Spec
from genomimic.observation import NegativeBinomial

SHRUNK = 0.01
"""Share by which correlations are drawn to 0, so that their matrix has a root."""

MOST_GENES = 5000
LEVELS = np.linspace(-5.0, 5.0, 1001)
"""Normal scores at which the counts of each gene are kept."""


class CopulaState(eqx.Module):
    """Counts at `LEVELS` of each gene's distribution, sums of products of normal scores, and the root of R."""

    counts: Int[Array, "length levels"]
    products: Float[Array, "length length"]
    root: Float[Array, "length length"]


@dataclass(frozen=True)
class Copula(Model):
    """Each gene's own distribution with the correlations of all pairs."""

    name: ClassVar[str] = "copula"
    summary: ClassVar[str] = "Gaussian copula: every gene's own counts and the correlation of every pair"

    batch: int = 512
    """Records counted at a time."""

    def plan(self, n: int) -> Plan:
        return Plan.one_pass(n, self.batch)

    def init(self, spec: Spec, key: PRNGKeyArray) -> CopulaState:
        spec.refuse_order(self.name)
        spec.refuse_wide(self.name, MOST_GENES)
        if not isinstance(spec.observation, NegativeBinomial):
            raise UsageError(f"{self.name} is for counts, and these are continuous values; use --model pca-gaussian")
        square = jnp.zeros((spec.length, spec.length))
        return CopulaState(jnp.asarray(spec.observation.quantiles(spec.start, stats.norm.cdf(LEVELS))), square, square)

    def step(
        self, spec: Spec, state: CopulaState, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[CopulaState, Scalars]:
        scores = self._scores(spec, state, batch, key)
        return CopulaState(state.counts, state.products + scores.T @ scores, state.root), {}

    def validate(
        self, spec: Spec, state: CopulaState, values: Shaped[Array, "n length"], key: PRNGKeyArray
    ) -> tuple[CopulaState, Scalars]:
        """The root of R, and how far the products of unseen records' scores are from R, squared and averaged."""
        spread = jnp.sqrt(jnp.maximum(jnp.diag(state.products), 1e-6))
        identity = jnp.eye(spec.length)
        correlation = (1 - SHRUNK) * state.products / (spread[:, None] * spread) * (1 - identity) + identity
        scores = self._scores(spec, state, values, key)
        loss = ((scores.T @ scores / len(scores) - correlation) ** 2).mean()
        strengths, directions = jnp.linalg.eigh(correlation)
        root = directions * jnp.sqrt(jnp.maximum(strengths, 0.0))
        return CopulaState(state.counts, state.products, root), {"loss": loss}

    def sample(
        self, spec: Spec, state: CopulaState, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        z = state.root @ jax.random.normal(key, (spec.length,))
        at = jnp.clip(jnp.searchsorted(jnp.asarray(LEVELS), z), 0, len(LEVELS) - 1)
        return jnp.take_along_axis(state.counts, at[:, None], 1)[:, 0]

    def _scores(
        self, spec: Spec, state: CopulaState, values: Shaped[Array, "n length"], key: PRNGKeyArray
    ) -> Float[Array, "n length"]:
        """Normal scores of counts; 0 of those that are not known."""

        def column(counts: Int[Array, " levels"], x: Shaped[Array, " n"], key: PRNGKeyArray) -> Float[Array, " n"]:
            low, high = (jnp.searchsorted(counts, x, side=side) for side in ("left", "right"))
            levels = jnp.asarray(np.append(LEVELS, LEVELS[-1]))
            ends = norm.cdf(levels[jnp.maximum(low - 1, 0)]), norm.cdf(levels[jnp.maximum(high - 1, 0)])
            inside = ends[0] + jax.random.uniform(key, x.shape) * (ends[1] - ends[0])
            return norm.ppf(jnp.clip(inside, 1e-6, 1 - 1e-6))

        scores = jax.vmap(column, in_axes=(0, 1, 0), out_axes=1)(
            state.counts, values, jax.random.split(key, spec.length)
        )
        return jnp.where(jax.vmap(spec.observation.observed)(values), scores, 0.0)
