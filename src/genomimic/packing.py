"""Text pressed into a page: deflated, written as base64 and unpacked by the reader's browser when it is needed."""

import base64
import json
import zlib
from typing import Any

import numpy as np
import plotly.graph_objects as go

DIGITS = 5


def pack(text: str) -> str:
    """Text as base64 of its zlib stream, which a browser's `DecompressionStream("deflate")` opens."""
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def unpack(packed: str) -> str:
    """The text that was packed.

    >>> unpack(pack("ACGT"))
    'ACGT'
    """
    return zlib.decompress(base64.b64decode(packed)).decode()


def rounded(value: float) -> float | None:
    """A number with five significant digits; None, which JSON knows, where there is none.

    >>> rounded(0.123456789), rounded(float("nan"))
    (0.12346, None)
    """
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def chart_spec(chart: go.Figure) -> dict[str, Any]:
    """A Plotly figure as plain values, its numbers rounded."""
    return _plain(json.loads(str(chart.to_json())))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if {"dtype", "bdata"} <= set(value):
            return _numbers(value)
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return rounded(value) if isinstance(value, float) else value


def _numbers(array: dict[str, Any]) -> list[Any]:
    """The numbers that Plotly wrote as bytes, which compress badly."""
    values = np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])
    if "shape" in array:
        values = values.reshape([int(side) for side in str(array["shape"]).split(",")])
    return _plain(values.tolist())
