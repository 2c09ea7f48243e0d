"""Timelines and tags, and the operation log of every move that they make: undo and redo.

A timeline is a name and a set of heads. Its row is found by a number that transactions carry; deleting leaves the row
as a tombstone. Each action (a commit, a branch, an import …) is one entry with before and after of all that it moved.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from engine.errors import BadInput, CorruptStore, NotFound
from engine.model.times import looks_like_time
from engine.storage.database import Database
from engine.storage.records import seal_object, unseal_as, unseal_object

MAX_NAME = 200
SYSTEM = ".system"


@dataclass(frozen=True, slots=True)
class Ref:
    """A timeline as stored: heads are dense numbers, `forked` is where it began (-1: at the empty state)."""

    name: str
    heads: tuple[int, ...] = ()
    forked: int = -1
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of the operation log. `state`: done, undone, or dropped (undone, then overtaken by another action).

    `moves` are `("timeline", id, before, after)` and `("tag", name, before, after)`; before or after may be None.
    """

    id: int
    kind: str
    text: str
    time: int
    state: str
    moves: tuple[tuple[str, Any, Any, Any], ...]


_DECODER = msgspec.msgpack.Decoder(Ref)


def check_new_name(name: str, what: str) -> str:
    """As `check_name`, for a name that a person chooses now: one that reads as a time would hide that time."""
    if looks_like_time(name):
        raise BadInput(f"{name!r} reads as a time, which it would hide; choose another name for the {what}")
    return check_name(name, what)


def check_name(name: str, what: str) -> str:
    """The name, if a timeline or tag may have it; raises `BadInput` otherwise."""
    if name == SYSTEM:
        raise BadInput(f"{SYSTEM} is the store's own timeline; choose another name for the {what}")
    if not name or name != name.strip() or len(name) > MAX_NAME:
        raise BadInput(f"{name!r} cannot name a {what}: use 1 to {MAX_NAME} characters without spaces at the ends")
    if any(ord(char) < 32 or char in "~:\x7f" or "\ud800" <= char <= "\udfff" for char in name):
        raise BadInput(f"{name!r} cannot name a {what}: '~', ':' and control characters have other meanings")
    return name


class Refs:
    """Timelines, tags and actions of an open store, in memory and in their tables."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.timelines: list[Ref] = []
        self.tags: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._read: tuple[list[bytes], list[Ref]] = ([], [])  # the rows of timelines as they were read last
        self._last_action = 0
        self._may_redo = True  # False where it is known that nothing on top is undone

    def follow(self, manifest: dict[str, Any]) -> None:
        """Read all from the file. The caller holds a read or write transaction."""
        self._follow_timelines()
        self._index()
        self.tags = {
            name: unseal_object("tag", name, body) for name, body in self._db.execute("SELECT name, body FROM tag")
        }
        self._last_action = self._db.execute("SELECT coalesce(max(id), 0) FROM oplog")[0][0]
        self._may_redo = True
        for name, count in self.counts().items():
            if count != manifest[name]:
                raise CorruptStore(
                    f"the store is damaged: {name} are {manifest[name]} by the manifest and {count} here; "
                    "restore it from a backup"
                )

    def _follow_timelines(self) -> None:
        """Read the rows of timelines; what has the bytes that it had when it was read last is what it was."""
        bodies, refs = self._read
        found: tuple[list[bytes], list[Ref]] = ([], [])
        for number, body in self._db.execute("SELECT id, body FROM timeline ORDER BY id"):
            place = len(found[0])
            known = place < len(bodies) and place == number and bodies[place] == body
            found[0].append(body)
            found[1].append(refs[place] if known else unseal_as(_DECODER, "timeline", number, body))
        self._read = found
        self.timelines = list(found[1])

    def counts(self) -> dict[str, int]:
        """What the manifest counts: a file that holds less has lost something."""
        return {"timelines": len(self.timelines), "tags": len(self.tags), "actions": self._last_action}

    def _index(self) -> None:
        self._ids = {ref.name: number for number, ref in enumerate(self.timelines) if not ref.deleted}

    def names(self) -> list[str]:
        """Names by number, those of deleted timelines included."""
        return [ref.name for ref in self.timelines]

    def find(self, name: str) -> int | None:
        """The number of the timeline of this name, or None."""
        return self._ids.get(name)

    def number(self, name: str) -> int:
        """The number of the timeline of this name. Raises `NotFound`."""
        found = self._ids.get(name)
        if found is None:
            known = ", ".join(sorted(self._ids)[:5])
            raise NotFound(f"no timeline {name!r}; there is {known or 'none yet'}")
        return found

    # -------------------------------------------------------------------------------------------- moving

    def apply(self, kind: str, text: str, time: int, moves: Iterable[tuple[str, Any, Any, Any]]) -> Action:
        """Make the moves and log them as one action. The caller holds a write transaction."""
        moves = tuple(moves)
        text = text.encode("utf-8", "replace").decode("utf-8")
        action = Action(self._last_action + 1, kind, text, time, "done", moves)
        self._write(moves, forward=True)
        if self._may_redo:
            for undone in self._undone():
                self._save(replace(undone, state="dropped"))
            self._may_redo = False
        self._save(action)
        self._last_action = action.id
        return action

    def extend(self, action: Action, moves: Iterable[tuple[str, Any, Any, Any]]) -> Action:
        """Make more moves within an action that is still going on; its entry keeps the first "before" of each."""
        merged = {(what, key): (before, after) for what, key, before, after in action.moves}
        moves = tuple(moves)
        for what, key, before, after in moves:
            merged[what, key] = (merged.get((what, key), (before,))[0], after)
        self._write(moves, forward=True)
        action = replace(action, moves=tuple((*key, *change) for key, change in merged.items()))
        self._save(action)
        return action

    def _write(self, moves: Iterable[tuple[str, Any, Any, Any]], *, forward: bool) -> None:
        for what, key, before, after in moves:
            target = after if forward else before
            if what == "timeline":
                self._set_timeline(key, target)
            elif target is None:
                self.tags.pop(key, None)
                self._db.execute("DELETE FROM tag WHERE name=?", (key,))
            else:
                self.tags[key] = target
                self._db.execute("INSERT OR REPLACE INTO tag VALUES (?,?)", (key, seal_object("tag", key, target)))

    def _set_timeline(self, number: int, ref: Ref | None) -> None:
        if ref is None:
            ref = replace(self.timelines[number], deleted=True)
        while len(self.timelines) <= number:
            self.timelines.append(ref)
        old = self.timelines[number]
        if self._ids.get(old.name) == number:
            del self._ids[old.name]
        if not ref.deleted:
            self._ids[ref.name] = number
        self.timelines[number] = ref
        body = seal_object("timeline", number, ref)
        self._db.execute("INSERT OR REPLACE INTO timeline VALUES (?,?)", (number, body))

    # ----------------------------------------------------------------------------------------- operations

    def _save(self, action: Action) -> None:
        body = seal_object("oplog", action.id, action)
        self._db.execute("INSERT OR REPLACE INTO oplog VALUES (?,?)", (action.id, body))

    def _load(self, number: int, body: bytes) -> Action:
        record = unseal_object("oplog", number, body)
        moves = tuple(
            (
                what,
                key,
                _ref(before) if isinstance(before, dict) else before,
                _ref(after) if isinstance(after, dict) else after,
            )
            for what, key, before, after in record.pop("moves")
        )
        return Action(moves=moves, **record)

    def actions(self, limit: int = 1000) -> list[Action]:
        """The latest actions, newest first."""
        return list(itertools.islice(self._from_top(), limit))

    def _from_top(self) -> Iterator[Action]:
        """Actions, newest first, read a few at a time, and more and more of them."""
        last, count = self._last_action, 8
        while last > 0:
            rows = self._db.execute("SELECT id, body FROM oplog WHERE id<=? ORDER BY id DESC LIMIT ?", (last, count))
            for number, body in rows or [(0, b"")]:
                if number != last:
                    raise CorruptStore(f"the store is damaged: oplog {last} is missing; restore it from a backup")
                yield self._load(number, body)
                last -= 1
            count = min(2 * count, 1024)

    def _undone(self) -> list[Action]:
        """The actions that could be made again, the one undone first in front."""
        on_top = itertools.takewhile(lambda action: action.state != "done", self._from_top())
        return [action for action in on_top if action.state == "undone"]

    def undo(self) -> Action | None:
        """Take back the newest action that is done, or None. The caller holds a write transaction."""
        action = next((action for action in self._from_top() if action.state == "done"), None)
        if action is None:
            return None
        self._write(reversed(action.moves), forward=False)
        action = replace(action, state="undone")
        self._may_redo = True
        self._save(action)
        return action

    def redo(self) -> Action | None:
        """Make again the action undone last, or None. The caller holds a write transaction."""
        undone = self._undone()
        if not undone:
            return None
        action = replace(undone[-1], state="done")
        self._write(action.moves, forward=True)
        self._save(action)
        return action


def _ref(record: dict[str, Any]) -> Ref:
    return Ref(record["name"], tuple(record["heads"]), record["forked"], record["deleted"])
