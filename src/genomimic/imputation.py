"""What was not measured, filled in by a model: a mean for each such value, and an interval from posterior draws.

For each record, latent vectors z_1 .. z_S are drawn from the encoder's posterior given its known values, and weighted
by p(known | z_s) p(z_s) / q(z_s | known). A value x that is not known then has

    p(x | known) = sum_s w_s p(x | z_s, library size of the known values)
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities.expression import known_values
from genomimic.models import Spec, State, able
from genomimic.observation import Measured
from genomimic.parallel import in_order
from genomimic.run import Run
from genomimic.sampling import aligned_values

COVERED = 0.9
"""Share of the posterior draws of a value that its interval holds."""

ROOM = 2**24
"""Numbers that one call of the compiled code gives."""

MOST_AT_ONCE = 256
"""Records in one call of the compiled code, at most."""


class Imputed(NamedTuple):
    """Records made whole: `values`, and the `low` and `high` ends of 90% intervals where `filled`.

    Elsewhere all three are the value that was given. Counts are expected counts, with a fraction.
    """

    values: Float[np.ndarray, "n length"]
    low: Float[np.ndarray, "n length"]
    high: Float[np.ndarray, "n length"]
    filled: Bool[np.ndarray, "n length"]


class Foretold(NamedTuple):
    """What a model says of some values, row after row: means, of their logarithms too, and 90% intervals.

    `log_density` and `rank` are of the true values: nats, and the share of draws below, which is uniform between 0 and
    1 where the model is right (ties broken by chance; Czado, Gneiting & Held 2009).
    """

    mean: Float[np.ndarray, " entries"]
    middle: Float[np.ndarray, " entries"]
    low: Float[np.ndarray, " entries"]
    high: Float[np.ndarray, " entries"]
    log_density: Float[np.ndarray, " entries"]
    rank: Float[np.ndarray, " entries"]


def impute(run: Run, dataset: Dataset, *, zeros: bool = False, draws: int = 64, seed: int = 0) -> Imputed:
    """Fill in the values that are not known (NaN, or -1 for counts), in the data's units.

    With `zeros`, zeros of counts are exchanged too, for the count that the model expects of a second look at that cell:
    this takes a zero for one draw that says little of its gene. Raises `UsageError` where there is nothing to fill in.

    >>> import genomimic as gm
    >>> run = gm.Run.load("filled-run")  # doctest: +SKIP
    >>> found = gm.impute(run, gm.read("cells.h5ad", missing=True))  # doctest: +SKIP
    >>> found.values[found.filled], found.low[found.filled], found.high[found.filled]  # doctest: +SKIP
    """
    check(run)
    rows = aligned_values(run, dataset)
    values = rows[:, : run.spec.length]
    filled = wanted(values, zeros=zeros)
    found = foretell(run, rows, filled, values, draws=draws, seed=seed)
    whole, low, high = (values.astype(np.float32) for _ in range(3))
    whole[filled], low[filled], high[filled] = found.mean, found.low, found.high
    return Imputed(whole, low, high, filled)


def check(run: Run) -> None:
    """Refuse a run that cannot fill in values."""
    if run.modality.ordered:
        raise UsageError(
            "the run was trained on sequences; letters are filled in by: genomimic sample RUN --template FILE"
        )
    if not hasattr(run.model, "impute"):
        raise UsageError(f"{run.model.name} cannot impute; models that can: {able('impute')}")


def wanted(values: Shaped[np.ndarray, "n length"], *, zeros: bool) -> Bool[np.ndarray, "n length"]:
    """Which values are to be filled in; raises `UsageError` where there are none."""
    counts = np.issubdtype(values.dtype, np.integer)
    if zeros and not counts:
        raise UsageError("--zeros is for counts: in continuous values a 0 is a value like others; leave it out")
    found = ~known_values(values)
    if zeros:
        found |= values == 0
    if not found.any():
        hint = "; zeros are values: to exchange them too, add --zeros" if counts and not zeros else ""
        raise UsageError(f"there is nothing to impute: no value is missing (NaN or empty){hint}")
    return found


def foretell(
    run: Run,
    rows: Shaped[np.ndarray, "n columns"],
    asked: Bool[np.ndarray, "n length"],
    truth: Shaped[np.ndarray, "n length"],
    *,
    draws: int = 64,
    seed: int = 0,
) -> Foretold:
    """What the model says of the values that are `asked` for, given the known values of rows (with their conditions).

    Row i depends on the seed and i alone.
    """
    observation = run.spec.observation
    assert isinstance(observation, Measured)
    which = np.flatnonzero(asked.any(1))
    width = -(-int(asked.sum(1).max()) // 32) * 32
    size = int(np.clip(ROOM // (draws * width), 1, MOST_AT_ONCE))
    places = np.argsort(~asked[which], 1, kind="stable")[:, :width].astype(np.int32)
    many, key = _compiled(run.model, run.spec, draws, size), jax.random.key(seed)

    def block(first: int) -> list[Foretold]:
        some = which[np.minimum(np.arange(first, first + size), len(which) - 1)]
        at = places[np.minimum(np.arange(first, first + size), len(which) - 1)]
        held = np.take_along_axis(truth[some], at, 1)
        given, log_weights, mean, density = map(np.asarray, many(run.state, rows[some], at, held, key, some))
        ends = asked[some].sum(1)
        return [
            _summed(
                observation,
                given[i, :, : ends[i]],
                log_weights[i],
                held[i, : ends[i]],
                mean[i, : ends[i]],
                density[i, : ends[i]],
                np.random.default_rng([seed, int(row), 1]),
            )
            for i, row in enumerate(some[: len(which) - first])
        ]

    found = [one for many in in_order(block, range(0, len(which), size)) for one in many]
    return Foretold(*(np.concatenate(parts).astype(np.float32) for parts in zip(*found, strict=True)))


@lru_cache(maxsize=16)
def _compiled(model: Any, spec: Spec, draws: int, size: int) -> Callable[..., tuple[Array, ...]]:
    """For a block of records: `given` and log-weight of each draw, and mean and log-density at each place."""
    observation = spec.observation
    assert isinstance(observation, Measured)

    def one(
        state: State, x: Shaped[Array, " columns"], at: Int[Array, " places"], truth: Any, key: PRNGKeyArray
    ) -> tuple[Array, ...]:
        given, log_weights = model.impute(spec, state, x, at, key, draws)
        mean = jnp.exp(log_weights) @ observation.expected(given)
        density = jax.nn.logsumexp(log_weights[:, None] + jax.vmap(observation.log_density, (0, None))(given, truth), 0)
        return given, log_weights, mean, density

    @jax.jit
    def block(
        state: State,
        rows: Shaped[Array, "block columns"],
        at: Int[Array, "block places"],
        truth: Shaped[Array, "block places"],
        key: PRNGKeyArray,
        numbers: Int[Array, " block"],
    ) -> tuple[Array, ...]:
        keys = jax.vmap(partial(jax.random.fold_in, key))(numbers)
        return jax.vmap(partial(one, state))(rows, at, truth, keys)

    return block


def _summed(
    observation: Measured,
    given: Float[np.ndarray, "draws entries given"],
    log_weights: Float[np.ndarray, " draws"],
    truth: Shaped[np.ndarray, " entries"],
    mean: Float[np.ndarray, " entries"],
    log_density: Float[np.ndarray, " entries"],
    rng: np.random.Generator,
) -> Foretold:
    """What one record's draws come to: as many draws of its values as of its latent vector, all from one stream."""
    weights = np.exp(log_weights.astype(np.float64))
    draws = observation.drawn(given[rng.choice(len(given), len(given), p=weights / weights.sum())], rng)
    low, high = interval(draws)
    counts = np.issubdtype(draws.dtype, np.integer)
    middle = np.expm1(np.log1p(draws).mean(0)) if counts else mean
    below, same = (draws < truth).sum(0), (draws == truth).sum(0)
    rank = (below + rng.random(len(truth)) * (same + 1)) / (len(draws) + 1)
    return Foretold(mean, middle, low, high, log_density, rank)


def interval(
    draws: Shaped[np.ndarray, "draws entries"],
) -> tuple[Shaped[np.ndarray, " entries"], Shaped[np.ndarray, " entries"]]:
    """Ends of an interval with 5% of a value's distribution on either side, whole where draws are.

    >>> interval(np.arange(1, 20)[:, None])
    (array([1.]), array([19.]))
    """
    low, high = np.quantile(draws, [(1 - COVERED) / 2, (1 + COVERED) / 2], axis=0, method="weibull")
    counts = np.issubdtype(draws.dtype, np.integer)
    return (np.floor(low), np.ceil(high)) if counts else (low, high)
