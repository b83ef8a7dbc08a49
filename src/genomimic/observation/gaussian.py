"""Continuous values: normal, in units of each column's own middle and spread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from genomimic.observation.base import Measured, Reach

LEAST_SPREAD = 1e-3
"""Of a value, in units of its column's spread."""


@dataclass(frozen=True, eq=False)
class Gaussian(Measured):
    """Real numbers; `centre` and `scale` are mean and standard deviation of each column of the training data."""

    centre: Float[np.ndarray, " length"] = field(repr=False)
    scale: Float[np.ndarray, " length"] = field(repr=False)

    @classmethod
    def of(cls, values: Float[np.ndarray, "n length"]) -> "Gaussian":
        """In the units of these data; a column that never varies has a scale of 1."""
        seen = np.isfinite(values)
        n = np.maximum(seen.sum(0), 1)
        centre = np.where(seen, values, 0.0).sum(0) / n
        scale = np.sqrt((np.where(seen, values - centre, 0.0) ** 2).sum(0) / n)
        return cls(centre.astype(np.float32), np.where(scale > 1e-6, scale, 1.0).astype(np.float32))

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 2

    @property
    def reach(self) -> tuple[Reach, ...]:
        return ("value", "column")

    @property
    def missing(self) -> float:
        return float("nan")

    def config(self) -> dict[str, Any]:
        return {"name": "gaussian", "centre": self.centre.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Gaussian":
        return cls(np.array(config["centre"], np.float32), np.array(config["scale"], np.float32))

    def features(self, x: Float[Array, "*rows length"]) -> Float[Array, "*rows length inputs"]:
        """Standardised; 0, which is the mean, where it is not known."""
        return jnp.where(jnp.isfinite(x), (x - self.centre) / self.scale, 0.0)[..., None]

    def compared(self, x: Float[Array, " length"]) -> Float[Array, " length"]:
        """As they are."""
        return jnp.where(self.observed(x), x, 0.0)

    def observed(self, x: Float[Array, " length"]) -> Bool[Array, " length"]:
        return jnp.isfinite(x)

    def log_prob(self, params: Float[Array, "length outputs"], x: Float[Array, " length"]) -> Float[Array, " length"]:
        mean, spread = self.moments(params)
        known = jnp.where(self.observed(x), x, mean)
        return jnp.where(self.observed(x), norm.logpdf(known, mean, spread), 0.0)

    def moments(
        self, params: Float[Array, "length outputs"]
    ) -> tuple[Float[Array, " length"], Float[Array, " length"]]:
        """Mean and standard deviation of each value, in the units of the data."""
        spread = (jnp.exp(params[:, 1]) + LEAST_SPREAD) * self.scale
        return params[:, 0] * self.scale + self.centre, spread

    def given(self, params: Float[Array, "length outputs"], x: Float[Array, " length"]) -> Float[Array, "length given"]:
        """Mean and standard deviation."""
        return jnp.stack(self.moments(params), 1)

    def anew(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, "length given"]:
        return jnp.stack(self.moments(params), 1)

    def log_density(self, given: Float[Array, "*shape given"], x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return norm.logpdf(x, given[..., 0], given[..., 1])

    def expected(self, given: Float[Array, "*shape given"]) -> Float[Array, "*shape"]:
        return given[..., 0]

    def drawn(self, given: Float[np.ndarray, "*shape given"], rng: np.random.Generator) -> Float[np.ndarray, "*shape"]:
        return rng.normal(given[..., 0], given[..., 1]).astype(np.float32)

    def draw(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, " length"]:
        mean, spread = self.moments(params)
        return mean + spread * jax.random.normal(key, mean.shape)

    def relax(self, params: Float[Array, "length outputs"], key: PRNGKeyArray) -> Float[Array, "length inputs"]:
        """Features of a draw; the noise is added, so that the gradient passes."""
        return self.features(self.draw(params, key))

    def from_features(self, features: Float[Array, "*rows length inputs"]) -> Float[Array, "*rows length"]:
        return features[..., 0] * self.scale + self.centre

    def start(self, values: Float[np.ndarray, "n length"]) -> Float[np.ndarray, "length outputs"]:
        """Mean and spread of each column: 0 and 1 in their own units."""
        return np.zeros((values.shape[1], 2), np.float32)
