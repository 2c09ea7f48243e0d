"""Which field of a record names it for a person: `Bonnie Fire` says more than `fec1b02a-…`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .paths import is_element, key_of

if TYPE_CHECKING:
    from engine.timeline.version import Version

_WORDS = ("name", "title", "label", "summary", "displayname", "subject", "heading", "caption", "description", "slug")
_TOO_LONG = 80
_OPAQUE = re.compile(r"[0-9a-fA-F-]{12,}")  #: a key that says nothing to people, such as a UUID
_FIELDS_LOOKED_AT = 40


def label_field(names: Iterable[str]) -> str | None:
    """The key that most likely holds the human name of a record: exact words first (`name`, `Title`), then names
    that end in one (`ProgramName`, `station_title`)."""
    folded = [(name, name.casefold().replace("_", "").replace("-", "")) for name in names]
    for word in _WORDS:
        for name, plain in folded:
            if plain == word:
                return name
    for word in _WORDS[:3]:
        for name, plain in folded:
            if plain.endswith(word):
                return name
    return None


def in_order(key: str, label: str | None) -> list[str]:
    """Key and human name of a record as they are shown: what tells it from others first, so that it is not cut off; a
    place or an opaque key tells people nothing."""
    if not label or label == key:
        return [key]
    return [label, key] if is_element(key) or _OPAQUE.fullmatch(key) else [key, label]


def label_text(value: object) -> str | None:
    """The label of a record from the value of its label field: short non-empty strings only, on one line."""
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    if not text:
        return None
    return text if len(text) <= _TOO_LONG else text[: _TOO_LONG - 1] + "…"


def record_label(version: Version, path_id: int, known: dict[int, str | None] | None = None) -> str | None:
    """The human name of a map: the value of the field that most likely holds it, of its first forty.

    `known` remembers the field by list, so that the next record of the same list is one look-up.
    """
    parent = version.parent(path_id)
    if known is not None and parent in known:
        field = known[parent]
        child = version.child(path_id, field) if field is not None else None
    else:
        names: dict[str, int] = {}
        for item in version.children(path_id)[:_FIELDS_LOOKED_AT].tolist():
            names[key_of(version.step_text(item))] = item
        field = label_field(names)
        child = names[field] if field is not None else None
        if known is not None:
            known[parent] = field
    if child is None or version.kind(child) != "leaf":
        return None
    return label_text(version.leaf(child))
