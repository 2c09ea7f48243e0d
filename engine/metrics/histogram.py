"""Latencies in logarithmic buckets: any percentile from 240 bytes, and two histograms add up to a third.

As in HdrHistogram (Gil Tene, hdrhistogram.org), each power of two is cut into equal parts, so that a bucket is never
wider than an eighth of what it holds; percentiles are interpolated within their bucket.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import frexp, ldexp

PARTS = 8
_LOWEST = -20  # the first buckets hold what is below a microsecond
_HIGHEST = 13  # the last ones an hour
_SHORTEST = ldexp(1, _LOWEST)
_STEPS = 2 * PARTS
_OFFSET = (_LOWEST + 1) * PARTS
BUCKETS = (_HIGHEST - _LOWEST) * PARTS


def bucket_of(seconds: float) -> int:
    """The bucket of a duration; what is out of range counts as the shortest or the longest."""
    if seconds < _SHORTEST:
        return 0
    mantissa, exponent = frexp(seconds)
    bucket = exponent * PARTS + int(mantissa * _STEPS) - _OFFSET
    return bucket if bucket < BUCKETS else BUCKETS - 1


def lower_bound(bucket: int) -> float:
    """Seconds at which a bucket begins; that of `bucket + 1` is where it ends."""
    octave, part = divmod(bucket, PARTS)
    return ldexp(1 + part / PARTS, octave + _LOWEST - 1)


class Histogram:
    """How many durations fell into each bucket."""

    __slots__ = ("counts",)

    def __init__(self, counts: Iterable[tuple[int, int]] = ()) -> None:
        self.counts: dict[int, int] = dict(counts)

    def add(self, seconds: float) -> None:
        """Count one duration."""
        bucket = bucket_of(seconds)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    def merge(self, other: Histogram) -> None:
        """Count what another one counted too."""
        for bucket, count in tuple(other.counts.items()):
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    @property
    def count(self) -> int:
        """Number of durations."""
        return sum(self.counts.values())

    def percentile(self, share: float) -> float | None:
        """Seconds that `share` (0 to 1) of the durations took at most, or None where there are none."""
        counts = sorted(self.counts.items())
        rank = share * sum(count for _, count in counts)
        for bucket, count in counts:
            if count >= rank:
                start = lower_bound(bucket) if bucket else 0.0
                return start + (lower_bound(bucket + 1) - start) * rank / count
            rank -= count
        return lower_bound(counts[-1][0] + 1) if counts else None  # rounding left a little of the rank

    def pairs(self) -> list[tuple[int, int]]:
        """Buckets that are not empty and their counts, ascending: what is stored."""
        return sorted(self.counts.items())
