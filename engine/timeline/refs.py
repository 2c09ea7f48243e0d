"""Timelines and tags, and the operation log of every move that they make: undo and redo.

A timeline is a name and a set of heads. Its row is found by a number that transactions carry; deleting leaves the row
as a tombstone. Each action (a commit, a branch, an import …) is one entry with before and after of all that it moved.

What a commit does to names follows from its transaction: it becomes the head of its timeline. So the tables are left
alone by commits and lag behind the log, until something else moves a name or the tail becomes a segment; `flush` then
writes what the commits since did, an entry each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from engine.errors import BadInput, CorruptStore, NotFound
from engine.model.times import looks_like_time
from engine.storage.database import Database
from engine.storage.log import RESTORE, Log
from engine.storage.records import seal_object, unseal_as, unseal_object

MAX_NAME = 200
_NAMES = 1024
SYSTEM = ".system"


Move = tuple[str, Any, Any, Any]


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
    moves: tuple[Move, ...]


def merged(first: Iterable[Move], then: Iterable[Move]) -> tuple[Move, ...]:
    """Moves one after another as those of one action: of each name, where it was first and where it is last."""
    found = {(what, key): (before, after) for what, key, before, after in first}
    for what, key, before, after in then:
        found[what, key] = (found.get((what, key), (before,))[0], after)
    return tuple((*key, *change) for key, change in found.items())


_DECODER = msgspec.msgpack.Decoder(Ref)


def check_new_name(name: str, what: str) -> str:
    """As `check_name`, for a name that a person chooses now: one that reads as a time would hide that time."""
    if looks_like_time(name):
        raise BadInput(f"{name!r} reads as a time, which it would hide; choose another name for the {what}")
    return check_name(name, what)


@lru_cache(_NAMES)  # an import asks for the same few with every version
def check_name(name: str, what: str) -> str:
    """The name, if a timeline or tag may have it; raises `BadInput` otherwise."""
    if name == SYSTEM:
        raise BadInput(f"{SYSTEM} is the store's own timeline; choose another name for the {what}")
    if not name or name != name.strip() or len(name) > MAX_NAME:
        raise BadInput(f"{name!r} cannot name a {what}: use 1 to {MAX_NAME} characters without spaces at the ends")
    if any(ord(char) < 32 or char in "~:\x7f" or "\ud800" <= char <= "\udfff" for char in name):
        raise BadInput(f"{name!r} cannot name a {what}: '~', ':' and control characters have other meanings")
    return name


class Names(NamedTuple):
    """Timelines by number, tags, and the numbers of the timelines that are not deleted, at one moment."""

    timelines: Sequence[Ref]
    tags: Mapping[str, int]
    ids: Mapping[str, int]


class _Tables(NamedTuple):
    """What is in the tables: written so often, what so many transactions did, timelines and actions."""

    flushes: int = -1
    named: int = 0
    timelines: int = 0
    actions: int = 0


class Refs:
    """Timelines, tags and actions of an open store, in memory and in their tables.

    What is moved is seen here at once, by the thread that moves it; other threads look at `durable`.
    """

    def __init__(self, database: Database, log: Log) -> None:
        self._db = database
        self._log = log
        self.timelines: list[Ref] = []
        self.tags: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self.durable = Names([], {}, {})
        self._renamed = False  # whether `durable` lacks a name, or a tag that moved
        self._read: tuple[list[bytes], list[Ref]] = ([], [])  # the rows of timelines as they were read last
        self._last_action = 0
        self._may_redo = True  # False where it is known that nothing on top is undone
        self._tables = _Tables()
        self._overlaid = 0  # transactions whose effect is in `timelines`
        self._waiting = 0  # commits whose actions are not in the tables: those that follow `_tables.named`
        self._moved: dict[tuple[str, Any], None] = {}  # names that the file has not as they are here
        self._entries: dict[int, Action] = {}  # actions that the file has not

    def follow(self, manifest: dict[str, Any]) -> None:
        """Read what the file holds, after the log has. The caller holds a read or write transaction."""
        flushes, named = manifest["flushes"], manifest["named"]
        if flushes != self._tables.flushes:
            self._follow_timelines()
            self._index()
            self.tags = {
                name: unseal_object("tag", name, body) for name, body in self._db.execute("SELECT name, body FROM tag")
            }
            actions = self._db.execute("SELECT coalesce(max(id), 0) FROM oplog")[0][0]
            self._tables = _Tables(flushes, named, len(self.timelines), actions)
            self._overlaid = named
        self._may_redo = True
        self._overlay()
        self._waiting = self._log.count - named
        self._last_action = self._tables.actions + self._waiting
        for name, count in self.counts().items():
            if count != manifest[name]:
                raise CorruptStore(
                    f"the store is damaged: {name} are {manifest[name]} by the manifest and {count} here; "
                    "restore it from a backup"
                )
        self.publish()

    def publish(self) -> None:
        """Let other threads see what is here, since it is durable."""
        tags, ids = (dict(self.tags), dict(self._ids)) if self._renamed else self.durable[1:]
        self.durable, self._renamed = Names(self.timelines.copy(), tags, ids), False

    def current(self) -> Names:
        """What is here, durable or not; it changes with what is moved."""
        return Names(self.timelines, self.tags, self._ids)

    def _overlay(self) -> None:
        """Take in the commits that the tables do not know."""
        fresh = range(self._overlaid, self._log.count)
        numbers = self._log.span("timeline", fresh.start, fresh.stop).tolist()
        for number, dense in dict(zip(numbers, fresh, strict=True)).items():
            known = len(self.timelines)
            if number < known:
                self.timelines[number] = replace(self.timelines[number], heads=(dense,))
            elif number == known and not self._log.parents(fresh[numbers.index(number)]):
                self._set_timeline(number, Ref(self._log.texts(dense)[3], (dense,)))
            else:
                raise CorruptStore(f"the store is damaged: timeline {known} is missing; {RESTORE}")
        self._overlaid = fresh.stop

    def _follow_timelines(self) -> None:
        """Read the rows of timelines; what has the bytes that it had when it was read last is what it was."""
        bodies, refs = self._read
        found: tuple[list[bytes], list[Ref]] = ([], [])
        for number, body in self._db.execute("SELECT id, body FROM timeline ORDER BY id"):
            place = len(found[0])
            if place != number:
                raise CorruptStore(f"the store is damaged: timeline {place} is missing; {RESTORE}")
            known = place < len(bodies) and bodies[place] == body
            found[0].append(body)
            found[1].append(refs[place] if known else unseal_as(_DECODER, "timeline", number, body))
        self._read = found
        self.timelines = list(found[1])

    def counts(self) -> dict[str, int]:
        """What the manifest counts: a file that holds less has lost something."""
        return {
            "timelines": len(self.timelines),
            "tags": len(self.tags),
            "actions": self._last_action,
            "flushes": self._tables.flushes,
            "named": self._tables.named,
        }

    def _index(self) -> None:
        self._ids = {ref.name: number for number, ref in enumerate(self.timelines) if not ref.deleted}
        self._renamed = True

    def names(self) -> list[str]:
        """Names by number, those of deleted timelines included."""
        return [ref.name for ref in self.timelines]

    def name_of(self, number: int) -> str:
        """The name of a timeline, though it may be deleted, or not be durable."""
        known = self.durable.timelines
        return (known if number < len(known) else self.timelines)[number].name

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

    def committed(self, number: int, ref: Ref) -> None:
        """A commit has become the head of a timeline, as an action of its own. Nothing need be written but the log."""
        self._drop_undone()
        self._set_timeline(number, ref)
        self._last_action += 1
        self._waiting += 1

    def apply(self, kind: str, text: str, time: int, moves: Iterable[Move]) -> Action:
        """Make the moves and log them as one action; transactions that were not `committed` are part of it. The caller
        holds a write transaction."""
        self._drop_undone()
        text = text.encode("utf-8", "replace").decode("utf-8")
        action = Action(self._last_action + 1, kind, text, time, "done", tuple(moves))
        self._last_action = action.id
        self.move(action.moves)
        self._entries[action.id] = action
        self.flush()
        return action

    def extend(self, action: Action, moves: Iterable[Move]) -> Action:
        """Make more moves, and transactions, within an action that is still going on; its entry keeps the first
        "before" of each."""
        moves = tuple(moves)
        action = replace(action, moves=merged(action.moves, moves))
        self.move(moves)
        self._entries[action.id] = action
        self.flush()
        return action

    def _drop_undone(self) -> None:
        """What was undone cannot be made again once something else was done."""
        if self._may_redo:
            dropped = [replace(undone, state="dropped") for undone in self._undone()]
            self._entries.update((action.id, action) for action in dropped)
            self._may_redo = False
            if dropped:
                self.flush()

    def move(self, moves: Iterable[Move], *, forward: bool = True) -> None:
        """Make moves, of an action that is told of later; what is to be written waits for `flush`."""
        for what, key, before, after in moves:
            target = after if forward else before
            self._moved[what, key] = None
            if what == "timeline":
                self._set_timeline(key, target)
                continue
            self._renamed = True
            if target is None:
                self.tags.pop(key, None)
            else:
                self.tags[key] = target

    def flush(self) -> None:
        """Write what the tables do not know: what commits did, and other moves and actions. The caller holds a write
        transaction."""
        commits = self._commits()
        entries = {action.id: action for action in self._actions_of(commits)} | self._entries
        numbers = {key for what, key in self._moved if what == "timeline"}
        numbers.update(self._log.span("timeline", commits.start, commits.stop).tolist())
        self._write("timeline", ((number, self.timelines[number]) for number in sorted(numbers)))
        self._write("oplog", entries.items())
        for what, name in self._moved:
            if what == "tag" and name in self.tags:
                self._write("tag", [(name, self.tags[name])])
            elif what == "tag":
                self._db.execute("DELETE FROM tag WHERE name=?", (name,))
        self._moved, self._entries, self._waiting = {}, {}, 0
        self._overlaid = self._log.count
        self._tables = _Tables(self._tables.flushes + 1, self._log.count, len(self.timelines), self._last_action)

    def _write(self, table: str, rows: Iterable[tuple[Any, Any]]) -> None:
        bodies = ((key, seal_object(table, key, value)) for key, value in rows)
        self._db.execute_many(f"INSERT OR REPLACE INTO {table} VALUES (?,?)", bodies)

    def _commits(self) -> range:
        """The commits whose actions are not in the tables."""
        return range(self._tables.named, self._tables.named + self._waiting)

    def _actions_of(self, commits: range) -> Iterator[Action]:
        """The actions that some commits are, which the tables do not know yet."""
        log, tables = self._log, self._tables
        columns = (log.span(name, commits.start, commits.stop).tolist() for name in ("timeline", "parent", "time"))
        merges = set(log.extras(commits.start, commits.stop)[0].tolist())
        for dense, number, parent, time in zip(commits, *columns, strict=True):
            _, message, _, name = log.texts(dense)
            forked = self.timelines[number].forked
            parents = log.parents(dense) if dense in merges else (parent,) if parent >= 0 else ()
            before = None if number >= tables.timelines and not parents else Ref(name, parents, forked)
            said = (message or "commit").encode("utf-8", "replace").decode("utf-8")
            moves = (("timeline", number, before, Ref(name, (dense,), forked)),)
            yield Action(tables.actions + 1 + dense - tables.named, "commit", said, time, "done", moves)

    def _set_timeline(self, number: int, ref: Ref | None) -> None:
        if ref is None:
            ref = replace(self.timelines[number], deleted=True)
        while len(self.timelines) <= number:
            self.timelines.append(ref)
        old = self.timelines[number]
        named = self._ids.get(old.name) == number
        if not named or ref.deleted or ref.name != old.name:
            self._renamed = True
            if named:
                del self._ids[old.name]
            if not ref.deleted:
                self._ids[ref.name] = number
        self.timelines[number] = ref

    # ----------------------------------------------------------------------------------------- operations

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
        for dense in reversed(self._commits()):
            yield from self._actions_of(range(dense, dense + 1))
        last, count = self._tables.actions, 8
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
        self.move(reversed(action.moves), forward=False)
        action = replace(action, state="undone")
        self._may_redo = True
        self._entries[action.id] = action
        self.flush()
        return action

    def redo(self) -> Action | None:
        """Make again the action undone last, or None. The caller holds a write transaction."""
        undone = self._undone()
        if not undone:
            return None
        action = replace(undone[-1], state="done")
        self.move(action.moves, forward=True)
        self._entries[action.id] = action
        self.flush()
        return action


def _ref(record: dict[str, Any]) -> Ref:
    return Ref(record["name"], tuple(record["heads"]), record["forked"], record["deleted"])
