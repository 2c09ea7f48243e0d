"""What naming things changes: the moves of one action, checked against the names as they are then.

A move is (kind of name, which one, before, after), as the operation log keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.errors import BadInput, NotFound
from engine.timeline.refs import Ref, Refs

Moves = list[tuple[str, Any, Any, Any]]


def made(refs: Refs, name: str, version: int) -> Moves:
    """A new timeline that goes off at a version (-1: the empty state)."""
    if refs.find(name) is not None:
        raise BadInput(f"there is a timeline {name!r} already; choose another name")
    if name in refs.tags:
        raise BadInput(f"{name!r} is a tag; choose another name for the timeline")
    return [("timeline", len(refs.timelines), None, Ref(name, (version,) if version >= 0 else (), version))]


def renamed(refs: Refs, name: str, new: str) -> Moves:
    """Another name for a timeline."""
    number = refs.number(name)
    if refs.find(new) is not None or new in refs.tags:
        raise BadInput(f"the name {new!r} is taken; choose another name")
    before = refs.timelines[number]
    return [("timeline", number, before, replace(before, name=new))]


def deleted(refs: Refs, name: str) -> Moves:
    """A timeline less."""
    number = refs.number(name)
    before = refs.timelines[number]
    return [("timeline", number, before, replace(before, deleted=True))]


def tagged(refs: Refs, name: str, version: int) -> Moves:
    """A new tag."""
    if name in refs.tags:
        raise BadInput(f"the name {name!r} is taken; move or delete that tag, or choose another name")
    if refs.find(name) is not None:
        raise BadInput(f"the name {name!r} is taken by a timeline; choose another name")
    return [("tag", name, None, version)]


def tag_moved(refs: Refs, name: str, version: int) -> Moves:
    """A tag elsewhere."""
    if name not in refs.tags:
        raise NotFound(f"no tag {name!r} to move; there is {_some(refs.tags)}")
    return [("tag", name, refs.tags[name], version)]


def untagged(refs: Refs, name: str) -> Moves:
    """A tag less."""
    if name not in refs.tags:
        raise NotFound(f"no tag {name!r}; there is {_some(refs.tags)}")
    return [("tag", name, refs.tags[name], None)]


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
