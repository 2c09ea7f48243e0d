"""Paths: steps, their canonical bytes, and their one printed spelling.

A path is a tuple of steps from the root `$`. A step is the key of a map (`str`), an element of a keyed list
(`Keyed`: the identity fields and the values they hold), or an element of any other list (`Element`: the transaction
that made it and a running number in it). Elements keep their step when they move. Inside the engine a path is the
integer that the path table gives it; here are the steps themselves, and text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from engine.errors import InvalidValue
from engine.model import values
from engine.model.encoding import read_text, read_uvarint, text, uvarint


@dataclass(frozen=True, slots=True)
class Keyed:
    """An element of a keyed list: identity `fields`, their `values`, and which one where a key repeats (0 = first).

    Values are told apart by type (1, 1.0 and "1" are three keys): equality is that of the canonical bytes.
    """

    fields: tuple[str, ...]
    values: tuple[Any, ...]
    nth: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and encode_step(self) == encode_step(other)

    def __hash__(self) -> int:
        return hash((self.fields, self.values, self.nth))


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a list without keys: made by transaction `replica:seq`, as its `number`-th new element."""

    replica: bytes
    seq: int
    number: int


Step = str | Keyed | Element


def encode_step(step: Step) -> bytes:
    """Canonical, self-delimiting bytes of a step."""
    if type(step) is str:
        return b"k" + text(step)
    if isinstance(step, Keyed):
        parts = [b"i", uvarint(len(step.fields))]
        for field, value in zip(step.fields, step.values, strict=True):
            raw = values.encode(value)
            parts += (text(field), uvarint(len(raw)), raw)
        parts.append(uvarint(step.nth))
        return b"".join(parts)
    if isinstance(step, Element):
        return b"e" + step.replica + uvarint(step.seq) + uvarint(step.number)
    raise InvalidValue(f"{step!r} is not a path step")


def decode_step(data: bytes) -> Step:
    """The step of canonical bytes."""
    tag = data[:1]
    if tag == b"k":
        return read_text(data, 1)[0]
    if tag == b"e":
        seq, offset = read_uvarint(data, 9)
        return Element(data[1:9], seq, read_uvarint(data, offset)[0])
    count, offset = read_uvarint(data, 1)
    fields = []
    found = []
    for _ in range(count):
        field, offset = read_text(data, offset)
        length, offset = read_uvarint(data, offset)
        fields.append(field)
        found.append(values.decode(data[offset : offset + length]))
        offset += length
    return Keyed(tuple(fields), tuple(found), read_uvarint(data, offset)[0])


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def quote(string: str) -> str:
    """A string literal as paths print it: a JSON string, everything but controls and surrogates as it is."""
    return values.dumps(string)


def name_text(key: str) -> str:
    """`.name` for plain names, `["json string"]` for others."""
    return f".{key}" if _NAME.match(key) else f"[{quote(key)}]"


def keyed_text(step: Keyed) -> str:
    """`[?@.key=="v"]`, with `&&` between several fields."""
    pairs = zip(step.fields, step.values, strict=True)
    return "[?" + " && ".join(f"@{name_text(field)}=={_literal(value)}" for field, value in pairs) + "]"


def _literal(value: Any) -> str:
    if type(value) is float and value == int(value) and abs(value) < 1e16:
        return repr(value)
    return values.dumps(value)


def step_text(step: Step, index: int | None = None) -> str:
    """The printed form of one step; `index` is the element's position, needed where the step names it by place
    (elements without key, and the second and later of a repeated key)."""
    if type(step) is str:
        return name_text(step)
    if isinstance(step, Keyed) and (step.nth == 0 or index is None):
        return keyed_text(step)
    return f"[{'?' if index is None else index}]"


# ------------------------------------------------------------------------------------------------ patterns


@dataclass(frozen=True, slots=True)
class Name:
    """A map key."""

    key: str


@dataclass(frozen=True, slots=True)
class Index:
    """The element that stands at a place (negative: from the end) at the asked moment."""

    place: int


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every child."""


@dataclass(frozen=True, slots=True)
class Key:
    """The elements whose fields hold these values: `[?@.a=="x" && @.b==1]`."""

    fields: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """The elements at `start:stop:step` at the asked moment."""

    bounds: slice


@dataclass(frozen=True, slots=True)
class Filter:
    """Any other RFC 9535 filter, evaluated by the JSONPath library on the values at the asked moment."""

    expression: Any
    spelling: str


Selector = Name | Index | Wildcard | Key | Slice | Filter


@dataclass(frozen=True, slots=True)
class Segment:
    """Selectors of one level; `descendant` for `..`, which applies them at every depth."""

    selectors: tuple[Selector, ...]
    descendant: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed RFC 9535 query: `$` and segments."""

    spelling: str
    segments: tuple[Segment, ...]

    @property
    def singular(self) -> bool:
        """Whether it can name one node at most (names, places and keys only)."""
        return all(
            not segment.descendant and [isinstance(item, Name | Index | Key) for item in segment.selectors] == [True]
            for segment in self.segments
        )

    @property
    def prefix(self) -> str:
        """What questions are counted under: the first step if it is a key, as `$.name`, else `$`."""
        first = self.segments[0] if self.segments else None
        if first is None or first.descendant or len(first.selectors) != 1 or not isinstance(first.selectors[0], Name):
            return "$"
        return f"${name_text(first.selectors[0].key)}"


_STRING = r'"(?:[^"\\]|\\.)*"'
_FIELD_IS = rf"""\s*@(?:\.(?:[A-Za-z_][A-Za-z0-9_]*)|\[{_STRING}\])\s*==
      \s*(?:{_STRING}|null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*"""
_PLAIN = re.compile(
    rf"""\.(?P<name>[A-Za-z_][A-Za-z0-9_]*) | \[(?P<quoted>{_STRING})\] | \[(?P<place>-?(?:0|[1-9]\d{{0,15}}))\]
      | (?P<wild>\.\*|\[\*\]) | \[\?(?P<key>{_FIELD_IS}(?:&&{_FIELD_IS})*)\]""",
    re.VERBOSE,
)
_FIELD = re.compile(
    rf"""\s*@(?:\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<quoted>{_STRING})\])\s*==
      \s*(?P<value>[^&"\s]+|{_STRING})\s*(?:&&|\Z)""",
    re.VERBOSE,
)


def parse_pattern(spelling: str) -> Pattern:
    """Parse a path or pattern in any RFC 9535 spelling; a missing leading `$` is supplied before `.` and `[`.

    The printed spelling is read here; whatever else the standard allows goes to the JSONPath library (which takes
    50 ms to import). Raises `InvalidValue` with the position.
    """
    query = spelling.strip()
    if query[:1] in ("[", "."):
        query = "$" + query
    segments = _parse_plain(query)
    if segments is None:
        segments = _parse_any(query, spelling)
    return Pattern(query, tuple(segments))


def _parse_plain(query: str) -> list[Segment] | None:
    if not query.startswith("$"):
        return None
    segments = []
    offset = 1
    while offset < len(query):
        match = _PLAIN.match(query, offset)
        if match is None:
            return None
        selector = _plain_selector(match)
        if selector is None:
            return None
        segments.append(Segment((selector,)))
        offset = match.end()
    return segments


def _plain_selector(match: re.Match[str]) -> Selector | None:
    if match["name"] is not None:
        return Name(match["name"])
    if match["quoted"] is not None:
        try:
            return Name(json.loads(match["quoted"]))
        except ValueError:
            return None
    if match["place"] is not None:
        return Index(int(match["place"])) if match["place"] != "-0" else None
    if match["wild"] is not None:
        return Wildcard()
    return _key_of(match["key"])


def _key_of(expression: str) -> Key | None:
    """`@.a=="x" && @.b==1` as a key, or None where a literal in it is none of JSON's."""
    fields: list[str] = []
    found: list[Any] = []
    for match in _FIELD.finditer(expression):
        try:
            fields.append(match["name"] if match["name"] is not None else json.loads(match["quoted"]))
            found.append(values.loads(match["value"]))
        except (ValueError, InvalidValue):
            return None
    return Key(tuple(fields), tuple(found))


def _parse_any(query: str, spelling: str) -> list[Segment]:
    import jsonpath_rfc9535 as jsonpath
    from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment

    try:
        parsed = jsonpath.compile(query)
    except jsonpath.JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise InvalidValue(f"{spelling!r} is not a JSONPath: {reason}; write it like $.items[*].name") from None
    except RecursionError:
        raise InvalidValue("the JSONPath is nested too deep") from None
    return [
        Segment(tuple(map(_selector, segment.selectors)), isinstance(segment, JSONPathRecursiveDescentSegment))
        for segment in parsed.segments
    ]


def _selector(item: Any) -> Selector:
    from jsonpath_rfc9535 import selectors

    if isinstance(item, selectors.NameSelector):
        return Name(item.name)
    if isinstance(item, selectors.IndexSelector):
        return Index(item.index)
    if isinstance(item, selectors.SliceSelector):
        return Slice(item.slice)
    if isinstance(item, selectors.WildcardSelector):
        return Wildcard()
    key = _filter_key(item.expression.expression)
    return Key(*key) if key else Filter(item.expression, str(item))


def _filter_key(expression: Any) -> tuple[tuple[str, ...], tuple[Any, ...]] | None:
    """Fields and values of a filter that is a conjunction of `@.field == literal`."""
    from jsonpath_rfc9535 import filter_expressions as fe
    from jsonpath_rfc9535 import selectors

    if isinstance(expression, fe.LogicalExpression) and expression.operator == "&&":
        left, right = _filter_key(expression.left), _filter_key(expression.right)
        return (left[0] + right[0], left[1] + right[1]) if left and right else None
    if not isinstance(expression, fe.ComparisonExpression) or expression.operator != "==":
        return None
    query, literal = expression.left, expression.right
    if isinstance(query, fe.FilterExpressionLiteral):
        query, literal = literal, query
    if not isinstance(query, fe.RelativeFilterQuery):
        return None
    if not isinstance(literal, fe.FilterExpressionLiteral | fe.NullLiteral):
        return None
    segments = list(query.query.segments)
    if len(segments) != 1 or len(segments[0].selectors) != 1:
        return None
    name = segments[0].selectors[0]
    if not isinstance(name, selectors.NameSelector):
        return None
    return (name.name,), (getattr(literal, "value", None),)
