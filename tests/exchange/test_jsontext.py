"""JSON one level at a time says what the strict reader says, and refuses what it refuses."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.model import values

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
layouts = st.sampled_from([{"separators": (",", ":")}, {}, {"indent": 2}, {"ensure_ascii": False}])


@given(st.dictionaries(st.text(max_size=6), documents, max_size=6), layouts)
def test_a_level_holds_the_members_in_their_order(value: dict[str, Any], layout: dict[str, Any]) -> None:
    level = jsontext.object_level(json.dumps(value, **layout).encode())
    assert list(level) == list(value)
    assert [json.loads(raw) for raw in level.values()] == list(value.values())


@given(st.lists(documents, max_size=6), layouts)
def test_a_level_holds_the_elements_in_their_order(value: list[Any], layout: dict[str, Any]) -> None:
    assert [json.loads(raw) for raw in jsontext.array_level(json.dumps(value, **layout).encode())] == value


@given(documents, layouts, layouts)
def test_one_spelling_for_each_value(value: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = json.dumps(value, **one).encode(), json.dumps(value, **other).encode()
    assert jsontext.canonical(first) == jsontext.canonical(second) == jsontext.Canon()(second)
    assert json.dumps(json.loads(jsontext.canonical(first))) == json.dumps(value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":1}',
        b'{ "a" : 1 , "a" : 1 }',
        b'{      "a":1,"b":1,"b":1}',
        b'{"a": 1, "b": 2, "":1,"":1}',
        b'{"\\u0061":1,"a":2}',
        b'{"\xc3\xa9":1,"\\u00e9":2}',
        b'{"\\ud800":1,"\\ud800":2}',
    ],
)
def test_duplicate_keys_are_seen_however_they_are_spelled(raw: bytes) -> None:
    with pytest.raises(InvalidValue, match="duplicate key"):
        jsontext.object_level(raw)


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"a":1,}', b'{"a":01}', b'{"a":NaN}', b"1", b'{"a"}'])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidValue):
        jsontext.object_level(raw)


@pytest.mark.parametrize("raw", [b"{}", b"[", b"[1,]", b"[01]", b'["\xff]'])
def test_what_is_no_array_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidValue):
        jsontext.array_level(raw)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.booleans() | st.none())
def test_leaves_are_read_exactly(value: Any) -> None:
    found = jsontext.leaf(json.dumps(value).encode())
    assert type(found) is type(value)
    assert values.encode(found) == values.encode(value)


@pytest.mark.parametrize("digits", [b"1" * 5000, b"-" + b"9" * 20000])
def test_integers_of_any_size(digits: bytes) -> None:
    assert values.encode(jsontext.leaf(digits)) == values.encode(values.loads(digits))


@pytest.mark.parametrize(
    "raw", [b"1e400", b"-1E999", b"NaN", b"Infinity", b"01", b".5", b"1.", b"+1", b"0x1", b"1_0", b"nul"]
)
def test_what_is_no_leaf_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidValue):
        jsontext.leaf(raw)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (b"1.0", b"1.00", True),
        (b"1e2", b"100.0", True),
        (b"100", b"100.0", False),
        (b"0", b"-0", True),
        (b"0.0", b"-0.0", False),
        (b'"a"', b'"\\u0061"', True),
        (b'"a"', b'"b"', False),
        (b"1", b"true", False),
        (b"1", b"2", False),
    ],
)
def test_leaves_that_are_written_differently(a: bytes, b: bytes, same: bool) -> None:
    assert jsontext.same_leaf(a, b) is same


@pytest.mark.parametrize(
    ("raw", "bytes_"),
    [
        (b'{"$bytes":"aGk="}', b"hi"),
        (b'{ "$bytes" : "aGk=" }', b"hi"),
        (b'{"\\u0024bytes":"aGk="}', b"hi"),
        (b'{"\\u0024\\u0062yt\\u0065s":"aGk="}', b"hi"),
        (b'{"$byt\\u0065s" :"aGk="}', b"hi"),
        (b'{"$bytes":"no base64"}', None),
        (b'{"$bytesize":"aGk="}', None),
        (b'{"$$bytes":"aGk="}', None),
        (b'{"$bytes":"aGk=","more":1}', None),
        (b'{"bytes":"aGk="}', None),
        (b"{}", None),
    ],
)
def test_bytes_are_told_from_maps(raw: bytes, bytes_: bytes | None) -> None:
    assert jsontext.spelled_bytes(raw) == bytes_


def test_the_escape_of_a_literal_bytes_key_is_taken_back() -> None:
    cut = jsontext.cut(b'{"$$bytes":1}')
    assert (list(cut.level), cut.raws) == (["$bytes"], [b"1"])
    assert jsontext.dump_members([("$bytes", b'"aGk="')]) == b'{"$$bytes":"aGk="}'
    assert jsontext.dump_members([("$bytes", b"1"), ("a", b"2")]) == b'{"$bytes":1,"a":2}'


def test_lone_surrogates_come_back() -> None:
    level = jsontext.object_level(b'{"\\ud800":"\\udfff","b":1}')
    assert {key: jsontext.leaf(raw) for key, raw in level.items()} == {"\ud800": "\udfff", "b": 1}
    assert jsontext.dump("\ud800x") == b'"\\ud800x"'


@pytest.mark.parametrize("key", [b"$schema", b"$id", b"$byte", b"$bytesize", b"$", b"$ref"])
def test_other_keys_that_begin_with_a_dollar_are_not_read_strictly(key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "loads", None)
    assert jsontext.spelled_bytes(b'{"' + key + b'":"https://example.invalid","more":[]}') is None


@pytest.mark.parametrize("digits", [1, 599, 600, 601, 4299, 4301, 5000, 20_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_integers_of_any_size_are_written(digits: int, sign: str) -> None:
    for text in (sign + "1" + "0" * (digits - 1), sign + "9" * digits, sign + ("1203400056" * digits)[:digits]):
        number = values.loads(text)
        assert values.print_integer(number) == text
        assert jsontext.dump([number, {"a": number}]) == f'[{text},{{"a":{text}}}]'.encode()
    assert values.print_integer(0) == "0"


def test_long_integers_are_written_as_json_writes() -> None:
    """The writer for long integers says the same as json's in everything else; the interpreter is left alone."""
    limit = sys.get_int_max_str_digits()
    long = values.loads("7" * 5000)
    others = {'é"': [1, -2, 0, 1.5, -0.0, 1e300, True, None, "x\n\ud800", {}, [], [[]], {"": {"a": [{}]}}]}
    for indent in (None, 0, 2):
        text = values.dumps([others, long, [long]], indent=indent)
        assert text == values.dumps([others, "LONG", ["LONG"]], indent=indent).replace('"LONG"', "7" * 5000)
    with pytest.raises(ValueError, match="not JSON compliant"):
        jsontext.dump([long, float("nan")])
    assert sys.get_int_max_str_digits() == limit


@pytest.mark.parametrize(
    "text", ['"plain"', '""', '"é"', '"\\u00e9"', '"a\\n"', "12", "-0", "1.50", "null", '"\\ud83d\\ude00"']
)
def test_a_leaf_is_encoded_as_its_value_is(text: str) -> None:
    assert jsontext.encoded_leaf(text.encode()) == values.encode(json.loads(text))
