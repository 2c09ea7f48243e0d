"""Errors that are the environment's or the caller's fault, told in one line: what, where, what to do.

Everything that is not a `KnownError` is a bug of ours and may surface as a traceback.
"""

from __future__ import annotations


class KnownError(Exception):
    """What happened, to which file or path, and what to do; `str()` is one line."""


class BadInput(KnownError):
    """The given file, value, path or option cannot be used as it is."""


class BadOperation(BadInput):
    """An operation of a commit that cannot be applied: which one (`number`, from 1), and why (`reason`)."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"operation {number}: {reason}")
        self.number = number
        self.reason = reason


class InvalidValue(BadInput):
    """A value that the data model does not hold (NaN, infinity, a foreign type) or JSON that does not parse."""


class NotFound(KnownError):
    """A moment, path, timeline, tag or file that does not exist."""


class Ambiguous(BadInput):
    """A name that means more than one thing."""


class StoreError(KnownError):
    """The store cannot be opened, read or written."""


class CorruptStore(StoreError):
    """A checksum, count or chain of the store does not agree with its contents."""


class Cancelled(KnownError):
    """The user stopped a long call; the store holds every whole transaction flushed before."""
