"""Generative adversarial network (Goodfellow et al. 2014).

A generator G turns a noise vector z into a record, a discriminator gives every record a number D(x), and the two
are trained against each other. With r a real and f = G(z) a synthetic record:

    relativistic   L_D = softplus(D(f) - D(r)),  L_G = softplus(D(r) - D(f)),
                   and penalty / 2 * (|grad D(r)|^2 + |grad D(f)|^2) on L_D       (Huang et al. 2024, R3GAN)
    bce            L_D = -log s(D(r)) - log(1 - s(D(f))),  L_G = -log s(D(f)),
                   or with `saturating` the minimax form L_G = log(1 - s(D(f)));  s is the logistic function
    wgan-gp        L_D = D(f) - D(r) + penalty * (|grad D(between)| - 1)^2,  L_G = -D(f)   (Gulrajani et al. 2017)

For sequences, what a second critic says is added to L_G: the witness of frequencies (`witness.py`), never trained.
G writes letters left to right and commits to each, or draws all genes at once: draws are letters and counts forward and
carry the gradient of what they are drawn from backward (straight-through), so D never sees anything that data could not
be, and sampling is what was trained. Labels are told to both players; a synthetic record has those of a real one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from genomimic import nn
from genomimic.models.base import Count, Model, Plan, Positive, Scalars, Spec, settled
from genomimic.models.critic import Discriminator, OrderedDiscriminator, ProfileDiscriminator
from genomimic.models.generator import Generator, OrderedGenerator, ProfileGenerator
from genomimic.models.guard import FREE, Free
from genomimic.models.moments import moment_gap, near_twins
from genomimic.models.witness import Means, means, witness

JUDGED = 1024
"""Samples that each validation draws."""

NUDGE = 0.1
"""Length, in each direction, of the step by which the slope of D is estimated."""
MEMORY = 0.95
"""Share of the synthetic means that the witness keeps from one step to the next."""

SEQUENCES: Mapping[str, Any] = {"witness": 1.0, "width": 64, "generator_rate": 0.001, "discriminator_rate": 0.001}
PROFILES: Mapping[str, Any] = {"witness": 0.0, "width": 256, "generator_rate": 0.0005, "discriminator_rate": 0.0005}
STEPS = {True: (800, 3000, 30), False: (1500, 6000, 80)}
"""Least and most steps, and passes over the data, of ordered and of other records."""

Features = Float[Array, "length inputs"]
Batch = Float[Array, "batch length inputs"]
Told = Float[Array, "batch told"]


class GANState(eqx.Module):
    """Both players, the generator's moving average (which samples), both optimisers' moments, and what the witness saw.

    `seen` are the means of all real batches so far and of the latest synthetic ones.
    """

    generator: Generator
    average: Generator
    discriminator: Discriminator
    optimisers: tuple[optax.OptState, optax.OptState]
    seen: tuple[Means, Means]
    step: Int[Array, ""]


@dataclass(frozen=True)
class GAN(Model):
    """Generative adversarial network."""

    name: ClassVar[str] = "gan"
    summary: ClassVar[str] = (
        "generative adversarial network: a generator against a discriminator that scores any sequence"
    )
    conditional: ClassVar[Literal["nothing", "classes", "anything"]] = "anything"
    shown: ClassVar[tuple[str, ...]] = ("loss", "d_loss", "g_loss", "d_real", "d_fake")

    latent: int = 64
    """Numbers in the noise vector."""
    loss: Literal["relativistic", "bce", "wgan-gp"] = "relativistic"
    """What the two players minimise."""
    saturating: bool = False
    """With --loss bce: the original minimax loss of the generator instead of the non-saturating one."""
    witness: float | None = None
    """Weight in the generator's loss of the critic that compares frequencies of letter pairs and words; where not
    given, 1 for sequences and 0 for profiles."""
    penalty: float | None = None
    """Weight of the gradient penalty: 0.5 for relativistic, 10 for wgan-gp, 0 for bce where not given."""
    critic_steps: int | None = None
    """Discriminator steps for each generator step: 5 for wgan-gp, 1 for the others where not given."""
    context: Count = 20
    """Letters before each position that the generator of sequences sees."""
    width: int | None = None
    """Units in each generator layer; where not given, 64 for sequences and 256 for profiles."""
    generator_rate: Positive | None = None
    """Learning rate of the generator; where not given, 0.001 for sequences and 0.0005 for profiles."""
    discriminator_rate: Positive | None = None
    """Learning rate of the discriminator; where not given, 0.001 for sequences and 0.0005 for profiles."""
    batch: int = 128
    """Real records in each discriminator step."""
    steps: int | None = None
    """Most generator steps; where not given, 30 passes over sequences, but 800 to 3,000 steps, and 80 passes over
    profiles, but 1,500 to 6,000 steps."""
    patience: int = 24
    """Validations without improvement before training stops."""

    def plan(self, n: int) -> Plan:
        return Plan(self._steps, self.batch * self._critic_steps, every=50, patience=self.patience)

    def settled(self, spec: Spec, n: int) -> "Model":
        found = dict(SEQUENCES if spec.ordered else PROFILES)
        least, most, passes = STEPS[spec.ordered]
        found["steps"] = min(most, max(least, passes * n // self.batch))
        return replace(self, **{name: value for name, value in found.items() if getattr(self, name) is None})

    @property
    def _steps(self) -> int:
        return settled(self.steps)

    @property
    def _critic_steps(self) -> int:
        return self.critic_steps or (5 if self.loss == "wgan-gp" else 1)

    @property
    def _penalty(self) -> float:
        return {"relativistic": 0.5, "wgan-gp": 10.0, "bce": 0.0}[self.loss] if self.penalty is None else self.penalty

    def optimisers(self) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
        """Adam without momentum for the generator and the discriminator; rates fall in the second half."""
        half = self._steps // 2

        def adam(rate: float, calls: int) -> optax.GradientTransformation:
            return optax.adam(optax.linear_schedule(rate, 0.02 * rate, half * calls, half * calls), b1=0.0, b2=0.99)

        return adam(settled(self.generator_rate), 1), adam(settled(self.discriminator_rate), self._critic_steps)

    def init(self, spec: Spec, key: PRNGKeyArray) -> GANState:
        generator_key, discriminator_key = jax.random.split(key)
        width = settled(self.width)
        if spec.ordered:
            window = min(self.context, spec.length)
            generator = OrderedGenerator(spec, self.latent, window=window, width=width, key=generator_key)
            discriminator = OrderedDiscriminator(spec, discriminator_key)
        else:
            generator = ProfileGenerator(spec, self.latent, (width, width), generator_key)
            discriminator = ProfileDiscriminator(spec, (width, width // 2), discriminator_key)
        optimise_generator, optimise_discriminator = self.optimisers()
        moments = (nn.begin(optimise_generator, generator), nn.begin(optimise_discriminator, discriminator))
        nothing = means(jnp.zeros((1, spec.length, spec.observation.inputs)))
        return GANState(generator, generator, discriminator, moments, (nothing, nothing), jnp.array(0))

    def step(
        self, spec: Spec, state: GANState, batch: Shaped[Array, "batch length"], key: PRNGKeyArray
    ) -> tuple[GANState, Scalars]:
        """`critic_steps` discriminator steps, then one generator step against the last synthetic batch."""
        values, told = jax.vmap(spec.conditions.apart)(batch)
        real = spec.observation.features(values).reshape(self._critic_steps, self.batch, spec.length, -1)
        told = told.reshape(self._critic_steps, self.batch, -1)
        keys = jax.random.split(key, 2 * self._critic_steps).reshape(self._critic_steps, 2)
        optimise_generator, optimise_discriminator = self.optimisers()
        generator_moments, moments = state.optimisers

        def against(
            fake: Batch, i: int, player: Discriminator, moments: optax.OptState
        ) -> tuple[Discriminator, optax.OptState, Scalars]:
            gradient = jax.grad(self.discriminator_loss, has_aux=True)
            grads, logged = gradient(player, real[i], fake, told[i], keys[i, 1])
            return *nn.descend(optimise_discriminator, player, grads, moments), logged

        discriminator, last = state.discriminator, self._critic_steps - 1
        for i in range(last):
            fake = self._generate(spec, state.generator, told[i], keys[i, 0])
            discriminator, moments, _ = against(fake, i, discriminator, moments)
        fake, pull_back = jax.vjp(
            lambda player: self._generate(spec, player, told[last], keys[last, 0]), state.generator
        )
        discriminator, moments, logged = against(fake, last, discriminator, moments)
        seen = self._remember(state, real.reshape(-1, *fake.shape[1:]), fake)

        def loss(fake: Batch) -> tuple[Float[Array, ""], Float[Array, ""]]:
            g_loss = self.generator_loss(fake, real[last], told[last], discriminator)
            return g_loss - self.witness * witness(*seen, fake).mean() if self.witness else g_loss, g_loss

        toward, g_loss = jax.grad(loss, has_aux=True)(fake)
        generator, generator_moments = nn.descend(
            optimise_generator, state.generator, pull_back(toward)[0], generator_moments
        )
        average = nn.moving_average(state.average, generator, state.step, 0.999)
        new = GANState(generator, average, discriminator, (generator_moments, moments), seen, state.step + 1)
        return new, {**logged, "g_loss": g_loss}

    def _remember(self, state: GANState, real: Batch, fake: Batch) -> tuple[Means, Means]:
        """What the witness has seen: all real records alike, and synthetic ones of about the last twenty steps."""
        if not self.witness:
            return state.seen
        known, latest = state.seen
        known = jax.tree.map(lambda old, new: old + (new - old) / (state.step + 1), known, means(real))
        return known, nn.moving_average(latest, means(fake), state.step, MEMORY)

    def discriminator_loss(
        self,
        discriminator: Discriminator,
        real: Batch,
        fake: Batch,
        told: Told,
        key: PRNGKeyArray,
    ) -> tuple[Float[Array, ""], Scalars]:
        """L_D with its gradient penalty, and what to log."""
        on_real, on_fake = jax.vmap(discriminator)(real, told), jax.vmap(discriminator)(fake, told)
        if self.loss == "relativistic":
            loss = jax.nn.softplus(on_fake - on_real).mean()
        elif self.loss == "bce":
            loss = (jax.nn.softplus(-on_real) + jax.nn.softplus(on_fake)).mean()
        else:
            loss = (on_fake - on_real).mean()
        penalty = self._gradient_penalty(discriminator, real, fake, told, key) if self._penalty else jnp.array(0.0)
        logged = {
            "d_loss": loss,
            "d_penalty": penalty,
            "d_real": self.opinion(on_real).mean(),
            "d_fake": self.opinion(on_fake).mean(),
            "d_accuracy": (on_real > on_fake).mean(),
        }
        return loss + self._penalty * penalty, logged

    def generator_loss(
        self,
        fake: Batch,
        real: Batch,
        told: Told,
        discriminator: Discriminator,
    ) -> Float[Array, ""]:
        """L_G."""
        on_fake = jax.vmap(discriminator)(fake, told)
        if self.loss == "relativistic":
            return jax.nn.softplus(jax.vmap(discriminator)(real, told) - on_fake).mean()
        if self.loss == "wgan-gp":
            return -on_fake.mean()
        return -jax.nn.softplus(on_fake).mean() if self.saturating else jax.nn.softplus(-on_fake).mean()

    def opinion(self, logit: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """D(x) as users read it: higher is more real.

        For bce it is the probability of being real; for relativistic a number between 0 and 1 of which only differences
        mean anything; for wgan-gp the critic's unbounded number.
        """
        return logit if self.loss == "wgan-gp" else jax.nn.sigmoid(logit)

    def _gradient_penalty(
        self,
        discriminator: Discriminator,
        real: Batch,
        fake: Batch,
        told: Told,
        key: PRNGKeyArray,
    ) -> Float[Array, ""]:
        """What keeps D's slope in bounds.

        For wgan-gp the slope's exact length; for the others its mean square at real and synthetic records, estimated at
        every other record from what a small step in a random direction changes, which needs no second derivative.
        """
        if self.loss != "wgan-gp":
            x, both = jnp.concatenate([real, fake])[::2], jnp.concatenate([told, told])[::2]
            nudged = x + NUDGE * jax.random.normal(key, x.shape)
            change = jax.vmap(discriminator)(nudged, both) - jax.vmap(discriminator)(x, both)
            return ((change / NUDGE) ** 2).mean()
        share = jax.random.uniform(key, (len(real), 1, 1))
        slopes = jax.vmap(jax.grad(discriminator))(share * real + (1 - share) * fake, told)
        return ((jnp.sqrt((slopes**2).sum((1, 2)) + 1e-12) - 1) ** 2).mean()

    def _generate(self, spec: Spec, generator: Generator, told: Told, key: PRNGKeyArray) -> Batch:
        keys = jax.random.split(key, self.batch)
        return jax.vmap(lambda told, key: self._write(spec, generator, told, key))(told, keys)

    def _write(self, spec: Spec, generator: Generator, told: Float[Array, " told"], key: PRNGKeyArray) -> Features:
        noise_key, key = jax.random.split(key)
        return generator.unroll(spec, jax.random.normal(noise_key, (self.latent,)), told, key)

    def sample(
        self, spec: Spec, state: GANState, codes: Int[Array, " labels"], key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        return self.obey(spec, state, codes, FREE, key)

    def obey(
        self, spec: Spec, state: GANState, codes: Int[Array, " labels"], guard: Free, key: PRNGKeyArray
    ) -> Shaped[Array, " length"]:
        """The values of one new record that keeps the guard's rules."""
        noise_key, key = jax.random.split(key)
        return self.decode(spec, state, jax.random.normal(noise_key, (self.latent,)), codes, key, guard)

    def decode(
        self,
        spec: Spec,
        state: GANState,
        z: Float[Array, " latent"],
        codes: Int[Array, " labels"],
        key: PRNGKeyArray,
        guard: Free = FREE,
    ) -> Shaped[Array, " length"]:
        """A record generated from a noise vector, for labels of these numbers."""
        return spec.observation.from_features(state.average.unroll(spec, z, spec.conditions.told(codes), key, guard))

    def relaxed(
        self,
        spec: Spec,
        state: GANState,
        z: Float[Array, " latent"],
        codes: Int[Array, " labels"],
        key: PRNGKeyArray,
    ) -> Float[Array, "length inputs"]:
        """Features of a record generated from a noise vector, with a gradient."""
        return state.average.unroll(spec, z, spec.conditions.told(codes), key)

    def discriminate(self, spec: Spec, state: GANState, x: Shaped[Array, " columns"]) -> Float[Array, ""]:
        """D(x) of any record."""
        values, told = spec.conditions.apart(x)
        return self.opinion(state.discriminator(spec.observation.features(values), told))

    def validate(
        self, spec: Spec, state: GANState, values: Shaped[Array, "n columns"], key: PRNGKeyArray
    ) -> tuple[GANState, Scalars]:
        """How far fresh samples' means and products of values are from unseen records', in units of chance."""
        told, anything = spec.conditions, spec.conditions.anything()

        def draw(key: PRNGKeyArray) -> Shaped[Array, " length"]:
            told_key, key = jax.random.split(key)
            return self.sample(spec, state, told.draw(anything, told_key), key)

        samples = jax.lax.map(draw, jax.random.split(key, JUDGED), batch_size=256)
        real = jax.vmap(told.apart)(values)[0]
        return state, {"loss": moment_gap(spec, samples, real), "near_twins": near_twins(spec, samples)}

    def networks(self, state: GANState) -> Mapping[str, Any]:
        return {"generator": state.average, "discriminator": state.discriminator}

    def health(self, log: Sequence[Mapping[str, int | float]]) -> str | None:
        latest = log[-1]
        if latest["near_twins"] > 0.5:
            return (
                f"mode collapse at step {latest['step']:.0f}: {latest['near_twins']:.0%} of {JUDGED} samples have a "
                "near twin among the others; lower --generator-rate or raise --penalty"
            )
        if len(log) >= 8 and all(row["d_accuracy"] > 0.995 for row in log[-8:]):
            return (
                f"the discriminator has won at step {latest['step']:.0f}: it tells real from synthetic each time and "
                "the generator learns nothing more; lower --discriminator-rate or raise --penalty"
            )
        return None
