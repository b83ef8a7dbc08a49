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
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree, Shaped

import genomimic
from genomimic.compliance import violations
from genomimic.dataset import Dataset, join
from genomimic.errors import UsageError
from genomimic.models import Model, Spec, State, able
from genomimic.models.guard import Ruled
from genomimic.ordering import Order, order_for
from genomimic.parallel import in_order
from genomimic.rules import Rules, told
from genomimic.run import Run
from genomimic.templates import Templates
from genomimic.where import Where

BLOCK = 256
"""Records that one call of the compiled sampler makes."""

SAMPLE = 3
"""The stream of random numbers for sampling; training uses others."""

LABELS = 0
"""The part of a record's random numbers that draws its labels."""


def sample(
    run: Run,
    n: int,
    *,
    seed: int = 0,
    start: int = 0,
    template: str | Path | None = None,
    where: Where | None = None,
    guidance: float | None = None,
    rules: Rules = (),
) -> Dataset:
    """Synthetic records, numbers start .. start + n - 1 of a seed.

    With a template, as letters and N or as a file of such, the given letters are kept and the others drawn: n records
    of each template, one template after another. `where` says which labels they have: values by name ("0.9q" is a
    quantile), or a table of which each row gets n records; others are drawn as they are frequent. `guidance` above 0
    makes records more typical of their labels. `rules` (see `read_rules`) are kept by every record. Raises `UsageError`
    where the run's model cannot do that.
    """
    order = order_for(run, template=template, where=where, guidance=guidance, rules=rules)
    return join(list(stream(run, n, seed=seed, start=start, order=order)))


def stream(
    run: Run, n: int, *, seed: int = 0, start: int = 0, batch: int = 16384, order: Order | None = None
) -> Iterator[Dataset]:
    """The records of `sample`, at most `batch` held in memory at a time; the records do not depend on `batch`."""
    if n < 1 or batch < 1:
        raise UsageError(f"cannot draw {n} records {batch} at a time; both must be at least 1")
    order = order or order_for(run)
    draw, end = _sampler(run, seed, order, start, n), start + n * order.kinds
    held: list[np.ndarray] = []
    at = start
    blocks = range(start // BLOCK, -(-end // BLOCK))
    for block, drawn in zip(blocks, in_order(draw, blocks), strict=True):
        first = block * BLOCK
        held.append(drawn[max(start - first, 0) : end - first])
        if sum(map(len, held)) >= batch or first + BLOCK >= end:
            values = np.concatenate(held)
            for cut in range(0, len(values), batch):
                made = _kept(_synthetic(run, order, values[cut : cut + batch], seed, at), order.rules)
                rows = (np.arange(at, at + len(made)) - start) // n
                yield made if order.templates is None else _named(made, order.templates, rows)
                at += len(made)
            held = []


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
        state: State, values: PyTree[Shaped[Array, "block ..."]], key: PRNGKeyArray, first: Int[Array, ""]
    ) -> Shaped[Array, "block *result"]:
        keys = jax.vmap(partial(jax.random.fold_in, key))(first + jnp.arange(BLOCK))
        return jax.vmap(lambda value, key: function(model, spec, state, value, key))(values, keys)

    return block


def _sampler(
    run: Run, seed: int, order: Order, start: int, n: int
) -> Callable[[int], Shaped[np.ndarray, "block columns"]]:
    """Block number to the rows of that block; other runs draw other records from the same seed.

    From record `start` on, n records in a row are of the same kind.
    """
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), SAMPLE), int(run.digest, 16))
    how = _fill if order.templates is not None else _draw if order.guard is None else _obey
    write, state = _compiled(how, order.model, run.spec), run.state if order.guard is None else (run.state, order.guard)

    def block(number: int) -> Shaped[np.ndarray, "block columns"]:
        kind = np.maximum((number * BLOCK + np.arange(BLOCK) - start) // n, 0)
        given = order.codes[np.minimum(kind, len(order.codes) - 1)]
        if order.templates is not None:
            allowed = order.templates.allowed
            given = (given, allowed[np.minimum(kind, len(allowed) - 1)])
        return np.asarray(write(state, given, key, number * BLOCK))

    return block


def _known(model: Model, spec: Spec, state: State, x: Shaped[Array, " columns"], key: PRNGKeyArray) -> Int[Array, ""]:
    """Letters, counts or values that are known; an end is none."""
    return spec.observation.known(spec.conditions.apart(x)[0])


def _draw(
    model: Model, spec: Spec, state: State, wanted: Int[Array, " labels"], key: PRNGKeyArray
) -> Shaped[Array, " columns"]:
    codes = spec.conditions.draw(wanted, jax.random.fold_in(key, LABELS))
    return spec.conditions.joined(model.sample(spec, state, codes, key), codes)


def _obey(
    model: Any, spec: Spec, state: tuple[State, Ruled], wanted: Int[Array, " labels"], key: PRNGKeyArray
) -> Shaped[Array, " columns"]:
    codes = spec.conditions.draw(wanted, jax.random.fold_in(key, LABELS))
    return spec.conditions.joined(model.obey(spec, state[0], codes, state[1], key), codes)


def _fill(
    model: Any,
    spec: Spec,
    state: State,
    given: tuple[Int[Array, " labels"], Bool[Array, "length symbols"]],
    key: PRNGKeyArray,
) -> Shaped[Array, " columns"]:
    wanted, allowed = given
    codes = spec.conditions.draw(wanted, jax.random.fold_in(key, LABELS))
    return spec.conditions.joined(model.fill(spec, state, allowed, codes, key), codes)


def _log_prob(
    model: Model, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray
) -> Float[Array, ""]:
    return model.log_prob(spec, state, x, key)


def _opinion(model: Any, spec: Spec, state: State, x: Shaped[Array, " length"], key: PRNGKeyArray) -> Float[Array, ""]:
    return model.discriminate(spec, state, x)


def _sharpened(model: Model) -> dict[str, str]:
    """Labels that say so where a model does not draw from the distribution that it learned."""
    plain = {"temperature": 1.0, "guidance": 0.0}
    return {name: f"{getattr(model, name):g}" for name, usual in plain.items() if getattr(model, name, usual) != usual}


def maker(run: Run) -> dict[str, str]:
    """Labels that say of a record that it is synthetic, and who made it."""
    return {
        "origin": "synthetic",
        "generator": f"genomimic-{genomimic.__version__}",
        "model": run.model.name,
        "run": run.digest,
    }


def _synthetic(run: Run, order: Order, values: Shaped[np.ndarray, "n columns"], seed: int, first: int) -> Dataset:
    """Values with names and labels that say they are synthetic and how to make them again."""
    n, index = len(values), np.arange(first, first + len(values))
    labels = {
        **maker(run),
        "seed": str(seed),
    } | _sharpened(order.model)
    columns = {name: np.full(n, text, dtype=object) for name, text in labels.items()}
    values, codes = np.split(values, [run.spec.length], 1)
    columns |= run.spec.conditions.columns(codes)
    columns["index"] = index.astype(str).astype(object)
    return Dataset(values, np.array([f"synthetic_{i:07d}" for i in index], dtype=object), run.modality, columns)


def _kept(made: Dataset, rules: Rules) -> Dataset:
    """The records with the rules that they keep as a label, once they have been checked."""
    if not rules:
        return made
    broken = violations(made, rules)
    if broken:
        raise RuntimeError(f"a record that was to keep the rules does not: {broken[0]}")
    return replace(made, labels={**made.labels, "rules": np.full(len(made), told(rules), dtype=object)})


def _named(made: Dataset, templates: Templates, rows: Int[np.ndarray, " n"]) -> Dataset:
    """The records with the name of the template that each was filled from."""
    return replace(made, labels={**made.labels, "template": np.array(templates.names, dtype=object)[rows]})
