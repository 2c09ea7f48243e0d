"""What the selected transaction changed, as marks for the tree. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.changes.collect import is_echo

from .nodes import Marks, marks_from

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.version import Version

#: A transaction of so many operations at most is compared at once; larger ones in the background.
QUICK_OPERATIONS = 100


def read_marks(store: Store, dense: int) -> tuple[Version, Marks]:
    """The version before a transaction (its first parent, or the empty state), and the marks of what it did."""
    previous = store.at(store.graph.parent_of(dense))
    current = store.at(dense)
    changes = (change for change in store.changes_of(dense) if not is_echo(change, previous, current))
    return previous, marks_from(changes, current.parent, lambda path: current.kind(path) != "absent")
