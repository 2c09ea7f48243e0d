"""Search in a state: by key, by value, or by a path pattern. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.model import values
from engine.model.operations import LIST
from engine.model.paths import Keyed

if TYPE_CHECKING:
    from engine.timeline.version import Version

MOST_HITS = 10_000
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Hits:
    """Path ids in document order; `more` where the search stopped at its limit."""

    needle: str
    path_ids: tuple[int, ...]
    more: bool = False


def is_pattern(needle: str) -> bool:
    """Whether the text is a path or pattern rather than words: it begins as one."""
    return needle.startswith(("$.", "$[")) or needle == "$"


def search(
    version: Version,
    needle: str,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int | None, str], None] = lambda done, total, unit: None,
) -> Hits:
    """Nodes whose key or value contains the text (case does not matter), or that match the pattern.

    Raises `InvalidValue` for a pattern that cannot be read.
    """
    if is_pattern(needle):
        found = version.match(needle)
        return Hits(needle, tuple(int(path_id) for path_id in found[:MOST_HITS]), len(found) > MOST_HITS)
    live = np.flatnonzero(version.state.values)
    found = np.zeros(len(live), bool)
    folded = needle.casefold()
    for _ in _search_values(version, live, folded, found):
        if cancelled():
            return Hits(needle, ())
    for done in _search_keys(version, live, folded, found):
        if cancelled():
            return Hits(needle, ())
        progress(done, len(live), "nodes")
    hits = live[found].tolist()
    return Hits(needle, tuple(document_order(version, hits[:MOST_HITS])), len(hits) > MOST_HITS)


def _search_values(version: Version, live: NDArray[Any], needle: str, found: NDArray[np.bool_]) -> Iterator[None]:
    """Mark the leaves that contain the text; equal values are looked at once."""
    ids = version.state.values[live]
    distinct, where = np.unique(ids, return_index=True)
    matching = []
    for number, (value, place) in enumerate(zip(distinct.tolist(), where.tolist(), strict=True)):
        if value > LIST and needle in value_words(version.leaf(int(live[place]))).casefold():
            matching.append(value)
        if number % _CHUNK == 0:
            yield
    found |= np.isin(ids, np.array(matching, ids.dtype))


def _search_keys(version: Version, live: NDArray[Any], needle: str, found: NDArray[np.bool_]) -> Iterator[int]:
    """Mark the nodes whose own key contains the text."""
    known: dict[Any, bool] = {}
    for number, path_id in enumerate(live.tolist()):
        step = version.step(path_id) if path_id else ""
        if isinstance(step, str | Keyed):
            matches = known.get(step)
            if matches is None:
                matches = known[step] = needle in step_words(step).casefold()
            if matches and path_id:
                found[number] = True
        if number % _CHUNK == 0:
            yield number


def step_words(step: str | Keyed) -> str:
    """The text in which a key is looked for."""
    return step if isinstance(step, str) else " ".join(value_words(value) for value in step.values)


def document_order(version: Version, path_ids: list[int]) -> list[int]:
    """Paths as they follow each other in the document, each container before what it holds."""
    labels = version.state.labels

    def place(path_id: int) -> list[int]:
        chain = []
        while path_id > 0:
            chain.append(int(labels[path_id]))
            path_id = version.parent(path_id)
        return chain[::-1]

    return sorted(path_ids, key=place)


def value_words(value: Any) -> str:
    """The text in which a value is looked for: strings as they are, everything else as it is shown."""
    return value if isinstance(value, str) else values.dumps(value)
