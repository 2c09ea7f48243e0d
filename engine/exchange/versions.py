"""What readers of states hand to the import: one version after another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """One version as its source gives it.

    `time` is in microseconds, `state` JSON; `parents` are source ids of earlier versions, None where the source does
    not say (then it is the one before on the same timeline); `timeline` is None for the import's default one. `tags`
    and `heads` are tags and further timelines that point at it.
    """

    time: int
    state: bytes
    author: str = ""
    message: str = ""
    source: str = ""
    parents: tuple[str, ...] | None = None
    timeline: str | None = None
    tags: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that was left out, and why."""

    where: str
    why: str
