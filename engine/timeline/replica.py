"""Which replica a store writes as, and how a copied or restored store is noticed.

A replica's sequence numbers are gapless and used once. A file that was copied, or set back to an older state, would
use some twice, so before its first write it must become another replica. It is noticed by the place of the file (host,
device, inode), and by the highest number used, which is also noted outside the file.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def place(path: Path) -> str:
    """Where a store lives: a copy lives elsewhere."""
    status = os.stat(path)
    return f"{os.uname().nodename}:{status.st_dev}:{status.st_ino}"


def _note_file(replica: bytes) -> Path:
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base) / "refactory" / "replicas" / replica.hex()


def noted(replica: bytes) -> int:
    """The highest sequence number that this machine remembers of a replica, 0 for none."""
    try:
        return int(_note_file(replica).read_text("ascii"))
    except (OSError, ValueError):
        return 0


def note(replica: bytes, seq: int) -> None:
    """Remember a sequence number that is about to be used, before it is; best effort, since a home folder may not be
    writable. The caller is the only writer of the store."""
    if seq <= noted(replica):
        return
    file = _note_file(replica)
    unfinished = file.with_name(file.name + "-new")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(str(seq), "ascii")
        os.replace(unfinished, file)
