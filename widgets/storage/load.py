"""What the Storage view shows, read from the store in a job. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import zstandard

from engine.metrics import Histogram
from engine.metrics.queries import by_kind
from widgets.values import key_text

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.figures import Figures, Stretch

MOST_TILES = 60
MOST_LAYERS = 8  # as many as there are colours
REST = -1
_LITTLE = 0.01  # bytes of its own that are not worth a tile, as a share
_LEVEL = 3
_WINDOW = 27  # a history's repeats lie far apart: 128 MB
_CHUNK = 1 << 20

Progress = Callable[[int, int | None, str], None]


class Cancel(Protocol):
    """What says that somebody wants to stop."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The figures, by kind of question, and when each stretch of the log ends (µs since 1970)."""

    figures: Figures
    queries: dict[str, Histogram]
    times: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the treemap: a prefix (`REST`: several that are too small to show), its last step, bytes, how many
    paths, and whether there is something inside."""

    node: int
    label: str
    size: int
    paths: int
    inner: bool


def load(store: Store, cancel: Cancel, progress: Progress, exact: bool) -> Loaded:
    """Read the figures; unless they shall be exact, those of a long history from a sample. Raises `Cancelled`, and
    `KnownError` for a store that cannot be read."""
    found = store.figures(progress=progress, cancel=cancel, exact=exact)
    return Loaded(found, by_kind(found.queries), [_span(store, stretch) for stretch in found.stretches])


def _span(store: Store, stretch: Stretch) -> tuple[int, int]:
    times = store.graph.times_of(np.arange(stretch.first, stretch.first + stretch.transactions))
    return (int(times.min()), int(times.max())) if len(times) else (0, 0)


def tiles(figures: Figures, node: int) -> list[Tile]:
    """What a prefix is made of, the largest first: those one step longer, the prefix itself, and the rest. One that
    has nothing but a single longer one in it is shown as that: `orders[*]`."""
    prefixes = figures.prefixes
    children = prefixes.children(node)
    found = [_tile(figures, child) for child in children[:MOST_TILES].tolist() if prefixes.whole[child] > 0]
    rest = children[MOST_TILES:]
    if len(rest) and prefixes.whole[rest].sum():
        size, paths = int(prefixes.whole[rest].sum()), int(prefixes.paths[rest].sum())
        found.append(Tile(REST, f"{len(rest)} more", size, paths, False))
    if found and prefixes.own[node]:
        found.append(Tile(node, "itself", int(prefixes.own[node]), int(prefixes.paths[node]), False))
    return sorted(found, key=lambda tile: (tile.node == REST, -tile.size))


def _tile(figures: Figures, node: int) -> Tile:
    prefixes = figures.prefixes
    size, label = int(prefixes.whole[node]), key_text(prefixes.step[node])
    while (inner := _only(figures, node)) is not None:
        node = inner
        label += prefixes.step[node]
    return Tile(node, label, size, int(prefixes.paths[node]), bool(len(prefixes.children(node))))


def _only(figures: Figures, node: int) -> int | None:
    """The one longer prefix that a prefix has next to nothing beside, if there is one."""
    prefixes = figures.prefixes
    children = prefixes.children(node)
    alone = len(children) == 1 and prefixes.own[node] < _LITTLE * prefixes.whole[node]
    return int(children[0]) if alone else None


def outside(figures: Figures, node: int) -> int:
    """The nearest prefix around one that is made of more than one part; `$` for the last."""
    node = int(figures.prefixes.parent[node])
    while node > 0 and _only(figures, node) is not None:
        node = int(figures.prefixes.parent[node])
    return max(node, 0)


def ancestry(figures: Figures, node: int) -> list[int]:
    """The prefix and all that it is in, `$` first."""
    found = []
    while node >= 0:
        found.append(node)
        node = int(figures.prefixes.parent[node])
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Measured:
    """Every version as JSON in one zstd stream."""

    raw: int
    compressed: int
    level: int = _LEVEL


def measure(store: Store, cancel: Cancel, progress: Progress) -> Measured:
    """Write every version, in order of the log, through zstd with a long window: what an archive of all versions would
    take that gives none of them back without reading all before it. Raises `Cancelled`."""
    from engine.errors import Cancelled

    parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=_WINDOW, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    count = store.graph.count
    raw = compressed = 0
    for dense in range(count):
        if cancel.is_set():
            raise Cancelled("stopped")
        text = store.at(dense).dumps().encode()
        raw += len(text)
        for start in range(0, len(text), _CHUNK):
            compressed += len(compressor.compress(text[start : start + _CHUNK]))
        progress(dense + 1, count, "versions")
    return Measured(raw, compressed + len(compressor.flush()))


def steps_of(loaded: Loaded, by: str) -> tuple[list[str], np.ndarray]:
    """Names, and bytes of each at the end of every stretch, (name, stretch): what the file had grown to by then."""
    counters = [getattr(stretch, f"by_{by}") for stretch in loaded.figures.stretches]
    names = list(getattr(loaded.figures, f"by_{by}"))
    names = [name for name in names if any(counter[name] for counter in counters)]
    sizes = np.array([[counter[name] for counter in counters] for name in names], np.int64)
    if len(names) > MOST_LAYERS:
        names = [*names[: MOST_LAYERS - 1], f"{len(names) - MOST_LAYERS + 1} more"]
        sizes = np.concatenate((sizes[: MOST_LAYERS - 1], sizes[MOST_LAYERS - 1 :].sum(axis=0, keepdims=True)))
    return names, np.cumsum(sizes, axis=1) if names else np.zeros((0, len(counters)), np.int64)
