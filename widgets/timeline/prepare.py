"""What the timeline shows of a store, read and laid out in a worker thread before the store is shown; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columns import Columns
from .lanes import LaneOptions
from .refs import Refs, read_refs
from .scene import Scene

if TYPE_CHECKING:
    from engine.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The scene of a store as it was a moment ago, and the names in it."""

    store: Store
    scene: Scene
    refs: Refs


def prepare(store: Store) -> Prepared:
    """Read and lay out everything; takes a quarter of a second for a million transactions."""
    columns = Columns.of(store.graph)
    refs = read_refs(store, columns)
    if len(refs.dead):
        columns = columns.without(refs.dead)
    scene = Scene()
    scene.load(columns, main_of(store, columns), LaneOptions(hidden=own_of(columns)))
    return Prepared(store, scene, refs)


def main_of(store: Store, columns: Columns) -> int:
    """The id of the timeline that comes first; -1: none."""
    names = list(columns.names)
    return names.index(store.default_timeline) if store.default_timeline in names else -1


def own_of(columns: Columns) -> frozenset[int]:
    """The program's own timelines: their names have a dot in front."""
    return frozenset(number for number, name in enumerate(columns.names) if name.startswith("."))
