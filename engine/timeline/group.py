"""Many commits by one caller that become durable together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.model import times
from engine.timeline import naming
from engine.timeline.batch import Batch, Commit
from engine.timeline.builder import TransactionBuilder
from engine.timeline.patch import Operation
from engine.timeline.refs import Refs, check_new_name

if TYPE_CHECKING:
    from engine.timeline.reading import Moment, Reader


class Group:
    """Commits, each a transaction of its own, and branches; one action for `undo`. Made by `Store.group`, for the
    thread that opened it."""

    def __init__(self, store: Reader, refs: Refs, batch: Batch) -> None:
        self._store = store
        self._refs = refs
        self._batch: Batch | None = batch
        self._default = store.default_timeline

    def _open(self) -> Batch:
        if self._batch is None:
            raise BadInput("this group has ended; open another one")
        return self._batch

    def commit(
        self,
        operations: Sequence[Operation],
        *,
        timeline: str | None = None,
        author: str = "",
        message: str = "",
        time: int | str | None = None,
    ) -> int:
        """As `Store.commit`, but durable when the group is: the number that the transaction has (see `Store.get`).

        Raises `BadOperation` naming the operation, or `BadInput`; the group can go on without this commit.
        """
        name = timeline if timeline is not None else self._default
        when = times.parse_time(time) if isinstance(time, str) else time
        return self._open().add(Commit(operations, name, author, message, when))

    @contextlib.contextmanager
    def transaction(
        self, timeline: str | None = None, *, author: str = "", message: str = "", time: int | str | None = None
    ) -> Iterator[TransactionBuilder]:
        """Collect operations and commit them when the block ends without an error."""
        builder = TransactionBuilder()
        yield builder
        self.commit(builder.operations, timeline=timeline, author=author, message=message, time=time)

    def branch(self, name: str, at: Moment = None) -> None:
        """Make a timeline at a moment, which may be in this group. As `Store.branch`."""
        batch = self._open()
        check_new_name(name, "timeline")
        known = isinstance(at, int) and -1 <= at < batch.stop
        version = at if isinstance(at, int) and known else self._store.at(at).transaction
        batch.move(naming.made(self._refs, name, version))

    def end(self) -> None:
        """Take nothing any more."""
        self._batch = None
