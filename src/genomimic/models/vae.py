"""Variational autoencoder (Kingma & Welling 2014).

    z ~ prior;   x ~ p(x | z, labels)
    loss = reconstruction + KL( N(mean, variance) from the prior )

Letters have a decoder that also sees the letters before each, and could do without z. So the encoder's means are
normalised over the records of a batch to a standard deviation of `signal` in every latent unit (Zhu et al. 2020), and
the variance is 1 - signal^2. Over all records z then has mean 0 and variance 1, as the prior N(0, I) has, and every
unit says something of each record: the KL term is a constant that nothing can shrink.

Genes have no order, and the decoder has nothing but z. There the encoder gives every record a variance of its own, and
the prior is a mixture of Gaussians learned with the rest, and fitted again in the end (`refitting.py`): cells come in
kinds, with nothing between them. The KL term counts little at first and fully after `warmup` of the steps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.errors import UsageError
from genomimic.models.autoencoder import Autoencoder, Encoder, OrderedDecoder, ProfileDecoder
from genomimic.models.base import Finish, Limits, Model, Plan, Positive, Scalars, Share, Spec, mean_bits, settled
from genomimic.models.contrast import settle, told_apart
from genomimic.models.guard import FREE, Free
from genomimic.models.prior import Prior
from genomimic.models.refitting import refitted
from genomimic.observation import Measured

ACTIVE = 0.01
"""A latent unit is active where its mean varies by more than this over records (Burda et al. 2016)."""

UNHEARD = 0.05
"""Nats that a record's own latent vector must be worth to the decoder, above another record's."""

DRAWS = 4
"""Latent draws for each record in a validation."""

LEAST_VARIANCE = 1e-4

SEQUENCES: Mapping[str, Any] = {
    "latent": 12,
    "signal": 0.5,
    "components": 1,
    "warmup": 0.0,
    "width": 64,
    "layers": 4,
    "dropout": 0.3,
    "rate": 0.004,
    "decay": 0.3,
}
PROFILES: Mapping[str, Any] = {
    "latent": 40,
    "components": 200,
    "warmup": 0.3,
    "width": 256,
    "layers": 1,
    "dropout": 0.0,
    "rate": 0.002,
    "decay": 0.5,
}
STEPS = {True: (600, 4000, 20), False: (1000, 10_000, 100)}
"""Least and most steps, and passes over the data, of ordered and of other records."""


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
    """Variational autoencoder: a latent space that cannot collapse, and decoders for letters and for genes."""

    name: ClassVar[str] = "vae"
    summary: ClassVar[str] = "variational autoencoder: a latent space to encode, interpolate and sample"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "anything"
    shown: ClassVar[tuple[str, ...]] = ("loss", "reconstruction", "kl")

    latent: int | None = None
    """Latent units; where not given, 12 for sequences and 40 for profiles."""
    signal: Annotated[float, Limits(0.01, 0.99)] | None = None
    """Standard deviation of each latent unit's means over records; the rest, to a variance of 1, is uncertainty. Where
    not given, 0.5 for sequences; in profiles every record has an uncertainty of its own."""
    components: int | None = None
    """Gaussians in the prior; where not given, 1 for sequences and 200 for profiles."""
    warmup: Share | None = None
    """Share of the steps in which the KL term gains its weight; where not given, 0 for sequences, 0.3 for profiles."""
    width: int | None = None
    """Units of each decoder layer; where not given, 64 for sequences and 256 for profiles."""
    layers: int | None = None
    """Decoder layers; where not given, 4 for sequences, each looking twice as far back, and 1 for profiles."""
    taps: int = 3
    """Places at which each decoder layer of sequences looks."""
    dropout: Annotated[float, Limits(0, 0.9)] | None = None
    """Share of decoder channels dropped in training; where not given, 0.3 for sequences and 0 for profiles."""
    rate: Positive | None = None
    """Peak learning rate; where not given, 0.004 for sequences and 0.002 for profiles."""
    decay: float | None = None
    """Weight decay; where not given, 0.3 for sequences and 0.5 for profiles."""
    contrast: Annotated[float, Limits(1, 3)] | None = None
    """Gene expression only: how much further apart records are told in the end than was learned. Where not given, 1,
    1.1 or 1.2: that with which genes go together most nearly as strongly as in real records."""
    batch: int = 128
    """Records in a training step."""
    steps: int | None = None
    """Most training steps; where not given, 20 passes over sequences, but 600 to 4,000 steps, and 100 passes over
    profiles, but 1,000 to 10,000 steps."""
    patience: int = 4
    """Validations without improvement before training stops."""
    draws: int = 64
    """Latent draws for each record in the likelihood bound."""
    hidden: Share = 0.1
    """With --condition: share of labels hidden in training, so that records without a label can be judged and made."""
    guidance: float = 0.0
    """Sampling only, with --condition: above 0 records become more typical of their labels, and less varied."""

    def settled(self, spec: Spec, n: int) -> "Model":
        found = dict(SEQUENCES if spec.ordered else PROFILES)
        least, most, passes = STEPS[spec.ordered]
        found = found | {"steps": min(most, max(least, passes * n // self.batch))}
        if self.components is not None and self.components > 1:
            found = found | {"signal": None}
        return replace(self, **{name: value for name, value in found.items() if getattr(self, name) is None})

    def plan(self, n: int) -> Plan:
        every = min(self._steps, 250, max(50, 3 * n // (2 * self.batch)))
        return Plan(self._steps, self.batch, every, self.patience)

    @property
    def _steps(self) -> int:
        return settled(self.steps)

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW with a warmed-up cosine rate."""
        return nn.adamw(settled(self.rate), self._steps, settled(self.decay), _tables, clip=20.0)

    def init(self, spec: Spec, key: PRNGKeyArray) -> VAEState:
        if self.contrast is not None and self.contrast > 1 and (spec.ordered or self.components == 1):
            raise UsageError("--contrast above 1 is for gene expression, with --components above 1")
        keys = jax.random.split(key)
        encoder = Encoder(spec, settled(self.latent), keys[0], learned=self.signal is None)
        width, layers = settled(self.width), settled(self.layers)
        if spec.ordered:
            decoder = OrderedDecoder(spec, settled(self.latent), width, layers, self.taps, keys[1])
        else:
            decoder = ProfileDecoder(spec, settled(self.latent), (width,) * layers, keys[1])
        prior = Prior.begin(
            settled(self.components), settled(self.latent), spec.conditions.width, jax.random.fold_in(key, 2)
        )
        weights = Autoencoder(encoder, decoder, prior)
        spread = Spread(jnp.zeros(settled(self.latent)), jnp.ones(settled(self.latent)))
        return VAEState(nn.Averaged.begin(weights, self.optimiser()), spread)

    def step(
        self, spec: Spec, state: VAEState, batch: Shaped[Array, "batch columns"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        warm = max(settled(self.warmup) * self._steps, 1.0)
        weight = jnp.minimum((state.networks.step + 1) / warm, 1.0)
        gradient = jax.grad(lambda weights: self.loss(spec, weights, batch, weight, key), has_aux=True)
        grads, (spread, scalars) = gradient(state.networks.weights)
        spread = nn.moving_average(state.spread, spread, state.networks.step, 0.99)
        return VAEState(state.networks.after(grads, self.optimiser()), spread), scalars

    def loss(
        self,
        spec: Spec,
        weights: Autoencoder,
        batch: Shaped[Array, "batch columns"],
        weight: Float[Array, ""],
        key: PRNGKeyArray,
    ) -> tuple[Float[Array, ""], tuple[Spread, Scalars]]:
        """Reconstruction + weight * KL in nats a record; the encoder's spread over the batch, and the loss's parts."""
        encode_key, noise_key, decode_key = jax.random.split(key, 3)
        hide_keys = jax.random.split(jax.random.fold_in(key, 0), len(batch))
        values, told = jax.vmap(spec.conditions.apart)(batch)
        told = jax.vmap(spec.conditions.hidden, (0, None, 0))(told, self.hidden, hide_keys)
        features = jax.vmap(spec.observation.features)(values)
        raw = jax.vmap(weights.encoder)(features, told, jax.random.split(encode_key, len(batch)))
        spread = Spread(raw[:, : settled(self.latent)].mean(0), raw[:, : settled(self.latent)].var(0))
        mean, variance = self._posterior(raw, spread)
        z = mean + jnp.sqrt(variance) * jax.random.normal(noise_key, mean.shape)

        def read(
            z: Float[Array, " latent"],
            told: Float[Array, " told"],
            features: Float[Array, "length inputs"],
            x: Shaped[Array, " length"],
            key: PRNGKeyArray,
        ) -> Float[Array, ""]:
            params = weights.decoder.params(spec, z, told, features, settled(self.dropout), key)
            return spec.observation.log_prob(params, x).sum()

        keys = jax.random.split(decode_key, len(batch))
        reconstruction = -jax.vmap(read)(z, told, features, values, keys).mean()
        kl = self._divergence(weights.prior, mean, variance, z, told).mean()
        loss = reconstruction + kl
        return reconstruction + weight * kl, (
            spread,
            {"train_loss": loss, "reconstruction": reconstruction, "kl": kl},
        )

    def validate(
        self, spec: Spec, state: VAEState, values: Shaped[Array, "n columns"], key: PRNGKeyArray
    ) -> tuple[VAEState, Scalars]:
        """Bits per value by the importance-weighted bound, and how much the latent units carry.

        `told_nats`: how much likelier a record is to the decoder that is given its z than to one that is given the z of
        the record before: near 0, the decoder has learned to ignore z.
        """
        keys = jax.random.split(key, len(values))

        def one(
            at: tuple[Shaped[Array, " columns"], Shaped[Array, " columns"], PRNGKeyArray],
        ) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, "2 latent"]]:
            x, other, key = at
            own, strange = self._drawn(spec, state, x, key, DRAWS), self._drawn(spec, state, other, key, 1)
            read = jax.vmap(lambda z: self.read_back(spec, state, z, x))(jnp.concatenate([own[0], strange[0]]))
            bound = jax.nn.logsumexp(read[:DRAWS] + own[1]) - jnp.log(float(DRAWS))
            return bound, read[:DRAWS].mean() - read[DRAWS], jnp.stack(self.encode(spec, state, x))

        bound, told, latent = jax.lax.map(one, (values, jnp.roll(values, 1, 0), keys), batch_size=64)
        mean, variance = latent[:, 0], latent[:, 1]
        kl = kl_divergence(mean, variance).sum(1).mean()
        active = (mean.var(0) > ACTIVE).sum().astype(float)
        bits = mean_bits(spec, values, bound)
        return state, {"loss": bits, "validation_kl": kl, "active_units": active, "told_nats": told.mean()}

    def finished(
        self,
        spec: Spec,
        state: VAEState,
        rows: Shaped[Array, "n columns"],
        judge: Callable[[VAEState], float],
        key: PRNGKeyArray,
    ) -> Finish:
        """Of profiles, with a mixture as the prior: with this and the columns' own numbers fitted again.

        Where that is worse for unseen records, with the prior alone, or as it was. Where the columns' numbers are kept,
        the decoder's contrast is settled too.
        """
        if self.components == 1 or spec.ordered:
            return Finish(state)
        before, posterior = state.networks.average, self._posteriors(spec, state, rows)

        @jax.jit
        def again(
            weights: Autoencoder,
            posterior: tuple[Float[Array, "n latent"], Float[Array, "n latent"]],
            rows: Shaped[Array, "n columns"],
            contrast: Float[Array, ""],
        ) -> tuple[Autoencoder, Autoencoder]:
            further = told_apart(spec, weights, posterior[0], rows, contrast)
            return refitted(spec, further, posterior, rows, self.hidden, key)

        def fitted(contrast: float) -> tuple[Autoencoder, Autoencoder]:
            return again(before, posterior, rows, jnp.asarray(contrast))

        def loss(weights: Autoencoder) -> float:
            return judge(_with(state, weights))

        prior, columns = fitted(1.0)
        loss_before, loss_columns = loss(before), loss(columns)
        if loss_columns < loss_before:
            contrast, kept = self.contrast or 1.0, columns
            if self.contrast is None:
                contrast, kept = settle(spec, rows, columns, lambda more: fitted(more)[1], jax.random.fold_in(key, 1))
            elif contrast > 1:
                kept = fitted(contrast)[1]
            done = f"the prior and each column's own numbers were fitted again; contrast {contrast:g}"
            if contrast == 1:
                return Finish(_with(state, kept), done)
            return Finish(_with(state, kept), f"{done}, at a loss of {loss(kept):.4g} ({loss_columns:.4g} without)")
        kept, done = (prior, "the prior was fitted again") if loss(prior) < loss_before else (before, "")
        if self.contrast is not None and self.contrast > 1:
            kept = told_apart(spec, kept, posterior[0], rows, self.contrast)
            done = "; ".join([*([done] if done else []), f"contrast {self.contrast:g}"])
        return Finish(_with(state, kept), done) if done else Finish(state)

    def _posteriors(
        self, spec: Spec, state: VAEState, rows: Shaped[Array, "n columns"]
    ) -> tuple[Float[Array, "n latent"], Float[Array, "n latent"]]:
        """Means and variances of the latent vectors of many records."""
        encode = jax.jit(lambda state, rows: jax.lax.map(partial(self.encode, spec, state), rows, batch_size=64))
        return encode(state, rows)

    def networks(self, state: VAEState) -> Mapping[str, Any]:
        weights = state.networks.average
        found = {"encoder": weights.encoder, "decoder": weights.decoder}
        return found | ({"prior": weights.prior} if settled(self.components) > 1 else {})

    def health(self, log: Sequence[Mapping[str, int | float]]) -> str | None:
        recent = log[-2:]
        if len(log) > 1 and log[-1]["step"] > self._steps / 4 and max(row["told_nats"] for row in recent) < UNHEARD:
            return (
                f"posterior collapse at step {log[-1]['step']:.0f}: the decoder ignores the latent vector, which is "
                f"worth {log[-1]['told_nats']:.3f} nats a record to it; raise --signal or lower --layers"
            )
        return None

    def log_prob(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " columns"], key: PRNGKeyArray
    ) -> Float[Array, ""]:
        """Lower bound by `draws` importance-weighted latent draws (Burda et al. 2016)."""
        drawn, log_ratio = self._drawn(spec, state, x, key, self.draws)
        read = jax.lax.map(lambda z: self.read_back(spec, state, z, x), drawn)
        return jax.nn.logsumexp(read + log_ratio) - jnp.log(float(self.draws))

    def sample(
        self, spec: Spec, state: VAEState, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        return self.obey(spec, state, codes, FREE, key)

    def obey(
        self, spec: Spec, state: VAEState, codes: Int[Array, " labels"], guard: Free, key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """The values of one new record that keeps the guard's rules."""
        prior_key, key = jax.random.split(key)
        z = state.networks.average.prior.sample(spec.conditions.told(codes), prior_key)
        return self.decode(spec, state, z, codes, key, guard)

    def encode(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " columns"]
    ) -> tuple[Float[Array, " latent"], Float[Array, " latent"]]:
        """Mean and variance of a record's latent vector."""
        values, told = spec.conditions.apart(x)
        return self._posterior(state.networks.average.encoder(spec.observation.features(values), told), state.spread)

    def decode(
        self,
        spec: Spec,
        state: VAEState,
        z: Float[Array, " latent"],
        codes: Int[Array, " labels"],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Shaped[Array, " length"]:
        """A record drawn from the decoder's distribution at a latent vector, for labels of these numbers."""
        contexts, weights = spec.conditions.contexts(codes, self.guidance)
        return state.networks.average.decoder.unroll(spec, z, contexts, weights, key, guard)

    def relaxed(
        self,
        spec: Spec,
        state: VAEState,
        z: Float[Array, " latent"],
        codes: Int[Array, " labels"],
        key: PRNGKeyArray,
    ) -> Float[Array, "length inputs"]:
        """Features of a record drawn at a latent vector; the gradient is that of its letters' probabilities."""
        x = jax.lax.stop_gradient(self.decode(spec, state, z, codes, key))
        features = spec.observation.features(x)
        soft = jax.nn.softmax(state.networks.average.decoder.params(spec, z, spec.conditions.told(codes), features))
        return features + soft - jax.lax.stop_gradient(soft)

    def impute(
        self,
        spec: Spec,
        state: VAEState,
        x: Shaped[Array, " columns"],
        at: Int[Array, " places"],
        key: PRNGKeyArray,
        draws: int,
    ) -> tuple[Float[Array, "draws places given"], Float[Array, " draws"]]:
        """What settles the values at some places of a record (`Measured.given`), and the log-weight of each draw.

        The latent vectors are drawn from the encoder's posterior given the known values, and weighted by the true one;
        no weight counts for more than 1 / sqrt(draws) of all before they are scaled (Ionides 2008), or one draw would
        often stand for all.
        """
        observation = spec.observation
        assert isinstance(observation, Measured)
        values, told = spec.conditions.apart(x)
        features = observation.features(values)

        def one(z: Float[Array, " latent"]) -> tuple[Float[Array, "places given"], Float[Array, ""]]:
            params = state.networks.average.decoder.params(spec, z, told, features)
            return observation.given(params, values)[at], observation.log_prob(params, values).sum()

        drawn, log_ratio = self._drawn(spec, state, x, key, draws)
        given, read = jax.lax.map(one, drawn)
        log_weights = jax.nn.log_softmax(read + log_ratio)
        return given, jax.nn.log_softmax(jnp.minimum(log_weights, -jnp.log(float(draws)) / 2))

    def _posterior(
        self, raw: Float[Array, "*batch out"], spread: Spread
    ) -> tuple[Float[Array, "*batch latent"], Float[Array, "*batch latent"]]:
        """Means spread by `signal` over records with what is left to a variance of 1, or both as learned."""
        if self.signal is None:
            mean, raw_variance = jnp.split(raw, 2, -1)
            return mean, jax.nn.softplus(raw_variance) + LEAST_VARIANCE
        mean = self.signal * (raw - spread.mean) / jnp.sqrt(spread.variance + 1e-6)
        return mean, jnp.full(raw.shape, 1 - self.signal**2)

    def _divergence(
        self,
        prior: Prior,
        mean: Float[Array, "batch latent"],
        variance: Float[Array, "batch latent"],
        z: Float[Array, "batch latent"],
        told: Float[Array, "batch told"],
    ) -> Float[Array, " batch"]:
        """KL divergence in nats: exact from N(0, I), by one draw from a mixture."""
        if self.components == 1:
            return kl_divergence(mean, variance).sum(1)
        return norm.logpdf(z, mean, jnp.sqrt(variance)).sum(1) - jax.vmap(prior.log_prob)(z, told)

    def _drawn(
        self, spec: Spec, state: VAEState, x: Shaped[Array, " columns"], key: PRNGKeyArray, draws: int
    ) -> tuple[Float[Array, "draws latent"], Float[Array, " draws"]]:
        """Draws of a record's latent vector, and how much likelier each is a priori than given the record, as log."""
        mean, variance = self.encode(spec, state, x)
        noise = jax.random.normal(key, (draws, settled(self.latent)))
        z = mean + jnp.sqrt(variance) * noise
        told = spec.conditions.apart(x)[1]
        prior = jax.vmap(state.networks.average.prior.log_prob, in_axes=(0, None))(z, told)
        return z, prior - norm.logpdf(z, mean, jnp.sqrt(variance)).sum(1)

    def read_back(
        self, spec: Spec, state: VAEState, z: Float[Array, " latent"], x: Shaped[Array, " columns"]
    ) -> Float[Array, ""]:
        """Log-probability of a record given a latent vector, in nats."""
        values, told = spec.conditions.apart(x)
        params = state.networks.average.decoder.params(spec, z, told, spec.observation.features(values))
        return spec.observation.log_prob(params, values).sum()


def _with(state: VAEState, weights: Autoencoder) -> VAEState:
    """The state whose moving average is these weights."""
    return eqx.tree_at(lambda state: state.networks.average, state, weights)


def kl_divergence(
    mean: Float[Array, "*batch latent"], variance: Float[Array, "*batch latent"]
) -> Float[Array, "*batch latent"]:
    """KL divergence in nats of N(mean, variance) from N(0, 1), unit by unit.

    >>> kl_divergence(jnp.array([0.0, 2.0]), jnp.ones(2)).tolist()
    [0.0, 2.0]
    """
    return (mean**2 + variance - jnp.log(variance) - 1) / 2


def _tables(weights: Any) -> Any:
    """Weights that begin at the data's own numbers, positions, and the prior."""
    decoder, prior = weights.decoder, weights.prior
    if isinstance(decoder, ProfileDecoder):
        return decoder.profile.start, prior.middles, prior.log_spreads, prior.told
    return decoder.network.bias, decoder.network.positions, prior.middles, prior.log_spreads, prior.told
