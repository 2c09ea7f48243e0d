"""Paths and patterns that a person may mean, seen from the selected path. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .load import pattern_of_all

if TYPE_CHECKING:
    from engine.timeline.version import Version

_MOST = 60


def suggestions(version: Version, path_id: int) -> list[str]:
    """The path itself, the same field of all records, and the fields below it or around it."""
    found: dict[str, None] = {}
    while path_id >= 0 and len(found) < _MOST:
        path = version.path_text(path_id)
        if "[?]" not in path:
            found[path] = None
        found[pattern_of_all(path)] = None
        for below in _fields(version, path_id):
            found[pattern_of_all(below)] = None
        path_id = version.parent(path_id)
    return list(found)[:_MOST]


def _fields(version: Version, path_id: int) -> list[str]:
    """The leaves of a map, or of the first record of a list."""
    kind = version.kind(path_id)
    if kind not in ("map", "list"):
        return []
    children = version.children(path_id)[:40].tolist()
    if kind == "list":
        children = version.children(children[0])[:40].tolist() if children else []
    return [version.path_text(child) for child in children if version.kind(child) == "leaf"]
