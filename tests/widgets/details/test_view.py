"""The Details view: every fact, links to parents, things to copy."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QToolButton

from widgets.common import ElidedLabel
from widgets.details.facts import facts_of, names_of, parents_of
from widgets.details.view import DetailsView


@pytest.fixture
def view(session, qtbot, settle):
    found = DetailsView(session)
    qtbot.addWidget(found)
    found.resize(420, 600)
    with qtbot.waitExposed(found):
        found.show()
    settle()
    return found


def texts(view):
    return [label.text() for label in view.findChildren(ElidedLabel) if label.isVisible()]


def test_the_facts(store):
    found = {fact.label: fact for fact in facts_of(store, store.get(1))}
    assert found["Time"].text == "2023-07-22 04:27:40 UTC"
    assert found["Author"].text == "ana"
    assert found["Operations"].text == "4"
    assert found["Handle"].copy == store.get(1).handle
    assert found["Named by"].text == "v1 (tag)"
    assert names_of(store, 3) == ["main (head)"]
    assert [link.dense for link in parents_of(store, store.get(1))] == [0]
    assert parents_of(store, store.get(0)) == []


def test_it_follows_the_selection(session, store, view, settle):
    session.select(1)
    settle()
    assert view.message.text() == "grows"
    assert store.get(1).id in texts(view), "the id arrives when it is known"
    assert store.get(1).handle in texts(view)
    assert view._heading.text() == "4 changes"
    assert len(view.tree.nodes.groups) == 2
    session.select(0)
    settle()
    assert "none: this is where its history begins" in texts(view)


def test_parents_are_links(session, view, settle):
    session.select(2)
    settle()
    link = next(label for label in view.findChildren(QLabel) if "href" in label.text() and label.isVisible())
    assert "grows" in link.text()
    link.linkActivated.emit("1")
    assert session.selected == 1


def test_handle_and_id_can_be_copied(session, store, view, settle):
    session.select(2)
    settle()
    buttons = {b.accessibleName(): b for b in view.findChildren(QToolButton) if b.isVisible()}
    buttons["Copy the handle"].click()
    assert QGuiApplication.clipboard().text() == store.get(2).handle
    buttons["Copy the id"].click()
    assert QGuiApplication.clipboard().text() == store.get(2).id


def test_a_new_name_appears(session, store, view, settle, qtbot):
    store.tag("v2", at=3)
    qtbot.waitUntil(lambda: any("v2 (tag)" in text for text in texts(view)))


def test_it_says_what_to_do_while_nothing_is_selected(qtbot):
    from app.session import Session

    found = DetailsView(Session())
    qtbot.addWidget(found)
    assert "Select one in the timeline" in found._empty.accessibleName()


def test_tab_goes_down_the_facts_and_then_to_the_list(session, view, settle):
    for dense in (1, 2, 1):  # facts are made anew for each
        session.select(dense)
        settle()
    stops, widget = [], view
    for _ in range(200):
        widget = widget.nextInFocusChain()
        if widget is view:
            break
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(widget.accessibleName())
    assert stops[0] == "Copy the author"
    assert stops.index("Copy the handle") < stops.index("Copy the id") < stops.index("Changes by record")
