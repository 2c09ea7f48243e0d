"""A value on one line, with the kind of value that it is.

The kind decides the colour; the text alone tells kinds apart too (strings are quoted, containers in
brackets with a count, bytes and sets say so), so colour is never the only sign.
"""

from __future__ import annotations

import base64
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from engine.model import values
from widgets.common.text import count as count_of

LIMIT = 160
_INT_DIGITS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Preview:
    """One line for a value. `kind`: null, bool, number, string, bytes, set, map, list or missing.

    `cut` says that the value is longer than the text.
    """

    text: str
    kind: str
    cut: bool = False


def preview(value: Any, limit: int = LIMIT, missing: object = None) -> Preview:
    """The one-line form of a plain value; `missing` is the object that stands for a side that did not exist."""
    if missing is not None and value is missing:
        return Preview("—", "missing")
    if value is None:
        return Preview("null", "null")
    if isinstance(value, bool):
        return Preview("true" if value else "false", "bool")
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, float):
        return Preview(repr(value), "number")
    if isinstance(value, str):
        return _string(value, limit)
    if isinstance(value, bytes):
        return _bytes(value, limit)
    if isinstance(value, Set):
        return _set(value, limit)
    return preview_container("map" if isinstance(value, dict) else "list", len(value))


def preview_container(kind: str, count: int) -> Preview:
    """`{…} 12 keys`, `[…] 245 items`, or the empty brackets."""
    opening, closing = ("{", "}") if kind == "map" else ("[", "]")
    if count == 0:
        return Preview(opening + closing, kind)
    return Preview(f"{opening}…{closing} {count_of(count, 'key' if kind == 'map' else 'item')}", kind)


def _number(value: int) -> Preview:
    if value.bit_length() < 400:
        return Preview(str(value), "number")
    # str() of a huge int is quadratic and refused beyond 4,300 digits: show its first digits only.
    digits = int(value.bit_length() * 0.30103)
    head = str(value // 10 ** max(0, digits - _INT_DIGITS_SHOWN))
    return Preview(f"{head[:_INT_DIGITS_SHOWN]}… (about {count_of(digits)} digits)", "number", cut=True)


def _string(value: str, limit: int) -> Preview:
    quoted = values.dumps(value[: limit + 1])
    if len(value) <= limit:
        return Preview(quoted, "string")
    return Preview(values.dumps(value[:limit])[:-1] + "…", "string", cut=True)


def _bytes(value: bytes, limit: int) -> Preview:
    text = base64.b64encode(value[: limit // 2]).decode("ascii")
    cut = len(value) > limit // 2
    return Preview(f"bytes({count_of(len(value))}) {text}{'…' if cut else ''}", "bytes", cut)


def _set(value: Set[Any], limit: int) -> Preview:
    members = values.to_json(value)
    parts: list[str] = []
    length = 0
    for member in members:
        parts.append(preview(member, 40).text)
        length += len(parts[-1]) + 2
        if length > limit:
            return Preview(f"set({count_of(len(members))}) {{{', '.join(parts)}, …}}", "set", cut=True)
    return Preview(f"set({count_of(len(members))}) {{{', '.join(parts)}}}", "set")
