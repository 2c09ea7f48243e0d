"""The History view as a person uses it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from engine.timeline.version import MISSING
from widgets.history.legend import Legend
from widgets.history.load import Question, load
from widgets.history.plot import BAND
from widgets.history.table import AFTER, BEFORE, NAME, TIME, HistoryModel
from widgets.history.view import HistoryView


@pytest.fixture
def view(session, qtbot, settle):
    found = HistoryView(session)
    qtbot.addWidget(found)
    found.resize(900, 500)
    with qtbot.waitExposed(found):
        found.show()
    settle()
    return found


def contained(store):
    return store.at(3).resolve('$.Incidents[?@.id=="a-17"].PercentContained')


def test_the_table_under_qts_tester(store, qtbot):
    model = HistoryModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(load(store, Question("$.Incidents[*].AcresBurned"), lambda: False, lambda *_: None))
    assert model.data(model.index(0, AFTER)) == "1"
    assert model.data(model.index(0, BEFORE)) == "—"
    assert model.data(model.index(0, NAME)) == "Elm Fire"
    assert model.data(model.index(model.rowCount() - 1, TIME)) == "2023-07-22 04:26:40"
    model.show(None)
    assert model.rowCount() == 0
    assert MISSING is not None


def test_it_follows_the_selected_path(session, store, view, settle):
    session.select_path(contained(store))
    settle()
    assert view.field.text() == '$.Incidents[?@.id=="a-17"].PercentContained'
    assert [entry.after for entry in view.loaded.entries] == [0, 80, 100]
    assert view.table.isColumnHidden(NAME)
    assert view.plot is not None
    assert view.plot.strip_samples(0, view.loaded.end)[0].value == "100"


def test_a_container_shows_its_fields(session, store, view, settle):
    session.select_path(store.at(3).resolve('$.Incidents[?@.id=="a-17"]'))
    settle()
    assert len(view.loaded.series) == 6
    assert not view.table.isColumnHidden(NAME)


def test_an_element_named_by_place_is_shown_as_such(session, store, view, settle):
    session.select_path(store.at(3).resolve("$.tags[1]"))
    settle()
    assert view.field.text() == "$.tags[1]"
    assert [entry.after for entry in view.loaded.entries] == ["federal"]


def test_a_list_of_records_says_what_to_type(session, store, view, settle):
    session.select_path(store.at(3).resolve("$.Incidents"))
    settle()
    assert view._bodies.currentWidget() is view._message
    assert "$.Incidents[*]." in view._message.accessibleName()


def test_choosing_a_row_goes_there(session, store, view, qtbot, settle):
    session.select_path(contained(store))
    settle()
    view.table.setCurrentIndex(view.table.rows.index(1, TIME))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert session.selected == 2
    settle()
    assert view.table.currentIndex().row() == 1


def test_the_same_field_of_all_records(session, store, view, settle):
    session.select_path(contained(store))
    view._all.click()
    settle()
    assert view.field.text() == "$.Incidents[*].PercentContained"
    assert len(view.loaded.series) == 2
    view._all.click()
    settle()
    assert len(view.loaded.series) == 1


def test_a_typed_pattern_stays(session, store, view, qtbot, settle):
    view.focus_search()
    view.field.setText("$.Incidents[*].AcresBurned")
    qtbot.keyClick(view.field, Qt.Key.Key_Return)
    settle()
    session.select_path(store.at(3).resolve("$.title"))
    settle()
    assert view.field.text() == "$.Incidents[*].AcresBurned"
    assert len(view.loaded.series) == 3
    view._pin.click()
    settle()
    assert view.field.text() == "$.title"


def test_a_pattern_that_cannot_be_read_says_so(view, settle):
    view.field.setText("$.a[?")
    view._typed()
    settle()
    assert "JSONPath" in view._message.accessibleName()


def test_clicking_a_curve_goes_to_the_change(session, store, view, qtbot, settle):
    session.select_path(contained(store))
    settle()
    plot = view.plot
    box = plot._plots[0].getViewBox()
    minute = 60.0
    place = plot.mapFromScene(box.mapViewToScene(box.mapSceneToView(box.sceneBoundingRect().center())))
    assert isinstance(place, QPoint)
    x = box.mapSceneToView(box.sceneBoundingRect().center()).x()
    entry = plot.entry_at(0, 2.2 * minute, 80)
    assert view.loaded.entries[entry].after == 80, "the value that holds there"
    entry = plot.entry_at(0, 3 * minute - 0.01 * x, 100)
    assert view.loaded.entries[entry].after == 100, "the change that is within some pixels"
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: session.selected != 3)


def test_the_keyboard_steps_from_change_to_change(session, store, view, qtbot, settle):
    session.select_path(contained(store))
    settle()
    seen = []
    for _ in range(2):
        qtbot.keyClick(view.plot, Qt.Key.Key_Left)
        settle()
        seen.append(session.selected)
    assert seen == [2, 0]
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    assert session.selected == 2
    qtbot.keyClick(view.plot, Qt.Key.Key_Plus)
    qtbot.keyClick(view.plot, Qt.Key.Key_Home)


def test_bands_name_their_categories(session, store, view, settle):
    session.select_path(store.at(3).resolve('$.Incidents[?@.id=="a-17"].Notes'))
    settle()
    assert view.loaded.series[0].labels[0].startswith('"Forward progress')
    assert view.plot.entry_at(0, 100.0, 0.0) == 1
    assert view.plot.entry_at(0, 100.0, 5.0) == -1


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_export(session, store, view, settle, tmp_path, kind):
    session.select_path(contained(store))
    settle()
    file = tmp_path / f"history.{kind}"
    view.export(kind, str(file))
    start = {"png": b"\x89PNG", "svg": b"<?xml", "csv": b"time,path,"}[kind]
    assert file.read_bytes().startswith(start)
    assert str(file) in view._note.text()


def test_strips_take_the_room_of_those_that_are_gone(session, store, view, settle, qtbot):
    view.resize(900, 300)
    for path in ('$.Incidents[?@.id=="a-17"]', '$.Incidents[?@.id=="a-17"].Name'):
        session.select_path(store.at(3).resolve(path))
        settle()
        qtbot.waitUntil(lambda: not view.plot.drawing)
    assert [row.numeric for row in view.plot._rows] == [False]
    strip = view.plot._plots[0].getViewBox().sceneBoundingRect()
    assert strip.height() > 1.5 * BAND
    assert view.plot.viewRect().contains(strip)


def test_a_history_that_comes_while_another_is_drawn_takes_its_place(session, store, view, settle):
    settle()
    for path in ('$.Incidents[?@.id=="a-17"]', '$.Incidents[?@.id=="a-17"].AcresBurned'):
        view.plot.show_history(load(store, Question(f"{path}.*" if path[-1] == "]" else path), lambda: False, print))
        view.plot._draw_piece()
        assert view.plot.drawing
    view.plot.finish()
    assert [row.numeric for row in view.plot._rows] == [True]
    assert len(view.plot._plots) == 1
    assert view.plot.updatesEnabled()


def test_export_to_a_folder_that_is_not_there_says_what_to_do(session, store, view, settle, tmp_path):
    session.select_path(contained(store))
    settle()
    view.export("png", str(tmp_path / "missing" / "a.png"))
    assert "Choose another folder" in view._note.text()


def test_a_new_transaction_appears(session, store, view, settle, qtbot):
    session.select_path(contained(store))
    settle()
    store.commit([{"op": "put", "path": '$.Incidents[?@.id=="a-17"].PercentContained', "value": 5}], timeline="main")
    qtbot.waitUntil(lambda: len(view.loaded.entries) == 4)


@pytest.mark.parametrize("pinned", [False, True])
def test_what_was_undone_is_listed_no_longer(session, store, view, settle, qtbot, pinned):
    session.select_path(contained(store))
    settle()
    store.commit([{"op": "put", "path": '$.Incidents[?@.id=="a-17"].PercentContained', "value": 5}], timeline="main")
    settle()
    session.select(0)
    if pinned:
        view._typed()
    qtbot.waitUntil(lambda: view.table.rows.rowCount() == 4)
    store.undo()
    qtbot.waitUntil(lambda: view.table.rows.rowCount() == 3)
    store.redo()
    qtbot.waitUntil(lambda: view.table.rows.rowCount() == 4)


def test_what_happens_on_another_timeline_is_not_read_again(session, store, view, settle):
    session.select_path(contained(store))
    settle()
    shown = view.loaded
    store.commit([{"op": "put", "path": "$.flag", "value": 5}], timeline="what-if")
    settle()
    assert view.loaded is shown


def test_a_pinned_history_of_a_deleted_branch_goes_on_with_another(session, store, view, settle):
    session.select(4)
    session.select_path(store.at(4).resolve("$.title"))
    settle()
    view._typed()
    settle()
    session.select(3)
    assert [entry.after for entry in view.loaded.entries] == ["Fires", "Fires?"]
    store.delete_branch("what-if")
    settle()
    settle()
    assert [entry.after for entry in view.loaded.entries] == ["Fires"]


def test_nothing_is_read_while_it_is_hidden(session, store, view, settle):
    session.select_path(contained(store))
    settle()
    view.hide()
    session.select_path(store.at(3).resolve("$.title"))
    settle()
    assert view.loaded.question.pattern.endswith("PercentContained")
    view.show()
    settle()
    assert view.loaded.question.pattern == "$.title"


def test_the_theme_can_change(session, store, view, settle):
    session.select_path(contained(store))
    settle()
    session.theme_changed.emit()
    assert view.plot._plots


def test_the_legend_speaks(qtbot):
    from widgets.history.legend import Sample

    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_samples("now", [Sample("a", 0, "1"), Sample("b", None, "x")])
    legend.grab()
    assert legend.accessibleName() == "now: a: 1, b: x"
    assert legend.toolTip() == "a: 1\nb: x"
