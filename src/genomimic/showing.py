"""A run in words: what it is, what it is made of, how training went."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax

from genomimic.budgets import outlook
from genomimic.run import Run
from genomimic.sections import chosen

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 40


class Layer(NamedTuple):
    """One array of a network: where it stands, its shape, and how many numbers it holds."""

    network: str
    name: str
    shape: tuple[int, ...]
    parameters: int


def layers(run: Run) -> list[Layer]:
    """The arrays of all networks that make a run's records."""
    return [
        Layer(network, jax.tree_util.keystr(path, simple=True, separator="."), leaf.shape, math.prod(leaf.shape))
        for network, tree in run.model.networks(run.state).items()
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]


def text(run: Run) -> str:
    """Model, data, layers and training curves as lines of text."""
    blocks = (_settings(run), _choice(run), _data(run), _layers(run), _training(run))
    return "\n\n".join("\n".join(block) for block in blocks if block)


def curve(values: Sequence[float]) -> str:
    """Numbers as a line of bars, at most `WIDTH` of them.

    >>> curve([0.0, 1.0, 2.0, 7.0])
    '▁▂▃█'
    """
    every = max(1, math.ceil(len(values) / WIDTH))
    some = [value for value in values[::every] if math.isfinite(value)]
    low, high = min(some), max(some)
    return "".join(BARS[round((value - low) / (high - low or 1.0) * (len(BARS) - 1))] for value in some)


def _settings(run: Run) -> list[str]:
    fields = {name: value for name, value in run.config["model"].items() if name != "name"}
    rows = {"model": f"{run.model.name}: {run.model.summary}", "run": run.digest}
    return _lines(rows | {f"--{name.replace('_', '-')}": value for name, value in fields.items()})


def _choice(run: Run) -> list[str]:
    if "choice" not in run.config:
        return []
    found = chosen(run)
    rows = [f"{'chosen by auto':<18} {'bits per base':>13} {'behind the best':>16} {'training':>12}"]
    for row in found.tried:
        behind = f"{row.behind_the_best:.4f} ±{row.standard_error:.4f}"
        rows.append(f"{row.model:<18} {row.bits_per_base:>13.4f} {behind:>16} {row.took:>12}")
    return [*rows, found.reason]


def _data(run: Run) -> list[str]:
    stored = run.config["data"]
    parts = ", ".join(f"{stored[part]:,} {part}" for part in ("train", "validation", "holdout"))
    return _lines(
        {
            "data": stored["path"],
            "SHA-256": stored["sha256"],
            run.modality.records: run.modality.described(run.spec.length),
            "records": f"{stored['records']:,}: {parts}, {stored['duplicates']:,} duplicates left out",
            **({"split": note} if (note := run.config["split"].get("note")) else {}),
            **({"conditions": _conditions(run)} if run.spec.conditions.names else {}),
            "seed": run.config["training"]["seed"],
            "command": run.config["command"],
            "versions": ", ".join(f"{name} {number}" for name, number in run.config["versions"].items()),
        }
    )


def _conditions(run: Run) -> str:
    """Labels that the model is told, with their values."""
    return "; ".join(f"{label.name}: {label.described}" for label in run.spec.conditions.labels)


def _layers(run: Run) -> list[str]:
    found = layers(run)
    rows = [f"{'layer':<40} {'shape':<16} {'parameters':>10}"]
    for network in dict.fromkeys(layer.network for layer in found):
        own = [layer for layer in found if layer.network == network]
        rows += [f"{network + '.' + layer.name:<40} {_shape(layer):<16} {layer.parameters:>10,}" for layer in own]
        rows.append(f"{network + ' in all':<57} {sum(layer.parameters for layer in own):>10,}")
    return rows


def _shape(layer: Layer) -> str:
    return " x ".join(map(str, layer.shape)) or "1"


def _training(run: Run) -> list[str]:
    log = run.log
    if not log:
        return []
    names = [name for name in log[-1] if name not in ("step", "seconds")]
    rows = [f"training: {log[-1]['step']:.0f} steps in {log[-1]['seconds']:.0f} s; {run.stopped}"]
    for name in names:
        values = [row[name] for row in log if name in row]
        rows.append(f"{name:<18} {values[0]:>9.4g} {curve(values)} {values[-1]:.4g}")
    return [*rows, *filter(None, [outlook(run.config, log)])]


def _lines(rows: Mapping[str, object]) -> list[str]:
    return [f"{name:<18} {value}" for name, value in rows.items()]
