"""The edits that take changes back: what paths held before, put into the newest state. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.errors import BadInput

from .edits import NO_VALUE, Edit, Edits, same_value

if TYPE_CHECKING:
    from engine.timeline.version import Version


def revert_edits(before: Version, now: Version, paths: Iterable[int]) -> Edits:
    """What takes the changes of all these paths back; those that are back already are left out.

    Raises `BadInput` where nothing is left to do.
    """
    edits, problem = [], BadInput("nothing of this is left to take back")
    for path_id in paths:
        try:
            edits.append(revert_edit(before, now, path_id))
        except BadInput as error:
            problem = error
    if not edits:
        raise problem
    return tuple(edits)


def revert_edit(before: Version, now: Version, path_id: int) -> Edit:
    """What makes `path_id` in `now` what it was in `before`. Path ids are those of the store, in all its versions.

    Raises `BadInput` where there is nothing to do, or where what it stood in is gone.
    """
    was, held = _value(before, path_id), _value(now, path_id)
    path = now.path_text(path_id) if held is not NO_VALUE else before.path_text(path_id)
    if same_value(was, held):
        raise BadInput(f"{path} is already what it was before: there is nothing to take back")
    if was is NO_VALUE:
        return Edit("remove", path, before=held, path_id=path_id)
    if held is not NO_VALUE:
        return Edit("put", path, was, held, path_id=path_id)
    return _returning(before, now, path_id, was)


def _returning(before: Version, now: Version, path_id: int, was: object) -> Edit:
    """What was removed comes back: a key into its map, an element to its place in the list."""
    parent = now.parent(path_id)
    kind = now.kind(parent)
    if kind == "map":
        path = now.path_text(parent) + before.step_text(path_id)
        return Edit("put", path, was, path_id=path_id, parent_id=parent)
    if kind == "list":
        place = min(before.index(path_id) or 0, now.child_count(parent))
        return Edit("insert", now.path_text(parent), was, index=place, path_id=path_id, parent_id=parent)
    raise BadInput(f"{before.path_text(path_id)} stood in something that is gone: take that back first")


def _value(version: Version, path_id: int) -> object:
    return NO_VALUE if version.kind(path_id) == "absent" else version.value(path_id)
