"""Which names stand at which transaction, and which transactions nothing leads to any more; no Qt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .columns import Array, Columns

if TYPE_CHECKING:
    from engine.store import Store


@dataclass(frozen=True, slots=True)
class Badge:
    """A name at a transaction."""

    name: str
    timeline: int  #: its id; -1: it is a tag

    @property
    def is_tag(self) -> bool:
        """Whether it is a tag, not the head of a timeline."""
        return self.timeline < 0


@dataclass(frozen=True, slots=True, eq=False)
class Refs:
    """Timelines and tags of a store at one moment."""

    badges: Mapping[int, tuple[Badge, ...]] = field(default_factory=dict)  #: by transaction
    dead: Array = field(default_factory=lambda: np.zeros(0, np.int32))  #: what no head or tag leads to, ascending

    def at(self, dense: int) -> tuple[Badge, ...]:
        """The names at a transaction, timelines first."""
        return self.badges.get(dense, ())

    def tagged(self) -> Array:
        """The transactions that have tags, ascending."""
        return np.array(sorted(d for d, held in self.badges.items() if any(b.is_tag for b in held)), np.int64)


def read_refs(store: "Store", columns: Columns) -> Refs:
    """The refs of a store; may run in a worker thread."""
    return make_refs(store.heads(), store.tags(), columns)


def make_refs(heads: Mapping[str, Iterable[int]], tags: Mapping[str, int], columns: Columns) -> Refs:
    """Put the names where they stand. What came after `columns` was taken is left out."""
    badges: dict[int, list[Badge]] = {}
    ids: dict[str, list[int]] = {}
    for number, name in enumerate(columns.names):
        ids.setdefault(name, []).append(number)
    for name, held in heads.items():
        for head in held:
            if 0 <= head < columns.count and name in ids:
                # A name can have been given twice, once to a timeline that is deleted now.
                own = int(columns.timeline[head])
                badges.setdefault(head, []).append(Badge(name, own if own in ids[name] else ids[name][-1]))
    for name, dense in sorted(tags.items()):
        if 0 <= dense < columns.count:
            badges.setdefault(dense, []).append(Badge(name, -1))
    kept = np.fromiter(badges, np.int64, len(badges))
    return Refs({dense: tuple(held) for dense, held in badges.items()}, unreachable(columns, kept))


def unreachable(columns: Columns, kept: Array) -> Array:
    """The transactions that are neither in `kept` nor an ancestor of one that is, ascending.

    There are few of them (what was undone or deleted), so it walks back from the tips that nobody holds.
    """
    children = np.bincount(columns.parent[columns.parent >= 0], minlength=columns.count)
    children += np.bincount(columns.extra_parent, minlength=columns.count)
    held = np.zeros(columns.count, bool)
    held[kept] = True
    work = np.flatnonzero((children == 0) & ~held).tolist()
    dead = []
    while work:
        dense = work.pop()
        dead.append(dense)
        extra = slice(*np.searchsorted(columns.extra_child, [dense, dense + 1]))
        for parent in (int(columns.parent[dense]), *columns.extra_parent[extra].tolist()):
            if parent >= 0:
                children[parent] -= 1
                if not children[parent] and not held[parent]:
                    work.append(parent)
    return np.sort(np.array(dead, np.int32))
