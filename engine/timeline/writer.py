"""Commits and moves of names: one durable step each, many threads' commits sharing one.

Commits queue up; whoever gets to write first writes all that wait in one SQLite transaction (group commit), so that
the cost of making them durable is shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BadInput, KnownError, StoreError
from engine.model import clock, times
from engine.model.operations import Rows
from engine.model.transactions import Header
from engine.storage.identity import new_id
from engine.storage.log import NewTransaction
from engine.storage.segment import make_columns, place
from engine.timeline.core import Core
from engine.timeline.refs import Action, Ref, check_name

Build = Callable[[int, bytes, int], Rows]


@dataclass(slots=True)
class Commit:
    """A commit that waits. `build(parent, replica, seq)` gives its rows against the state that it finds."""

    timeline: str
    author: str
    message: str
    time: int | None
    build: Build
    dense: int = -1
    error: BaseException | None = None
    done: bool = field(default=False)
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when it is done, or when its thread is the one to write what waits."""


class Writer:
    """Serialises the changes of an open store."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._queue: list[Commit] = []
        self._queue_lock = threading.Lock()
        self._led = False  # whether some thread writes, or was told that it is its turn

    # ----------------------------------------------------------------------------------------- commits

    def commit(self, commit: Commit) -> int:
        """Write a commit, with all others that wait; returns its dense number when it is durable."""
        with self._queue_lock:
            self._queue.append(commit)
            waits = self._led
            self._led = True
        if waits:
            self._wait(commit)
        if not commit.done:
            self._lead()
        if commit.error is not None:
            raise commit.error
        return commit.dense

    def _wait(self, commit: Commit) -> None:
        """Until somebody has written a commit, or it is its thread's turn to write."""
        try:
            commit.turn.wait()
        except BaseException:  # interrupted: what was not begun is not done, and whoever comes next has the turn
            with self._queue_lock:
                self._queue = [other for other in self._queue if other is not commit]
                if commit.turn.is_set() and not commit.done:
                    self._pass_on()
            raise

    def _lead(self) -> None:
        """Write all that wait. Those who came meanwhile are written by the first of them: each thread is woken once,
        when there is nothing left for it to wait for."""
        with self._queue_lock:
            batch, self._queue = self._queue, []
        try:
            self._write(batch)
        finally:
            with self._queue_lock:
                self._pass_on()
            for commit in batch:
                commit.turn.set()

    def _pass_on(self) -> None:
        self._led = bool(self._queue)
        if self._queue:
            self._queue[0].turn.set()

    def _write(self, batch: Sequence[Commit]) -> None:
        core = self._core
        try:
            with core.writing() as first:
                for commit in batch:
                    self._write_one(commit)
                if core.log.tail_is_long():
                    core.log.write_segment()
                if core.log.count > first:
                    core.note_seq()
        except BaseException as error:
            for commit in batch:
                commit.error = commit.error or error
                commit.done = True
            if not isinstance(error, Exception):
                raise
            return
        for commit in batch:
            commit.done = True
        core.tell(first)

    def _write_one(self, commit: Commit) -> None:
        core = self._core
        marks = core.log.marks()
        try:
            new, number = self._prepare(commit)
        except StoreError:
            raise
        except Exception as error:  # this commit's own fault: those that wait with it go on
            core.log.rewind(marks)
            commit.error = error
            return
        commit.dense = core.log.append(new)
        core.graph.follow()
        core.log.write_hot(new, commit.dense, marks[1], marks[2])
        before = core.refs.timelines[number] if number < len(core.refs.timelines) else None
        after = Ref(commit.timeline, (commit.dense,), before.forked if before else -1)
        core.refs.apply("commit", commit.message or "commit", new.time, [("timeline", number, before, after)])
        core.note_checkpoint(commit.dense)

    def _prepare(self, commit: Commit) -> tuple[NewTransaction, int]:
        core = self._core
        log = core.log
        found = core.refs.find(commit.timeline)
        number = len(core.refs.timelines) if found is None else found
        if found is None:
            check_name(commit.timeline, "timeline")
            if commit.timeline in core.refs.tags:
                raise BadInput(f"{commit.timeline!r} is a tag; name a timeline")
        parents = core.refs.timelines[number].heads if found is not None else ()
        own = core.own_replica()
        seq = log.last_seq(own) + 1
        log.values.seed()
        rows = commit.build(parents[0] if parents else -1, own, seq)
        if not len(rows):
            raise BadInput("nothing to commit: the operations change nothing")
        now = times.now()
        time = now if commit.time is None else times.check_time(commit.time)
        stamp = clock.stamp(now, [log.item("recorded", parent) for parent in parents])
        header = Header(own, seq, commit.timeline, commit.author, commit.message, "", time, stamp)
        columns = make_columns(rows.path, rows.kind, rows.value, rows.arg, place_list(rows, log.row_count + 1))
        id_, operations = new_id(log.paths, log.values, header, [log.id(parent) for parent in parents], rows)
        new = NewTransaction(
            parents=parents,
            timeline=number,
            replica=own,
            seq=seq,
            time=time,
            recorded=stamp,
            author=commit.author,
            message=commit.message,
            source="",
            made_on=commit.timeline,
            id=id_,
            operations=operations,
            rows=columns,
        )
        return new, number

    # ------------------------------------------------------------------------------------------- names

    def change(self, kind: str, text: str, plan: Callable[[], Sequence[tuple[str, Any, Any, Any]]]) -> Action:
        """Make the moves that `plan` gives against the names as they are then, as one action."""
        core = self._core
        refused: KnownError | None = None
        with core.writing() as first:
            try:
                moves = plan()
            except StoreError:
                raise
            except KnownError as error:  # nothing was touched, so nothing need be read anew
                refused = error
            else:
                action = core.refs.apply(kind, text, times.now(), moves)
        core.tell(first)
        if refused is not None:
            raise refused
        return action

    def step(self, which: str) -> Action | None:
        """`undo` or `redo`; None where there is nothing."""
        core = self._core
        with core.writing() as first:
            action = core.refs.undo() if which == "undo" else core.refs.redo()
        core.tell(first)
        return action


def place_list(rows: Rows, ordinal: int) -> Any:
    """The label column of rows with the default labels filled in."""
    import numpy as np

    return place(np.asarray(rows.label, np.int64), ordinal)
