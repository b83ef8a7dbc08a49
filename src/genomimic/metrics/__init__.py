"""Metrics: one small function each, with a card that says how to read its number (see `genomimic.metrics.base`)."""

from genomimic.metrics import composition, discrimination, diversity, kmers, motifs, novelty, positions, privacy
from genomimic.metrics.base import METRICS, Metric, metric

__all__ = [
    "METRICS",
    "Metric",
    "composition",
    "discrimination",
    "diversity",
    "kmers",
    "metric",
    "motifs",
    "novelty",
    "positions",
    "privacy",
]
