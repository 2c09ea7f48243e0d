"""How often each kind of question was asked, of which part of the state, and how long the answers took.

One lock and one look into a dict a record, well under a microsecond; a bounded number of histograms whatever is asked.
What was counted since the last `take` is kept apart, so that several processes can add theirs to what is stored.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from time import perf_counter
from types import TracebackType
from typing import TypeVar

from engine.metrics.histogram import Histogram, bucket_of

T = TypeVar("T")
Key = tuple[str, str]

#: The path prefix of questions about parts of the state that are asked about too seldom to be counted one by one.
OTHER = "…"
PREFIXES = 128


class Metrics:
    """Histograms by kind of question and path prefix ("" where a question is about no path)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: dict[Key, Histogram] = {}

    def record(self, kind: str, prefix: str, seconds: float) -> None:
        """Count one answer."""
        bucket = bucket_of(seconds)
        with self._lock:
            counts = (self._fresh.get((kind, prefix)) or self._make(kind, prefix)).counts
            counts[bucket] = counts.get(bucket, 0) + 1

    def _make(self, kind: str, prefix: str) -> Histogram:
        if len(self._fresh) >= PREFIXES:
            prefix = OTHER
        return self._fresh.setdefault((kind, prefix), Histogram())

    def timing(self, kind: str, prefix: str = "") -> _Timing:
        """Counts the time spent in a `with` block that ends without an error."""
        return _Timing(self, kind, prefix)

    def each(self, kind: str, prefix: str, items: Iterator[T], spent: float = 0.0) -> Iterator[T]:
        """The items; what making them takes is counted as one answer, with the seconds `spent` before the first, but
        not what the caller does meanwhile."""
        try:
            while True:
                start = perf_counter()
                try:
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    spent += perf_counter() - start
                yield item
        finally:
            self.record(kind, prefix, spent)

    # ------------------------------------------------------------------------------------------- keeping

    def take(self) -> dict[Key, Histogram]:
        """What was counted since the last time, to be added to what is stored; `give_back` if that fails."""
        with self._lock:
            fresh, self._fresh = self._fresh, {}
            return fresh

    def give_back(self, taken: Mapping[Key, Histogram]) -> None:
        """Count again what could not be stored."""
        with self._lock:
            merge(self._fresh, taken)

    def fresh(self) -> dict[Key, Histogram]:
        """A copy of what was counted since the last `take`."""
        with self._lock:
            return {key: Histogram(histogram.pairs()) for key, histogram in self._fresh.items()}


class _Timing:
    __slots__ = ("_kind", "_metrics", "_prefix", "_start")

    def __init__(self, metrics: Metrics, kind: str, prefix: str) -> None:
        self._metrics, self._kind, self._prefix = metrics, kind, prefix

    def __enter__(self) -> None:
        self._start = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._metrics.record(self._kind, self._prefix, perf_counter() - self._start)


def merge(into: dict[Key, Histogram], others: Mapping[Key, Histogram]) -> None:
    """Add histograms to histograms."""
    for key, histogram in others.items():
        found = into.get(key)
        if found is None:
            found = into[key] = Histogram()
        found.merge(histogram)


def bounded(histograms: Mapping[Key, Histogram], most: int = PREFIXES) -> dict[Key, Histogram]:
    """At most so many histograms and one for each kind: those asked for least are counted together as `OTHER`."""
    ranked = sorted(histograms.items(), key=lambda item: item[1].count, reverse=True)
    kept = dict(ranked[:most])
    for (kind, _), histogram in ranked[most:]:
        merge(kept, {(kind, OTHER): histogram})
    return kept


def by_kind(histograms: Mapping[Key, Histogram]) -> dict[str, Histogram]:
    """One histogram for each kind, whatever was asked about."""
    found: dict[Key, Histogram] = {}
    for (kind, _), histogram in histograms.items():
        merge(found, {(kind, ""): histogram})
    return {kind: histogram for (kind, _), histogram in sorted(found.items())}
