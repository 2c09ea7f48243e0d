"""Commits that become durable together: put together one after the other in memory, then written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import BadInput
from engine.model import clock, times
from engine.model.operations import Rows
from engine.model.transactions import Header
from engine.storage.log import SEAL_ROWS, SEAL_TRANSACTIONS
from engine.storage.pending import Pending
from engine.storage.transactions import Run
from engine.timeline.draft import Draft, Identify
from engine.timeline.patch import Operation, apply_operations
from engine.timeline.refs import Move, Ref, check_name
from engine.timeline.state import EMPTY
from engine.timeline.working import Tables

if TYPE_CHECKING:
    from engine.timeline.core import Core

# So many commits together take less room, and less time, as a segment than as a row each.
AS_SEGMENT = 1 << 10


@dataclass(frozen=True, slots=True)
class Commit:
    """What is to be committed, and where; `time` is now, if it is not said."""

    operations: Sequence[Operation]
    timeline: str
    author: str = ""
    message: str = ""
    time: int | None = None


class Batch:
    """Appends transactions to an open store in memory, until `write` makes them durable.

    The caller is inside of `Core.writing`, which reads memory anew from the file where anything fails but what `add`
    says is the commit's own fault. Each commit is an action of its own, or all are the one of `description`.
    """

    def __init__(self, core: Core, identify: Identify, description: str | None = None) -> None:
        self._core = core
        self._log = core.log
        self._identify = identify
        self._description = description
        self._pending = Pending(core.log)
        self._replica, self._seq = b"", 0
        self._touched: dict[int, None] = {}
        self._moves: dict[tuple[str, Any], tuple[Any, Any]] = {}
        self._go_on()

    def _go_on(self) -> None:
        """All that there is so far is in the file, or will be."""
        self._runs: list[Run] = []
        self._first = self._log.count
        self._terms = self._known = self._log.terms()

    def add(self, commit: Commit) -> int:
        """Append a commit and move its timeline, which is made when it is new; the number that it will have.

        Whatever is raised that is no `StoreError` is the commit's own fault, and has left nothing behind.
        """
        try:
            dense = self._add(commit)
        except Exception:
            self._log.forget_terms(self._known)
            raise
        self._known = self._log.terms()
        return dense

    def _add(self, commit: Commit) -> int:
        core, log, pending = self._core, self._log, self._pending
        number, before = self._timeline(commit.timeline)
        parents = before.heads if before is not None else ()
        first = parents[0] if parents else EMPTY
        self._begin()
        rows = self._rows(commit, first)
        now = times.now()
        time = now if commit.time is None else times.check_time(commit.time)
        stamp = clock.stamp(now, map(pending.recorded_of, parents))
        said = (commit.timeline, commit.author, commit.message, "")
        header = Header(self._replica, self._seq + 1, *said, time, stamp)
        ordinal = pending.row_count + 1
        dense = pending.add(header, number, parents, rows)
        self._seq += 1
        core.heads.advance(first, dense, zip(rows.path, rows.kind, rows.value, rows.label, strict=True), ordinal)
        self._touched[number] = None
        self._moved(number, before, Ref(commit.timeline, (dense,), before.forked if before is not None else -1))
        if len(pending) >= SEAL_TRANSACTIONS or ordinal - log.row_count > SEAL_ROWS:
            self._write_segment()
        return dense

    def _timeline(self, name: str) -> tuple[int, Ref | None]:
        """The number of a timeline and what it is, None for one that is new."""
        refs = self._core.refs
        found = refs.find(name)
        if found is not None:
            return found, refs.timelines[found]
        check_name(name, "timeline")
        if name in refs.tags:
            raise BadInput(f"{name!r} is a tag; name a timeline")
        return len(refs.timelines), None

    def _begin(self) -> None:
        """Before the first commit: whose it is."""
        if not self._replica:
            self._log.values.seed()
            self._replica = self._core.own_replica()
            self._seq = self._log.last_seq(self._replica)

    def _rows(self, commit: Commit, parent: int) -> Rows:
        if parent >= self._log.count and parent not in self._core.heads:
            self.settle()
        tables = Tables(self._log.paths, self._log.values, self._pending.row_count)
        draft = Draft(tables, self._core.heads.at(parent), self._replica, self._seq + 1, self._identify)
        apply_operations(draft, commit.operations)
        rows = draft.finish()
        if not len(rows):
            raise BadInput("nothing to commit: the operations change nothing")
        return rows

    def _moved(self, number: int, before: Ref | None, after: Ref) -> None:
        if self._description is None:
            self._core.refs.committed(number, after)
        else:
            self.move([("timeline", number, before, after)])

    @property
    def stop(self) -> int:
        """The number that the next transaction will have."""
        return self._log.count + len(self._pending)

    def move(self, moves: Iterable[Move]) -> None:
        """Move names, as part of the one action that all of it is."""
        moves = tuple(moves)
        self._core.refs.move(moves)
        for what, key, before, after in moves:
            self._moves[what, key] = (self._moves.get((what, key), (before,))[0], after)

    def settle(self) -> None:
        """Let the log know what was added so far, so that it can be read before it is durable."""
        run = self._pending.settle()
        if run is not None:
            self._runs.append(run)
            self._core.graph.follow()

    def _write_segment(self) -> None:
        self.settle()
        self._core.refs.flush()
        self._log.write_segment()
        self._go_on()

    def write(self) -> None:
        """Write all of it; it is durable when the transaction around it has ended."""
        core, log = self._core, self._log
        self.settle()
        if self._moves:
            moves = [(*key, *moved) for key, moved in self._moves.items()]
            core.refs.apply("group", self._description or "", times.now(), moves)
        if log.count - self._first >= AS_SEGMENT or log.tail_is_long():
            self._write_segment()
        elif self._runs:
            log.write_hot(self._runs, self._first, self._terms, self._known)
        for number in self._touched:
            core.note_checkpoint(core.refs.timelines[number].heads[0])
        if self._touched:
            core.note_seq(self._seq)
