"""The Changes view as a person uses it."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester

from widgets.changes.collect import Comparison, collect
from widgets.changes.delegate import change_parts
from widgets.changes.model import CHANGE, PATH, ChangesModel
from widgets.changes.view import ChangesView
from widgets.theme import theme


@pytest.fixture
def view(session, qtbot, settle):
    found = ChangesView(session)
    qtbot.addWidget(found)
    found.resize(800, 400)
    with qtbot.waitExposed(found):
        found.show()
    settle()
    return found


def rows(view):
    """Records and changes as text."""
    model = view.tree.nodes
    found = []
    for number in range(model.rowCount()):
        record = model.index(number, PATH)
        found.append(f"{model.data(record)} | {model.data(record.siblingAtColumn(CHANGE))}")
        for row in range(model.rowCount(record)):
            change = model.index(row, PATH, record)
            found.append(f"  {model.data(change)} | {model.data(change.siblingAtColumn(CHANGE))[:40]}")
    return found


def test_the_model_under_qts_tester(store, qtbot):
    model = ChangesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(collect(store, Comparison(0, 3)).groups)
    model.show([])


def test_the_selected_transaction_against_its_parent(session, view, settle):
    session.select(1)
    settle()
    assert rows(view) == [
        "a-17  Bonnie Fire | ~2",
        "  AcresBurned | 10 → 25",
        '  Notes | "Forward progress has been stopped. Crew',
        "$ | +1  −1",
        "  flag | true",
        '  tags[1] | "federal"',
    ]
    assert view._title.text().startswith("Changes of 2023-07-22 04:27:40 on main: grows")
    assert view._counts.text() == "+1  −1  ~2   in 2 records"


def test_two_moments_either_way_round(session, view, settle):
    session.select(3)
    session.compare(0)
    settle()
    assert view._title.text().startswith("From 2023-07-22 04:26:40")
    assert "  PercentContained | 0 → 100" in rows(view)
    view.turn()
    settle()
    assert "  PercentContained | 100 → 0" in rows(view)
    session.compare(None)
    settle()
    assert rows(view) == ["a-17  Bonnie Fire | ~1", "  PercentContained | 80 → 100"]


def test_equal_states_say_so(session, view, settle):
    session.compare(3)
    settle()
    assert view._bodies.currentWidget() is view._none


def test_moving_to_a_change_selects_its_path_and_back(session, store, view, settle):
    session.select(1)
    settle()
    tags = store.at(1).resolve("$.tags[1]")
    view.tree.setCurrentIndex(view.tree.nodes.find(tags))
    assert session.path_id == tags
    notes = store.at(1).resolve('$.Incidents[?@.id=="a-17"].Notes')
    session.select_path(notes)
    settle()
    assert view.tree.current_change().path_id == notes
    assert "continue to will mop" in view.detail.text.toPlainText()


def test_long_texts_show_the_words_that_differ(session, view, settle):
    session.select(1)
    settle()
    notes = next(c for g in view.differences.groups for c in g.changes if c.path.endswith("Notes"))
    parts = change_parts(notes, theme())
    removed = "".join(text for text, font, *_ in parts if font.strikeOut())
    assert removed.strip() == "continue to"
    assert any(tint == theme().added_soft and text.strip() == "will" for text, _, _, tint, _ in parts)


def test_the_filter_narrows(session, view, qtbot, settle):
    session.select(2)
    settle()
    view.focus_search()
    view.filter.setText("elm")
    view._apply_filter()
    assert rows(view)[0].startswith("c-9  Elm Fire")
    view.filter.setText("no such thing")
    view._apply_filter()
    assert "filter" in view._none.accessibleName()
    qtbot.keyClick(view.filter, Qt.Key.Key_Escape)
    assert view.filter.text() == ""


def test_a_huge_difference_is_shown_in_parts(session, view, settle):
    session.select(2)
    settle()
    view._limit = 2
    view.show_more()
    settle()
    assert view._limit == 10
    view._limit = 2
    view._collect(session.store, view.comparison)
    settle()
    assert view._more.isVisible()
    assert view._said.text() == "The first 2 of 9 changes are shown."
    assert view._more.text() == "Show 7 more"
    assert view._counts.text().endswith("in 2 of 3 records")


def test_a_difference_that_is_not_counted_to_its_end_says_so(session, store, view, settle):
    store.commit([{"op": "put", "path": f"$.n{n}", "value": n} for n in range(11)], timeline="main")
    session.select(5)
    settle()
    view._limit = 2
    view._collect(session.store, view.comparison)
    settle()
    assert view._said.text() == "The first 2 changes are shown."
    assert view._more.text() == "Show 8 more"
    assert view._counts.text().endswith("in 1 record and more")


def test_copies_as_patch_and_markdown(session, view, settle):
    session.select(3)
    settle()
    view.copy_patch()
    settle()
    assert json.loads(QGuiApplication.clipboard().text()) == [
        {"op": "replace", "path": "/Incidents/1/PercentContained", "value": 100}
    ]
    assert "1 operation" in view._said.text()
    view.copy_markdown()
    settle()
    assert QGuiApplication.clipboard().text().startswith("## Changes of 2023")


def test_records_fold_and_unfold(session, view, qtbot, settle):
    session.select(1)
    settle()
    record = view.tree.nodes.index(0, PATH)
    assert view.tree.isExpanded(record)
    view.tree.setCurrentIndex(record)
    qtbot.keyClick(view.tree, Qt.Key.Key_Return)
    assert not view.tree.isExpanded(record)
    view.tree.toggle_all()
    view.tree.toggle_all()
    assert view.tree.isExpanded(record)


def test_what_is_cut_is_whole_in_the_tool_tip(session, view, settle):
    from PySide6.QtCore import QRect

    session.select(1)
    settle()
    delegate = view.tree.itemDelegate()
    record = view.tree.nodes.index(0, PATH)
    notes = view.tree.nodes.index(1, CHANGE, record)
    assert delegate.tool_tip(record, QRect(0, 0, 60, 24)) == '$.Incidents[?@.id=="a-17"]'
    assert delegate.tool_tip(record, QRect(0, 0, 900, 24)) == ""
    assert "northern line" in delegate.tool_tip(notes, QRect(0, 0, 300, 24))
    assert delegate.tool_tip(notes.siblingAtColumn(PATH), QRect(0, 0, 20, 24)).endswith(".Notes")


def test_every_kind_of_change_has_its_words(session, store, view, settle):
    store.commit([{"op": "move", "path": "$.Incidents", "from": 1, "to": 0}], timeline="main")
    session.select(5)
    settle()
    assert any("from position" in line for line in rows(view))
    assert view.tree.nodes.groups[0].kind == "moved"
    change = view.tree.nodes.groups[0].changes[0]
    assert change_parts(change, theme())[0][0].startswith("from position")


def test_behind_a_tab_it_does_nothing_until_it_is_shown(session, view, settle):
    shown = view.comparison
    view.hide()
    session.select(1)
    settle()
    assert view.comparison == shown
    view.show()
    assert view.comparison == Comparison(0, 1)


def test_the_list_has_all_the_room_unless_a_long_text_is_selected(session, view, settle):
    session.select_path(0)
    session.select(1)
    settle()
    assert not view.detail.isVisible()
    record = view.tree.nodes.index(0, PATH)
    view.tree.setCurrentIndex(view.tree.nodes.index(0, PATH, record))
    assert not view.detail.isVisible(), "its row says it all"
    view.resize(800, 300)
    view.tree.setCurrentIndex(view.tree.nodes.index(1, PATH, record))
    settle()
    assert view.detail.isVisible()
    assert view.tree.viewport().rect().contains(view.tree.visualRect(view.tree.currentIndex()))


def test_comparing_ends_where_it_is_seen(session, view, settle):
    session.compare(0)
    settle()
    assert view._stop.isVisible()
    view._stop.click()
    settle()
    assert session.compared is None
    assert not view._stop.isVisible()


def test_a_transaction_that_changed_nothing_says_so(session, store, view, settle):
    made = store.commit([{"op": "put", "path": "$.title", "value": "Fires"}], timeline="main")
    session.select(made.dense)
    settle()
    assert "same as before this transaction" in view._none.accessibleName()


def test_a_long_key_does_not_hide_the_list_it_is_in():
    from widgets.changes.delegate import record_parts
    from widgets.changes.records import Group

    found = Group('$.Incidents[?@.id=="866407b4-2434-4d13"]', (), (), {}, label="Pleasant Fire")
    assert [text for text, *_ in record_parts(found, theme())] == ["Pleasant Fire", "866407b4…", "in $.Incidents"]


def test_the_key_of_a_record_comes_before_what_describes_it():
    from widgets.changes.delegate import record_parts
    from widgets.changes.model import record_title
    from widgets.changes.records import Group

    found = Group('$[?@.project=="openstack/puppet-vitrage"]', (), (), {}, label="OpenStack Vitrage Puppet Module")
    names = ["openstack/puppet-vitrage", "OpenStack Vitrage Puppet Module"]
    assert [text for text, *_ in record_parts(found, theme())] == names
    assert record_title(found) == "  ".join(names)


def committed(view, settle):
    from widgets.editing.commit import CommitDialog

    dialog = view.findChild(CommitDialog)
    assert dialog is not None, view._said.text()
    dialog.accept()
    settle()


def test_one_change_is_taken_back_at_the_head(session, store, view, settle):
    session.select(1)  # acres 10 → 25, notes, a flag, a tag
    settle()
    view.tree.setCurrentIndex(view.tree.nodes.index(0, PATH, view.tree.nodes.index(0, PATH)))
    view.revert_change()
    committed(view, settle)
    newest = store.at("main")
    assert newest['$.Incidents[?@.id=="a-17"].AcresBurned'] == 10
    assert newest['$.Incidents[?@.id=="a-17"].PercentContained'] == 100, "later changes stay"
    assert store.get(newest.transaction).message.startswith("Take back the change of $.Incidents")


def test_a_record_that_was_removed_comes_back_to_its_place(session, store, view, settle):
    session.select(2)  # Pine Fire removed from place 1, Elm Fire added at 0
    settle()
    pine = next(row for row, found in enumerate(view.tree.nodes.groups) if found.label == "Pine Fire")
    view.tree.setCurrentIndex(view.tree.nodes.index(pine, PATH))
    view.revert_change()
    committed(view, settle)
    assert [fire["Name"] for fire in store.at("main")["$.Incidents"]] == ["Elm Fire", "Pine Fire", "Bonnie Fire"]
    assert store.at("main")['$.Incidents[?@.id=="b-2"]'] == store.at(1)['$.Incidents[?@.id=="b-2"]']


def test_a_record_that_stays_has_only_its_changes_taken_back(session, store, view, settle):
    session.select(1)
    settle()
    view.tree.setCurrentIndex(view.tree.nodes.index(1, PATH))  # the record $ with a flag and a tag
    view.revert_change()
    committed(view, settle)
    newest = store.at("main").json()
    assert (newest["flag"], newest["tags"]) == (True, ["state", "county"])
    assert newest["Incidents"] == store.at("main~1")["$.Incidents"]


def test_what_is_already_back_is_told(session, store, view, settle):
    store.commit([{"op": "put", "path": "$.flag", "value": True}], timeline="main")
    session.select(1)
    settle()
    view.tree.setCurrentIndex(view.tree.nodes.find(store.at(0).resolve("$.flag")))
    view.revert_change()
    assert "nothing to take back" in view._said.text()
    view.tree.setCurrentIndex(view.tree.nodes.index(-1, PATH))
    view.revert_change()
    assert "Select the change" in view._said.text()
