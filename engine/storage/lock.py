"""The inter-process writer lock: an advisory lock on a file beside the store, removed by the last who closes.

Who waits for it draws a number: it locks a byte of that file, the one after the last that is locked. Only who has the
lowest number tries for the lock itself, so whoever has just written does not get in again before the others. The
kernel lets go of the number of a process that dies. One that is stopped keeps its number, so who has waited a while
goes past the numbers before its own: they are for fairness, safety is the lock's.
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
_PAUSES = (0.0002, 0.002)  # between two attempts; the longer one if it has taken a while, or others are before
_A_WHILE = 0.02
_PATIENCE = 1.0  # how long numbers before one's own count
_FIRST = 1 << 32  # the byte that is the first number
_RANGE = struct.Struct("hhqqi0q")  # Linux' struct flock


class WriterLock:
    """Held by the one process that writes and checkpoints. Not re-entrant; callers serialise their threads."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + "-lock")
        self._name = str(self.path)
        self._descriptor: int | None = None
        self._past = 0  # the last number that kept its place for too long

    def acquire(self, wait: float | None = None) -> None:
        """Take the lock, waiting up to `wait` seconds, a minute by default.

        Raises `StoreError` when another process keeps it.
        """
        start = time.monotonic()
        allowed = WAIT if wait is None else wait
        patience = min(_PATIENCE, allowed / 2)
        try:
            number = self._draw()
            while True:
                waited = time.monotonic() - start
                if 0 < patience < waited:
                    self._past = number - 1
                is_next = self._is_next(number)
                if is_next and self._try():
                    return
                if self._descriptor is None:  # the file was replaced: there is another queue
                    number = self._draw()
                if waited >= allowed:
                    break
                time.sleep(min(_PAUSES[waited > _A_WHILE or not is_next], allowed - waited))
        finally:
            self._lock_bytes(fcntl.F_UNLCK, _FIRST, 0)
        raise StoreError(f"{self.path.name}: another process keeps the store locked; close it and try again")

    def _draw(self) -> int:
        """A number above those of all who wait, kept until it is unlocked."""
        self._open()
        number = _FIRST
        while True:
            last = self._taken(number, 0)
            if last:
                number = last + 1
            elif self._lock_bytes(fcntl.F_WRLCK, number, 1):
                break
        if number <= self._past:  # those who kept their place are gone, and it is given anew
            self._past = 0
        return number

    def _is_next(self, number: int) -> bool:
        """Whether nobody waits with a lower number, but those that this process went past."""
        above = max(_FIRST, self._past + 1)
        return above >= number or not self._taken(above, number - above)

    def _taken(self, start: int, length: int) -> int:
        """A number that somebody else has, of so many (0: of all) from `start` on; 0 if there is none."""
        found = self._control(fcntl.F_OFD_GETLK, _RANGE.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0))
        if not found:
            return 0
        kind, _, first, _, _ = _RANGE.unpack(found)
        return 0 if kind == fcntl.F_UNLCK else int(first)

    def _lock_bytes(self, kind: int, start: int, length: int) -> bool:
        """Take numbers, or give them back (length 0: all from `start` on); whether nobody else has one of them."""
        return self._control(fcntl.F_OFD_SETLK, _RANGE.pack(kind, os.SEEK_SET, start, length, 0)) is not None

    def _control(self, command: int, lock: bytes) -> bytes | None:
        """What the kernel says; None where somebody else has the lock, nothing where there are no such locks."""
        if self._descriptor is None:  # it was let go of while the file was replaced
            return b""
        try:
            return fcntl.fcntl(self._descriptor, command, lock)
        except OSError as error:
            return None if error.errno in (errno.EAGAIN, errno.EACCES) else b""

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
            self._past = 0
