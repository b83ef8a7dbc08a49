"""Variational autoencoder (Kingma & Welling 2014) for sequences.

    z ~ N(0, I);   x_i ~ p(x_i | z, the `context` values before i)
    loss = reconstruction + beta * sum_j max(KL_j, free_bits)

with KL_j = (mean_j^2 + variance_j - log variance_j - 1) / 2 of the encoder's Gaussian in latent unit j, averaged over
the batch. beta rises from 0 over the first quarter of the steps (Bowman et al. 2016) and each unit keeps `free_bits`
nats for nothing (Kingma et al. 2016), so that the decoder cannot learn to ignore z.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.base import Count, Limits, Model, Plan, Positive, Scalars, Share, Spec

ACTIVE = 0.01
"""A latent unit is active where its mean varies by more than this over records (Burda et al. 2016)."""


class Encoder(eqx.Module):
    """Record to the mean and log-variance of its latent vector."""

    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear

    def __init__(self, inputs: int, latent: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 3)
        self.layers = (eqx.nn.Linear(inputs, 256, key=keys[0]), eqx.nn.Linear(256, 128, key=keys[1]))
        self.out = eqx.nn.Linear(128, 2 * latent, key=keys[2])

    def __call__(
        self, features: Float[Array, "length inputs"], key: PRNGKeyArray | None = None
    ) -> tuple[Float[Array, " latent"], Float[Array, " latent"]]:
        """Mean and log-variance; with a key, whole positions and units are dropped as in training."""
        keys = (None, None, None) if key is None else jax.random.split(key, 3)
        keep = nn.dropout(jnp.ones((len(features), 1)), 0.1, keys[0])
        x = (features * keep).ravel()
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[0], x)), 0.2, keys[1])
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[1], x)), 0.1, keys[2])
        mean, log_variance = jnp.split(nn.linear(self.out, x), 2)
        return mean, jnp.clip(log_variance, -10.0, 5.0)


class Autoencoder(eqx.Module):
    """The two networks."""

    encoder: Encoder
    decoder: nn.WindowDecoder


class VAEState(eqx.Module):
    """Weights, their moving average (which samples and scores), and the optimiser's moments."""

    weights: Autoencoder
    average: Autoencoder
    optimiser: optax.OptState
    step: Int[Array, ""]


@dataclass(frozen=True)
class VAE(Model):
    """Variational autoencoder whose decoder sees a short window of the sequence so far."""

    name: ClassVar[str] = "vae"
    summary: ClassVar[str] = "variational autoencoder: a latent space to encode, interpolate and sample"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    shown: ClassVar[tuple[str, ...]] = ("loss", "reconstruction", "kl")

    latent: int = 16
    """Latent units."""
    beta: float = 1.0
    """Weight of the KL term once warmed up."""
    free_bits: float = 0.1
    """Nats of KL that each latent unit has for free."""
    warm_up: Share = 0.25
    """Share of the steps over which beta rises from 0."""
    reconstruction: Literal["cross-entropy", "mse"] = "cross-entropy"
    """Reconstruction loss: categorical cross-entropy, or squared error on one-hot letters."""
    context: Count = 20
    """Letters before each position that the decoder sees; 0 is the classical independent decoder."""
    width: int = 64
    """Units in each decoder layer."""
    dropout: Annotated[float, Limits(0, 0.9)] = 0.1
    """Share of decoder units dropped in training."""
    rate: Positive = 0.003
    """Peak learning rate."""
    decay: float = 0.02
    """Weight decay."""
    batch: int = 64
    """Records in a training step."""
    steps: int | None = None
    """Most training steps; 60 passes over the data, but 1,500 to 10,000 steps, where not given."""
    patience: int = 12
    """Validations without improvement before training stops."""
    draws: int = 64
    """Latent draws for each record in the likelihood bound."""

    def plan(self, n: int) -> Plan:
        every = min(250, max(25, 2 * n // self.batch))
        grace = round(self.warm_up * self._steps)
        return Plan(self._steps, self.batch, every, self.patience, grace)

    def settled(self, n: int) -> "Model":
        return self if self.steps else replace(self, steps=min(10_000, max(1500, 60 * n // self.batch)))

    @property
    def _steps(self) -> int:
        assert self.steps is not None, "settled() comes first"
        return self.steps

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW with clipped gradients and a warmed-up cosine rate."""
        return optax.chain(
            optax.clip_by_global_norm(20.0),
            optax.adamw(
                nn.warmed_cosine(self.rate, self._steps), b1=0.9, b2=0.98, weight_decay=self.decay, mask=_matrices
            ),
        )

    def init(self, spec: Spec, key: PRNGKeyArray) -> VAEState:
        encoder_key, decoder_key = jax.random.split(key)
        encoder = Encoder(spec.length * spec.observation.inputs, self.latent, encoder_key)
        decoder = nn.WindowDecoder(
            self.latent,
            spec.observation,
            spec.start,
            window=min(self.context, spec.length),
            width=self.width,
            drop=self.dropout,
            key=decoder_key,
        )
        weights = Autoencoder(encoder, decoder)
        return VAEState(weights, weights, nn.begin(self.optimiser(), weights), jnp.array(0))

    def loss(
        self,
        spec: Spec,
        weights: Autoencoder,
        batch: Shaped[Array, "batch length"],
        step: Int[Array, ""],
        key: PRNGKeyArray,
    ) -> tuple[Float[Array, ""], Scalars]:
        """Reconstruction + beta x KL in nats a record, and its parts."""

        def one(x: Shaped[Array, " length"], key: PRNGKeyArray) -> tuple[Float[Array, ""], Float[Array, " latent"]]:
            encode_key, draw_key, decode_key = jax.random.split(key, 3)
            features = spec.observation.features(x)
            mean, log_variance = weights.encoder(features, encode_key)
            z = mean + jnp.exp(log_variance / 2) * jax.random.normal(draw_key, mean.shape)
            params = weights.decoder.params(z, features, decode_key)
            return self._reconstruction(spec, params, x), kl_divergence(mean, log_variance)

        reconstruction, kl = jax.vmap(one)(batch, jax.random.split(key, len(batch)))
        kl = kl.mean(0)
        beta = self.beta * jnp.clip(step / max(1.0, self.warm_up * self._steps), 0.0, 1.0)
        loss = reconstruction.mean() + beta * jnp.maximum(kl, self.free_bits).sum()
        return loss, {"train_loss": loss, "reconstruction": reconstruction.mean(), "kl": kl.sum(), "beta": beta}

    def step(
        self, spec: Spec, state: VAEState, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        gradient = jax.grad(lambda weights: self.loss(spec, weights, batch, state.step, key), has_aux=True)
        grads, scalars = gradient(state.weights)
        weights, optimiser = nn.descend(self.optimiser(), state.weights, grads, state.optimiser)
        average = nn.moving_average(state.average, weights, state.step, 0.99)
        return VAEState(weights, average, optimiser, state.step + 1), scalars

    def validate(
        self, spec: Spec, state: VAEState, values: Shaped[Array, "n length"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        """Bits per base by the evidence lower bound, and how much the latent units carry."""

        def one(
            at: tuple[Shaped[Array, " length"], PRNGKeyArray],
        ) -> tuple[Float[Array, ""], Float[Array, " latent"], Float[Array, " latent"]]:
            x, key = at
            mean, log_variance = state.average.encoder(spec.observation.features(x))
            z = mean + jnp.exp(log_variance / 2) * jax.random.normal(key, mean.shape)
            return self._log_likelihood(spec, state, z, x), mean, kl_divergence(mean, log_variance)

        log_likelihood, mean, kl = jax.lax.map(one, (values, jax.random.split(key, len(values))), batch_size=256)
        bases = jnp.maximum(jax.vmap(spec.observation.observed)(values).sum(), 1)
        bits = (kl.sum() - log_likelihood.sum()) / bases / jnp.log(2.0)
        active = (mean.var(0) > ACTIVE).sum().astype(float)
        return state, {"loss": bits, "validation_kl": kl.sum(1).mean(), "active_units": active}

    def networks(self, state: VAEState) -> Mapping[str, Any]:
        return {"encoder": state.average.encoder, "decoder": state.average.decoder}

    def health(self, log: Sequence[Mapping[str, int | float]]) -> str | None:
        latest, warmed_up = log[-1], max(self.warm_up, 0.1) * self._steps
        if len(log) > 1 and latest["step"] > warmed_up and latest["active_units"] == log[-2]["active_units"] == 0:
            return (
                f"posterior collapse at step {latest['step']:.0f}: no latent unit carries anything (KL "
                f"{latest['validation_kl']:.3f} nats); raise --free-bits, lower --beta or shorten --context"
            )
        return None

    def log_prob(self, spec: Spec, state: VAEState, x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
        """Lower bound by `draws` importance-weighted latent draws (Burda et al. 2016)."""
        mean, log_variance = state.average.encoder(spec.observation.features(x))

        def weighted(noise: Float[Array, " latent"]) -> Float[Array, ""]:
            z = mean + jnp.exp(log_variance / 2) * noise
            log_ratio = (noise**2 - z**2 + log_variance).sum() / 2
            return self._log_likelihood(spec, state, z, x) + log_ratio

        noise = jax.random.normal(key, (self.draws, self.latent))
        return jax.nn.logsumexp(jax.vmap(weighted)(noise)) - jnp.log(float(self.draws))

    def sample(self, spec: Spec, state: VAEState, key: PRNGKeyArray) -> Shaped[Array, " length"]:
        prior_key, key = jax.random.split(key)
        return self.decode(spec, state, jax.random.normal(prior_key, (self.latent,)), key)

    def encode(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " length"]
    ) -> tuple[Float[Array, " latent"], Float[Array, " latent"]]:
        """Mean and variance of a record's latent vector."""
        mean, log_variance = state.average.encoder(spec.observation.features(x))
        return mean, jnp.exp(log_variance)

    def decode(
        self, spec: Spec, state: VAEState, z: Float[Array, " latent"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """A record drawn from the decoder's distribution at a latent vector."""
        drawn = state.average.decoder.unroll(z, spec.observation, key)
        return spec.observation.from_features(drawn)

    def _log_likelihood(
        self, spec: Spec, state: VAEState, z: Float[Array, " latent"], x: Shaped[Array, " length"]
    ) -> Float[Array, ""]:
        params = state.average.decoder.params(z, spec.observation.features(x))
        return spec.observation.log_prob(params, x).sum()

    def _reconstruction(
        self, spec: Spec, params: Float[Array, "length outputs"], x: Shaped[Array, " length"]
    ) -> Float[Array, ""]:
        if self.reconstruction == "cross-entropy":
            return -spec.observation.log_prob(params, x).sum()
        error = spec.observation.features(x) - jax.nn.softmax(params)
        return (error**2 * spec.observation.observed(x)[:, None]).sum()


def kl_divergence(mean: Float[Array, " latent"], log_variance: Float[Array, " latent"]) -> Float[Array, " latent"]:
    """KL divergence in nats of N(mean, variance) from N(0, 1), unit by unit.

    >>> kl_divergence(jnp.array([0.0, 2.0]), jnp.zeros(2)).tolist()
    [0.0, 2.0]
    """
    return (mean**2 + jnp.exp(log_variance) - log_variance - 1) / 2


def _matrices(weights: Autoencoder) -> Autoencoder:
    """Which weights decay: matrices of layers, not biases and not the tables that begin at the data's own numbers."""
    mask = jax.tree.map(lambda leaf: leaf.ndim == 2, weights)
    return eqx.tree_at(lambda m: (m.decoder.bias, m.decoder.positions), mask, (False, False))
