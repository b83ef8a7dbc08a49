"""Drawing from trained models, and what a model says of given records.

Record i of a run and a seed depends on (run, seed, i) alone: the machine code works on blocks of one
fixed size whatever is asked for. A block is a chain of small products, which one core does best alone, so every core
takes a block.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

import genomimic
from genomimic.dataset import Dataset, join
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.models import Model, Spec, State, able
from genomimic.parallel import in_order
from genomimic.run import Run
from genomimic.templates import Templates, read_templates

BLOCK = 256
"""Records that one call of the compiled sampler makes."""

SAMPLE = 3
"""The stream of random numbers for sampling; training uses others."""


def sample(run: Run, n: int, *, seed: int = 0, start: int = 0, template: str | Path | None = None) -> Dataset:
    """Synthetic records, numbers start .. start + n - 1 of a seed.

    With a template, as letters and N or as a file of such, the given letters are kept and the others drawn: n records
    of each template, one template after another. Raises `UsageError` where the run's model cannot do that.
    """
    templates = None if template is None else templates_for(run, template)
    return join(list(stream(run, n, seed=seed, start=start, templates=templates)))


def stream(
    run: Run, n: int, *, seed: int = 0, start: int = 0, batch: int = 16384, templates: Templates | None = None
) -> Iterator[Dataset]:
    """The records of `sample`, at most `batch` held in memory at a time; the records do not depend on `batch`."""
    if n < 1 or batch < 1:
        raise UsageError(f"cannot draw {n} records {batch} at a time; both must be at least 1")
    draw, end = _sampler(run, seed, templates, start, n), start + n * (len(templates.names) if templates else 1)
    held: list[np.ndarray] = []
    at = start
    blocks = range(start // BLOCK, -(-end // BLOCK))
    for block, drawn in zip(blocks, in_order(draw, blocks), strict=True):
        first = block * BLOCK
        held.append(drawn[max(start - first, 0) : end - first])
        if sum(map(len, held)) >= batch or first + BLOCK >= end:
            values = np.concatenate(held)
            for cut in range(0, len(values), batch):
                made = _synthetic(run, values[cut : cut + batch], seed, at)
                rows = (np.arange(at, at + len(made)) - start) // n
                yield made if templates is None else _named(made, templates, rows)
                at += len(made)
            held = []


def templates_for(run: Run, given: str | Path) -> Templates:
    """The template that a text is, or those in a file, for records of this run; its model must be able to fill in."""
    if not hasattr(run.model, "fill"):
        raise UsageError(f"{run.model.name} cannot fill in a template; models that can: {able('fill')}")
    assert isinstance(run.modality, Sequences)
    return read_templates(given, run.modality, length=run.spec.length, ends=run.spec.ends)


def log_likelihood(run: Run, dataset: Dataset, *, seed: int = 0) -> Float[np.ndarray, " n"]:
    """Log-probability of each record in nats; exact or a lower bound as `run.model.likelihood` says."""
    if run.model.likelihood == "none":
        raise UsageError(f"{run.model.name} has no likelihood; it can only sample")
    return mapped(run, _log_prob, aligned_values(run, dataset), seed=seed)


def bits_per_base(run: Run, dataset: Dataset, *, seed: int = 0) -> Float[np.ndarray, " n"]:
    """Bits that the model needs for a letter of each record: 2 for equal letters of DNA, fewer is better."""
    return bits_a_value(run, aligned_values(run, dataset), log_likelihood(run, dataset, seed=seed))


def bits_a_value(
    run: Run, rows: Shaped[np.ndarray, "n columns"], nats: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Bits for each known value of rows whose log-probabilities are given in nats."""
    return -nats / np.maximum(mapped(run, _known, rows), 1) / np.log(2.0)


def discriminate(run: Run, dataset: Dataset) -> Float[np.ndarray, " n"]:
    """D(x) of each record: what a GAN's discriminator thinks of it."""
    if not hasattr(run.model, "discriminate"):
        raise UsageError(f"{run.model.name} has no discriminator; models that have one: {able('discriminate')}")
    return mapped(run, _opinion, aligned_values(run, dataset))


def aligned_values(run: Run, dataset: Dataset) -> Shaped[np.ndarray, "n length"]:
    """The rows of a data set with the columns of the run's; records that do not have them are refused."""
    trained, given = run.modality.config()["name"], dataset.modality.config()["name"]
    if trained != given:
        raise UsageError(f"the run was trained on {trained}, this is {given}")
    return run.spec.conditions.rows(run.modality.conform(dataset, run.spec.length))


Rowwise = Callable[[Model, Spec, State, Any, PRNGKeyArray], Any]
"""A function of one row: model, spec, state, the row's value and a key."""


def mapped(
    run: Run, function: Rowwise, values: Shaped[np.ndarray, "n *rest"], *, seed: int = 0
) -> Shaped[np.ndarray, "n *result"]:
    """The function of each row, in blocks of one compiled size."""
    many, key = _compiled(function, run.model, run.spec), jax.random.key(seed)

    def block(first: int) -> Shaped[np.ndarray, "block *result"]:
        rows = np.minimum(np.arange(first, first + BLOCK), len(values) - 1)
        return np.asarray(many(run.state, values[rows], key, first))[: len(values) - first]

    return np.concatenate(list(in_order(block, range(0, len(values), BLOCK))))


@lru_cache(maxsize=64)
def _compiled(function: Rowwise, model: Model, spec: Spec) -> Callable[..., Shaped[Array, "block *result"]]:
    """The function of a block of rows; row i draws from a key of its own."""

    @jax.jit
    def block(
        state: State, values: Shaped[Array, "block *rest"], key: PRNGKeyArray, first: Int[Array, ""]
    ) -> Shaped[Array, "block *result"]:
        keys = jax.vmap(partial(jax.random.fold_in, key))(first + jnp.arange(BLOCK))
        return jax.vmap(lambda value, key: function(model, spec, state, value, key))(values, keys)

    return block


def _sampler(
    run: Run, seed: int, templates: Templates | None, start: int, n: int
) -> Callable[[int], Shaped[np.ndarray, "block length"]]:
    """Block number to the records of that block; other runs draw other records from the same seed.

    With templates, n records in a row fill the same one, from record `start` on.
    """
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), SAMPLE), int(run.digest, 16))
    if templates is None:
        draw, nothing = _compiled(_draw, run.model, run.spec), np.zeros(BLOCK, np.int8)
        return lambda block: np.asarray(draw(run.state, nothing, key, block * BLOCK))
    fill, last = _compiled(_fill, run.model, run.spec), len(templates.names) - 1

    def filled(block: int) -> Shaped[np.ndarray, "block length"]:
        rows = np.clip((block * BLOCK + np.arange(BLOCK) - start) // n, 0, last)
        return np.asarray(fill(run.state, templates.allowed[rows], key, block * BLOCK))

    return filled


def _known(model: Model, spec: Spec, state: State, x: Shaped[Array, " columns"], key: PRNGKeyArray) -> Int[Array, ""]:
    """Letters, counts or values that are known; an end is none."""
    return spec.observation.known(spec.conditions.apart(x)[0])


def _draw(model: Model, spec: Spec, state: State, _: Any, key: PRNGKeyArray) -> Shaped[Array, " length"]:
    return model.sample(spec, state, key)


def _fill(
    model: Any, spec: Spec, state: State, allowed: Bool[Array, "length symbols"], key: PRNGKeyArray
) -> Shaped[Array, " length"]:
    return model.fill(spec, state, allowed, key)


def _log_prob(
    model: Model, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray
) -> Float[Array, ""]:
    return model.log_prob(spec, state, x, key)


def _opinion(model: Any, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
    return model.discriminate(spec, state, x)


def _temperature(run: Run) -> dict[str, str]:
    """A label that says so where a model does not draw from the distribution that it learned."""
    temperature = getattr(run.model, "temperature", 1.0)
    return {} if temperature == 1.0 else {"temperature": f"{temperature:g}"}


def _synthetic(run: Run, values: Shaped[np.ndarray, "n length"], seed: int, first: int) -> Dataset:
    """Values with names and labels that say they are synthetic and how to make them again."""
    n, index = len(values), np.arange(first, first + len(values))
    labels = {
        "origin": "synthetic",
        "generator": f"genomimic-{genomimic.__version__}",
        "model": run.model.name,
        "run": run.digest,
        "seed": str(seed),
    } | _temperature(run)
    columns = {name: np.full(n, text, dtype=object) for name, text in labels.items()}
    values, codes = np.split(values, [run.spec.length], 1)
    columns |= run.spec.conditions.labels(codes)
    columns["index"] = index.astype(str).astype(object)
    return Dataset(values, np.array([f"synthetic_{i:07d}" for i in index], dtype=object), run.modality, columns)


def _named(made: Dataset, templates: Templates, rows: Int[np.ndarray, " n"]) -> Dataset:
    """The records with the name of the template that each was filled from."""
    return replace(made, labels={**made.labels, "template": np.array(templates.names, dtype=object)[rows]})
