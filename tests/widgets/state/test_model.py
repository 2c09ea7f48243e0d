"""The rows of the state: lazy, right under Qt's own tester, and stable from moment to moment."""

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from widgets.editing.edits import Edit
from widgets.state.marks import read_marks
from widgets.state.model import KEY, VALUE, StateModel
from widgets.state.nodes import Reader, with_ghosts
from widgets.state.painting import key_parts
from widgets.theme import theme


def reader_at(store, dense, **extra):
    previous, marks = read_marks(store, dense)
    return Reader(store.at(dense), previous, marks, **extra)


def lines(model, opened=True):
    """The rows as text; all containers are expanded first."""
    row = 0
    while opened and row < model.rowCount():
        model.expand(row)
        row += 1
    return [line(model, row) for row in range(model.rowCount())]


def line(model, number):
    index = model.index(number, KEY)
    row = model.row(index)
    sign = {"": " ", "added": "+", "removed": "-", "changed": "~", "moved": "^", "inside": "."}[row.mark]
    label = f"{row.label} / " if row.label else ""
    was = f" (was {row.was.text})" if row.was else ""
    return f"{sign}{'  ' * model.depth(index)}{label}{row.key}: {row.value.text[:24]}{was[:18]}"


@pytest.fixture
def model(qtbot):
    found = StateModel()
    QAbstractItemModelTester(found, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return found


def test_the_tree_with_marks_and_ghosts(store, model):
    model.show(reader_at(store, 1))
    assert lines(model) == [
        ".$: {…} 4 keys",
        '   title: "Fires"',
        ".  Incidents: […] 2 items",
        ".    Bonnie Fire / a-17: {…} 6 keys",
        '       id: "a-17"',
        '       Name: "Bonnie Fire"',
        "~      AcresBurned: 25 (was 10)",
        "       PercentContained: 0",
        '~      Notes: "Forward progress has be (was "Forward pro',
        "       IsActive: true",
        "     Pine Fire / b-2: {…} 5 keys",
        '       id: "b-2"',
        '       Name: "Pine Fire"',
        "       AcresBurned: 3",
        "       PercentContained: 100",
        "       Type: null",
        ".  tags: […] 3 items",
        '     [0]: "state"',
        '+    [1]: "federal"',
        '     [2]: "county"',
        "-  flag: true",
        "   odd key: {…} 1 key",
        "     x.y: -0.0",
    ]


def test_whole_records_come_and_go(store, model):
    model.show(reader_at(store, 2))
    found = lines(model)
    assert "+    Elm Fire / c-9: {…} 3 keys" in found
    assert "-    Pine Fire / b-2: {…} 5 keys" in found
    assert "-      AcresBurned: 3" in found, "what was removed can be looked into"


def test_nothing_below_is_read_before_it_is_asked_for(store, model):
    model.show(Reader(store.at(1)))
    assert lines(model, opened=False) == [" $: {…} 4 keys"]
    model.expand(0)
    assert model.rowCount() == 5
    model.collapse(0)
    assert model.rowCount() == 1


def test_what_was_expanded_below_is_so_again(store, model):
    model.show(reader_at(store, 1))
    before = lines(model)
    model.collapse(0)
    model.expand(0)
    assert lines(model, opened=False) == before


def test_rows_that_stay_the_same_are_not_reset(store, model, qtbot):
    model.show(reader_at(store, 2))
    lines(model)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        assert not model.show(reader_at(store, 2))
    with qtbot.waitSignal(model.modelReset):
        assert model.show(reader_at(store, 3))


@pytest.mark.parametrize("moments", [(0, 1, 2, 3), (3, 2, 1, 0), (2, -1, 2), (0, 4, 3, 1)])
def test_any_walk_through_time_shows_the_state(store, model, moments):
    for dense in moments:
        model.show(Reader(store.at(dense)))
        lines(model)
        assert value_of(model, 0) == store.at(dense).json()


def value_of(model, row):
    """The value that the rows show, rebuilt from them."""
    path_id = int(model.rows.path_ids[row])
    kind = model.reader.kind(path_id)
    if kind == "leaf":
        return model.reader.value(path_id)
    depth = model.rows.depths[row] + 1
    children = [n for n in range(row + 1, model.rows.end_below(row)) if model.rows.depths[n] == depth]
    assert all(model.rows.parent(child) == row for child in children)
    if kind == "list":
        return [value_of(model, child) for child in children]
    return {model.row(model.index(child, KEY)).key: value_of(model, child) for child in children}


def test_edits_show_before_they_are_committed(store, model):
    version = store.at(1)
    title, tags = version.resolve("$.title"), version.resolve("$.tags")
    edits = (
        Edit("put", "$.title", "Floods", "Fires", path_id=title),
        Edit("insert", "$.tags", "city", index=3, parent_id=tags),
        Edit("put", "$.new", {"a": 1}, parent_id=0),
    )
    model.show(Reader(version, edits=edits))
    found = lines(model)
    assert '   title: "Floods" (was "Fires")' in found
    assert '     new item: "city"' in found
    assert "   new: {…} 1 key" in found
    model.show(model.reader.with_edits(()))
    assert '   title: "Fires"' in lines(model)


def test_qt_gets_texts_and_flags(store, model):
    model.show(reader_at(store, 1))
    lines(model)
    acres = model.index_of(store.at(1).resolve('$.Incidents[?@.id=="a-17"].AcresBurned'))
    assert model.data(acres) == "AcresBurned"
    assert model.data(acres.siblingAtColumn(VALUE)) == "25"
    assert model.data(acres, Qt.ItemDataRole.AccessibleTextRole) == ("AcresBurned, 25, changed, was 10, level 3")
    assert model.flags(acres) & Qt.ItemFlag.ItemNeverHasChildren
    assert not model.flags(acres.siblingAtColumn(VALUE)) & Qt.ItemFlag.ItemIsEditable, "nobody takes edits here"
    assert model.headerData(KEY, Qt.Orientation.Horizontal) == "Key"
    assert model.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags


def test_ghosts_follow_the_sibling_that_they_followed():
    def merged(live, before):
        return with_ghosts(np.array(live, int), np.array(before, int)).tolist()

    assert merged([1, 2, 5], [0, 1, 3, 4, 2]) == [0, 1, 3, 4, 2, 5]
    assert merged([5, 1], [1, 9, 5, 8]) == [5, 8, 1, 9]
    assert merged([], [1, 2]) == [1, 2]
    assert merged([1], [1]) == [1]


def test_a_container_that_was_empty_or_became_a_value_is_not_removed(tmp_path, model):
    from engine.store import Store

    with Store.open(tmp_path / "s.refactory", create=True) as store:
        for value in ({"a": [], "b": 1, "c": {"d": 2}}, {"a": [1], "b": {"x": 1}, "c": {}}):
            store.commit([{"op": "put", "path": "$", "value": value}])
        model.show(reader_at(store, 1))
        found = lines(model)
    assert ".  a: […] 1 item" in found
    assert "~  b: {…} 1 key (was 1)" in found
    assert any(text.startswith(".  c: {}") for text in found)
    assert "-    d: 2" in found


def test_a_record_is_named_by_its_key_first(store):
    model = StateModel()
    model.show(Reader(store.at(3)))
    lines(model)
    index = next(
        model.index(row, KEY) for row in range(model.rowCount()) if model.row(model.index(row, KEY)).key == "a-17"
    )
    assert model.data(index) == "a-17  Bonnie Fire"
    assert [text for text, *_ in key_parts(model.row(index), theme())] == ["a-17", "Bonnie Fire"]
    assert model.row(index).spoken.startswith("a-17, Bonnie Fire, ")
