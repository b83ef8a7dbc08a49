"""Charts of evidence tables; each takes plain columns and gives a Plotly figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Num

from genomimic.plots.charts import STYLE, plain
from genomimic.plots.colours import MUTED, REAL


def shares_scatter(
    names: Sequence[str],
    real: Num[np.ndarray, " rows"],
    synthetic: Num[np.ndarray, " rows"],
    *,
    unit: str,
    name: str,
    colour: str,
) -> go.Figure:
    """Each row as a point, real against synthetic; on the diagonal both are equal."""
    figure = go.Figure(layout={"template": STYLE, "hovermode": "closest", "showlegend": False})
    ends = [0.0, float(max(real.max(initial=0), synthetic.max(initial=0))) * 1.05 or 1.0]
    line = {"color": MUTED, "width": 1}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip")
    hover = "<b>%{text}</b><br>real %{x:.4g}<br>" + plain(name) + " %{y:.4g}<extra></extra>"
    marker = {"color": colour, "size": 8, "opacity": 0.75, "line": {"width": 0.5, "color": "white"}}
    texts = [plain(one) for one in names]
    figure.add_scatter(x=real, y=synthetic, text=texts, mode="markers", marker=marker, hovertemplate=hover)
    figure.update_xaxes(title=plain(f"real holdout, {unit}"))
    return figure.update_yaxes(title=plain(f"{name}, {unit}"))


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
