"""Figures of the model: how it learned, its latent space, its discriminator."""

from collections.abc import Iterator

import numpy as np

from genomimic.figures.base import Figure, plotly_figure
from genomimic.plots import charts, training
from genomimic.plots.colours import REAL, SETS, TRAIN
from genomimic.sections import DiscriminatorScores, LatentMap, TrainingLog

ACTIVE_NATS = 0.01


def training_figure(log: TrainingLog) -> Figure:
    """How the model learned."""
    chart = training.training_curves(log.columns, best_step=log.best_step)
    best = "" if log.best_step is None else f" The dashed line is step {log.best_step:,}, which the kept state is from."
    stop = f" Training ended: {log.stop_reason}." if log.stop_reason else ""
    last = {
        name: values[np.isfinite(values)] for name, values in log.columns.items() if name not in ("step", "seconds")
    }
    alt = ", ".join(f"{name} {values[-1]:.4g}" for name, values in last.items() if values.size)
    return plotly_figure(
        "training",
        f"Training of {log.model}",
        "Curves should settle; a validation curve that turns up while the training curve falls means memorising."
        f"{best}{stop} {log.outlook}".rstrip(),
        f"Last logged values: {alt}.",
        chart,
    )


def latent_figures(latent: LatentMap) -> Iterator[Figure]:
    """The latent space: where real and synthetic records lie, and which units carry something."""
    points = {"real holdout, encoded": latent.real, "synthetic": latent.synthetic}
    colours = dict(zip(points, (latent.real_colour, latent.synthetic_colour), strict=True))
    active = int((latent.unit_kl > ACTIVE_NATS).sum())
    yield plotly_figure(
        "latent",
        "Latent space",
        "Open symbols should cover the filled ones and have no region of their own: what the model draws lies where "
        "real records lie.",
        f"{len(latent.real)} real and {len(latent.synthetic)} synthetic points, coloured by {latent.colour_name}. "
        f"Records decoded along the line from the lowest to the highest tenth by {latent.line_name} have, "
        f"on average, {', '.join(f'{value:.3g}' for value in latent.line)}.",
        training.latent_scatter(points, colours, colour_name=latent.colour_name, explained=latent.explained),
    )
    yield plotly_figure(
        "latent-units",
        "Latent units",
        f"Bars over the dashed line ({ACTIVE_NATS:g} nats) are units that tell records apart; the others are unused.",
        f"{active} of {latent.unit_kl.size} latent units are active.",
        training.unit_bars(latent.unit_kl, active_above=ACTIVE_NATS),
    )


def discriminator_figure(scores: DiscriminatorScores) -> Figure:
    """What the discriminator answers for real and synthetic records."""
    values = {"train": scores.train, "holdout": scores.holdout, "synthetic": scores.synthetic}
    colours = {"train": TRAIN, "holdout": REAL, "synthetic": SETS[0]}
    everything = np.concatenate(list(values.values()))
    chart = charts.density_curves(
        values, colours, title="D(x), higher is more real", spread=float(np.ptp(everything)) / 80 or 0.01
    )
    means = ", ".join(f"{name} {x.mean():.3g}" for name, x in values.items())
    return plotly_figure(
        "discriminator",
        "What the discriminator answers",
        "D(x) says which records look more real to it; only differences count. Curves that lie on each other mean it "
        "cannot tell them apart; train to the right of holdout means that it remembers its training records.",
        f"Mean D(x): {means}.",
        chart,
    )
