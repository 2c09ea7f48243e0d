"""Commits and moves of names: one durable step each, many threads' commits sharing one.

Commits queue up; whoever gets to write first writes all that wait in one SQLite transaction (group commit), so that
the cost of making them durable is shared.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from engine.errors import BadInput, Cancelled, KnownError, StoreError
from engine.model import times
from engine.timeline.batch import Batch, Commit
from engine.timeline.bulk import BulkWriter
from engine.timeline.core import Core
from engine.timeline.draft import Identify
from engine.timeline.refs import Action, Move

Plan = TypeVar("Plan")
Made = TypeVar("Made")


class Turn:
    """What a thread waits for: that its commit is done, or that it is the one to write what waits. Given once."""

    __slots__ = ("_lock", "given")

    def __init__(self) -> None:
        self.given = False
        self._lock = threading.Lock()  # a bare lock wakes a thread several times as quickly as an Event
        self._lock.acquire()

    def wait(self) -> None:
        """Until it is given."""
        self._lock.acquire()

    def give(self) -> None:
        """Wake the thread, if that was not done."""
        if not self.given:
            self.given = True
            self._lock.release()


@dataclass(slots=True)
class Waiting:
    """A commit that waits to be written."""

    commit: Commit
    dense: int = -1
    error: BaseException | None = None
    done: bool = False
    turn: Turn = field(default_factory=Turn)


class Writer:
    """Serialises the changes of an open store."""

    def __init__(self, core: Core, identify: Identify) -> None:
        self._core = core
        self._identify = identify
        self._inside: tuple[int, str] | None = None  # the thread that has a group or an import open, and which of them
        self._queue: list[Waiting] = []
        self._queue_lock = threading.Lock()
        self._led = False  # whether some thread writes, or was told that it is its turn

    # ----------------------------------------------------------------------------------------- commits

    def commit(self, mine: Waiting) -> int:
        """Write a commit, with all others that wait; returns its dense number when it is durable."""
        self.refuse_inside()
        with self._queue_lock:
            self._queue.append(mine)
            waits = self._led
            self._led = True
        if waits:
            self._wait(mine)
        if not mine.done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.dense

    def _wait(self, mine: Waiting) -> None:
        """Until somebody has written a commit, or it is its thread's turn to write."""
        try:
            mine.turn.wait()
        except BaseException:  # interrupted: what was not begun is not done, and whoever comes next has the turn
            with self._queue_lock:
                self._queue = [other for other in self._queue if other is not mine]
                if mine.turn.given and not mine.done:
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
            for each in batch:
                each.turn.give()

    def _pass_on(self) -> None:
        self._led = bool(self._queue)
        if self._queue:
            self._queue[0].turn.give()

    def _write(self, batch: Sequence[Waiting]) -> None:
        core = self._core
        try:
            with core.writing() as first:
                made = Batch(core, self._identify)
                for each in batch:
                    try:
                        each.dense = made.add(each.commit)
                    except StoreError:
                        raise
                    except Exception as error:  # this commit's own fault: those that wait with it go on
                        each.error = error
                made.write()
        except BaseException as error:
            for each in batch:
                each.error = each.error or error
                each.done = True
            if not isinstance(error, Exception):
                raise
            return
        for each in batch:
            each.done = True
        core.tell(first)

    # --------------------------------------------------------------------------------- several at once

    @contextlib.contextmanager
    def group(self, description: str) -> Iterator[Batch]:
        """A batch that is written when the block ends without an error, as one action; other writers wait."""
        core = self._core
        self.refuse_inside()
        with core.writing() as first, self._as("a group of commits"):
            core.bulk = batch = Batch(core, self._identify, description)
            try:
                yield batch
                batch.write()
            finally:
                core.bulk = None
        core.tell(first)

    @contextlib.contextmanager
    def bulk(self, replica: bytes, description: str) -> Iterator[BulkWriter]:
        """A writer of many transactions; other writers wait. See `Store.bulk`."""
        core = self._core
        self.refuse_inside()
        with core.db.hold(), core.lock, self._as("an import"):
            with core.writing() as known:
                pass  # what others did is taken in
            if core.log.count > known:
                core.tell(known)
            writer = core.bulk = BulkWriter(core, replica, description)
            try:
                yield writer
            except Cancelled:
                writer.flush()
                raise
            else:
                writer.flush()
            finally:
                core.bulk = None
                writer.abandon()

    @contextlib.contextmanager
    def _as(self, what: str) -> Iterator[None]:
        """Around what this thread writes in several steps. The caller keeps other threads from writing."""
        self._inside = threading.get_ident(), what
        try:
            yield
        finally:
            self._inside = None

    def refuse_inside(self) -> None:
        """For every change that is no step of a group or an import: raises `BadInput` where this thread has one open,
        whose transactions it would not know, or write too early."""
        inside = self._inside
        if inside is not None and inside[0] == threading.get_ident():
            raise BadInput(f"{inside[1]} is open here; make this change through it, or after it")

    # ------------------------------------------------------------------------------------------- names

    def change(self, kind: str, text: str, plan: Callable[[], Sequence[Move]]) -> Action:
        """Make the moves that `plan` gives against the names as they are then, as one action."""
        return self._change(plan, lambda moves: self._core.refs.apply(kind, text, times.now(), moves))

    def set_default_timeline(self, name: str) -> None:
        """Choose the timeline that is meant when none is named. Raises `NotFound`."""
        self._change(lambda: self._core.refs.number(name), lambda _: self._core.set_default_timeline(name))

    def _change(self, plan: Callable[[], Plan], make: Callable[[Plan], Made]) -> Made:
        """`make` what `plan` gives, against the names as they are then."""
        self.refuse_inside()
        core = self._core
        refused: KnownError | None = None
        with core.writing() as first:
            try:
                planned = plan()
            except StoreError:
                raise
            except KnownError as error:  # nothing was touched, so nothing need be read anew
                refused = error
            else:
                made = make(planned)
        core.tell(first)
        if refused is not None:
            raise refused
        return made

    def step(self, which: str) -> Action | None:
        """`undo` or `redo`; None where there is nothing."""
        self.refuse_inside()
        core = self._core
        with core.writing() as first:
            action = core.refs.undo() if which == "undo" else core.refs.redo()
        core.tell(first)
        return action
