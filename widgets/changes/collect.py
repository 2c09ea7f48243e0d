"""The differences of two moments, collected and grouped for the view. Runs in a job. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from engine.model.operations import ABSENT
from engine.timeline.version import MISSING
from widgets.values import is_element, preview, record_label, split_path

from .markdown import markdown
from .patch import json_patch, patch_text
from .records import Group, counts_of, group

if TYPE_CHECKING:
    from engine.store import Change, Store
    from engine.timeline.version import Version

_CHUNK = 500
MORE = 4  #: times as many changes as are shown are asked for next, and counted before
_ALL = 1 << 40


@dataclass(frozen=True, slots=True)
class Comparison:
    """From one moment to another, by dense number (-1: the empty state before everything)."""

    before: int
    after: int

    def swapped(self) -> Comparison:
        """The other way round."""
        return Comparison(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Differences:
    """The first changes of a comparison by record; `more` where there are others. `left` says how many others, and
    `records` of how many records all are, if that was soon known."""

    comparison: Comparison
    groups: tuple[Group, ...]
    shown: int
    more: bool
    left: int | None = 0
    records: int | None = None


def collect(
    store: Store, comparison: Comparison, limit: int = _ALL, cancelled: Callable[[], bool] = lambda: False
) -> Differences:
    """Up to `limit` changes, grouped, each record with its name, and how many more there are, if they are not too many.
    A cancelled call returns what it has."""
    before, after = store.at(comparison.before), store.at(comparison.after)
    told = (change for change in _until(store.diff(before, after), cancelled) if not is_echo(change, before, after))
    changes = list(islice(told, (1 + MORE) * limit + 1))
    fields: dict[int, str | None] = {}
    groups = tuple(_named(found, before, after, fields) for found in group(changes[:limit]))
    left = max(0, len(changes) - limit)
    if left > MORE * limit:
        return Differences(comparison, groups, limit, more=True, left=None)
    records = len(group(changes)) if left else len(groups)
    return Differences(comparison, groups, len(changes) - left, left > 0, left, records)


def is_echo(change: Change, before: Version, after: Version) -> bool:
    """Whether a change only says that a container is not empty any more, or became empty: what is below it says so."""
    if change.kind == "removed" and change.before in ({}, []):
        return after.kind(change.path_id) != "absent"
    return change.kind == "added" and change.after in ({}, []) and before.kind(change.path_id) != "absent"


def _until(changes: Iterable[Change], cancelled: Callable[[], bool]) -> Iterator[Change]:
    for number, change in enumerate(changes):
        if number % _CHUNK == 0 and cancelled():
            return
        yield change


def _named(found: Group, before: Version, after: Version, fields: dict[int, str | None]) -> Group:
    """The group with the id, the fate and the human name of its record."""
    path_id = found.changes[0].path_id
    steps = split_path(found.changes[0].path)
    for _ in range(len(steps) - found.depth):
        path_id = before.parent(path_id)
    was, now = before.kind(path_id), after.kind(path_id)
    whole = "added" if was == "absent" else "removed" if now == "absent" else None
    label = None
    if found.depth and is_element(steps[found.depth - 1]) and "map" in (was, now):
        label = record_label(after if now == "map" else before, path_id, fields)
    return replace(found, path_id=path_id, whole=whole, label=label)


def searchable(found: Group, number: int) -> str:
    """The text of a change that the filter looks in."""
    change = found.changes[number]
    sides = (preview(side, missing=MISSING).text for side in (change.before, change.after))
    return " ".join((change.kind, change.path, found.label or "", *sides)).casefold()


def filtered(groups: Iterable[Group], needle: str) -> list[Group]:
    """Only the changes whose path, name or values contain the text; case does not matter."""
    folded = needle.casefold().strip()
    if not folded:
        return list(groups)
    kept = []
    for found in groups:
        places = [number for number in range(len(found.changes)) if folded in searchable(found, number)]
        if places:
            kept.append(
                replace(
                    found,
                    changes=tuple(found.changes[number] for number in places),
                    rest=tuple(found.rest[number] for number in places),
                    counts=counts_of(found.changes[number] for number in places),
                )
            )
    return kept


def affected_paths(before: Version, after: Version) -> set[int]:
    """The paths whose value or place differs, and all containers above them."""
    old, new = before.state, after.state
    size = min(len(old.values), len(new.values))
    differs = old.values[:size] != new.values[:size]
    differs |= (old.labels[:size] != new.labels[:size]) & (new.values[:size] != ABSENT)
    longer = old.values if len(old.values) > size else new.values
    beyond = size + np.flatnonzero(longer[size:])
    found: set[int] = set()
    for path_id in (*np.flatnonzero(differs).tolist(), *beyond.tolist()):
        while path_id >= 0 and path_id not in found:
            found.add(path_id)
            path_id = after.parent(path_id)
    return found


def whole_patch(store: Store, comparison: Comparison, cancelled: Callable[[], bool] = lambda: False) -> tuple[str, int]:
    """All differences as JSON Patch text, and how many operations it has."""
    before, after = store.at(comparison.before), store.at(comparison.after)
    operations = json_patch(before, after, affected_paths(before, after), cancelled)
    return patch_text(operations), len(operations)


def whole_markdown(
    store: Store, comparison: Comparison, title: str, cancelled: Callable[[], bool] = lambda: False
) -> str:
    """All differences as Markdown."""
    return markdown(title, collect(store, comparison, cancelled=cancelled).groups, MISSING)
