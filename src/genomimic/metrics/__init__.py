"""Metrics: one small function each, with a card that says how to read its number (see `genomimic.metrics.base`)."""

from genomimic.metrics import (
    composition,
    discrimination,
    diversity,
    embedding,
    higher_order,
    kmers,
    motifs,
    neighbourhoods,
    novelty,
    positions,
    privacy,
    spectra,
)
from genomimic.metrics.base import METRICS, Metric, metric

__all__ = [
    "METRICS",
    "Metric",
    "composition",
    "discrimination",
    "diversity",
    "embedding",
    "higher_order",
    "kmers",
    "metric",
    "motifs",
    "neighbourhoods",
    "novelty",
    "positions",
    "privacy",
    "spectra",
]
