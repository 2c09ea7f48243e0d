"""Collected edits: what replaces what, and the order in which they are committed."""

import pytest

from engine.errors import InvalidValue
from widgets.editing.edits import NO_VALUE, Edit, operations, parse_value, value_text, with_edit, without
from widgets.editing.names import name_problem


def put(path, value, before=NO_VALUE):
    return Edit("put", path, value, before)


def collect(*edits):
    found = ()
    for edit in edits:
        found = with_edit(found, edit)
    return found


def test_the_last_edit_of_a_path_counts_and_remembers_the_original():
    (edit,) = collect(put("$.a", 2, before=1), put("$.a", 3, before=2))
    assert (edit.before, edit.value) == (1, 3)


def test_an_edit_that_restores_the_original_vanishes():
    assert collect(put("$.a", 2, before=1), put("$.a", 1, before=2)) == ()
    assert len(collect(put("$.a", 1.0, before=1))) == 1


def test_an_edit_of_a_container_takes_those_below_it_with_it():
    edits = collect(put("$.a.b", 2, before=1), put("$.ab", 1), Edit("remove", "$.a", before={"b": 1}))
    assert [edit.path for edit in edits] == ["$.ab", "$.a"]


def test_removing_what_was_only_added_leaves_nothing():
    assert collect(put("$.new", 1), Edit("remove", "$.new")) == ()


def test_one_edit_can_be_taken_back():
    first, second = put("$.a", 1), put("$.b", 1)
    assert without((first, second), first) == (second,)


def test_operations_do_not_shift_each_other():
    edits = collect(
        Edit("remove", "$.list[2]", before=0),
        Edit("remove", "$.list[10]", before=0),
        Edit("insert", "$.list", "first", index=3),
        Edit("insert", "$.list", "second", index=3),
        put("$.list[11]", 5, before=4),
    )
    assert operations(edits) == [
        {"op": "put", "path": "$.list[11]", "value": 5},
        {"op": "remove", "path": "$.list[10]"},
        {"op": "insert", "path": "$.list", "index": 3, "value": "second"},
        {"op": "insert", "path": "$.list", "index": 3, "value": "first"},
        {"op": "remove", "path": "$.list[2]"},
    ]


def test_bytes_travel_as_json_writes_them():
    assert put("$.a", b"\x00").operation()["value"] == {"$bytes": "AA=="}


def test_json_as_a_person_types_it():
    assert parse_value('{"a": [1, 1.0, null]}') == {"a": [1, 1.0, None]}
    assert parse_value('{"$bytes": "AA=="}') == b"\x00"
    with pytest.raises(InvalidValue, match="line 2 column 1"):
        parse_value("{\n")
    with pytest.raises(InvalidValue, match="type a value"):
        parse_value("  ")
    with pytest.raises(InvalidValue, match="duplicate key"):
        parse_value('{"a":1,"a":2}')


@pytest.mark.parametrize("value", [{}, [], {"a": {"b": [1, {}]}}, "x", {"$bytes": "AA=="}, b"\x00", 2**70])
def test_text_for_the_editor_reads_back(value):
    assert parse_value(value_text(value)) == value


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("what-if", None),
        ("release 1.2", None),
        ("", "Type a name"),
        (" a", "blanks"),
        ("main", "exists already"),
        ("a\nb", "line breaks"),
        ("x" * 300, "Shorten"),
        (".system", "dot"),
        ("main~2", "other meanings"),
        ("2024", "time"),
        ("2024-01-02", "time"),
        ("deadbeef", "id of a transaction"),
        ("0123456789abcdef:12", "other meanings"),
    ],
)
def test_names(name, problem):
    found = name_problem(name, {"main"})
    assert found is None if problem is None else problem in found
