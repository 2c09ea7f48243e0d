"""The figures of a store: what it holds, what that takes, how it is used. `stats` and the Storage view show them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from engine.metrics import CacheCounter, Histogram
from engine.metrics.queries import Key, by_kind
from engine.storage.cache import Budget
from engine.storage.database import Database
from engine.storage.inventory import HOT, Body, bodies, pages_by_table
from engine.timeline.attribution import Prefixes, Reach, Spent, attribute
from engine.timeline.core import Core
from engine.timeline.raw_size import Cancel, Progress, RawSize, raw_size

_HOT, _SEGMENT, _PATHS, _VALUES = "hot_transaction", "segment", "path_block", "value_block"
_ROWS = "columns"
_CACHE_BYTES = 32 << 20


@dataclass(slots=True)
class Stretch:
    """A segment, or all that is hot: its first transaction, how many there are, and bytes by tier and by strategy, with
    those of the dictionary blocks that it was the first to need."""

    first: int
    transactions: int = 0
    by_tier: Counter[str] = field(default_factory=Counter)
    by_strategy: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """All of its bytes."""
        return sum(self.by_tier.values())

    def take(self, body: Body) -> None:
        """Add a body."""
        self.by_tier[body.tier] += body.size
        _count_strategies(self.by_strategy, body)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """All figures, in bytes where nothing else is said. Each `by_…` adds up to what it divides: tables to the whole
    file, tiers and strategies to all bodies in it, prefixes to what is about some path."""

    transactions: int
    operations: int
    paths: int
    total: int
    by_table: dict[str, int]
    by_tier: dict[str, int]
    by_strategy: dict[str, int]
    prefixes: Prefixes
    stretches: list[Stretch]
    raw: int
    queries: dict[Key, Histogram]
    cache: CacheCounter

    @property
    def ratio(self) -> float:
        """How many times its size on disk the history takes as canonical JSON of every version."""
        return self.raw / self.total if self.total else 0.0

    def as_json(self) -> dict[str, Any]:
        """The record of `stats --json`."""
        return {
            "transactions": self.transactions,
            "operations": self.operations,
            "paths": self.paths,
            "bytes": {
                "total": self.total,
                "by_table": self.by_table,
                "by_tier": self.by_tier,
                "by_strategy": self.by_strategy,
                "by_path_prefix": self.prefixes.listed(),
            },
            "raw_bytes": self.raw,
            "ratio": round(self.ratio, 3),
            "queries": {kind: latencies(histogram) for kind, histogram in by_kind(self.queries).items()},
            "cache": {"hits": self.cache.hits, "misses": self.cache.misses, "bytes": self.cache.bytes},
        }


def latencies(histogram: Histogram) -> dict[str, float]:
    """Count and percentiles, in milliseconds."""
    found: dict[str, float] = {"count": histogram.count}
    for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        seconds = histogram.percentile(share)
        found[name] = round(1000 * seconds, 4) if seconds is not None else 0.0
    return found


def figures(core: Core, progress: Progress | None = None, cancel: Cancel | None = None) -> Figures:
    """Look through the file and the log. Raises `Cancelled`, and `CorruptStore` for what cannot be read.

    All is read through a connection of its own, at one moment, so that nobody waits meanwhile, what is written or
    compacted meanwhile does no harm, and nothing of what is read stays in the store's caches.
    """
    stopped = cancel.is_set if cancel is not None else lambda: False
    with closing(Database.open(core.db.path, read_only=True, caches=Budget(_CACHE_BYTES))) as file, file.read():
        seen = Core(file)
        found = list(bodies(file, stopped, progress))
        by_table, total = pages_by_table(file), file.size()
        prefixes, reaches = attribute(seen.log, _spent(found))
        raw = raw_size(seen.log, seen.graph, seen.states, RawSize(*core.statistics.raw()), progress, cancel)
        transactions, paths = seen.log.count, len(seen.log.paths)
        operations = int(seen.graph.operations.sum())
    core.statistics.know_raw(raw.transactions, raw.bytes)
    queries, cache = core.statistics.read()
    cache.bytes = core.db.caches.bytes
    by_tier: Counter[str] = Counter()
    by_strategy: Counter[str] = Counter()
    for body in found:
        by_tier[body.tier] += body.size
        _count_strategies(by_strategy, body)
    return Figures(
        transactions=transactions,
        operations=operations,
        paths=paths,
        total=total,
        by_table=by_table,
        by_tier=_largest_first(by_tier),
        by_strategy=_largest_first(by_strategy),
        prefixes=prefixes,
        stretches=_stretches(found, reaches, transactions),
        raw=raw.bytes,
        queries=queries,
        cache=cache,
    )


def _count_strategies(counter: Counter[str], body: Body) -> None:
    for _, strategy, size in body.columns:
        if size:
            counter[strategy.partition(":")[0]] += size  # what follows the colon is of one column only


def _largest_first(counter: Counter[str]) -> dict[str, int]:
    return dict(counter.most_common())


def _spent(found: Iterable[Body]) -> Spent:
    """The bytes that are about paths."""
    spent = Spent({}, 0, 0)
    rows, values, paths = spent.rows, 0, 0
    for body in found:
        if body.table == _HOT or (body.table == _SEGMENT and body.part == _ROWS):
            assert isinstance(body.key, int)
            rows[body.key] = body.size
        elif body.table == _VALUES:
            values += body.size
        elif body.table == _PATHS:
            paths += body.size
    return Spent(rows, values, paths)


def _stretches(found: Iterable[Body], reaches: list[Reach], count: int) -> list[Stretch]:
    """Segments with their share of the dictionaries, in order of the log; what is hot is the last."""
    segments = sorted({body.key for body in found if body.table == _SEGMENT and isinstance(body.key, int)})
    hot = min((body.key for body in found if body.table == _HOT and isinstance(body.key, int)), default=None)
    firsts = [*segments, *([hot] if hot is not None else [])]
    if not firsts:
        return []
    made = {first: Stretch(first) for first in firsts}
    for first, stop in zip(firsts, [*firsts[1:], count], strict=True):
        made[first].transactions = stop - first
    values, paths = [reach.value for reach in reaches], [reach.path for reach in reaches]
    for body in found:
        if not isinstance(body.key, int):
            continue
        if body.table == _SEGMENT:
            made[body.key].take(body)
        elif body.tier == HOT and hot is not None:
            made[hot].take(body)
        elif body.table in (_PATHS, _VALUES):
            place = bisect_left(paths if body.table == _PATHS else values, body.key)
            first = reaches[min(place, len(reaches) - 1)].first
            made[firsts[max(0, bisect_left(firsts, first + 1) - 1)]].take(body)
    return list(made.values())
