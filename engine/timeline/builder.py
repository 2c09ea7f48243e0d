"""Transactions that callers write operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import values

if TYPE_CHECKING:
    from engine.timeline.transaction import Transaction


class TransactionBuilder:
    """Operations of a transaction that is being written; each method is one of 5-api's `commit`, with Python's values
    where that has JSON."""

    def __init__(self) -> None:
        self.operations: list[Mapping[str, Any]] = []
        self.transaction: Transaction | None = None

    def _add(self, op: str, path: str, **fields: Any) -> None:
        if "value" in fields:
            fields["value"] = values.escaped(fields["value"])
        self.operations.append({"op": op, "path": path, **fields})

    def put(self, path: str, value: Any) -> None:
        """Set the value at a path."""
        self._add("put", path, value=value)

    def remove(self, path: str) -> None:
        """Remove what is at a path."""
        self._add("remove", path)

    def insert(self, path: str, index: int, value: Any) -> None:
        """Insert into the list at a path."""
        self._add("insert", path, index=index, value=value)

    def move(self, path: str, start: int, end: int) -> None:
        """Move a child of the list or map at a path."""
        self._add("move", path, **{"from": start, "to": end})

    def increment(self, path: str, delta: int | float) -> None:
        """Add to the number at a path."""
        self._add("increment", path, delta=delta)

    def add(self, path: str, value: Any) -> None:
        """Add to the set at a path."""
        self._add("add", path, value=value)

    def discard(self, path: str, value: Any) -> None:
        """Take from the set at a path."""
        self._add("discard", path, value=value)

    def splice(self, path: str, index: int, delete: int, insert: str) -> None:
        """Edit the text at a path, in code points."""
        self._add("splice", path, index=index, delete=delete, insert=insert)
