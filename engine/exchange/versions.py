"""What readers of states hand to the import: one version after another."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import InvalidValue
from engine.model import values
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


def refusal(content: bytes, *, member: bool) -> str | None:
    """What is wrong with the JSON of a file that is to be a state, or a member of one; None where nothing is."""
    try:
        values.loads(content)
        values.check_depth(content.decode(), values.MAX_DEPTH - member)
    except InvalidValue as error:
        too_deep = member and "deeper" in str(error)
        return f"{error}, with the one that holds the file by its name" if too_deep else str(error)
    return None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that was left out, and why."""

    where: str
    why: str
