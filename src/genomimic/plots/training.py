"""Charts of how a model learned and of its latent space."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Num, Shaped
from plotly.subplots import make_subplots

from genomimic.plots.charts import STYLE, plain
from genomimic.plots.colours import INK, MUTED, SETS
from genomimic.plots.maps import coloured_map

PANEL_HEIGHT = 180
WITHOUT_CURVE = ("step", "seconds")
TITLES = {
    "loss": "validation loss",
    "train_loss": "training loss",
    "g_loss": "players' losses",
    "d_loss": "players' losses",
    "d_real": "mean D(x)",
    "d_fake": "mean D(x)",
    "reconstruction": "reconstruction",
    "kl": "KL (nats)",
    "validation_kl": "KL (nats)",
    "active_units": "active latent units",
    "told_nats": "nats that z tells",
}
MOST_POINTS = 600
FEW = 30


def training_curves(columns: Mapping[str, Float[np.ndarray, " rows"]], *, best_step: int | None) -> go.Figure:
    """Every logged number against the step, numbers of one kind in one panel; the best step is a vertical line."""
    panels = _panels(columns)
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.16 / max(len(panels), 1))
    number = 0
    for row, (title, names) in enumerate(panels.items(), 1):
        for name in names:
            line = {"color": SETS[number % len(SETS)], "width": 2, "dash": ("solid", "dash", "dot")[number // 6 % 3]}
            mode = "lines" if len(columns["step"]) > FEW else "lines+markers"
            x, y = _thinned(columns["step"], columns[name])
            figure.add_scatter(x=x, y=y, mode=mode, name=plain(name), line=line, row=row, col=1)
            number += 1
        figure.update_yaxes(title=plain(title), row=row, col=1)
    if best_step is not None:
        figure.add_vline(x=best_step, line={"color": INK, "width": 1, "dash": "dash"})
    figure.update_xaxes(title="training step", row=len(panels), col=1)
    height = 110 + PANEL_HEIGHT * len(panels)
    return figure.update_layout(template=STYLE, height=height, hovermode="x unified", margin={"t": 60})


def _panels(columns: Mapping[str, Float[np.ndarray, " rows"]]) -> dict[str, list[str]]:
    """Names of the columns by the title of the axis that they share, in the order of `TITLES`."""
    known = sorted((name for name in columns if name in TITLES), key=list(TITLES).index)
    panels: dict[str, list[str]] = {}
    for name in [*known, *(name for name in columns if name not in TITLES)]:
        if name not in WITHOUT_CURVE and np.isfinite(columns[name]).any():
            panels.setdefault(TITLES.get(name, name.replace("_", " ")), []).append(name)
    return panels


def _thinned(
    x: Float[np.ndarray, " rows"], y: Float[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Finite points, evenly thinned; the last one always stays."""
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if rows.size > MOST_POINTS:
        rows = rows[np.linspace(0, rows.size - 1, MOST_POINTS).astype(int)]
    return x[rows], y[rows]


def latent_scatter(
    points: Mapping[str, Float[np.ndarray, "_ 2"]],
    colours: Mapping[str, Shaped[np.ndarray, " _"]],
    *,
    colour_name: str,
    explained: Float[np.ndarray, "2"],
) -> go.Figure:
    """The latent space seen along two axes: one symbol a set, one colour a label or a number."""
    figure = coloured_map(points, colours, colour_name=colour_name)
    figure.update_xaxes(title=f"first principal axis ({explained[0]:.0%} of the variance)")
    return figure.update_yaxes(title=f"second principal axis ({explained[1]:.0%})")


def unit_bars(unit_kl: Num[np.ndarray, " units"], *, active_above: float) -> go.Figure:
    """How much each latent unit says about a record, most first; units under the line say nothing."""
    ordered = np.sort(unit_kl)[::-1]
    figure = go.Figure(layout={"template": STYLE, "height": 300, "showlegend": False})
    colours = np.where(ordered > active_above, SETS[0], MUTED)
    hover = "unit ranked %{x}: %{y:.3f} nats<extra></extra>"
    figure.add_bar(x=np.arange(1, ordered.size + 1), y=ordered, marker_color=colours, hovertemplate=hover)
    figure.add_hline(y=active_above, line={"color": INK, "width": 1, "dash": "dash"})
    figure.update_xaxes(title="latent unit, by rank")
    return figure.update_yaxes(title="KL (nats)")
