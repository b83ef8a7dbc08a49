"""Interactive charts in one style; each takes plain arrays and gives a Plotly figure."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Num

from genomimic.plots.colours import GRID, INK, MUTED, TRAIN

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
AXIS = {"gridcolor": GRID, "linecolor": MUTED, "zeroline": False, "automargin": True, "title": {"font": {"size": 13}}}
STYLE = go.layout.Template(
    layout=go.Layout(
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 62, "r": 16, "t": 44, "b": 54},
        height=410,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        hoverlabel={"bgcolor": "white", "bordercolor": MUTED, "font": {"color": INK}},
        modebar={"bgcolor": "rgba(255,255,255,0.9)", "color": MUTED, "activecolor": INK, "orientation": "v"},
        xaxis=AXIS | {"ticks": "outside"},
        yaxis=AXIS,
    )
)
CURVE_POINTS = 240


def plain(text: object) -> str:
    """Text that Plotly shows as it is, markup characters included."""
    return escape(str(text), quote=False)


def kmer_scatter(
    words: Sequence[str],
    holdout: Num[np.ndarray, " words"],
    synthetic: Num[np.ndarray, " words"],
    train: Num[np.ndarray, " words"],
    *,
    name: str,
    colour: str,
) -> go.Figure:
    """Frequencies of words in synthetic against fresh real data; real training data are the reference cloud."""
    x, reference, ours = (_shares(counts) for counts in (holdout, train, synthetic))
    ends = [float(min(x.min(), ours.min())) / 1.3, float(max(x.max(), ours.max())) * 1.3]
    figure = _figure(x_title="share in real holdout data (log scale)", y_title="share in the other set (log scale)")
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": MUTED, "width": 1}, hoverinfo="skip", showlegend=False
    )
    hover = "<b>%{text}</b><br>holdout %{x:.3%}<br>%{fullData.name} %{y:.3%}<extra></extra>"
    for values, label, marker in (
        (reference, "real training data (reference)", {"color": TRAIN, "size": 7, "opacity": 0.75}),
        (ours, name, {"color": colour, "size": 7, "opacity": 0.8, "symbol": "circle-open", "line": {"width": 1.6}}),
    ):
        figure.add_scatter(
            x=x, y=values, text=list(words), mode="markers", name=plain(label), marker=marker, hovertemplate=hover
        )
    log: dict[str, Any] = {"type": "log", "dtick": "D2", "tickformat": ".2~%", "ticks": "outside"}
    figure.update_xaxes(**log).update_yaxes(**log)
    return figure.update_layout(hovermode="closest")


def density_curves(
    values: Mapping[str, Num[np.ndarray, "..."]], colours: Mapping[str, str], *, title: str, spread: float
) -> go.Figure:
    """Smoothed density of one number for several sets; `spread` is the least width of the smoothing."""
    known = {name: np.asarray(numbers, float)[np.isfinite(numbers)] for name, numbers in values.items()}
    known = {name: numbers for name, numbers in known.items() if numbers.size}
    figure = _figure(x_title=title, y_title="density")
    if not known:
        return figure
    low, high = (float(end([end(numbers) for numbers in known.values()])) for end in (np.min, np.max))
    grid = np.linspace(low - 3 * spread, high + 3 * spread, CURVE_POINTS)
    for name, numbers in known.items():
        _line(figure, grid, density(numbers, grid, spread), name, colours[name], dash=_dash(name))
    return figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero")


def density(
    values: Float[np.ndarray, " n"], grid: Float[np.ndarray, " points"], spread: float
) -> Float[np.ndarray, " points"]:
    """Gaussian kernel density at the grid, Silverman's width but never under `spread`."""
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size > 2000:
        counts, edges = np.histogram(values, 2000)
        distinct = (edges[1:] + edges[:-1]) / 2
    width = max(1.06 * float(values.std()) * values.size**-0.2, spread)
    bells = np.exp(-0.5 * ((grid[:, None] - distinct) / width) ** 2)
    return bells @ counts / (values.size * width * np.sqrt(2 * np.pi))


def distance_curves(
    distances: Mapping[str, Num[np.ndarray, "..."]], colours: Mapping[str, str], *, title: str
) -> go.Figure:
    """Cumulative share of records within a distance of their nearest training record."""
    figure = _figure(x_title=title, y_title="share of records within it")
    for name, values in distances.items():
        x, y = cumulative(np.asarray(values, float))
        _line(figure, x, y, name, colours[name], dash=_dash(name), shape="hv")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%").update_xaxes(rangemode="tozero")
    return figure.update_layout(hovermode="x unified")


def cumulative(
    values: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Steps of the empirical distribution, at most `CURVE_POINTS` of them, from share 0 on."""
    x, counts = np.unique(values, return_counts=True)
    y = np.cumsum(counts) / max(values.size, 1)
    if x.size > CURVE_POINTS:
        rows = np.linspace(0, x.size - 1, CURVE_POINTS).astype(int)
        x, y = x[rows], y[rows]
    return np.concatenate([x[:1], x]), np.concatenate([np.zeros(min(1, x.size)), y])


def _figure(*, x_title: str, y_title: str) -> go.Figure:
    figure = go.Figure(layout={"template": STYLE})
    return figure.update_xaxes(title=plain(x_title)).update_yaxes(title=plain(y_title))


def _line(
    figure: go.Figure,
    x: Num[np.ndarray, " points"],
    y: Num[np.ndarray, " points"],
    name: str,
    colour: str,
    *,
    dash: str = "solid",
    shape: str = "linear",
) -> None:
    line = {"color": colour, "width": 2.4, "dash": dash, "shape": shape}
    figure.add_scatter(x=x, y=y, mode="lines", name=plain(name), line=line)


def _dash(name: str) -> str:
    """Line styles that tell the sets apart without their colours."""
    return {"train": "dot", "holdout": "dash"}.get(name, "solid")


def _shares(counts: Num[np.ndarray, " words"]) -> Float[np.ndarray, " words"]:
    """Frequencies with half a count added, so that a word that was never seen has a place on a log axis."""
    return (counts + 0.5) / (counts.sum() + 0.5 * counts.size)
