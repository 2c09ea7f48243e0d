"""Lines of a file that may be compressed, one at a time, with errors that name the line.

Compression is told by the first bytes, not by the name. What is held in memory is one line and a read buffer: a
compressed stream is fed in small pieces, so that a few bytes which unfold into gigabytes are met as a line that is
too long and not as memory that is gone.
"""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from engine.errors import BadInput, NotFound

MAX_LINE = 1 << 28
MAX_WINDOW = 1 << 28

# What one block of zstd can unfold to is bounded, so the size of a piece bounds what one call can return.
_PIECE = 1 << 10
_BUFFER = 1 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b"


class _Unfolded(io.RawIOBase):
    """The decompressed bytes of one or more streams of a kind; unlike the readers of the libraries it gives all that
    is there of a stream that was cut, and then raises `EOFError`."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any]) -> None:
        self._file = file
        self._make = make
        self._stream = make()
        self._started = False
        self._out = memoryview(b"")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._out:
            self._out = memoryview(self.chunk())
        count = min(len(buffer), len(self._out))
        buffer[:count] = self._out[:count]
        self._out = self._out[count:]
        return count

    def chunk(self) -> bytes:
        """What some more pieces unfold to; "" at the end of the last stream."""
        found = b""
        while not found:
            if self._stream.eof:
                self._left = self._stream.unused_data
                self._stream = self._make()
                self._started = False
            piece = self._left or self._file.read(_PIECE)
            self._left = b""
            if not piece:
                if self._started:
                    raise EOFError
                break
            self._started = True
            found = self._stream.decompress(piece)
        return found


class LineReader:
    """Iterates over `(number, line)` of a file, numbers from 1, without newlines, blank lines left out.

    Raises `NotFound` where there is no such file and `BadInput` for damaged or cut compression and for lines longer
    than `MAX_LINE` bytes; both name the file, the latter the line too.
    """

    unit = "bytes"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.number = 0
        self._file = open_input(self.path)
        self._stream = _unfolded(self._file)
        self.size = self.path.stat().st_size

    @property
    def done(self) -> int:
        """Bytes of the file that were read so far (of `size`)."""
        return self._file.tell()

    def __enter__(self) -> LineReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(self._lines(), 1):
            self.number = number
            if number == 1 and line.startswith(codecs.BOM_UTF8):
                line = line[3:]
            if line and not line.isspace():
                yield number, line

    def _lines(self) -> Iterator[bytes]:
        """All lines; `number` is that of the one before."""
        failures = damage()
        begun: list[bytes] = []
        size = 0
        while True:
            try:
                chunk = self._stream.chunk()
            except failures as error:
                raise self._damaged(self.number + 1, error) from None
            first, *others = chunk.split(b"\n")
            begun.append(first)
            size += len(chunk)
            if others:
                yield self._short(b"".join(begun))
                for line in others[:-1]:
                    yield self._short(line)
                begun, size = others[-1:], len(others[-1])
            elif not chunk:
                yield b"".join(begun)
                return
            if size > MAX_LINE:
                self._short(b"".join(begun))

    def _short(self, line: bytes) -> bytes:
        """The line after `number`, if it is not too long."""
        if len(line) > MAX_LINE:
            raise BadInput(f"{self.path}:{self.number + 1}: the line is longer than {MAX_LINE >> 20} MiB; split it")
        return line

    def _damaged(self, number: int, error: Exception) -> BadInput:
        if isinstance(error, EOFError):
            return BadInput(f"{self.path}:{number}: the compressed file ends in the middle; get it again, it was cut")
        return BadInput(f"{self.path}:{number}: the file cannot be decompressed here ({error}); get it again")


def open_input(path: Path) -> BinaryIO:
    """The file for reading. `NotFound` or `BadInput` where that is not possible."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise BadInput(f"{path}: is a folder, a file is needed") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None


def decompressed(file: BinaryIO) -> BinaryIO:
    """The contents of a file, unfolded where it is compressed; closing it leaves the file open."""
    return io.BufferedReader(_unfolded(file), _BUFFER)


def _unfolded(file: BinaryIO) -> _Unfolded | _Plain:
    magic = file.read(4)
    file.seek(0)
    if magic == _ZSTD:
        return _Unfolded(file, _zstd_stream)
    if magic[:2] == _GZIP:
        return _Unfolded(file, lambda: zlib.decompressobj(wbits=31))
    return _Plain(file)


def _zstd_stream() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).decompressobj()


def damage() -> tuple[type[Exception], ...]:
    """What reading a file raises that is cut (`EOFError`), damaged, or cannot be read."""
    import zstandard

    return (EOFError, OSError, zlib.error, zstandard.ZstdError)


class _Plain(io.RawIOBase):
    """The file itself; closing it is the owner's business, as with the others."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def chunk(self) -> bytes:
        """Some more of the file; "" at its end."""
        return self._file.read(_BUFFER)


def read_whole(path: Path, limit: int) -> bytes:
    """The contents of a file, unfolded, up to one byte more than a limit. Raises `BadInput` or `NotFound`."""
    with open_input(path) as file:
        try:
            return decompressed(file).read(limit + 1)
        except damage() as error:
            raise BadInput(f"{path}: cannot be read: {error or 'the compressed file was cut'}") from None


def size_of(path: Path) -> int:
    """The size of a file as it lies there, 0 where it cannot be told."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
