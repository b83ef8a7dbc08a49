"""Records as points on a plane: one symbol a set, one colour a label or a number."""

from collections.abc import Iterator, Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Shaped

from genomimic.plots.charts import STYLE, plain
from genomimic.plots.colours import LABELS, MUTED, SHAPES

SCALE = "Cividis"
OTHER = "other"

Points = Mapping[str, Float[np.ndarray, "_ 2"]]
Colours = Mapping[str, Shaped[np.ndarray, " _"]]


def coloured_map(points: Points, colours: Colours, *, colour_name: str) -> go.Figure:
    """Sets of records as points; the same symbol for each of a set, the same colour for each of a label or number."""
    figure = go.Figure(layout={"template": STYLE, "height": 560, "hovermode": "closest"})
    numeric = all(np.issubdtype(values.dtype, np.number) for values in colours.values())
    draw = _by_number if numeric else _by_label
    for trace in draw(points, colours, colour_name):
        figure.add_trace(trace)
    bar = {"title": {"text": plain(colour_name), "side": "top"}, "thickness": 10, "outlinewidth": 0}
    bar |= {"orientation": "h", "y": -0.16, "yanchor": "top", "x": 0, "xanchor": "left"}
    bar |= {"len": 0.7, "nticks": 5, "tickangle": 0}
    return figure.update_layout(coloraxis={"colorscale": SCALE, "colorbar": bar})


def _by_number(points: Points, colours: Colours, colour_name: str) -> Iterator[go.Scatter]:
    """Points on a shared colour scale; a trace without points stands for each set in the legend."""
    for number, (name, at) in enumerate(points.items()):
        title, marker = plain(name), _marker(number)
        hover = f"{title}<br>{plain(colour_name)} %{{marker.color:.3g}}<extra></extra>"
        scaled = marker | {"color": colours[name], "coloraxis": "coloraxis"}
        points_trace = {"mode": "markers", "legendgroup": title, "name": title}
        yield go.Scatter(x=[None], y=[None], marker=marker | {"color": MUTED}, **points_trace)
        yield go.Scatter(x=at[:, 0], y=at[:, 1], marker=scaled, hovertemplate=hover, showlegend=False, **points_trace)


def _by_label(points: Points, colours: Colours, colour_name: str) -> Iterator[go.Scatter]:
    """Points in the colour of their label, which stands in the legend once; the rarest labels are grey together."""
    for number, name in enumerate(points):
        marker = _marker(number) | {"color": MUTED}
        yield go.Scatter(x=[None], y=[None], mode="markers", name=plain(name), marker=marker)
    labels, seen = _with_other(colours), set()
    inks = dict(zip(_frequent(colours), LABELS, strict=False)) | {OTHER: MUTED}
    for label, ink in inks.items():
        for number, (name, at) in enumerate(points.items()):
            rows = labels[name] == label
            if rows.any():
                hover = f"{plain(name)}<br>{plain(colour_name)} {plain(label)}<extra></extra>"
                legend = {"name": plain(label), "legendgroup": plain(label), "showlegend": label not in seen}
                marker = _marker(number) | {"color": ink}
                yield go.Scatter(
                    x=at[rows, 0], y=at[rows, 1], mode="markers", marker=marker, hovertemplate=hover, **legend
                )
                seen.add(label)


def _with_other(colours: Colours) -> Colours:
    frequent = _frequent(colours)
    texts = {name: values.astype(str) for name, values in colours.items()}
    return {name: np.where(np.isin(values, frequent), values, OTHER) for name, values in texts.items()}


def _frequent(colours: Colours) -> list[str]:
    """The most frequent labels, by name."""
    labels, counts = np.unique(np.concatenate([values.astype(str) for values in colours.values()]), return_counts=True)
    return sorted(labels[np.argsort(-counts, kind="stable")][: len(LABELS)].tolist())


def _marker(number: int) -> dict[str, object]:
    symbol = SHAPES[number % len(SHAPES)] if number == 0 else f"{SHAPES[(number + 1) % len(SHAPES)]}-open"
    return {
        "symbol": symbol,
        "size": 6 if number == 0 else 8,
        "opacity": 0.75,
        "line": {"width": 0 if number == 0 else 1.4},
    }
