"""Byte strings one after the other, each with an end mark, or their lengths beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import CorruptStore
from engine.storage.columns import entropy, integers
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

Spec = list[Any]
Encoded = tuple[Spec, list[bytes]]

_ENDS = (0, 10, 30, 31, 255)


def end_mark(joined: bytes) -> int:
    """A byte that some strings have none of, to stand after each; -1 where there is none."""
    present = np.bincount(np.frombuffer(joined, np.uint8), minlength=256)
    return next((mark for mark in _ENDS if not present[mark]), -1)


def encode(strings: Sequence[bytes], effort: Effort) -> Encoded:
    """Strings as spec and bodies: how many, their end mark, the spec of their lengths, the bytes of all, how these are
    stored, in how many bytes."""
    joined = b"".join(strings)
    end = end_mark(joined) if effort else -1
    if end < 0:
        lengths = integers.encode(np.fromiter(map(len, strings), np.int64, len(strings)), effort)
        stage, body = entropy.squeeze(joined, 1, effort)
        return [len(strings), end, lengths[0], len(joined), int(stage), len(body)], [*lengths[1], body]
    raw = bytes((end,)).join([*strings, b""])
    stage, body = entropy.squeeze(raw, 1, effort)
    return [len(strings), end, [], len(raw), int(stage), len(body)], [body]


def decode(reader: Reader, spec: Spec) -> list[bytes]:
    """The strings of a spec, its bodies taken from the reader."""
    count, end, lengths, size, stage, length = spec
    if end >= 0:
        mark = bytes((end,))
        raw = entropy.expand(stage, reader.take(length), size, 1)
        if raw.count(mark) != count or not raw.endswith(mark if count else b""):
            raise CorruptStore("the store is damaged: there are not as many strings as it says; restore a backup")
        strings = raw.split(mark)
        strings.pop()
        return strings
    ends = np.cumsum(integers.decode(reader, lengths, count), dtype=np.int64).tolist()
    raw = entropy.expand(stage, reader.take(length), size, 1)
    if (ends[-1] if ends else 0) != size or len(ends) != count:
        raise CorruptStore("the store is damaged: strings have another length than they say; restore it from a backup")
    return [raw[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]


def describe(spec: Spec) -> tuple[str, int]:
    """How strings are stored in words, and the bytes of the bodies."""
    _, _, lengths, _, stage, size = spec
    words = f"text, {entropy.Stage(stage).name.lower()}" if stage else "text"
    return words, size + (integers.describe(lengths)[1] if lengths else 0)
