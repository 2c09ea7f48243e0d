"""JSON in and out: exact, strict, and with an answer to everything odd."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.model import values
from tests.oracle import exact
from tests.properties import strategies


@given(strategies.json_values)
def test_what_is_written_is_read_back_exactly(value: Any) -> None:
    text = values.dumps(value)
    assert exact(values.from_json(values.loads(text))) == exact(value)
    assert exact(values.from_json(values.loads(text.encode()))) == exact(value)
    assert "\n" not in text
    assert exact(values.from_json(values.loads(values.dumps(value, indent=2)))) == exact(value)


@given(strategies.values)
@example({"$bytes": "aGk="})
@example({"$bytes": b"hi"})
@example({"$$bytes": {"$bytes": "aGk="}})
@example({"$bytes": "aGl="})
def test_bytes_and_what_reads_like_them(value: Any) -> None:
    assert exact(values.from_json(values.loads(values.dumps(value)))) == exact(value)
    assert exact(values.from_json(values.escaped(value))) == exact(value)


@given(strategies.json_values)
def test_the_same_json_as_everybody_s(value: Any) -> None:
    plain = json.dumps(value)
    assert exact(values.loads(plain)) == exact(value)


def test_sets_are_lists_in_canonical_order() -> None:
    assert values.dumps({"a": {2, 1, "b"}}) == '{"a":[1,2,"b"]}'
    assert values.dumps(frozenset([b"x"])) == '[{"$bytes":"eA=="}]'
    assert values.dumps((1, 2)) == "[1,2]"


@given(st.integers(), st.integers(4000, 9000))
def test_integers_of_any_size(small: int, digits: int) -> None:
    number = small * 10**digits + small
    text = values.dumps([number])
    assert values.loads(text) == [number]
    assert values.loads(values.dumps([-number])) == [-number]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "invalid JSON at line 1 column 9: Illegal trailing comma|invalid JSON at line 1 column"),
        ('{"a": 1,\n "b"}', r"invalid JSON at line 2 column 5: Expecting ':' delimiter"),
        ("", r"invalid JSON at line 1 column 1: Expecting value"),
        ("[1] 2", r"invalid JSON at line 1 column 5: Extra data"),
        ('{"a": 1, "b": 2, "a": 3}', r'duplicate key "a" in a JSON object; keep one of them'),
        ('[{"x": {"é": 1, "é": 1}}]', r'duplicate key "\\u00e9" in a JSON object'),
        ("[NaN]", r"NaN is not a JSON value: only finite numbers are kept; use null or a string"),
        ("-Infinity", r"-Infinity is not a JSON value"),
        ("[1e400]", r"the number 1e400 is too large for a float; write it as an integer or a string"),
        ("[" * 300 + "]" * 300, r"JSON is nested deeper than 256 levels"),
        ("[" * 100_000, r"JSON is nested deeper than 256 levels"),
        ("1" * 200_001, r"a number of 200001 digits is over the limit of 200000"),
        (b"\xff[]", r"invalid UTF-8 at byte 0"),
        (b'["\xed\xa0\x80"]', r"invalid UTF-8 at byte 2"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_refused_and_why(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        values.loads(text)


def test_depth_is_counted_where_brackets_are_many_but_flat() -> None:
    flat = "[" + ",".join(["[]"] * 1000) + "]"
    assert len(values.loads(flat)) == 1000
    deepest = "[" * 256 + "]" * 256
    assert values.dumps(values.loads(deepest)) == deepest
    quoted = json.dumps(["[" * 1000, '"{' * 500])
    assert values.dumps(values.loads(quoted)) == quoted.replace(", ", ",")


def test_a_byte_order_mark_is_no_content() -> None:
    assert values.loads(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_no_value(value: float) -> None:
    with pytest.raises(InvalidValue, match=r"is not a value: only finite numbers are kept; use null or a string"):
        values.encode(value)


@pytest.mark.parametrize("value", [object(), {}, [], range(3), 1j])
def test_other_types_are_no_leaves(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"is not a value: use null, bool, int, float, string, bytes, list or map"):
        values.encode(value)


def test_too_deep_for_python() -> None:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    with pytest.raises(InvalidValue, match=r"the value is nested deeper than 256 levels"):
        values.from_json(value)
