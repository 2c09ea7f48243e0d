"""Changes grouped by the record that they belong to, worked out from the printed paths. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from widgets.common.text import count as count_of
from widgets.values import is_element, split_path

if TYPE_CHECKING:
    from engine.store import Change

KINDS = ("added", "removed", "changed", "moved")
SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "↕"}


def record_steps(steps: Sequence[str]) -> int:
    """How many leading steps name the record that a path belongs to.

    The outermost list element that has something below it; else the map around the value, where scalar elements
    count as part of their list: `$.Python.extensions[3]` belongs to `$.Python`.
    """
    for position, step in enumerate(steps[:-1]):
        if is_element(step):
            return position + 1
    end = len(steps)
    while end and is_element(steps[end - 1]):
        end -= 1
    return max(0, end - 1)


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one record, in the order they came. `path` is the record's, `rest` the paths below it."""

    path: str
    changes: tuple[Change, ...]
    rest: tuple[str, ...]
    counts: dict[str, int] = field(hash=False)
    depth: int = 0  #: how many steps the record's path has
    path_id: int = -1
    whole: str | None = None  #: "added" or "removed" where the record itself came or went
    label: str | None = None  #: the record's human name

    @property
    def kind(self) -> str:
        """What happened to the record as a whole."""
        if self.whole:
            return self.whole
        return "moved" if set(self.counts) == {"moved"} else "changed"


def group(changes: Iterable[Change]) -> list[Group]:
    """Group changes by record, records in order of their first change."""
    found: dict[tuple[str, ...], list[tuple[Change, str]]] = {}
    for change in changes:
        steps = split_path(change.path)
        if change.kind == "moved" and steps and is_element(steps[-1]):
            count = len(steps)  # a moved element is the record, whatever is below it
        else:
            count = record_steps(steps)
        found.setdefault(steps[:count], []).append((change, "".join(steps[count:])))
    return [_group(steps, members) for steps, members in found.items()]


def _group(steps: tuple[str, ...], members: list[tuple[Change, str]]) -> Group:
    changes = tuple(change for change, _ in members)
    return Group(
        path="$" + "".join(steps),
        changes=changes,
        rest=tuple(rest for _, rest in members),
        counts=counts_of(changes),
        depth=len(steps),
    )


def counts_of(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes of each kind."""
    found = Counter(change.kind for change in changes)
    return {kind: found[kind] for kind in KINDS if found[kind]}


def counts_text(counts: dict[str, int]) -> str:
    """`+2 −1 ~5`: signs and counts, for places with little room."""
    return "  ".join(f"{SIGNS[kind]}{count_of(counts[kind])}" for kind in KINDS if counts.get(kind))


def total(groups: Iterable[Group]) -> dict[str, int]:
    """Counts by kind over all groups."""
    found: Counter[str] = Counter()
    for item in groups:
        found.update(item.counts)
    return {kind: found[kind] for kind in KINDS if found[kind]}
