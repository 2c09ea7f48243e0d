"""The tree model: lazy, right under Qt's own tester, and stable from moment to moment."""

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from widgets.editing.edits import Edit
from widgets.state.marks import read_marks
from widgets.state.model import KEY, VALUE, StateModel
from widgets.state.nodes import Reader, with_ghosts


def reader_at(store, dense, **extra):
    previous, marks = read_marks(store, dense)
    return Reader(store.at(dense), previous, marks, **extra)


def lines(model, parent=None, depth=0):
    """The rows as text, all containers read."""
    parent = parent if parent is not None else model.index(0, 0)
    if model.canFetchMore(parent):
        model.fetchMore(parent)
    row = model.row(parent)
    sign = {"": " ", "added": "+", "removed": "-", "changed": "~", "moved": "^", "inside": "."}[row.mark]
    label = f"{row.label} / " if row.label else ""
    was = f" (was {row.was.text})" if row.was else ""
    yield f"{sign}{'  ' * depth}{label}{row.key}: {row.value.text[:24]}{was[:18]}"
    for number in range(model.rowCount(parent)):
        yield from lines(model, model.index(number, 0, parent), depth + 1)


@pytest.fixture
def model(qtbot):
    found = StateModel()
    QAbstractItemModelTester(found, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return found


def test_the_tree_with_marks_and_ghosts(store, model):
    model.show(reader_at(store, 1))
    assert list(lines(model)) == [
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
    found = list(lines(model))
    assert "+    Elm Fire / c-9: {…} 3 keys" in found
    assert "-    Pine Fire / b-2: {…} 5 keys" in found
    assert "-      AcresBurned: 3" in found, "what was removed can be looked into"


def test_nothing_below_is_read_before_it_is_asked_for(store, model):
    model.show(Reader(store.at(1)))
    root = model.index(0, 0)
    assert model.rowCount(root) == 0
    assert model.hasChildren(root)
    assert model.canFetchMore(root)
    model.fetchMore(root)
    assert model.rowCount(root) == 4
    assert model.rowCount(model.index(1, 0, root)) == 0


def test_rows_that_persist_keep_their_indexes_from_moment_to_moment(store, model):
    from PySide6.QtCore import QPersistentModelIndex

    model.show(reader_at(store, 1))
    list(lines(model))
    pine = store.at(1).resolve('$.Incidents[?@.id=="b-2"]')
    bonnie = store.at(1).resolve('$.Incidents[?@.id=="a-17"].Name')
    kept = [QPersistentModelIndex(model.index_of(bonnie)), QPersistentModelIndex(model.index_of(pine))]
    model.show(reader_at(store, 2))
    assert model.path_id(kept[0]) == bonnie
    assert model.row(kept[1]).mark == "removed", "as a ghost it is still a row"
    model.show(Reader(store.at(3)))
    assert model.path_id(kept[0]) == bonnie
    assert not kept[1].isValid()


@pytest.mark.parametrize("moments", [(0, 1, 2, 3), (3, 2, 1, 0), (2, -1, 2), (0, 4, 3, 1)])
def test_any_walk_through_time_shows_the_state(store, model, moments):
    for dense in moments:
        model.show(Reader(store.at(dense)))
        assert value_of(model, model.index(0, 0)) == store.at(dense).json()


def value_of(model, index):
    """The value that the rows show, rebuilt from them."""
    path_id = model.path_id(index)
    kind = model.reader.kind(path_id)
    if kind == "leaf":
        return model.reader.value(path_id)
    if model.canFetchMore(index):
        model.fetchMore(index)
    children = [model.index(row, 0, index) for row in range(model.rowCount(index))]
    if kind == "list":
        return [value_of(model, child) for child in children]
    return {model.row(child).key: value_of(model, child) for child in children}


def test_edits_show_before_they_are_committed(store, model):
    version = store.at(1)
    title, tags = version.resolve("$.title"), version.resolve("$.tags")
    edits = (
        Edit("put", "$.title", "Floods", "Fires", path_id=title),
        Edit("insert", "$.tags", "city", index=3, parent_id=tags),
        Edit("put", "$.new", {"a": 1}, parent_id=0),
    )
    model.show(Reader(version, edits=edits))
    found = list(lines(model))
    assert '   title: "Floods"' in found
    assert '     new item: "city"' in found
    assert "   new: {…} 1 key" in found
    model.set_edits(())
    assert '   title: "Fires"' in list(lines(model))


def test_qt_gets_texts_and_flags(store, model):
    model.show(reader_at(store, 1))
    list(lines(model))
    acres = model.index_of(store.at(1).resolve('$.Incidents[?@.id=="a-17"].AcresBurned'))
    assert model.data(acres) == "AcresBurned"
    assert model.data(acres.siblingAtColumn(VALUE)) == "25"
    assert model.data(acres, Qt.ItemDataRole.AccessibleTextRole) == "AcresBurned, 25, changed, was 10"
    assert model.flags(acres) & Qt.ItemFlag.ItemNeverHasChildren
    assert not model.flags(acres.siblingAtColumn(VALUE)) & Qt.ItemFlag.ItemIsEditable, "nobody takes edits here"
    assert model.headerData(KEY, Qt.Orientation.Horizontal) == "Key"
    assert model.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags


def test_ghosts_follow_the_sibling_that_they_followed():
    assert with_ghosts([1, 2, 5], [0, 1, 3, 4, 2]) == [0, 1, 3, 4, 2, 5]
    assert with_ghosts([], [1, 2]) == [1, 2]
