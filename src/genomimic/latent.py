"""The latent space of a trained VAE, and the noise space of a GAN, as a tool."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.models import Spec, State, able
from genomimic.run import Run
from genomimic.sampling import aligned_values, mapped


class Latent(NamedTuple):
    """Where records lie in the latent space: a Gaussian for each, (n, latent)."""

    mean: Float[np.ndarray, "n latent"]
    variance: Float[np.ndarray, "n latent"]


def encode(run: Run, dataset: Dataset) -> Latent:
    """Mean and variance of each record's latent vector (Kingma & Welling 2014)."""
    _check(run, "encode")
    both = mapped(run, _encode, aligned_values(run, dataset))
    return Latent(both[:, 0], both[:, 1])


def decode(run: Run, z: Float[np.ndarray, "n latent"], *, seed: int = 0) -> Dataset:
    """One record drawn from the decoder's distribution at each latent vector."""
    _check(run, "decode")
    values = mapped(run, _decode, np.asarray(z, np.float32), seed=seed)
    ids = np.array([f"decoded_{i:07d}" for i in range(len(values))], dtype=object)
    labels = {"origin": np.full(len(values), "synthetic", dtype=object)}
    return Dataset(values, ids, run.modality, labels)


def reconstruct(run: Run, dataset: Dataset, *, seed: int = 0) -> Dataset:
    """One record drawn from the decoder at each record's latent mean: alike in what z holds, not letter by letter."""
    return decode(run, encode(run, dataset).mean, seed=seed)


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


def _check(run: Run, name: str) -> None:
    if not hasattr(run.model, name):
        raise UsageError(f"{run.model.name} cannot {name}; models that can: {able(name)}")


def _encode(
    model: Any, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray
) -> Float[Array, "2 latent"]:
    return jnp.stack(model.encode(spec, state, x))


def _decode(
    model: Any, spec: Spec, state: State, z: Float[Array, " latent"], key: PRNGKeyArray
) -> Shaped[Array, " length"]:
    return model.decode(spec, state, z, key)
