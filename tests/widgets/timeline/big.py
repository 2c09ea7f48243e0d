"""A large random graph as numpy columns, for the benchmark of the window and for looking at it."""

import numpy as np

from widgets.timeline.columns import Array, Columns

DAY = 86_400_000_000


def random_columns(transactions: int, timelines: int, seed: int = 1, days: int = 3650) -> Columns:
    """A history with `timelines` branches: most live for a while and are merged, some go on until the end.

    `main` gets a fifth of the transactions. The others are forked from a recent transaction of an older
    timeline, have lengths from a heavy-tailed distribution, and four of five are merged where they end.
    """
    rng = np.random.default_rng(seed)
    timelines = max(1, min(timelines, transactions // 3))
    own = _lengths(rng, transactions, timelines)
    timeline = _interleave(rng, own)
    time = _times(rng, transactions, days)
    parent = _parents(rng, timeline, timelines)
    child, merged = _merges(rng, timeline, timelines)
    names = ["main", *(f"{_KINDS[i % len(_KINDS)]}/{_WORDS[i % len(_WORDS)]}-{i}" for i in range(1, timelines))]
    return Columns(parent, timeline, time, child, merged, names)


_KINDS = ("feature", "fix", "release", "experiment", "import")
_WORDS = ("orders", "stock", "pricing", "login", "export", "invoices", "north", "warehouse")


def _lengths(rng: np.random.Generator, transactions: int, timelines: int) -> Array:
    share = rng.pareto(1.3, timelines) + 0.2
    share[0] = 0
    rest = transactions - transactions // 5 if timelines > 1 else 0
    own = np.maximum(1, (share / max(share.sum(), 1e-9) * rest).astype(np.int64))
    own[0] = transactions - own[1:].sum()
    return own


def _interleave(rng: np.random.Generator, own: Array) -> Array:
    """Each timeline lives in a window of the history whose size goes with its length; main everywhere."""
    total = int(own.sum())
    start = rng.random(len(own)) * 0.97
    span = np.minimum(1 - start, 0.0005 + rng.random(len(own)) ** 6 * 0.4)
    start[0], span[0] = 0, 1
    ids = np.repeat(np.arange(len(own), dtype=np.int32), own)
    position = start[ids] + span[ids] * rng.random(total)
    ids = ids[np.argsort(position, kind="stable")]
    first_main = int(np.argmax(ids == 0))
    ids[[0, first_main]] = ids[[first_main, 0]]
    # Ids in the order in which the timelines appear, as the engine gives them.
    rank = np.empty(len(own), np.int32)
    rank[ids[np.sort(np.unique(ids, return_index=True)[1])]] = np.arange(len(own))
    return rank[ids]


def _times(rng: np.random.Generator, count: int, days: int) -> Array:
    """Busy and quiet days, working hours; strictly growing."""
    gaps = rng.exponential(1, count) * np.repeat(rng.pareto(1.5, count // 500 + 1) + 0.2, 500)[:count]
    time = np.cumsum(gaps)
    return (1_420_070_400_000_000 + time / time[-1] * days * DAY).astype(np.int64) + np.arange(count)


def _parents(rng: np.random.Generator, timeline: Array, timelines: int) -> Array:
    count = len(timeline)
    order = np.argsort(timeline, kind="stable")
    parent = np.full(count, -1, np.int32)
    same = timeline[order][1:] == timeline[order][:-1]
    parent[order[1:][same]] = order[:-1][same]
    first = order[np.concatenate([[True], ~same])]
    back = rng.integers(1, 200, timelines)
    parent[first] = np.maximum(first - back, 0)
    parent[0] = -1
    return parent


def _merges(rng: np.random.Generator, timeline: Array, timelines: int) -> tuple[Array, Array]:
    """The last transaction of most timelines is merged by a transaction of main soon after."""
    last = np.zeros(timelines, np.int64)
    last[timeline] = np.arange(len(timeline))
    main = np.flatnonzero(timeline == 0)
    merged = last[1:][rng.random(timelines - 1) < 0.8]
    at = np.searchsorted(main, merged) + rng.integers(0, 3, len(merged))
    kept = at < len(main)
    child = main[at[kept]]
    order = np.argsort(child, kind="stable")
    return child[order].astype(np.int32), merged[kept][order].astype(np.int32)
