"""How hard encoders try."""

from __future__ import annotations

from enum import IntEnum


class Effort(IntEnum):
    """What a block is written for: the order is that of the time that it takes."""

    QUICK = 0
    """Warm: one look at each column; the whole block is one zstd frame of a low level."""
    BALANCED = 1
    """Cold, in a store that is larger than its caches: all strategies, and zstd, which is quick to read."""
    SMALL = 2
    """Cold, in a store whose decoded segments fit into memory: LZMA too, a tenth smaller and ten times slower."""
