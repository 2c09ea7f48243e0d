"""Transactions as callers see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.model import clock, times
from engine.storage.log import Log


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of the log. `time` is microseconds; `recorded` a hybrid logical clock stamp."""

    dense: int
    handle: str
    source: str | None
    parents: tuple[int, ...]
    timeline: str
    time: int
    recorded: int
    author: str
    message: str
    operations: int
    log: Log = field(compare=False, repr=False)  # which may be read anew

    @property
    def id(self) -> str:
        """The id, 64 hex digits."""
        return self.log.id(self.dense).hex()

    @property
    def parent_ids(self) -> tuple[str, ...]:
        """Ids of the parents, first parent first."""
        return tuple(self.log.id(parent).hex() for parent in self.parents)

    def as_json(self) -> dict[str, Any]:
        """The record that `log --json` prints."""
        return {
            "id": self.id,
            "handle": self.handle,
            "source": self.source,
            "parents": list(self.parent_ids),
            "timeline": self.timeline,
            "time": times.format_time(self.time),
            "recorded": times.format_time(clock.wall_time(self.recorded)),
            "author": self.author,
            "message": self.message,
            "operations": self.operations,
        }


def read_transaction(log: Log, dense: int, timeline: str) -> Transaction:
    """The transaction of a dense number; `timeline` is the name of the one that it was made on."""
    author, message, source, _ = log.texts(dense)
    return Transaction(
        dense=dense,
        handle=log.handle(dense),
        source=source or None,
        parents=log.parents(dense),
        timeline=timeline,
        time=log.item("time", dense),
        recorded=log.item("recorded", dense),
        author=author,
        message=message,
        operations=log.item("operations", dense),
        log=log,
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """A timeline as callers see it: `heads` and `forked_from` are dense numbers, `transactions` counts its
    first-parent chain, `updated` is the time of its newest head in microseconds."""

    id: int
    name: str
    heads: tuple[int, ...]
    transactions: int
    forked_from: int | None
    updated: int | None


@dataclass(frozen=True, slots=True)
class Blame(Transaction):
    """The transaction that made a value so, with the path and the value."""

    path: str
    value: Any

    def as_json(self) -> dict[str, Any]:
        """The record that `blame --json` prints."""
        return {**Transaction.as_json(self), "path": self.path, "value": self.value}
