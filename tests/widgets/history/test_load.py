"""Reading a history: of one path, of many, of paths that are named by place; names, strips, suggestions."""

import pytest

from engine.errors import KnownError
from widgets.history.load import Question, by_place, load, pattern_of_all
from widgets.history.rows import arrange
from widgets.history.suggest import suggestions


def read(store, pattern, **narrow):
    return load(store, Question(pattern, **narrow), lambda: False, lambda *_: None)


def test_one_path(store):
    found = read(store, '$.Incidents[?@.id=="a-17"].PercentContained')
    assert [entry.after for entry in found.entries] == [0, 80, 100]
    assert [message for _, message in found.texts] == ["first", "contained", "out"]
    assert found.series[0].numeric
    assert found.end == int(store.graph.time[3])
    assert not found.more


def test_records_are_told_apart_by_name_also_when_they_are_gone(store):
    found = read(store, "$.Incidents[*].AcresBurned")
    assert set(found.names.values()) == {"Bonnie Fire", "Pine Fire", "Elm Fire"}


def test_fields_of_one_record_are_told_apart_by_field(store):
    found = read(store, '$.Incidents[?@.id=="a-17"].*')
    assert set(found.names.values()) == {"id", "Name", "AcresBurned", "PercentContained", "Notes", "IsActive"}
    rows, left_out = arrange(found.series)
    assert [(row.title, row.numeric) for row in rows] == [
        ("PercentContained", True),
        ("AcresBurned", True),
        ("", False),
    ]
    assert left_out == 0


def test_both_where_both_differ(store):
    found = read(store, "$.Incidents[*].*")
    assert "Bonnie Fire AcresBurned" in found.names.values()
    rows, _ = arrange(found.series)
    colours = {}
    for row in rows:
        for colour, number in zip(row.colours, row.series, strict=True):
            if row.numeric:
                colours.setdefault(found.names[found.series[number].path_id].rsplit(" ", 1)[0], set()).add(colour)
    assert all(len(found) == 1 for found in colours.values()), "a record has one colour in all strips"


def test_the_selected_path_is_among_those_drawn(store):
    found = read(store, "$.Incidents[*].*")
    seldom = found.series[-1].path_id
    rows, _ = arrange(found.series, seldom)
    assert found.series[rows[-1].series[0]].path_id == seldom or found.series[rows[0].series[0]].path_id == seldom


def test_an_element_is_followed_wherever_it_stands(store):
    county = store.at(1).resolve("$.tags[2]")
    assert by_place("$.tags[2]")
    assert not by_place('$.Incidents[?@.id=="a"].x')
    found = read(store, pattern_of_all("$.tags[2]"), path_id=county)
    assert [entry.after for entry in found.entries] == ["county"]


def test_a_record_without_key_is_followed_too(tmp_path):
    from engine.store import Store

    with Store.open(tmp_path / "s.refactory", create=True) as store:
        store.commit([{"op": "put", "path": "$.rows", "value": [{"x": 1, "y": [0]}, {"x": 1, "y": [0]}]}])
        store.commit([{"op": "put", "path": "$.rows[1].x", "value": 5}])
        second = store.at().resolve("$.rows[1]")
        found = read(store, pattern_of_all("$.rows[1].*"), path_id=second)
        assert [entry.after for entry in found.entries] == [1, 5]


def test_another_timeline_has_another_history(store):
    found = read(store, "$.title", timeline="what-if")
    assert [entry.after for entry in found.entries] == ["Fires", "Fires?"]


@pytest.mark.parametrize("pattern", ["$.a[?", "$$"])
def test_a_pattern_that_cannot_be_read_is_an_error_of_the_person(store, pattern):
    with pytest.raises(KnownError):
        read(store, pattern)


def test_suggestions_begin_with_the_path_and_the_same_field_of_all_records(store):
    version = store.at(3)
    found = suggestions(version, version.resolve('$.Incidents[?@.id=="a-17"].AcresBurned'))
    assert found[:2] == ['$.Incidents[?@.id=="a-17"].AcresBurned', "$.Incidents[*].AcresBurned"]
    assert "$.Incidents[*].PercentContained" in found
    assert "$.title" in found
    assert "$.Incidents[*].Name" in suggestions(version, version.resolve("$.Incidents"))
