"""Printed paths taken apart. No Qt."""

from __future__ import annotations

import json
import re

_STEP = re.compile(
    r"""\.\* | \.[A-Za-z_][A-Za-z0-9_]*
      | \[ (?: "(?:[^"\\]|\\.)*" | \["(?:[^"\\]|\\.)*"\] | [^\[\]"] )* \]""",
    re.VERBOSE,
)


def split_path(path: str) -> tuple[str, ...]:
    """The printed steps of a printed path, without the `$`: `$.a[0]["x y"]` is `.a`, `[0]`, `["x y"]`. Wildcards
    (`.*`, `[*]`) are steps too."""
    return tuple(_STEP.findall(path, 1))


def is_element(step: str) -> bool:
    """Whether a printed step names an element of a list (by place or by key)."""
    return step.startswith("[") and not step.startswith('["')


def key_of(step: str) -> str:
    """The map key that a printed step names."""
    return str(json.loads(step[1:-1])) if step.startswith("[") else step[1:]


_EQUAL = re.compile(r"""(?:\.([A-Za-z_][A-Za-z0-9_]*)|\["((?:[^"\\]|\\.)*)"\])==("(?:[^"\\]|\\.)*"|[^ &\]]+)""")


def element_key(step: str) -> str | None:
    """The identity of a keyed element for people: the value of its key, or `field value` pairs where several fields
    make it or the value alone would say little (`id 7`). None for a place."""
    pairs = [(name or quoted, value) for name, quoted, value in _EQUAL.findall(step)]
    if not pairs:
        return None
    if len(pairs) == 1 and pairs[0][1].startswith('"'):
        return str(json.loads(pairs[0][1])) or '""'
    return ", ".join(f"{name} {value}" for name, value in pairs)


def key_text(step: str) -> str:
    """A step as lists show it: names and keys as they are, places in brackets."""
    if step == "$":
        return step
    return (element_key(step) or step) if is_element(step) else key_of(step)
