"""Work that takes longer than a frame: what a view hands to the session, and what the work sees."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come: `done` of `total` (unknown: None) `unit`s, at a moment in seconds."""

    done: int
    total: int | None
    unit: str
    at: float


class JobContext:
    """Passed to the work of a job: it reports progress, and asks whether it should stop.

    It is an event in the sense of the engine's `cancel=` arguments (`is_set`), and `progress` fits
    their `progress=`. Both may be called from the worker thread as often as one likes: nobody is
    woken, the window looks at `latest` a few times a second.
    """

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self.started = monotonic()
        self.latest: Progress | None = None

    def progress(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Say how far the work has come."""
        self.latest = Progress(done, total, unit, monotonic())

    @property
    def cancelled(self) -> bool:
        """Whether the work should stop at the next chance (within 100 ms)."""
        return self._cancel.is_set()

    def is_set(self) -> bool:
        """The same, as the engine's functions ask for it."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._cancel.set()


def _nothing(_result: object) -> None:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Job(Generic[T]):
    """A piece of work for a worker thread.

    `done` gets the result and `failed` the exception, both in the thread of the window. Without
    `failed` the window shows what went wrong. Neither is called after a cancel.
    A job with a `key` cancels and replaces an unfinished one of the same key, so that only the
    latest question is answered. Jobs over 300 ms appear in the status bar with `title`.
    """

    title: str
    work: Callable[[JobContext], T]
    done: Callable[[T], None] = field(default=_nothing)
    failed: Callable[[Exception], None] | None = None
    key: str | None = None
