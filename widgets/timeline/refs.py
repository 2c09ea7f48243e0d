"""Which names stand at which transaction, and which transactions nothing leads to any more; no Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .columns import Array, Columns

if TYPE_CHECKING:
    from engine.store import Store

FEW = 64  #: so many timelines may have moved for the rest to be left as it was


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
    heads: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    count: int = 0  #: how many transactions there were
    led_to: int = 0  #: heads have led to all transactions before this one

    def at(self, dense: int) -> tuple[Badge, ...]:
        """The names at a transaction, timelines first."""
        return self.badges.get(dense, ())

    def tagged(self) -> Array:
        """The transactions that have tags, ascending."""
        return np.unique(np.array([dense for dense in self.tags.values() if dense < self.count], np.int64))


def read_refs(store: "Store", columns: Columns, before: Refs | None = None) -> Refs:
    """The refs of a store; may run in a worker thread. `before` is what was read last."""
    heads, tags = store.heads(), store.tags()
    if before is not None and tags == before.tags:
        moved = {name for name, _ in heads.items() ^ before.heads.items()}
        if not moved and columns.count == before.count:
            return before
        if len(moved) <= FEW and (ahead := moved_ahead(before, heads, moved, columns)) is not None:
            return ahead
    return make_refs(heads, tags, columns, before)


def make_refs(
    heads: Mapping[str, tuple[int, ...]], tags: Mapping[str, int], columns: Columns, before: Refs | None = None
) -> Refs:
    """Put the names where they stand. What came after `columns` was taken is left out.

    What an import has written, no head leads to at first. So of the transactions that came since `before`, only those
    are dead that heads have led to.
    """
    badges: dict[int, list[Badge]] = {}
    ids = _ids(columns)
    for name, held in heads.items():
        for head in held:
            if 0 <= head < columns.count and name in ids:
                badges.setdefault(head, []).append(_badge(name, head, ids, columns))
    for name, dense in sorted(tags.items()):
        if 0 <= dense < columns.count:
            badges.setdefault(dense, []).append(Badge(name, -1))
    lost = unreachable(columns, np.fromiter(badges, np.int64, len(badges)))
    known = before.led_to if before is not None else columns.count
    led_to = int(lost[np.searchsorted(lost, known)]) if len(lost) and lost[-1] >= known else columns.count
    dead = lost[lost < known]
    return Refs({d: tuple(held) for d, held in badges.items()}, dead, heads, tags, columns.count, led_to)


def moved_ahead(before: Refs, heads: Mapping[str, tuple[int, ...]], moved: set[str], columns: Columns) -> Refs | None:
    """The refs after some timelines went on or were made, as with a commit; None if more than that has happened."""
    if before.led_to != before.count:
        return None
    badges = dict(before.badges)
    new: set[int] = set()
    ids = _ids(columns)
    dead = set(before.dead.tolist())
    for name in moved:
        old, now = before.heads.get(name), heads.get(name)
        if now is None or len(now) != 1 or now[0] >= columns.count or name not in ids or (old and len(old) > 1):
            return None
        dense = now[0]
        while dense >= before.count:
            new.add(dense)
            dense = int(columns.parent[dense])
        if dense in dead or (old and dense != old[0]):
            return None
        if old:
            badges[old[0]] = tuple(badge for badge in badges[old[0]] if badge.is_tag or badge.name != name)
        badges[now[0]] = (_badge(name, now[0], ids, columns), *badges.get(now[0], ()))
    if len(new) != columns.count - before.count:
        return None  # there are merges, or transactions that no head leads to yet
    return Refs(badges, before.dead, heads, before.tags, columns.count, columns.count)


def _ids(columns: Columns) -> dict[str, list[int]]:
    """The timelines of each name; deleted ones can have had the same."""
    ids: dict[str, list[int]] = {}
    for number, name in enumerate(columns.names):
        ids.setdefault(name, []).append(number)
    return ids


def _badge(name: str, head: int, ids: dict[str, list[int]], columns: Columns) -> Badge:
    own = int(columns.timeline[head])
    return Badge(name, own if own in ids[name] else ids[name][-1])


def unreachable(columns: Columns, kept: Array) -> Array:
    """The transactions that are neither in `kept` nor an ancestor of one that is, ascending.

    There are few of them (what was undone or deleted), so it walks back from the tips that nobody holds.
    """
    held = np.zeros(columns.count, bool)
    held[columns.parent] = True  # (-1, for none, is the last one, which has no children)
    held[-1:] = False
    held[columns.extra_parent] = True
    held[kept] = True
    if held.all():
        return np.zeros(0, np.int32)
    work = np.flatnonzero(~held).tolist()
    held[:] = False
    held[kept] = True
    children = np.bincount(columns.parent[columns.parent >= 0], minlength=columns.count)
    children += np.bincount(columns.extra_parent, minlength=columns.count)
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
