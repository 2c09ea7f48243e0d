"""Printed paths taken apart. No Qt."""

from __future__ import annotations

import json
import re

_STEP = re.compile(
    r"""\.[A-Za-z_][A-Za-z0-9_]*
      | \[ (?: "(?:[^"\\]|\\.)*" | \["(?:[^"\\]|\\.)*"\] | [^\[\]"] )* \]""",
    re.VERBOSE,
)


def split_path(path: str) -> tuple[str, ...]:
    """The printed steps of a printed path, without the `$`: `$.a[0]["x y"]` is `.a`, `[0]`, `["x y"]`."""
    return tuple(_STEP.findall(path, 1))


def is_element(step: str) -> bool:
    """Whether a printed step names an element of a list (by place or by key)."""
    return step.startswith("[") and not step.startswith('["')


def key_of(step: str) -> str:
    """The map key that a printed step names."""
    return str(json.loads(step[1:-1])) if step.startswith("[") else step[1:]
