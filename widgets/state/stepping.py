"""From change to change of one path. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.store import Store


def timeline_through(store: Store, dense: int) -> str | None:
    """The timeline that a transaction was made on, if it is still there and leads through it; else the default one."""
    graph = store.graph
    name = graph.timeline_names[graph.timeline_of(dense)]
    heads = store.heads().get(name, ())
    return name if heads and graph.on_chain(dense, heads[0]) else None


def step_change(store: Store, path_id: int, dense: int, later: bool, cancelled: Callable[[], bool]) -> int | None:
    """The nearest earlier or later transaction that changes a path or what is below it."""
    timeline = timeline_through(store, dense) if later else None
    return store.nearest_change(path_id, dense, later=later, timeline=timeline, cancelled=cancelled)
