"""Counters and latency histograms that the program's statistics read. Knows nothing of the rest."""

from engine.metrics.counters import CacheCounter
from engine.metrics.histogram import Histogram
from engine.metrics.queries import OTHER, Metrics

__all__ = ["OTHER", "CacheCounter", "Histogram", "Metrics"]
