"""The State view as a person uses it: follows the session, searches, walks, edits and commits."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit

from widgets.editing.commit import CommitDialog
from widgets.editing.value import ValueDialog
from widgets.state.search import search
from widgets.state.view import StateView


@pytest.fixture
def view(session, qtbot, settle):
    found = StateView(session)
    qtbot.addWidget(found)
    found.resize(520, 600)
    with qtbot.waitExposed(found):
        found.show()
    settle()
    return found


def dialog(kind):
    """The open dialog of this kind."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def path(store, text, at=3):
    return store.at(at).resolve(text)


def test_it_says_what_to_do_while_nothing_is_selected(qtbot):
    from app.session import Session

    found = StateView(Session())
    qtbot.addWidget(found)
    assert "Select a transaction" in found._empty.accessibleName()
    assert found._pages.currentIndex() == 0


def test_moving_in_time_keeps_what_is_expanded_and_selected(session, store, view, settle):
    acres = path(store, '$.Incidents[?@.id=="a-17"].AcresBurned')
    session.select_path(acres)
    assert view.tree.current_path() == acres
    for dense, text in ((0, "10"), (1, "25"), (3, "25")):
        session.select(dense)
        settle()
        assert view.tree.current_path() == acres
        assert view.tree.nodes.row(view.tree.currentIndex()).value.text == text


def test_a_path_that_is_not_there_shows_what_is_above_it(session, store, view, settle):
    pine = path(store, '$.Incidents[?@.id=="b-2"].Name', at=1)
    session.select(3)
    session.select_path(pine)
    settle()
    assert view.tree.current_path() == path(store, "$.Incidents")
    assert "not here" in view._note.text()
    session.select(1)
    settle()
    assert view.tree.current_path() == pine
    assert not view._note.isVisible()


def test_what_was_expanded_and_went_is_expanded_when_it_comes_back(session, store, view, settle):
    session.select(1)
    pine = path(store, '$.Incidents[?@.id=="b-2"]', at=1)
    view.tree.reveal(pine)
    view.tree.set_expanded(pine, True)
    session.select(3)
    settle()
    session.select(1)
    settle()
    assert view.tree.nodes.is_expanded(view.tree.nodes.index_of(pine))
    assert view.tree.nodes.index_of(pine + 1).isValid(), "with what is below it"


def test_selecting_a_row_selects_the_path_for_all_views(session, store, view):
    title = path(store, "$.title")
    view.tree.setCurrentIndex(view.tree.nodes.index_of(title))
    assert session.path_id == title
    assert view._path.text() == "$.title"


@pytest.mark.parametrize(
    ("needle", "paths"),
    [
        ("fire", ["$.title", '$.Incidents[?@.id=="c-9"].Name', '$.Incidents[?@.id=="a-17"].Name']),
        ("ACRES", ['$.Incidents[?@.id=="c-9"].AcresBurned', '$.Incidents[?@.id=="a-17"].AcresBurned']),
        ("c-9", ['$.Incidents[?@.id=="c-9"]', '$.Incidents[?@.id=="c-9"].id']),
        ("-0.0", ['$["odd key"]["x.y"]']),
        ("$.tags[*]", ["$.tags[0]", "$.tags[1]", "$.tags[2]"]),
        ("no such thing", []),
    ],
)
def test_search_finds_keys_values_and_patterns_in_document_order(store, needle, paths):
    version = store.at(3)
    hits = search(version, needle)
    assert [version.path_text(found) for found in hits.path_ids] == paths
    assert not hits.more


def test_typing_searches_and_return_goes_on(session, store, view, qtbot, settle):
    view.focus_search()
    qtbot.keyClicks(view.search_bar.field, "acres")
    qtbot.keyClick(view.search_bar.field, Qt.Key.Key_Return)
    settle()
    first = path(store, '$.Incidents[?@.id=="c-9"].AcresBurned')
    assert session.path_id == first
    assert view.search_bar.count.text() == "1 of 2"
    qtbot.keyClick(view.search_bar.field, Qt.Key.Key_Return)
    assert view.search_bar.count.text() == "2 of 2"
    qtbot.keyClick(view.search_bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert session.path_id == first
    qtbot.keyClick(view.search_bar.field, Qt.Key.Key_Escape)
    assert view.search_bar.field.text() == ""
    assert not view.search_bar.count.isVisible()


def test_a_pattern_that_cannot_be_read_says_so(view, qtbot, settle):
    view.search_bar.field.setText("$.a[?")
    view.search_bar._ask()
    settle()
    assert view.search_bar.count.text() == "cannot be read"
    assert "JSONPath" in view.search_bar.count.toolTip()


def test_a_search_is_not_taken_along_into_another_store(session, view, settle):
    view.search_bar.field.setText("Pine")
    view._search("Pine")
    settle()
    session.store_opened.emit()
    assert view.search_bar.field.text() == ""
    assert not view.search_bar.next.isVisible()


def test_letters_in_the_tree_begin_a_search(view, qtbot):
    qtbot.keyClicks(view.tree, "p")
    assert view.search_bar.field.text() == "p"


def test_walking_through_what_changed(session, store, view, settle):
    session.select(1)
    settle()
    assert view._changed.text() == "4 changed"
    seen = []
    for _ in range(4):
        view.next_changed()
        seen.append(store.at(1).path_text(session.path_id))
    assert '$.Incidents[?@.id=="a-17"].AcresBurned' in seen
    assert len(set(seen)) == 4


def test_path_and_value_can_be_copied(session, store, view):
    session.select_path(path(store, "$.tags"))
    view.copy_path()
    assert QGuiApplication.clipboard().text() == "$.tags"
    view.copy_value()
    assert QGuiApplication.clipboard().text() == '[\n  "state",\n  "federal",\n  "county"\n]'


def test_an_edit_in_place_is_checked_collected_and_committed(session, store, view, qtbot, settle):
    session.select_path(path(store, '$.Incidents[?@.id=="a-17"].AcresBurned'))
    qtbot.keyClick(view.tree, Qt.Key.Key_F2)
    editor = view.tree.findChild(QLineEdit)
    assert editor.text() == "25"
    editor.selectAll()
    qtbot.keyClicks(editor, "thirty")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert "quotes" in editor.accessibleDescription()
    assert view.editing.edits == (), "what is no JSON is not taken"
    editor.selectAll()
    qtbot.keyClicks(editor, "30")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(view.editing.edits))
    assert [edit.value for edit in view.editing.edits] == [30]
    assert view.editing.bar.isVisible()
    view.commit_edits()
    review = dialog(CommitDialog)
    review.message.setPlainText("measured again")
    review.author.setText("cy")
    review.accept()
    settle()
    made = store.get(session.selected)
    assert (made.author, made.message, made.timeline) == ("cy", "measured again", "main")
    assert store.at()['$.Incidents[?@.id=="a-17"].AcresBurned'] == 30
    assert not view.editing.bar.isVisible()


def test_adding_removing_and_editing_as_json(session, store, view, qtbot, settle):
    tags, root = path(store, "$.tags"), 0
    view.editing.add(tags)
    new = dialog(ValueDialog)
    new.text.setPlainText('"city"')
    new.accept()
    view.editing.add(root)
    new = dialog(ValueDialog)
    assert new.problem() == "Type a key."
    new.key.setText("title")
    assert "is there already" in new.problem()
    new.key.setText("a b")
    new.text.setPlainText('{"x": [1.0]}')
    new.accept()
    view.editing.remove(path(store, "$.title"))
    view.editing.edit_json(path(store, '$["odd key"]'))
    new = dialog(ValueDialog)
    new.text.setPlainText("[]")
    new.accept()
    assert len(view.editing.edits) == 4
    from widgets.editing.edits import operations

    made = store.commit(operations(view.editing.edits))
    state = store.at(made.dense).json()
    assert state["tags"] == ["state", "federal", "county", "city"]
    assert state["a b"] == {"x": [1.0]}
    assert "title" not in state
    assert state["odd key"] == []


def test_edits_stay_with_their_moment_and_can_be_discarded(session, store, view, qtbot, settle):
    title = path(store, "$.title")
    view.editing._put(title, "Floods")
    session.select(1)
    settle()
    assert view.tree.nodes.reader.edits == ()
    assert "another moment" in view.editing.bar._text.text()
    view.editing._go_to_base()
    settle()
    assert view.tree.nodes.row(view.tree.nodes.index_of(title)).edit is not None
    view.editing.discard()
    assert view.editing.edits == ()
    assert not view.editing.bar.isVisible()


def test_an_addition_can_be_edited_and_forgotten(store, view, settle):
    view.editing._add(path(store, "$.tags"), "", "city")
    addition = view.tree.nodes.reader.children(path(store, "$.tags"))[-1]
    view.editing._put(addition, "town")
    assert [edit.value for edit in view.editing.edits] == ["town"]
    view.editing.remove(addition)
    assert view.editing.edits == ()


def test_stepping_from_change_to_change_of_a_path(session, store, view, settle):
    incidents = path(store, "$.Incidents")
    session.select_path(path(store, '$.Incidents[?@.id=="a-17"].AcresBurned'))
    seen = []
    for _ in range(3):
        view.previous_change()
        settle()
        seen.append(session.selected)
    assert seen == [1, 0, 0]
    assert view._note.text() == "no earlier change"
    view.next_change()
    settle()
    assert session.selected == 1
    view.next_change()
    settle()
    assert view._note.text() == "no later change"
    session.select_path(incidents)
    view.next_change()
    settle()
    assert session.selected == 2, "a container changes with what is below it"


def test_stepping_stays_on_its_timeline(session, store, view, settle):
    session.select(1)
    session.select_path(path(store, "$.title"))
    view.next_change()
    settle()
    assert session.selected == 1, "the title changes only on another timeline"
    session.select(4)
    view.previous_change()
    settle()
    assert session.selected == 0


@pytest.mark.parametrize(
    ("key", "modifier", "says"),
    [
        (Qt.Key.Key_F2, Qt.KeyboardModifier.ShiftModifier, "Edit a value"),
        (Qt.Key.Key_Insert, Qt.KeyboardModifier.NoModifier, "Add a value"),
    ],
)
def test_keys_that_open_a_dialog(session, store, view, qtbot, key, modifier, says):
    session.select_path(path(store, "$.tags"))
    qtbot.keyClick(view.tree, key, modifier)
    opened = dialog(ValueDialog)
    assert opened.windowTitle() == says
    opened.reject()


def test_the_keys_of_a_tree(session, store, view, qtbot):
    tags = path(store, "$.tags")
    session.select_path(tags)
    qtbot.keyClick(view.tree, Qt.Key.Key_Right)
    assert view.tree.nodes.is_expanded(view.tree.currentIndex())
    qtbot.keyClick(view.tree, Qt.Key.Key_Right)
    assert session.path_id == path(store, "$.tags[0]")
    qtbot.keyClick(view.tree, Qt.Key.Key_Left)
    assert session.path_id == tags
    qtbot.keyClick(view.tree, Qt.Key.Key_Return)
    assert not view.tree.nodes.is_expanded(view.tree.currentIndex())
    qtbot.keyClick(view.tree, Qt.Key.Key_End)
    qtbot.keyClick(view.tree, Qt.Key.Key_Home)
    assert session.path_id == 0
    qtbot.keyClick(view.tree, Qt.Key.Key_Asterisk)
    assert view.tree.nodes.index_of(path(store, '$["odd key"]["x.y"]')).isValid()
    view.tree.collapse_below(0)
    assert view.tree.nodes.rowCount() == 5
    qtbot.keyClick(view.tree, Qt.Key.Key_Down)
    qtbot.keyClick(view.tree, Qt.Key.Key_Delete)
    assert [edit.op for edit in view.editing.edits] == ["remove"]


def test_the_arrow_and_double_clicks(session, store, view, qtbot):
    from widgets.state.painting import arrow_rect

    tags = path(store, "$.tags")
    index = view.tree.nodes.index_of(tags)
    rect = arrow_rect(view.tree.visualRect(index), 1)
    qtbot.mouseClick(view.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert tags in view.tree.nodes.expanded
    assert session.path_id != tags, "the arrow does not select"
    index = view.tree.nodes.index_of(path(store, "$.title"), 1)
    qtbot.mouseDClick(view.tree.viewport(), Qt.MouseButton.LeftButton, pos=view.tree.visualRect(index).center())
    assert view.tree.findChild(QLineEdit) is not None


def test_the_menu_offers_what_is_possible(session, store, view):
    from widgets.state.menu import state_menu

    session.select_path(path(store, "$.tags"))
    texts = {action.text().split("\t")[0]: action.isEnabled() for action in state_menu(view).actions() if action.text()}
    assert texts["Add to it…"]
    assert not texts["Edit value"]
    assert texts["History of this path"]


def test_cut_texts_are_whole_in_the_tool_tip(session, store, view):
    notes = path(store, '$.Incidents[?@.id=="a-17"].Notes')
    view.tree.reveal(notes)
    delegate = view.tree.itemDelegate()
    row = view.tree.nodes.reader.row(notes)
    assert "northern line" in delegate.tool_tip(row, 1, 80)
    assert delegate.tool_tip(row, 0, 400) == ""


@pytest.fixture
def large(session, store, settle):
    """A transaction of 150 operations, selected."""
    edits = [{"op": "put", "path": f"$.numbers.n{number}", "value": number} for number in range(150)]
    made = store.commit([{"op": "put", "path": "$.numbers", "value": {}}, *edits], timeline="main")
    session.select(made.dense)
    settle()
    return made.dense


def test_marks_of_a_large_transaction_come_later(session, store, large, view, settle):
    settle()
    assert view._changed.text() == "150 changed"
    assert view.tree.nodes.reader.marks.below[0] == 150
    session.select(1)
    settle()
    assert view._changed.text() == "4 changed"


def test_it_waits_while_a_search_is_typed_and_keeps_it_from_moment_to_moment(session, view, settle):
    view.search_bar.field.setText("fire")
    view.search_bar._ask()
    settle()
    found = len(view._hits.path_ids)
    session.select(0)
    settle()
    assert view._hits.path_ids
    assert len(view._hits.path_ids) == found
    view.search_bar.stepped.emit(-1)
    assert view.search_bar.count.text().endswith(f"of {found}")


def test_what_is_too_much_for_one_text_is_told_at_once(session, store, view, settle, monkeypatch):
    monkeypatch.setattr("widgets.state.editing.MOST_AS_TEXT", 10)
    view.commit_edits()  # without edits: the selected value, here the whole state
    assert "select a value in it" in view._note.text()
    assert not any(isinstance(widget, ValueDialog) for widget in QApplication.topLevelWidgets() if widget.isVisible())
    session.select_path(path(store, "$.tags"))
    settle()
    assert view._note.text() == ""
    view.editing.edit_json(path(store, "$.tags"))
    dialog(ValueDialog).reject()
