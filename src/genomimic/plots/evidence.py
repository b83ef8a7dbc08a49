"""Charts of evidence tables; each takes plain columns and gives a Plotly figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float, Num

from genomimic.plots.charts import STYLE, plain
from genomimic.plots.colours import MUTED, REAL


def against_real(
    names: Sequence[str],
    real: Num[np.ndarray, " rows"],
    synthetic: Num[np.ndarray, " rows"],
    *,
    unit: str,
    name: str,
    colour: str,
    differs: Bool[np.ndarray, " rows"] | None = None,
    clearly: str = "q < 0.05",
    log: bool = False,
) -> go.Figure:
    """Each row as a point, real against synthetic; on the diagonal both are equal. Rows that do not differ are pale.

    `clearly` says in the legend when a row differs.
    """
    told = np.ones(len(real), bool) if differs is None else differs
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest", "showlegend": differs is not None})
    ends = _ends(np.concatenate([real, synthetic]), log=log)
    line = {"color": MUTED, "width": 1}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip", showlegend=False)
    hover = "<b>%{text}</b><br>real %{x:.4g}<br>" + plain(name) + " %{y:.4g}<extra></extra>"
    texts = np.array([plain(one) for one in names], dtype=object)
    for label, rows, ink, opacity in (("no clear difference", ~told, MUTED, 0.4), (clearly, told, colour, 0.8)):
        marker = {"color": ink, "size": 8, "opacity": opacity, "line": {"width": 0.5, "color": "white"}}
        if rows.any():
            x, y, text = real[rows], synthetic[rows], texts[rows].tolist()
            figure.add_scatter(x=x, y=y, text=text, name=label, mode="markers", marker=marker, hovertemplate=hover)
    scale = "log" if log else "linear"
    figure.update_xaxes(title=plain(f"real holdout, {unit}"), type=scale)
    return figure.update_yaxes(title=plain(f"{name}, {unit}"), type=scale)


def _ends(values: Float[np.ndarray, " values"], *, log: bool) -> list[float]:
    known = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    if not known.size:
        return [0.5, 2.0]
    low, high = float(known.min()), float(known.max())
    return [low / 1.3, high * 1.3] if log else [min(low * 1.05, 0.0), high * 1.05 or 1.0]


def profile(
    x: Num[np.ndarray, " rows"], lines: Mapping[str, Num[np.ndarray, " rows"]], colours: Mapping[str, str], *, unit: str
) -> go.Figure:
    """Numbers along the positions of aligned records."""
    order = np.argsort(x, kind="stable")
    figure = go.Figure(layout={"template": STYLE, "hovermode": "x unified", "showlegend": len(lines) > 1})
    for name, values in lines.items():
        dash = "dash" if colours[name] == REAL else "solid"
        line = {"color": colours[name], "width": 2, "dash": dash}
        figure.add_scatter(x=x[order], y=values[order], mode="lines", name=plain(name), line=line)
    figure.update_xaxes(title="position in the record (letters, from 1)")
    return figure.update_yaxes(title=plain(unit))


def bars(x: Num[np.ndarray, " rows"], y: Num[np.ndarray, " rows"], *, colour: str, unit: str) -> go.Figure:
    """One number for each position of aligned records."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "x unified", "showlegend": False, "bargap": 0.15})
    figure.add_bar(x=x, y=y, marker={"color": colour}, name=plain(unit))
    figure.update_xaxes(title="position in the record (letters, from 1)")
    return figure.update_yaxes(title=plain(unit))


def points(
    sets: Mapping[str, Float[np.ndarray, "n 2"]],
    colours: Mapping[str, str],
    shapes: Mapping[str, str],
    axes: tuple[str, str],
) -> go.Figure:
    """Sets of records as points on a map."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": False})
    for name, places in sets.items():
        marker = {"color": colours[name], "symbol": shapes[name], "size": 6, "opacity": 0.55}
        figure.add_scatter(x=places[:, 0], y=places[:, 1], mode="markers", name=plain(name), marker=marker)
    figure.update_xaxes(title=plain(axes[0]))
    return figure.update_yaxes(title=plain(axes[1]))


def growth(
    x: Num[np.ndarray, " rows"], lines: Mapping[str, Num[np.ndarray, " rows"]], colours: Mapping[str, str], *, unit: str
) -> go.Figure:
    """Numbers by the share of the real records that they were reached with."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "x unified"})
    for name, values in lines.items():
        line = {"color": colours[name], "width": 2, "dash": "dot" if colours[name] == MUTED else "solid"}
        figure.add_scatter(x=x, y=values, mode="lines+markers", name=plain(name), line=line)
    figure.update_xaxes(title="share of the real training records", tickformat=".0%", type="log", tickvals=x.tolist())
    return figure.update_yaxes(title=plain(unit))


def judged(
    lines: Mapping[str, tuple[Num[np.ndarray, " rows"], Num[np.ndarray, " rows"]]], colours: Mapping[str, str]
) -> go.Figure:
    """What a judge says by the label of records."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest"})
    for name, (x, y) in lines.items():
        line = {"color": colours[name], "width": 2, "dash": "dash" if colours[name] == REAL else "solid"}
        figure.add_scatter(x=x, y=y, mode="lines+markers", name=plain(name), line=line)
    figure.update_xaxes(title="label")
    return figure.update_yaxes(title="mean of what the judge says")
