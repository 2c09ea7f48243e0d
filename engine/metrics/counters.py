"""What a cache did."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields


@dataclass(slots=True)
class CacheCounter:
    """Answers from memory, fetches, what left to make room, bytes of all that was fetched (`decoded`: a measure of the
    work that the cache did not spare), and the bytes that it holds now."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    decoded: int = 0
    bytes: int = 0

    def add(self, other: CacheCounter) -> None:
        """Count what another one counted too."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    def less(self, other: CacheCounter) -> CacheCounter:
        """What was counted here and not by the other one, an earlier copy of this."""
        return CacheCounter(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))
