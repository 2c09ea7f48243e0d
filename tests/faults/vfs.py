"""A VFS under SQLite that fails, tears, fills up, or loses what was not synced, at the Nth operation.

Nothing above it knows: the store opens files as ever, through whatever VFS is the default of the process.
"""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw

NAME = "faulty"
BASE = "unix"


@dataclass
class Image:
    """What a disk holds of a file: contents as of the last sync, and the changes since."""

    durable: bytes
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, offset: int, data: bytes | None) -> None:
        """A write, or a truncation where there is no data."""
        self.pending.append((offset, data))

    def sync(self) -> None:
        """All changes are on the disk."""
        self.durable = apply(self.durable, self.pending)
        self.pending = []


def apply(content: bytes, changes: list[tuple[int, bytes | None]]) -> bytes:
    """The contents after some writes and truncations."""
    buffer = bytearray(content)
    for offset, data in changes:
        if data is None:
            del buffer[offset:]
            continue
        buffer.extend(bytes(max(0, offset + len(data) - len(buffer))))
        buffer[offset : offset + len(data)] = data
    return bytes(buffer)


class Faults(apsw.VFS):
    """Counts operations, and at the `at`-th (from 1) does what `kind` says:

    * `error`: this operation fails once; `torn`: a write leaves its first half and fails once
    * `full`: the disk is full from here on; `read`: a read fails once
    * `crash`: everything fails from here on, as for a process that is no more; `left` says what a disk then holds
    """

    def __init__(self) -> None:
        super().__init__(NAME, BASE)
        self.images: dict[str, Image] = {}
        self.plan("", 0)

    def plan(self, kind: str, at: int) -> None:
        """Count anew."""
        self.kind, self.at, self.count, self.reads = kind, at, 0, 0
        self.happened = False

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        """A file whose operations are counted."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is not None and path not in self.images:
            self.images[path] = Image(Path(path).read_bytes() if Path(path).exists() else b"")
        return _File(self, name, flags, self.images.get(path or "", Image(b"")))

    def xDelete(self, path: str, sync: bool) -> None:
        """A file is gone at once."""
        self.step()
        self.images.pop(path, None)
        super().xDelete(path, sync)

    def step(self) -> bool:
        """Count one operation that changes something. Raises what is planned; true where a write is to be torn."""
        self.count += 1
        due = bool(self.kind) and self.kind != "read" and self.count >= self.at
        if not due or (self.happened and self.kind in ("error", "torn")):
            return False
        self.happened = True
        if self.kind == "torn":
            return True
        raise apsw.FullError("planned") if self.kind == "full" else apsw.IOError("planned")

    def look(self) -> None:
        """Count one read."""
        self.reads += 1
        if self.kind == "read" and self.reads == self.at:
            self.happened = True
            raise apsw.IOError("planned")

    def left(self, folder: Path, chosen: random.Random | None) -> None:
        """Write what a disk holds after a crash into a folder: all that was written where the process alone died;
        where the power failed, what was synced and any of the rest, the last of it torn."""
        for path, image in self.images.items():
            if not path.endswith("-shm") and Path(path).exists():
                kept = image.pending if chosen is None else [item for item in image.pending if chosen.random() < 0.5]
                if chosen is not None and kept and kept[-1][1] is not None:
                    offset, data = kept[-1]
                    assert data is not None
                    kept = [*kept[:-1], (offset, data[: chosen.randrange(0, len(data) + 1, 8)])]
                (folder / Path(path).name).write_bytes(apply(image.durable, kept))


class _File(apsw.VFSFile):
    def __init__(self, faults: Faults, name: str | apsw.URIFilename | None, flags: list[int], image: Image) -> None:
        super().__init__(BASE, name, flags)
        self._faults = faults
        self._image = image

    def xRead(self, amount: int, offset: int) -> bytes:
        self._faults.look()
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        torn = self._faults.step()
        written = data[: len(data) // 2] if torn else data
        super().xWrite(written, offset)
        self._image.write(offset, written)
        if torn:
            raise apsw.IOError("planned")

    def xTruncate(self, size: int) -> None:
        self._faults.step()
        super().xTruncate(size)
        self._image.write(size, None)

    def xSync(self, flags: int) -> None:
        self._faults.step()
        super().xSync(flags)
        self._image.sync()


@contextlib.contextmanager
def faulty() -> Iterator[Faults]:
    """The process opens all databases through a VFS that can be told to fail."""
    faults = Faults()
    apsw.set_default_vfs(NAME)
    try:
        yield faults
    finally:
        faults.plan("", 0)
        apsw.set_default_vfs(BASE)
        faults.unregister()
