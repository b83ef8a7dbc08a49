"""The latent space of a trained VAE, and the noise space of a GAN, as a tool."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.models import Spec, State, able
from genomimic.run import Run
from genomimic.sampling import aligned_values, bits_a_value, mapped


class Latent(NamedTuple):
    """Where records lie in the latent space: a Gaussian for each, (n, latent)."""

    mean: Float[np.ndarray, "n latent"]
    variance: Float[np.ndarray, "n latent"]


def encode(run: Run, dataset: Dataset) -> Latent:
    """Mean and variance of each record's latent vector (Kingma & Welling 2014)."""
    check(run, "encode")
    both = mapped(run, _encode, aligned_values(run, dataset))
    return Latent(both[:, 0], both[:, 1])


def reconstruction_error(run: Run, dataset: Dataset) -> Float[np.ndarray, " n"]:
    """Bits for each value of a record that the decoder needs, given the record's latent mean: how well z tells it."""
    check(run, "encode")
    rows = aligned_values(run, dataset)
    return bits_a_value(run, rows, mapped(run, _read_back, rows))


def decode(
    run: Run,
    z: Float[np.ndarray, "n latent"],
    *,
    labels: Mapping[str, Shaped[np.ndarray, " n"]] | None = None,
    seed: int = 0,
) -> Dataset:
    """One record drawn from the decoder's distribution at each latent vector.

    What the model is told of each (its conditions) is drawn as it is frequent, or taken from `labels`.
    """
    check(run, "decode")
    told, z = run.spec.conditions, np.asarray(z, np.float32)
    if labels is None or not told.names:
        rows = mapped(run, _decode, z, seed=seed)
    else:
        codes = told.codes(labels, len(z)).astype(np.float32)
        rows = mapped(run, _decode_told, np.concatenate([z, codes], 1), seed=seed)
    values, codes = np.split(rows, [run.spec.length], 1)
    ids = np.array([f"decoded_{i:07d}" for i in range(len(values))], dtype=object)
    origin = {"origin": np.full(len(values), "synthetic", dtype=object)}
    return Dataset(values, ids, run.modality, origin | told.columns(codes))


def reconstruct(run: Run, dataset: Dataset, *, seed: int = 0) -> Dataset:
    """One record drawn from the decoder at each record's latent mean: alike in what z holds, not letter by letter."""
    return decode(run, encode(run, dataset).mean, labels=dataset.labels, seed=seed)


def shift(run: Run, dataset: Dataset, *, to: Dataset, away: Dataset, share: float = 1.0, seed: int = 0) -> Dataset:
    """Latent arithmetic: each record decoded at its latent mean + share * (mean of `to` - mean of `away`).

    Cells of one type moved along the difference of treated and untreated cells of another, say (Lotfollahi et al.
    2019). The records keep their labels.
    """
    step = encode(run, to).mean.mean(0) - encode(run, away).mean.mean(0)
    return decode(run, encode(run, dataset).mean + share * step, labels=dataset.labels, seed=seed)


def interpolate(run: Run, pair: Dataset, *, points: int = 7, seed: int = 0) -> Dataset:
    """Records decoded at `points` steps of the straight line between the latent means of two records."""
    if len(pair) != 2:
        raise UsageError(f"interpolation needs 2 records, got {len(pair)}")
    first, last = encode(run, pair).mean
    return decode(run, _line(first, last, points), seed=seed)


def traverse(
    run: Run,
    dataset: Dataset,
    values: Float[np.ndarray, " n"],
    *,
    points: int = 7,
    copies: int = 200,
    seed: int = 0,
) -> Dataset:
    """`copies` records decoded at each of `points` steps of the line along which `values` rise, point after point.

    The line goes from the mean latent vector of the tenth of the records with the lowest values (one a record, such as
    its GC content) to that of the tenth with the highest.
    """
    if len(values) != len(dataset):
        raise UsageError(f"the values must be one for each of the {len(dataset)} records, got {len(values)}")
    mean, order, tenth = encode(run, dataset).mean, np.argsort(values, kind="stable"), -(-len(dataset) // 10)
    line = _line(mean[order[:tenth]].mean(0), mean[order[-tenth:]].mean(0), points)
    return decode(run, np.repeat(line, copies, 0), seed=seed)


def _line(
    first: Float[np.ndarray, " latent"], last: Float[np.ndarray, " latent"], points: int
) -> Float[np.ndarray, "points latent"]:
    share = np.linspace(0.0, 1.0, points)[:, None]
    return (1 - share) * first + share * last


def check(run: Run, name: str) -> None:
    """Refuse a run whose model cannot do what the method of that name does."""
    if not hasattr(run.model, name):
        raise UsageError(f"{run.model.name} cannot {name}; models that can: {able(name)}")


def _encode(
    model: Any, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray
) -> Float[Array, "2 latent"]:
    return jnp.stack(model.encode(spec, state, x))


def _decode(
    model: Any, spec: Spec, state: State, z: Float[Array, " latent"], key: PRNGKeyArray
) -> Shaped[Array, " columns"]:
    told, (told_key, key) = spec.conditions, jax.random.split(key)
    codes = told.draw(told.anything(), told_key)
    return told.joined(model.decode(spec, state, z, codes, key), codes)


def _decode_told(
    model: Any, spec: Spec, state: State, row: Float[Array, " latent_and_names"], key: PRNGKeyArray
) -> Shaped[Array, " columns"]:
    """At a latent vector that is followed by the numbers of levels."""
    z, codes = jnp.split(row, [len(row) - len(spec.conditions.names)])
    codes = codes.astype(jnp.int32)
    return spec.conditions.joined(model.decode(spec, state, z, codes, key), codes)


def _read_back(
    model: Any, spec: Spec, state: State, x: Shaped[Array, " columns"], key: PRNGKeyArray
) -> Float[Array, ""]:
    return model.read_back(spec, state, model.encode(spec, state, x)[0], x)
