"""The figures of a store: what it holds, what that takes, how it is used. `stats` and the Storage view show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.metrics import CacheCounter, Histogram
from engine.metrics.queries import Key, by_kind
from engine.storage.cache import Budget
from engine.storage.columns import apportion
from engine.storage.database import Database
from engine.storage.inventory import DERIVED, Body, bodies, pages_by_table
from engine.timeline.attribution import Prefixes, Reach, Spent, attribute
from engine.timeline.core import Core
from engine.timeline.raw_size import Cancel, Progress, RawSize, estimated_raw_size, raw_size

_HOT, _SEGMENT, _PATHS, _VALUES = "hot_transaction", "segment", "path_block", "value_block"
_ROWS = "columns"
_CACHE_BYTES = 32 << 20
_QUICK = 500_000  # transactions whose figures are exact at once
_SAMPLE = 48  # of each table and of the log, what an estimate looks at


@dataclass(slots=True)
class Stretch:
    """A piece of a segment or of what is hot: its first transaction, how many there are, and bytes by tier and by
    strategy: its share of the segment, and of the dictionaries what it was the first to need."""

    first: int
    transactions: int = 0
    by_tier: Counter[str] = field(default_factory=Counter)
    by_strategy: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """All of its bytes."""
        return sum(self.by_tier.values())


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
    estimated: bool = False  #: strategies, prefixes and the raw size are, from a sample

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
            "estimated": self.estimated,
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


def figures(core: Core, progress: Progress | None = None, cancel: Cancel | None = None, exact: bool = True) -> Figures:
    """Look through the file and the log. Raises `Cancelled`, and `CorruptStore` for what cannot be read.

    Unless they shall be `exact`, the figures of a long history are in part estimated from a sample. All is read
    through a connection of its own, at one moment, so that nobody waits meanwhile, what is written or compacted
    meanwhile does no harm, and nothing of what is read stays in the store's caches.
    """
    stopped = cancel.is_set if cancel is not None else lambda: False
    with closing(Database.open(core.db.path, read_only=True, caches=Budget(_CACHE_BYTES))) as file, file.read():
        seen, known = Core(file), RawSize(*core.statistics.raw())
        most = None if exact or seen.log.count <= _QUICK else _SAMPLE
        found = list(bodies(file, stopped, progress, most))
        by_table, total = pages_by_table(file), file.size()
        prefixes, reaches = attribute(seen.log, _spent(found), most)
        if most is None or seen.log.count - known.transactions <= _QUICK:
            raw = raw_size(seen.log, seen.graph, seen.states, known, progress, cancel)
            core.statistics.know_raw(raw.transactions, raw.bytes)
        else:
            raw = estimated_raw_size(seen.log, seen.states, known)
        transactions, paths = seen.log.count, len(seen.log.paths)
        operations = seen.graph.operation_count()
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
        stretches=_stretches(found, reaches),
        raw=raw.bytes,
        queries=queries,
        cache=cache,
        estimated=most is not None,
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


def _stretches(found: Iterable[Body], reaches: list[Reach]) -> list[Stretch]:
    """The log in pieces, in order, with the bytes of its segments, its hot transactions and the dictionaries."""
    if not reaches:
        return []
    made = [Stretch(reach.first, reach.stop - reach.first) for reach in reaches]
    firsts = np.array([reach.first for reach in reaches])
    counts = np.array([stretch.transactions for stretch in made])
    rows = np.array([reach.rows for reach in reaches])
    bodies = [body for body in found if isinstance(body.key, int)]
    stops: dict[str, dict[object, int]] = {_SEGMENT: _nexts(bodies, _SEGMENT, int(firsts[-1] + counts[-1]))}
    steps: dict[str, NDArray[np.int64]] = {}
    for table, name in ((_PATHS, "path"), (_VALUES, "value")):
        steps[table] = np.array([getattr(reach, name) + 1 for reach in reaches])
        stops[table] = _nexts(bodies, table, int(steps[table][-1]))
    for body in bodies:
        if body.table == _SEGMENT:
            inside = (firsts >= body.key) & (firsts < stops[_SEGMENT][body.key])
            _share(made, body, np.where(inside, rows if body.part == _ROWS else counts, 0))
        elif body.table == _HOT and isinstance(body.key, int):
            _share(made, body, np.bincount([np.searchsorted(firsts, body.key, side="right") - 1], minlength=len(made)))
        elif body.table in steps and body.tier != DERIVED:
            bounds = np.array([body.key, stops[body.table][body.key]])
            ends = np.clip(steps[body.table], *bounds)
            _share(made, body, np.diff(ends, prepend=bounds[:1]))
    return made


def _nexts(bodies: Iterable[Body], table: str, end: int) -> dict[object, int]:
    """The key after each key of a table; of the last one it is `end`."""
    keys = sorted({body.key for body in bodies if body.table == table and isinstance(body.key, int)})
    return dict(zip(keys, [*keys[1:], max(end, keys[-1])] if keys else [], strict=True))


def _share(made: list[Stretch], body: Body, weights: NDArray[np.int64]) -> None:
    """Give each stretch its part of a body; the last one has it where nobody needs it."""
    where = np.flatnonzero(weights)
    if not len(where):
        where, weights = np.array([len(made) - 1]), np.ones(len(made), np.int64)
    for _, strategy, size in body.columns:
        for place, part in zip(where.tolist(), apportion(size, weights[where].tolist()), strict=True):
            if part:
                made[place].by_tier[body.tier] += part
                made[place].by_strategy[strategy.partition(":")[0]] += part
