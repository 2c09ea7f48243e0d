"""The inter-process writer lock: an advisory lock on a file beside the store, removed by the last who closes."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from engine.errors import StoreError

WAIT = 60.0
_PAUSE = 0.002


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
        deadline = time.monotonic() + (WAIT if wait is None else wait)
        while not self._try():
            if time.monotonic() > deadline:
                raise StoreError(f"{self.path.name}: another process keeps the store locked; close it and try again")
            time.sleep(_PAUSE)

    def _try(self) -> bool:
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            except OSError as error:
                folder = self.path.parent.absolute()
                raise StoreError(
                    f"cannot write in {folder}: {error.strerror}; choose a folder that you may write to"
                ) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
