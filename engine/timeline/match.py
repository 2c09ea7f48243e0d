"""Matching patterns: against one version, and against all paths that ever were."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from engine.errors import InvalidValue
from engine.model.paths import Filter, Index, Key, Name, Pattern, Segment, Selector, Slice, Wildcard, encode_step
from engine.storage.path_table import PathTable

if TYPE_CHECKING:
    from engine.timeline.version import Version


def match(version: Version, pattern: Pattern) -> list[int]:
    """Ids of the live paths that a pattern matches, in the order of the document, without repeats."""
    current = [0]
    for segment in pattern.segments:
        origins = _with_descendants(version, current) if segment.descendant else current
        found: dict[int, None] = {}
        for origin in origins:
            for selector in segment.selectors:
                found.update(dict.fromkeys(_select(version, origin, selector)))
        current = list(found)
    return current


def find(version: Version, pattern: Pattern) -> int | None:
    """The live path that a singular pattern names. Of elements that share a key it is the one that is printed by it."""
    path = 0
    selectors = [segment.selectors[0] for segment in pattern.segments]
    names = [selector.key for selector in selectors if isinstance(selector, Name)]
    if len(names) == len(selectors):
        return version.descend(names)
    for selector in selectors:
        keyed = version.keyed(path, selector.fields, selector.values) if isinstance(selector, Key) else []
        found = keyed or _select(version, path, selector)
        if not found:
            return None
        path = found[0]
    return path


def _with_descendants(version: Version, paths: list[int]) -> list[int]:
    found = []
    stack = list(reversed(paths))
    while stack:
        path = stack.pop()
        found.append(path)
        if version.kind(path) in ("map", "list"):
            stack.extend(reversed(version.children(path).tolist()))
    return found


def _select(version: Version, path: int, selector: Selector) -> list[int]:
    kind = version.kind(path)
    if kind not in ("map", "list"):
        return []
    if isinstance(selector, Name):
        child = version.child(path, selector.key) if kind == "map" else None
        return [] if child is None else [child]
    if isinstance(selector, Wildcard):
        return [int(child) for child in version.children(path)]
    if isinstance(selector, Index | Slice):
        return _select_place(version, path, selector) if kind == "list" else []
    if isinstance(selector, Key):
        return _select_key(version, path, selector)
    return [child for child in version.children(path).tolist() if _holds(selector, version, child)]


def _select_place(version: Version, path: int, selector: Index | Slice) -> list[int]:
    children = version.children(path)
    if isinstance(selector, Slice):
        if selector.bounds.step == 0:
            return []
        return [int(child) for child in children[selector.bounds]]
    place = selector.place if selector.place >= 0 else selector.place + len(children)
    return [int(children[place])] if 0 <= place < len(children) else []


def _select_key(version: Version, path: int, selector: Key) -> list[int]:
    """Elements by their key: a look-up where the list is keyed by these fields, a scan of the children else."""
    found = version.keyed(path, selector.fields, selector.values)
    if len(found) > 1:
        return [child for child in version.children(path).tolist() if child in found]
    return found or [child for child in version.children(path).tolist() if _has_fields(version, child, selector)]


def _has_fields(version: Version, path: int, selector: Key) -> bool:
    if version.kind(path) != "map":
        return False
    for field, wanted in zip(selector.fields, selector.values, strict=True):
        child = version.child(path, field)
        if child is None or version.kind(child) != "leaf":
            return False
        value = version.leaf(child)
        if value != wanted or isinstance(value, bool) != isinstance(wanted, bool):
            return False
    return True


def _holds(selector: Filter, version: Version, path: int) -> bool:
    from jsonpath_rfc9535.filter_expressions import FilterContext

    root = _root(version) if "$" in selector.spelling else None
    context = FilterContext(env=_environment(), current=version.value(path), root=root)
    return bool(selector.expression.evaluate(context))


@functools.cache
def _environment() -> Any:
    from jsonpath_rfc9535 import JSONPathEnvironment

    return JSONPathEnvironment()


@functools.lru_cache(maxsize=1)
def _root(version: Version) -> Any:
    """The whole state, which a filter may refer to from every child."""
    return version.json()


def match_ever(table: PathTable, pattern: Pattern, version: Version) -> list[int]:
    """Ids of all paths, live or not, that a pattern matches. Places, slices and filters mean the elements that they
    select at `version`; those are followed wherever they stand at other times."""
    current = [0]
    for segment in pattern.segments:
        origins = _all_descendants(table, current) if segment.descendant else current
        found: dict[int, None] = {}
        for origin in origins:
            for item in segment.selectors:
                found.update(dict.fromkeys(_select_ever(table, origin, item, version, segment)))
        current = list(found)
    return current


def _all_descendants(table: PathTable, paths: list[int]) -> list[int]:
    found = []
    stack = list(paths)
    while stack:
        path = stack.pop()
        found.append(path)
        stack.extend(table.children(path).tolist())
    return found


def _select_ever(table: PathTable, path: int, selector: Selector, version: Version, segment: Segment) -> list[int]:
    if isinstance(selector, Name):
        child = table.find(path, encode_step(selector.key))
        return [] if child is None else [child]
    if isinstance(selector, Wildcard):
        return [int(child) for child in table.children(path)]
    if isinstance(selector, Key):
        return table.keyed(path, selector.fields, selector.values) or _select(version, path, selector)
    return _select(version, path, selector)


def require_singular(pattern: Pattern) -> Pattern:
    """The pattern, if it names one node at most; raises `InvalidValue` otherwise."""
    if not pattern.singular:
        raise InvalidValue(f"{pattern.spelling} may name several places; give one path without wildcards")
    return pattern
