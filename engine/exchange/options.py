"""What a user may say about an import, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.exchange.versions import Skipped

Progress = Callable[[int, int | None, str], None]
KINDS = ("git", "snapshots", "events", "csv", "folder")


def readable(name: str) -> str:
    """A name that may not be UTF-8 (a file's, or what somebody typed) as text that can be stored and shown; two that
    differ stay different."""
    return name.encode("utf-8", "backslashreplace").decode()


class Cancel(Protocol):
    """What stops an import from outside, as `threading.Event` does."""

    def is_set(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `import`; see 5-api, "Command line"."""

    paths: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeline: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    time_format: str | None = None
    skip_bad: bool = False
    progress: Progress | None = None
    cancel: Cancel | None = None

    def shaping(self) -> list[Any]:
        """The options that change what comes out: part of what identifies a source."""
        return [
            sorted(map(readable, self.paths)),
            sorted((readable(pattern), list(map(readable, fields))) for pattern, fields in self.keys.items()),
            sorted((readable(name), readable(theirs)) for name, theirs in self.mapping.items()),
            self.zone or "",
            self.time_format or "",
        ]


@dataclass(slots=True)
class ImportResult:
    """What an import did. `identity` gives the identity fields by list pattern; `skipped` what was left out."""

    kind: str
    transactions: int = 0
    operations: int = 0
    timelines: list[str] = field(default_factory=list)
    identity: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
