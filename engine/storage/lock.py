"""The inter-process writer lock: an advisory lock on a file beside the store, removed by the last who closes.

Who waits for it queues up for a second lock, on a range of that file, which the kernel gives in the order of asking;
only the first in the queue tries for the lock itself. So whoever has just written does not get in again before the
others.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
from pathlib import Path

from engine.errors import StoreError

WAIT = 60.0
_PAUSES = (0.0002, 0.002)  # between two attempts, at first and when it has taken a while
_A_WHILE = 0.02
_RANGE = struct.Struct("hhqqi0q")  # Linux' struct flock


class WriterLock:
    """Held by the one process that writes and checkpoints. Not re-entrant; callers serialise their threads."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + "-lock")
        self._name = str(self.path)
        self._descriptor: int | None = None

    def acquire(self, wait: float | None = None) -> None:
        """Take the lock, waiting up to `wait` seconds, a minute by default.

        Raises `StoreError` when another process keeps it.
        """
        start = time.monotonic()
        allowed = WAIT if wait is None else wait
        self._open()
        if self._queue_up(waiting=allowed > 0):
            try:
                while not self._try():
                    waited = time.monotonic() - start
                    if waited > allowed:
                        break
                    time.sleep(_PAUSES[waited > _A_WHILE])
                else:
                    return
            finally:
                self._leave_queue()
        raise StoreError(f"{self.path.name}: another process keeps the store locked; close it and try again")

    def _queue_up(self, *, waiting: bool) -> bool:
        """Become the first in the queue; False where others are in it and one is not to wait. Each of those before
        waits no longer than it may."""
        return self._lock_range(fcntl.F_WRLCK, fcntl.F_OFD_SETLKW if waiting else fcntl.F_OFD_SETLK)

    def _leave_queue(self) -> None:
        self._lock_range(fcntl.F_UNLCK, fcntl.F_OFD_SETLK)

    def _lock_range(self, kind: int, command: int) -> bool:
        if self._descriptor is not None:  # it may have been let go of while the file was replaced
            try:
                fcntl.fcntl(self._descriptor, command, _RANGE.pack(kind, os.SEEK_SET, 0, 1, 0))
            except OSError as error:
                # Where a file system knows no such locks there is no queue.
                return error.errno not in (errno.EAGAIN, errno.EACCES)
        return True

    def _open(self) -> int:
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            except OSError as error:
                folder = self.path.parent.absolute()
                raise StoreError(
                    f"cannot write in {folder}: {error.strerror}; choose a folder that you may write to"
                ) from None
        return self._descriptor

    def _try(self) -> bool:
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if self._is_current():
            return True
        self._forget()
        return False

    def _is_current(self) -> bool:
        """Whether the locked file is still the one at the path (its last owner may have removed it)."""
        assert self._descriptor is not None
        try:
            there = os.stat(self._name)
        except FileNotFoundError:
            return False
        mine = os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)

    def release(self) -> None:
        """Let others write; the file stays for the next time."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def remove(self) -> None:
        """Remove the file if nobody holds the lock at this moment, also one that a killed process left."""
        try:
            if (self._descriptor is not None or self.path.exists()) and self._try():
                self.path.unlink(missing_ok=True)
        except (OSError, StoreError):
            pass  # a leftover lock file harms nobody
        self._forget()

    def _forget(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
