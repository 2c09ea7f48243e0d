"""Which replica a store writes as, and how a copied or restored store is noticed.

A replica's sequence numbers are gapless and used once. A file that was copied, or set back to an older state, would
use some twice, so before its first write it must become another replica. It is noticed by the place of the file (host,
device, inode), and by the highest number used, which is also noted outside the file.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_WIDTH = 20  # digits of a note


def place(path: Path) -> str:
    """Where a store lives: a copy lives elsewhere."""
    status = os.stat(path)
    return f"{os.uname().nodename}:{status.st_dev}:{status.st_ino}"


def _note_file(replica: bytes) -> str:
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "refactory", "replicas", replica.hex())


class Note:
    """The highest sequence number that this machine remembers of a replica. Best effort, since a home folder may not be
    writable. The file stays open: a commit asks for it and changes it.

    The number is written over the one before, always as wide, in one call: a new file that took the old one's name
    would make some file systems wait for the disk, as long as the commit itself does.
    """

    def __init__(self, replica: bytes) -> None:
        self.replica = replica
        self._file = _note_file(replica)
        self._descriptor: int | None = None
        self._kept: int | None = None  # the number, as it was written here

    def seq(self) -> int:
        """The number, 0 for none."""
        with contextlib.suppress(OSError, ValueError):
            return int(os.pread(self._open(os.O_RDWR), _WIDTH, 0))
        return 0

    def keep(self, seq: int) -> None:
        """Remember a number that is about to be used, before it is. The caller is the only writer of the store."""
        if self._kept is None:
            self._kept = self.seq()
        if seq <= self._kept:
            return
        with contextlib.suppress(OSError):
            try:
                opened = self._open(os.O_RDWR | os.O_CREAT)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(self._file), exist_ok=True)
                opened = self._open(os.O_RDWR | os.O_CREAT)
            os.pwrite(opened, b"%0*d" % (_WIDTH, seq), 0)
        self._kept = seq

    def _open(self, flags: int) -> int:
        """The open file, if it is still the one of that name."""
        if self._descriptor is not None and not os.fstat(self._descriptor).st_nlink:
            self.close()
        if self._descriptor is None:
            self._descriptor = os.open(self._file, flags | os.O_CLOEXEC, 0o644)
        return self._descriptor

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
