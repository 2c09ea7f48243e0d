"""The last stage of every column: its bytes as they are, as a zstd frame, or as an LZMA stream.

LZMA's literal coder is told the width of an element, so that it keeps statistics for each byte of it: on columns of
integers that, and its arithmetic coding, is worth 5 to 20 % over zstd at its highest level.
"""

from __future__ import annotations

import contextlib
import lzma
import threading
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

import zstandard

from engine.errors import CorruptStore
from engine.storage.columns.effort import Effort

MAX_BYTES = 1 << 30
_WORTHWHILE = 24
_BALANCED_LEVEL = 12
_ESTIMATE_LEVEL = 3
# zstd at its highest level makes no less than this of what it makes at that of estimates, or so seldom that it is not
# worth trying where LZMA has made less.
_HIGHEST = 0.85


# Bytes that LZMA is given at a time: some 0.1 s.
_PIECE = 1 << 18


class Stage(IntEnum):
    """How the bytes of a column are stored; part of the file format."""

    RAW = 0
    ZSTD = 1
    LZMA = 2


def _go_on() -> None:
    """Nobody wants encoders to stop."""


class _Codecs(threading.local):
    """zstd contexts, a set a thread: they must not be shared by calls that overlap, and are dear to make. And who is
    asked, all the time, whether this thread's encoders are to go on."""

    def __init__(self) -> None:
        self.check: Callable[[], None] = _go_on
        self._compress: dict[int, Any] = {}
        self.decompress = zstandard.ZstdDecompressor(max_window_size=MAX_BYTES).decompress

    def compress(self, raw: bytes, level: int) -> bytes:
        found = self._compress.get(level)
        if found is None:
            compressor = zstandard.ZstdCompressor(level=level, write_content_size=True)
            found = self._compress[level] = compressor.compress
        squeezed: bytes = found(raw)
        return squeezed


_codecs = _Codecs()


def zstd(raw: bytes, level: int = 19) -> bytes:
    """One zstd frame that states its content's size."""
    return _codecs.compress(raw, level)


def unzstd(frame: bytes) -> bytes:
    """The content of `zstd`; raises `CorruptStore` for what is not such a frame or is over the limit."""
    try:
        if zstandard.frame_content_size(frame) > MAX_BYTES:
            raise CorruptStore("the store is damaged: a block claims more than 1 GiB; restore it from a backup")
        content: bytes = _codecs.decompress(frame)
        return content
    except zstandard.ZstdError as error:
        raise CorruptStore(f"the store is damaged: a block does not decompress ({error}); restore a backup") from None


def estimate(raw: bytes) -> int:
    """About the bytes that `squeeze` makes of a column's, found quickly."""
    return min(len(raw), len(_codecs.compress(raw, _ESTIMATE_LEVEL)))


@contextlib.contextmanager
def watched(check: Callable[[], None]) -> Iterator[None]:
    """Encoders of this thread call `check` several times a second, which raises to stop them."""
    before, _codecs.check = _codecs.check, check
    try:
        yield
    finally:
        _codecs.check = before


def squeeze(raw: bytes, width: int, effort: Effort) -> tuple[Stage, bytes]:
    """The bytes of a column of elements of `width` bytes, as short as the effort allows. A quick block is compressed as
    a whole, so its columns stay as they are."""
    best = Stage.RAW, raw
    if effort == Effort.QUICK or len(raw) < _WORTHWHILE:
        return best
    _codecs.check()
    if effort == Effort.BALANCED:
        return min(best, (Stage.ZSTD, zstd(raw, _BALANCED_LEVEL)), key=lambda each: len(each[1]))
    # What is long has to be worth the time that LZMA takes to read: some 15 ms a megabyte.
    price = len(raw) >> 8
    thorough = _lzma(raw, width)
    if len(thorough) + price < len(raw):
        best = Stage.LZMA, thorough
    if len(thorough) + price > estimate(raw) * _HIGHEST:
        light = zstd(raw)
        if len(light) < len(best[1]) + (price if best[0] == Stage.LZMA else 0):
            best = Stage.ZSTD, light
    return best


def _lzma(raw: bytes, width: int) -> bytes:
    compressor = lzma.LZMACompressor(format=lzma.FORMAT_RAW, filters=_filters(len(raw), width))
    found = []
    for start in range(0, len(raw), _PIECE):
        _codecs.check()
        found.append(compressor.compress(raw[start : start + _PIECE]))
    return b"".join([*found, compressor.flush()])


def expand(stage: int, body: bytes, size: int, width: int) -> bytes:
    """The `size` bytes that `squeeze` was given; raises `CorruptStore` where they are not that."""
    if size > MAX_BYTES:
        raise CorruptStore("the store is damaged: a column claims more than 1 GiB; restore it from a backup")
    if stage == Stage.RAW:
        raw = body
    elif stage == Stage.ZSTD:
        raw = unzstd(body)
    else:
        decoder = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=_filters(size, width))
        try:
            raw = decoder.decompress(body, max_length=size + 1)
        except lzma.LZMAError as error:
            raise CorruptStore(
                f"the store is damaged: a block does not decompress ({error}); restore a backup"
            ) from None
    if len(raw) != size:
        raise CorruptStore("the store is damaged: a column has another length than it says; restore it from a backup")
    return raw


def _filters(size: int, width: int) -> list[dict[str, Any]]:
    """The LZMA filter chain for so many bytes: what is not stated in the stream follows from their number and width."""
    position = {1: 0, 2: 1, 4: 2}.get(width, 3)
    return [
        {
            "id": lzma.FILTER_LZMA2,
            "preset": 6,
            "nice_len": 273,  # texts repeat at length: the longest matches are worth looking for
            "lp": position,
            "pb": position,
            "lc": 4 - max(position, 1),
            "dict_size": max(1 << 12, size),
        }
    ]
