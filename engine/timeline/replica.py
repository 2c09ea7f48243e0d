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


def noted(replica: bytes) -> int:
    """The highest sequence number that this machine remembers of a replica, 0 for none."""
    try:
        with open(_note_file(replica), "rb", buffering=0) as file:
            return int(file.read(_WIDTH))
    except (OSError, ValueError):
        return 0


def note(replica: bytes, seq: int) -> None:
    """Remember a sequence number that is about to be used, before it is; best effort, since a home folder may not be
    writable. The caller is the only writer of the store.

    The number is written over the one before, always as wide, in one call: a new file that took the old one's name
    would make some file systems wait for the disk, as long as the commit itself does.
    """
    if seq <= noted(replica):
        return
    file = _note_file(replica)
    with contextlib.suppress(OSError):
        try:
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(file), exist_ok=True)
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.pwrite(opened, b"%0*d" % (_WIDTH, seq), 0)
        finally:
            os.close(opened)
