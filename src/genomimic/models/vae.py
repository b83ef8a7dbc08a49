"""Variational autoencoder (Kingma & Welling 2014) for sequences, whose latent space cannot collapse.

    z ~ N(0, I);   x_i ~ p(x_i | z, the values before i)
    loss = reconstruction + KL( N(mean, variance) from N(0, I) )

The encoder's means are normalised over the records of a batch to a standard deviation of `signal` in every latent unit
(Zhu et al. 2020), and the variance is 1 - signal^2. Over all records z then has mean 0 and variance 1, as what samples
are drawn from has, and every unit says something of each record: the KL term is a constant that nothing can shrink.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.autoregressive import Network
from genomimic.models.base import Limits, Model, Plan, Positive, Scalars, Spec, mean_bits

ACTIVE = 0.01
"""A latent unit is active where its mean varies by more than this over records (Burda et al. 2016)."""

UNHEARD = 0.05
"""Nats that a record's own latent vector must be worth to the decoder, above another record's."""

BROAD = 96
"""Units between the latent vector and what the decoder is told."""

CODE = 16
"""Numbers that the latent vector sends to each position."""

DRAWS = 4
"""Latent draws for each record in a validation."""


class Encoder(eqx.Module):
    """Record to its latent means, before they are normalised."""

    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear

    def __init__(self, inputs: int, latent: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 3)
        self.layers = (eqx.nn.Linear(inputs, 256, key=keys[0]), eqx.nn.Linear(256, 128, key=keys[1]))
        self.out = eqx.nn.Linear(128, latent, key=keys[2])

    def __call__(
        self, features: Float[Array, "length inputs"], key: PRNGKeyArray | None = None
    ) -> Float[Array, " latent"]:
        """With a key, whole positions and units are dropped as in training."""
        keys = (None, None, None) if key is None else jax.random.split(key, 3)
        keep = nn.dropout(jnp.ones((len(features), 1)), 0.1, keys[0])
        x = (features * keep).ravel()
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[0], x)), 0.2, keys[1])
        x = nn.dropout(jax.nn.relu(nn.linear(self.layers[1], x)), 0.1, keys[2])
        return nn.linear(self.out, x)


class Decoder(eqx.Module):
    """The causal network of the model `autoregressive`, told something by z at every position.

    The first half of z tells all positions the same; the second half tells each position something of its own.
    """

    everywhere: tuple[eqx.nn.Linear, eqx.nn.Linear]
    somewhere: tuple[eqx.nn.Linear, eqx.nn.Linear, eqx.nn.Linear]
    network: Network

    def __init__(self, spec: Spec, latent: int, width: int, layers: int, taps: int, key: PRNGKeyArray) -> None:
        keys = jax.random.split(key, 6)
        half = (latent + 1) // 2
        self.everywhere = (eqx.nn.Linear(half, BROAD, key=keys[0]), eqx.nn.Linear(BROAD, width, key=keys[1]))
        self.somewhere = (
            eqx.nn.Linear(latent - half, BROAD, key=keys[2]),
            eqx.nn.Linear(BROAD, spec.length * CODE, key=keys[3]),
            eqx.nn.Linear(CODE, width, key=keys[4]),
        )
        self.network = Network(spec, width, layers, taps, keys[5])

    def _told(self, z: Float[Array, " latent"]) -> Float[Array, "length width"]:
        half = self.everywhere[0].in_features
        same = nn.linear(self.everywhere[1], jax.nn.relu(nn.linear(self.everywhere[0], z[:half])))
        codes = nn.linear(self.somewhere[1], jax.nn.relu(nn.linear(self.somewhere[0], z[half:])))
        return same + nn.linear(self.somewhere[2], codes.reshape(-1, CODE))

    def params(
        self,
        z: Float[Array, " latent"],
        features: Float[Array, "length inputs"],
        drop: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "length outputs"]:
        """Observation parameters of every position given z and the true values before it, all at once."""
        return self.network.params(features, drop, key, self._told(z))

    def unroll(self, z: Float[Array, " latent"], spec: Spec, key: PRNGKeyArray) -> Shaped[Array, " length"]:
        """One sequence drawn value by value."""
        return self.network.unroll(spec, 1.0, key, self._told(z))


class Autoencoder(eqx.Module):
    """The two networks."""

    encoder: Encoder
    decoder: Decoder


class Spread(eqx.Module):
    """Mean and variance over records of what the encoder gives, unit by unit."""

    mean: Float[Array, " latent"]
    variance: Float[Array, " latent"]


class VAEState(eqx.Module):
    """Both networks in training, and the moving average of the encoder's spread."""

    networks: nn.Averaged[Autoencoder]
    spread: Spread


@dataclass(frozen=True)
class VAE(Model):
    """Variational autoencoder with a causal decoder and a latent space that cannot collapse."""

    name: ClassVar[str] = "vae"
    summary: ClassVar[str] = "variational autoencoder: a latent space to encode, interpolate and sample"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    shown: ClassVar[tuple[str, ...]] = ("loss", "reconstruction", "kl")

    latent: int = 12
    """Latent units."""
    signal: Annotated[float, Limits(0.01, 0.99)] = 0.5
    """Standard deviation of each latent unit's means over records; the rest, to a variance of 1, is uncertainty."""
    width: int = 64
    """Channels of each decoder layer."""
    layers: int = 4
    """Decoder layers; each looks twice as far back as the one before."""
    taps: int = 3
    """Places at which each decoder layer looks."""
    dropout: Annotated[float, Limits(0, 0.9)] = 0.3
    """Share of decoder channels dropped in training, the same ones all along a record."""
    rate: Positive = 0.004
    """Peak learning rate."""
    decay: float = 0.3
    """Weight decay."""
    batch: int = 128
    """Records in a training step."""
    steps: int | None = None
    """Most training steps; 20 passes over the data, but 600 to 4,000 steps, where not given."""
    patience: int = 4
    """Validations without improvement before training stops."""
    draws: int = 64
    """Latent draws for each record in the likelihood bound."""

    def settled(self, n: int) -> "Model":
        return self if self.steps else replace(self, steps=min(4000, max(600, 20 * n // self.batch)))

    def plan(self, n: int) -> Plan:
        every = min(self._steps, 250, max(50, 3 * n // (2 * self.batch)))
        return Plan(self._steps, self.batch, every, self.patience)

    @property
    def _steps(self) -> int:
        assert self.steps is not None, "settled() comes first"
        return self.steps

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW with a warmed-up cosine rate."""
        return nn.adamw(self.rate, self._steps, self.decay, _tables, clip=20.0)

    def init(self, spec: Spec, key: PRNGKeyArray) -> VAEState:
        encoder_key, decoder_key = jax.random.split(key)
        encoder = Encoder(spec.length * spec.observation.inputs, self.latent, encoder_key)
        decoder = Decoder(spec, self.latent, self.width, self.layers, self.taps, decoder_key)
        weights = Autoencoder(encoder, decoder)
        spread = Spread(jnp.zeros(self.latent), jnp.ones(self.latent))
        return VAEState(nn.Averaged.begin(weights, self.optimiser()), spread)

    def step(
        self, spec: Spec, state: VAEState, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        gradient = jax.grad(lambda weights: self.loss(spec, weights, batch, key), has_aux=True)
        grads, (spread, scalars) = gradient(state.networks.weights)
        spread = nn.moving_average(state.spread, spread, state.networks.step, 0.99)
        return VAEState(state.networks.after(grads, self.optimiser()), spread), scalars

    def loss(
        self, spec: Spec, weights: Autoencoder, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[Float[Array, ""], tuple[Spread, Scalars]]:
        """Reconstruction + KL in nats a record; the encoder's spread over the batch, and the loss's parts."""
        encode_key, noise_key, decode_key = jax.random.split(key, 3)
        features = jax.vmap(spec.observation.features)(batch)
        raw = jax.vmap(weights.encoder)(features, jax.random.split(encode_key, len(batch)))
        spread = Spread(raw.mean(0), raw.var(0))
        mean, variance = self._posterior(raw, spread)
        z = mean + jnp.sqrt(variance) * jax.random.normal(noise_key, mean.shape)

        def read(
            z: Float[Array, " latent"],
            features: Float[Array, "length inputs"],
            x: Shaped[Array, " length"],
            key: PRNGKeyArray,
        ) -> Float[Array, ""]:
            return spec.observation.log_prob(weights.decoder.params(z, features, self.dropout, key), x).sum()

        reconstruction = -jax.vmap(read)(z, features, batch, jax.random.split(decode_key, len(batch))).mean()
        kl = kl_divergence(mean, variance).sum(1).mean()
        loss = reconstruction + kl
        return loss, (spread, {"train_loss": loss, "reconstruction": reconstruction, "kl": kl})

    def validate(
        self, spec: Spec, state: VAEState, values: Shaped[Array, "n length"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        """Bits per base by the importance-weighted bound, and how much the latent units carry.

        `told_nats`: how much likelier a record is to the decoder that is given its z than to one that is given the z of
        the record before: near 0, the decoder has learned to ignore z.
        """
        keys = jax.random.split(key, len(values))

        def one(
            at: tuple[Shaped[Array, " length"], Shaped[Array, " length"], PRNGKeyArray],
        ) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, " latent"]]:
            x, other, key = at
            own, strange = self._drawn(spec, state, x, key, DRAWS), self._drawn(spec, state, other, key, 1)
            read = jax.vmap(lambda z: self._log_likelihood(spec, state, z, x))(jnp.concatenate([own[0], strange[0]]))
            bound = jax.nn.logsumexp(read[:DRAWS] + own[1]) - jnp.log(float(DRAWS))
            return bound, read[:DRAWS].mean() - read[DRAWS], self.encode(spec, state, x)[0]

        bound, told, mean = jax.lax.map(one, (values, jnp.roll(values, 1, 0), keys), batch_size=64)
        kl = kl_divergence(mean, jnp.full(mean.shape, 1 - self.signal**2)).sum(1).mean()
        active = (mean.var(0) > ACTIVE).sum().astype(float)
        bits = mean_bits(spec, values, bound)
        return state, {"loss": bits, "validation_kl": kl, "active_units": active, "told_nats": told.mean()}

    def networks(self, state: VAEState) -> Mapping[str, Any]:
        return {"encoder": state.networks.average.encoder, "decoder": state.networks.average.decoder}

    def health(self, log: Sequence[Mapping[str, int | float]]) -> str | None:
        recent = log[-2:]
        if len(log) > 1 and log[-1]["step"] > self._steps / 4 and max(row["told_nats"] for row in recent) < UNHEARD:
            return (
                f"posterior collapse at step {log[-1]['step']:.0f}: the decoder ignores the latent vector, which is "
                f"worth {log[-1]['told_nats']:.3f} nats a record to it; raise --signal or lower --layers"
            )
        return None

    def log_prob(self, spec: Spec, state: VAEState, x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
        """Lower bound by `draws` importance-weighted latent draws (Burda et al. 2016)."""
        drawn, log_ratio = self._drawn(spec, state, x, key, self.draws)
        read = jax.lax.map(lambda z: self._log_likelihood(spec, state, z, x), drawn)
        return jax.nn.logsumexp(read + log_ratio) - jnp.log(float(self.draws))

    def sample(self, spec: Spec, state: VAEState, key: PRNGKeyArray) -> Shaped[Array, " length"]:
        prior_key, key = jax.random.split(key)
        return self.decode(spec, state, jax.random.normal(prior_key, (self.latent,)), key)

    def encode(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " length"]
    ) -> tuple[Float[Array, " latent"], Float[Array, " latent"]]:
        """Mean and variance of a record's latent vector."""
        return self._posterior(state.networks.average.encoder(spec.observation.features(x)), state.spread)

    def decode(
        self, spec: Spec, state: VAEState, z: Float[Array, " latent"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """A record drawn from the decoder's distribution at a latent vector."""
        return state.networks.average.decoder.unroll(z, spec, key)

    def _posterior(
        self, raw: Float[Array, "*batch latent"], spread: Spread
    ) -> tuple[Float[Array, "*batch latent"], Float[Array, "*batch latent"]]:
        """Means with a standard deviation of `signal` over records, and what is left to a variance of 1."""
        mean = self.signal * (raw - spread.mean) / jnp.sqrt(spread.variance + 1e-6)
        return mean, jnp.full(raw.shape, 1 - self.signal**2)

    def _drawn(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " length"], key: PRNGKeyArray, draws: int
    ) -> tuple[Float[Array, "draws latent"], Float[Array, " draws"]]:
        """Draws of a record's latent vector, and how much likelier each is a priori than given the record, as log."""
        mean, variance = self.encode(spec, state, x)
        noise = jax.random.normal(key, (draws, self.latent))
        z = mean + jnp.sqrt(variance) * noise
        return z, (noise**2 - z**2 + jnp.log(variance)).sum(1) / 2

    def _log_likelihood(
        self, spec: Spec, state: VAEState, z: Float[Array, " latent"], x: Shaped[Array, " length"]
    ) -> Float[Array, ""]:
        params = state.networks.average.decoder.params(z, spec.observation.features(x))
        return spec.observation.log_prob(params, x).sum()


def kl_divergence(
    mean: Float[Array, "*batch latent"], variance: Float[Array, "*batch latent"]
) -> Float[Array, "*batch latent"]:
    """KL divergence in nats of N(mean, variance) from N(0, 1), unit by unit.

    >>> kl_divergence(jnp.array([0.0, 2.0]), jnp.ones(2)).tolist()
    [0.0, 2.0]
    """
    return (mean**2 + variance - jnp.log(variance) - 1) / 2


def _tables(weights: Any) -> Any:
    """Weights that begin at the data's own numbers, and positions."""
    return weights.decoder.network.bias, weights.decoder.network.positions
