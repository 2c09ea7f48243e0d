"""Blocks: named columns in one body.

The body: a byte (1: the rest is one zstd frame), the length of the head (4 bytes, little endian; the highest bit says
that the head is a zstd frame), the head (msgpack: `[name, spec]` of each column), and the bodies of the columns in that
order. Specs are those of `integers` and `strings`; one of strings begins with "s".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.storage.columns import entropy, integers, strings
from engine.storage.columns.choices import Choice, complete
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader, readable

Column = NDArray[Any] | Sequence[bytes]

_WHOLE = 1
_HEAD_SQUEEZED = 1 << 31
_QUICK_LEVEL = 3
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


def pack(
    columns: Mapping[str, Column | tuple[list[Any], list[bytes]]],
    effort: Effort = Effort.QUICK,
    times: NDArray[np.int64] | None = None,
) -> bytes:
    """One body of named columns: arrays of integers, lists of byte strings, or what an encoder made of either.

    `times` are those of the transactions that the strings belong to: dates in strings may follow them.
    """
    head, bodies = [], []
    for name, column in columns.items():
        if isinstance(column, tuple):
            spec, parts = column
        elif isinstance(column, np.ndarray):
            spec, parts = integers.encode(column, effort)
        else:
            spec, parts = strings.encode(column, effort, times)
            spec = ["s", *spec]
        head.append([name, spec])
        bodies += parts
    return assemble(head, bodies, effort)


def assemble(head: Any, bodies: Sequence[bytes], effort: Effort) -> bytes:
    """The body of a head and what it describes."""
    listed = _encoder.encode(head)
    length = len(listed)
    if effort:
        squeezed = entropy.zstd(listed)
        if len(squeezed) < len(listed):
            listed, length = squeezed, len(squeezed) | _HEAD_SQUEEZED
    content = b"".join((length.to_bytes(4, "little"), listed, *bodies))
    if effort:
        return b"\0" + content
    return bytes((_WHOLE,)) + entropy.zstd(content, _QUICK_LEVEL)


def is_quick(payload: bytes) -> bool:
    """Whether a body (its first byte is enough) was written with little effort."""
    return payload[:1] == bytes((_WHOLE,))


def take_apart(payload: bytes) -> tuple[Any, Reader]:
    """The head of a body, and its columns' bodies. Raises `CorruptStore` for what is not such a body."""
    with readable("a block"):
        content = memoryview(entropy.unzstd(payload[1:]) if payload[0] == _WHOLE else payload)
        start = 0 if payload[0] == _WHOLE else 1
        length = int.from_bytes(content[start : start + 4], "little")
        end = start + 4 + (length & ~_HEAD_SQUEEZED)
        listed = bytes(content[start + 4 : end])
        return _decoder.decode(entropy.unzstd(listed) if length & _HEAD_SQUEEZED else listed), Reader(content[end:])


def unpack(
    payload: bytes,
    times: NDArray[np.int64] | None = None,
    names: Collection[str] | None = None,
    most: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The columns of `pack`, or those of some names: arrays, which may not be written to, and lists of byte strings.

    `most` are the numbers of elements that columns may have, where the caller knows.
    """
    head, reader = take_apart(payload)
    found = {}
    with readable("a block"):
        for name, spec in head:
            if names is None or name in names:
                found[name] = _decode(reader, spec, times, (most or {}).get(name, integers.MOST))
            else:
                reader.skip(strings.describe(spec[1:])[1] if spec[0] == "s" else integers.size_of(spec))
    return found


def unpack_lazily(payload: bytes, times: NDArray[np.int64]) -> dict[str, Sequence[bytes]]:
    """The columns of a block of strings, of which there are as many as times; a string is put together when it is asked
    for."""
    head, reader = take_apart(payload)
    with readable("a block"):
        return {name: strings.decode_lazily(reader, spec[1:], times, len(times)) for name, spec in head}


def _decode(reader: Reader, spec: list[Any], times: NDArray[np.int64] | None, most: int) -> Any:
    if spec[0] == "s":
        return strings.decode(reader, spec[1:], times, most)
    return integers.decode(reader, spec, most)


def _sized(spec: list[Any]) -> tuple[str, int]:
    """How a column is stored, in words, and the bytes of its bodies."""
    return strings.describe(spec[1:]) if spec[0] == "s" else integers.describe(spec)


def describe(payload: bytes) -> list[Choice]:
    """How each column of a body is stored, and what it costs; the sizes add up to the body's."""
    head, _ = take_apart(payload)
    found = []
    for name, spec in head:
        words, size = _sized(spec)
        found.append(Choice(name, words, size))
    return complete(found, len(payload))
