"""Counters that the program's statistics read. Knows nothing of the rest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CacheCounter:
    """What a cache did: answers from memory, fetches, and the bytes that it holds now."""

    hits: int = 0
    misses: int = 0
    bytes: int = 0
