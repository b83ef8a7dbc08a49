"""Charts of gene expression: violins, genes along their mean, correlations of pairs of genes, shares of cell types."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Num

from genomimic.plots.charts import STYLE, density, plain
from genomimic.plots.colours import INK, MUTED, REAL, paler

VIOLIN_POINTS = 60
WIDTH = 0.8  # of the room of a group, which its violins share
BARS_HEIGHT = 42
LEAST_SPREAD = 40  # the smoothing is at least the range over this

Values = Mapping[str, Num[np.ndarray, " _"]]


class Cloud(NamedTuple):
    """Points of one set and the smoothed curve through them."""

    x: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]
    curve_x: Float[np.ndarray, " places"]
    curve_y: Float[np.ndarray, " places"]


def violins(groups: Mapping[str, Values], colours: Mapping[str, str], *, unit: str) -> go.Figure:
    """A violin for each set in each group: the wider, the more values; a bar joins quartiles, a dot is the median.

    The axis names the groups, or the sets of a single one.
    """
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest"})
    sets = list(next(iter(groups.values())))
    for number, name in enumerate(sets):
        middles = [place + _shift(number, len(sets)) for place in range(len(groups))]
        values = [np.asarray(one[name], float) for one in groups.values()]
        outlines = [
            _outline(one[name], at, WIDTH / len(sets), _spread(one))
            for one, at in zip(groups.values(), middles, strict=True)
        ]
        _add_violins(figure, outlines, middles, values, name, colours[name])
    alone = len(groups) == 1
    at = [_shift(number, len(sets)) for number in range(len(sets))] if alone else list(range(len(groups)))
    ticks = {"tickvals": at, "ticktext": [plain(name) for name in (sets if alone else groups)], "showgrid": False}
    figure.update_xaxes(**ticks, range=[-0.55, len(groups) - 0.45]).update_layout(showlegend=not alone)
    return figure.update_yaxes(title=plain(unit))


def _add_violins(
    figure: go.Figure,
    outlines: Sequence[tuple[list[float | None], list[float | None]]],
    middles: Sequence[float],
    values: Sequence[Float[np.ndarray, " _"]],
    name: str,
    colour: str,
) -> None:
    xs, ys = ([place for outline in outlines for place in outline[axis]] for axis in (0, 1))
    shape = {"mode": "lines", "fill": "toself", "fillcolor": paler(colour, 0.45), "hoverinfo": "skip"}
    legend = {"name": plain(name), "legendgroup": plain(name)}
    figure.add_scatter(x=xs, y=ys, line={"color": colour, "width": 1.2}, **shape, **legend)
    quartiles = np.array([np.quantile(one, [0.25, 0.5, 0.75]) if one.size else [np.nan] * 3 for one in values])
    bars_x = [x for at in middles for x in (at, at, None)]
    bars_y = [y for low, _, high in quartiles.tolist() for y in (low, high, None)]
    quiet: dict[str, Any] = {"showlegend": False, "legendgroup": plain(name)}
    figure.add_scatter(x=bars_x, y=bars_y, mode="lines", line={"color": INK, "width": 3}, hoverinfo="skip", **quiet)
    marker = {"color": "white", "size": 6, "line": {"color": INK, "width": 1.2}}
    hover = f"{plain(name)}<br>median %{{y:.3g}}<extra></extra>"
    figure.add_scatter(x=middles, y=quartiles[:, 1], mode="markers", marker=marker, hovertemplate=hover, **quiet)


def _outline(
    values: Num[np.ndarray, " n"], middle: float, width: float, spread: float
) -> tuple[list[float | None], list[float | None]]:
    """A closed shape about a middle, as wide as its room where values are densest, and a gap behind it."""
    known = np.asarray(values, float)
    if not known.size:
        return [None], [None]
    grid = np.linspace(known.min(), known.max(), VIOLIN_POINTS)
    dense = density(known, grid, spread)
    half = 0.48 * width * dense / max(float(dense.max()), 1e-300)
    x, y = np.concatenate([middle - half, (middle + half)[::-1]]), np.concatenate([grid, grid[::-1]])
    return [*x.round(4).tolist(), float(x[0]), None], [*y.tolist(), float(y[0]), None]


def _shift(number: int, sets: int) -> float:
    return WIDTH * ((number + 0.5) / sets - 0.5)


def _spread(group: Values) -> float:
    everything = np.concatenate([np.asarray(values, float) for values in group.values()])
    return float(np.ptp(everything)) / LEAST_SPREAD or 0.01 if everything.size else 0.01


def clouds(
    sets: Mapping[str, Cloud], colours: Mapping[str, str], names: Sequence[str], *, x_title: str, y_title: str
) -> go.Figure:
    """Genes as pale points, by name, and a curve through those of each set; that of real data is dashed."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest"})
    texts = [plain(name) for name in names]
    for name, cloud in sets.items():
        legend, colour = {"legendgroup": plain(name)}, colours[name]
        hover = f"<b>%{{text}}</b><br>{plain(name)} mean %{{x:.3g}}, %{{y:.3g}}<extra></extra>"
        marker = {"color": colour, "size": 5, "opacity": 0.3}
        points = {"mode": "markers", "marker": marker, "text": texts, "hovertemplate": hover, "showlegend": False}
        figure.add_scatter(x=cloud.x, y=cloud.y, **points, **legend)
    for name, cloud in sets.items():
        line = {"color": colours[name], "width": 3, "dash": "dash" if colours[name] == REAL else "solid"}
        curve = {"mode": "lines", "line": line, "name": plain(name), "hoverinfo": "skip"}
        figure.add_scatter(x=cloud.curve_x, y=cloud.curve_y, legendgroup=plain(name), **curve)
    figure.update_xaxes(title=plain(x_title))
    return figure.update_yaxes(title=plain(y_title))


def correlation_scatter(
    real: Float[np.ndarray, " pairs"],
    synthetic: Float[np.ndarray, " pairs"],
    line: tuple[float, float],
    *,
    name: str,
    colour: str,
) -> go.Figure:
    """Correlations of pairs of genes, with the diagonal and a line of this slope and offset."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest"})
    marker = {"color": colour, "size": 5, "opacity": 0.35}
    figure.add_scatter(x=real, y=synthetic, mode="markers", marker=marker, name="pairs of genes", hoverinfo="skip")
    ends = np.array([real.min(), real.max()]) if real.size else np.array([-1.0, 1.0])
    thin, thick = {"color": MUTED, "width": 1, "dash": "dash"}, {"color": INK, "width": 2.4}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=thin, name="equal", hoverinfo="skip")
    slope, offset = line
    fitted = {"mode": "lines", "line": thick, "name": f"slope {slope:.2f}", "hoverinfo": "skip"}
    figure.add_scatter(x=ends, y=offset + slope * ends, **fitted)
    figure.update_xaxes(title="correlation in real holdout cells")
    return figure.update_yaxes(title=plain(f"correlation in cells of {name}"))


def share_bars(
    labels: Sequence[str], shares: Mapping[str, Float[np.ndarray, " labels"]], colours: Mapping[str, str]
) -> go.Figure:
    """Shares of labels, a bar for each set; the first label on top."""
    layout = {"template": STYLE, "hovermode": "y unified", "barmode": "group", "bargap": 0.25}
    figure = go.Figure(layout={**layout, "height": 130 + BARS_HEIGHT * len(labels)})
    names = [plain(label) for label in labels]
    for name, values in shares.items():
        bars = {"orientation": "h", "name": plain(name), "marker": {"color": colours[name]}}
        figure.add_bar(x=values, y=names, hovertemplate="%{x:.1%}", **bars)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, ticksuffix=" ")
    return figure.update_xaxes(title="share of cells", tickformat=".0%", rangemode="tozero")
