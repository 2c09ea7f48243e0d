"""Paths: what is printed is read back as the same, and other spellings mean what RFC 9535 says."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.model.paths import (
    Element,
    Filter,
    Index,
    Key,
    Keyed,
    Name,
    Segment,
    Slice,
    Step,
    Wildcard,
    encode_step,
    parse_pattern,
    step_text,
)
from tests.properties import strategies
from tests.properties.test_encodings import steps


def selectors(text: str) -> list[Any]:
    """The single selectors of a path."""
    pattern = parse_pattern(text)
    assert all(len(segment.selectors) == 1 and not segment.descendant for segment in pattern.segments)
    return [segment.selectors[0] for segment in pattern.segments]


@given(st.lists(steps, max_size=4), st.integers(0, 9))
@example([Keyed(("a b", 'c"'), ("]", -0.0)), "$", Keyed(("é",), (10**30,))], 0)
def test_a_printed_path_is_read_back(path: list[Step], place: int) -> None:
    text = "$" + "".join(step_text(step, place) for step in path)
    for step, selector in zip(path, selectors(text), strict=True):
        if isinstance(step, str):
            assert selector == Name(step)
        elif isinstance(step, Keyed) and step.nth == 0:
            assert isinstance(selector, Key)
            assert encode_step(Keyed(selector.fields, selector.values)) == encode_step(step)
        else:
            assert selector == Index(place)


@given(strategies.strings)
def test_every_spelling_of_a_name(name: str) -> None:
    escaped = json.dumps(name)
    single = "'" + escaped[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    spellings = [f"$[{escaped}]", f" [{escaped}] "]
    if not any(0xD800 <= ord(char) < 0xE000 for char in name):  # the standard knows no lone surrogates
        spellings += [f"$[{single}]", f"$[ {escaped} ]"]
    for spelling in spellings:
        assert selectors(spelling) == [Name(name)]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("$", []),
        ("", None),
        ("a.b", None),
        (".a", [Segment((Name("a"),))]),
        ("$.a[*].b", [Segment((Name("a"),)), Segment((Wildcard(),)), Segment((Name("b"),))]),
        ("$.*", [Segment((Wildcard(),))]),
        ("$..a", [Segment((Name("a"),), descendant=True)]),
        ("$..[0]", [Segment((Index(0),), descendant=True)]),
        ("$[1:3]", [Segment((Slice(slice(1, 3)),))]),
        ("$[::-2]", [Segment((Slice(slice(None, None, -2)),))]),
        ("$['a', 'b', 0]", [Segment((Name("a"), Name("b"), Index(0)))]),
        ("$[-1]", [Segment((Index(-1),))]),
        ("$[-0]", None),
        ("$[01]", None),
        ("$[?@.a=='x']", [Segment((Key(("a",), ("x",)),))]),
        ("$[?@['a b'] == 1 && @.c == null]", [Segment((Key(("a b", "c"), (1, None)),))]),
        ("$[?'x' == @.a]", [Segment((Key(("a",), ("x",)),))]),
        ("$[?@.a==true]", [Segment((Key(("a",), (True,)),))]),
        ("$.é", [Segment((Name("é"),))]),
        ("$ .a ['b']", [Segment((Name("a"),)), Segment((Name("b"),))]),
        ("$.a b", None),
        ('$["a]', None),
        ("$[?@.a==]", None),
        ("$[?", None),
        ('$["\\x"]', None),
    ],
)
def test_other_spellings(text: str, segments: list[Segment] | None) -> None:
    if segments is None:
        with pytest.raises(InvalidValue, match=r"is not a JSONPath: .*; write it like \$\.items\[\*\]\.name"):
            parse_pattern(text)
    else:
        assert list(parse_pattern(text).segments) == segments


@pytest.mark.parametrize(
    "text", ["$[?@.a>1]", "$[?@.a.b=='x']", "$[?@.a==@.b]", "$[?@.a==1 || @.b==2]", "$[?@.a]", "$[?length(@)==1]"]
)
def test_other_filters_are_left_to_the_library(text: str) -> None:
    (segment,) = parse_pattern(text).segments
    assert isinstance(segment.selectors[0], Filter)
    assert not parse_pattern(text).singular


@pytest.mark.parametrize(("text", "singular"), [("$.a[0][?@.id==1]", True), ("$.*", False), ("$..a", False)])
def test_what_names_one_place(text: str, singular: bool) -> None:
    assert parse_pattern(text).singular is singular


def test_a_filter_nested_too_deep() -> None:
    with pytest.raises(InvalidValue, match=r"nested too deep|is not a JSONPath"):
        parse_pattern("$[?" + "(" * 2000 + "@.a==1" + ")" * 2000 + "]")


def test_where_a_place_is_not_known() -> None:
    assert step_text(Keyed(("id",), ("a",), 1)) == '[?@.id=="a"]'
    assert step_text(Keyed(("id",), (1,), 3), 7) == "[7]"
    assert step_text(Element(b"12345678", 1, 0)) == "[?]"
