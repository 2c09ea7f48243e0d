"""What a timeline or tag may be called. No Qt."""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.model.times import looks_like_time

_ID = re.compile(r"[0-9a-f]{4,64}")
_LONGEST = 200


def name_problem(name: str, taken: Collection[str]) -> str | None:
    """What is wrong with a new name and what to do, or None where it is good.

    A moment is written as a name, a time, a handle or an id, so a name must not read as one of the others.
    """
    if not name.strip():
        return "Type a name."
    if name != name.strip():
        return "Remove the blanks at the beginning or end."
    if name in taken:
        return f"“{name}” exists already: choose another name."
    if any(ord(character) < 32 or character == "\x7f" for character in name):
        return "Remove the line breaks and control characters."
    if len(name) > _LONGEST:
        return f"Shorten it to {_LONGEST} characters."
    if name.startswith("."):
        return "Names that begin with a dot are the store's own: begin with another character."
    if "~" in name or ":" in name:
        return "“~” and “:” have other meanings in the name of a moment: leave them out."
    if looks_like_time(name):
        return "This reads as a time: add a letter to it."
    if _ID.fullmatch(name):
        return "This reads as the id of a transaction: add another letter or a hyphen."
    return None
