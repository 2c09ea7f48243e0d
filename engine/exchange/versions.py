"""What readers of states hand to the import: one version after another."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.times import check_time
from engine.timeline.refs import check_name


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


def checked(version: SourceVersion) -> SourceVersion:
    """The version, if a store can hold its time and the names of its timeline, tags and heads.

    Raises `BadInput`: what is refused must be refused before anything of the version is written.
    """
    check_time(version.time)
    for what, names in (("timeline", (version.timeline or "-", *version.heads)), ("tag", version.tags)):
        for name in names:
            check_name(name, what)
    return version


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that was left out, and why."""

    where: str
    why: str
