"""The timeline view as a whole: search, lane options, pictures, the empty state, screen readers."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from widgets.timeline.lanes import LaneOptions
from widgets.timeline.view import TimelineView

from .conftest import HISTORY, START
from .diagram import graph
from .support import Session

A, B, C, D, E, F, G, H = range(8)
Key, Modifier = Qt.Key, Qt.KeyboardModifier


def shown(view) -> list[int]:
    return view.model.rows.dense(np.arange(view.model.rows.count)).tolist()


# ---------------------------------------------------------------------- search


def type_in(view, text: str, qtbot) -> None:
    view.focus_search()
    view.search.field.clear()
    QTest.keyClicks(view.search.field, text)
    qtbot.waitUntil(lambda: view.model.search is not None and view.model.search.query == text)


def test_typing_filters_the_rows_and_counts_the_hits(view, fake, qtbot):
    type_in(view, "fix", qtbot)
    assert shown(view) == [E, D]
    assert view.search.count.text() == "2 hits"
    type_in(view, "nothing like it", qtbot)
    assert shown(view) == []
    assert view.search.count.text() == "no hits"


def test_enter_walks_through_the_hits_and_escape_ends_it(view, fake, qtbot):
    fake.select(C)
    type_in(view, "main", qtbot)
    field = view.search.field
    visited = []
    for modifier in (Modifier.NoModifier, Modifier.NoModifier, Modifier.NoModifier, Modifier.ShiftModifier):
        QTest.keyClick(field, Key.Key_Return, modifier)
        visited.append(fake.selected)
    assert visited == [B, A, G, A]
    QTest.keyClick(field, Key.Key_Escape)
    assert view.model.found is None
    assert len(shown(view)) == 8
    assert view.model.rows.row(fake.selected) == 7
    QTest.keyClick(field, Key.Key_Escape)
    assert view.rows.hasFocus()


def test_a_handle_finds_its_transaction(view, fake, qtbot):
    type_in(view, fake.store.handle(D), qtbot)
    assert shown(view) == [D]


def test_a_transaction_that_arrives_is_searched_too(view, fake, qtbot):
    type_in(view, "main", qtbot)
    columns = graph(HISTORY + " | main i=330 | fix j=340")
    columns.time[:] = START + columns.time * 1_000_000
    fake.grow(columns)
    assert shown(view)[0] == 8
    assert len(shown(view)) == 6


def test_hits_are_marked_on_canvas_and_overview(view, qtbot):
    type_in(view, "fix", qtbot)
    assert len(view.canvas.frame_shown.hit) == 2
    view.minimap.grab()
    view.canvas.grab()


def test_another_store_ends_the_search(view, fake, qtbot):
    type_in(view, "fix", qtbot)
    fake.open(graph("main a b c"))
    assert view.search.field.text() == ""
    assert view.model.found is None
    assert len(shown(view)) == 3


# ---------------------------------------------------------------------- what lanes show


def texts(menu: QMenu) -> dict[str, object]:
    """The actions of a menu and its submenus by their texts."""
    found = {}
    for action in menu.actions():
        if action.menu():
            found |= texts(action.menu())
        elif action.text():
            found[action.text().replace("&", "")] = action
    return found


def open_menu(view) -> dict[str, object]:
    menu = view._lanes.menu()
    menu.aboutToShow.emit()
    return texts(menu)


def test_only_tips_forks_and_merges(view):
    open_menu(view)["Only tips, forks and merges"].trigger()
    assert shown(view) == [H, G, F, E, D, C, B, A]
    assert view.model.scene.options.structure
    open_menu(view)["Show everything"].trigger()
    assert view.model.scene.options == LaneOptions()


def test_a_timeline_is_hidden_and_shown_again(view, fake):
    fake.select(D)
    open_menu(view)["Hide “fix”"].trigger()
    assert shown(view) == [H, G, F, C, B, A]
    open_menu(view)["fix"].trigger()
    assert len(shown(view)) == 8


def test_a_timeline_is_shown_alone_pinned_or_folded(view, fake):
    fake.select(H)
    lane = view.model.scene.by_time.lane
    assert lane.tolist() == [0, 2, 1] or lane.tolist() == [0, 1, 2]
    open_menu(view)["Pin “try” below the main timeline"].trigger()
    assert view.model.scene.by_time.lane[2] == 1
    open_menu(view)["Show only “try”"].trigger()
    assert shown(view) == [H]
    open_menu(view)["Show everything"].trigger()
    open_menu(view)["All but the main and pinned timelines"].trigger()
    assert view.model.scene.by_time.lane.tolist() == [0, 1, 1]
    view.canvas.grab()
    view.rows.grab()


def test_stale_timelines_are_hidden_but_not_the_main_one(view, fake):
    columns = graph("main a b | old@a c | new@b d=40000000 e=40000001")
    columns.time[:] = columns.time * 1_000_000
    fake.open(columns)
    open_menu(view)["Without a transaction for a year"].trigger()
    assert shown(view) == [4, 3, 1, 0]
    open_menu(view)["Never"].trigger()
    assert len(shown(view)) == 5


def test_folders_of_timelines_are_folded(view, fake):
    fake.open(graph("main a | fix/1@a b | fix/2@a c | other@a d"))
    open_menu(view)["fix/ (2)"].trigger()
    lane = view.model.scene.by_time.lane.tolist()
    assert lane[1] == lane[2] == 1
    open_menu(view)["fix/ (2)"].trigger()
    assert len(set(view.model.scene.by_time.lane.tolist())) == 4


def test_lanes_in_which_nothing_happens_can_be_left_out(view):
    open_menu(view)["Leave out idle lanes"].trigger()
    assert view.canvas.arrangement.only_active
    open_menu(view)["Leave out idle lanes"].trigger()
    assert not view.canvas.arrangement.only_active


def test_what_was_undone_disappears(view, fake):
    fake.store.moved["main"] = (F,)
    fake.refs_changed.emit()
    assert shown(view) == [H, F, E, D, C, B, A]
    fake.store.deleted.add("try")
    fake.refs_changed.emit()
    assert shown(view) == [F, E, D, C, B, A]
    assert view.model.scene.shown.tolist() == [True, True, False]


def test_timelines_of_the_program_itself_are_not_shown(view, fake):
    fake.open(graph("main a b | .system c"))
    assert shown(view) == [1, 0]
    assert "Show everything" in open_menu(view)


# ---------------------------------------------------------------------- menus, zoom, pictures


def test_the_menu_of_a_transaction_has_the_actions_of_the_window(view, fake, qtbot):
    from PySide6.QtGui import QAction

    used = []
    for name in ("branch", "tag", "compare", "copy-handle"):
        action = QAction(name, view)
        action.setObjectName(name)
        action.triggered.connect(lambda _=False, name=name: used.append(name))
        view.addAction(action)
    fake.select(E)
    view.show_menu(view.mapToGlobal(QPoint(5, 5)), 1)
    menu = next(child for child in view.findChildren(QMenu) if child.isVisible())
    names = texts(menu)
    assert {"branch", "tag", "compare", "copy-handle", "Hide “fix”"} <= set(names)
    names["tag"].trigger()
    assert used == ["tag"]
    menu.close()


def test_the_actions_of_the_window_zoom(view):
    scale = view.canvas.view.scale
    view.zoom_in()
    assert view.canvas.view.scale < scale
    view.zoom_out()
    assert view.canvas.view.scale == pytest.approx(scale)
    view.zoom_in()
    view.zoom_fit()
    assert view.canvas.view.scale == pytest.approx(scale)


def test_a_picture_is_twice_as_sharp_as_the_screen(view, tmp_path: Path):
    view.save_picture(tmp_path / "timeline.png")
    image = QImage(str(tmp_path / "timeline.png"))
    assert image.size() == view.canvas.viewport().size() * 2


def test_a_picture_of_vectors_has_texts_and_lines(view, fake, tmp_path: Path):
    fake.select(E)
    view.save_picture(tmp_path / "timeline.svg")
    svg = (tmp_path / "timeline.svg").read_text()
    assert "main" in re.findall(r">([^<>]+)</text>", svg)
    assert svg.count("<path") + svg.count("<polyline") > 10
    assert "<image" not in svg


def test_a_picture_that_cannot_be_written_says_so(view, tmp_path: Path):
    with pytest.raises(OSError, match="no-such"):
        view.save_picture(tmp_path / "no-such" / "timeline.png")


# ---------------------------------------------------------------------- empty state, screen readers


def test_without_transactions_it_says_what_to_do(view, fake):
    assert view.pages.currentIndex() == 1
    fake.close()
    assert view.pages.currentIndex() == 0
    assert "Open a store" in view.empty.accessibleName()
    fake.open(graph("main"))
    assert "Commit" in view.empty.accessibleName()
    fake.open(graph("main a"))
    assert view.pages.currentIndex() == 1


def test_a_view_made_before_a_store_is_open(qtbot):
    session = Session()
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.show()
    session.open(graph(HISTORY))
    assert len(shown(view)) == 8


def test_screen_readers_hear_what_it_is_and_what_is_selected(view, fake):
    fake.select(E)
    for widget, role in ((view.canvas, QAccessible.Role.Graphic), (view.rows, QAccessible.Role.List)):
        spoken = QAccessible.queryAccessibleInterface(widget)
        assert spoken.role() == role
        assert spoken.text(QAccessible.Text.Name) == widget.accessibleName()
        assert spoken.text(QAccessible.Text.Value) == view.model.describe(E)
    assert "on fix" in view.model.describe(E)
    assert view.model.describe(-1) == "nothing selected"


def test_every_part_that_takes_the_keyboard_has_a_name(view):
    from PySide6.QtWidgets import QWidget

    nameless = [
        widget
        for widget in view.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and widget.isVisible()
        and not getattr(widget, "text", lambda: "")()
    ]
    assert [f"{type(w).__name__} {w.objectName()}" for w in nameless] == []


def test_the_whole_works_with_a_real_store(session, store, settle, qtbot):
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    settle()
    assert view.model.rows.count == 5
    assert {badge.name for badge in view.model.refs.at(1)} == {"v1"}
    store.commit([{"op": "put", "path": "$.title", "value": "More"}], author="cy", message="a fifth")
    qtbot.waitUntil(lambda: view.model.rows.count == 6)
    settle()
    assert view.model.title(5) == "a fifth"
    assert [badge.name for badge in view.model.refs.at(5)] == ["main"]
    store.undo()
    qtbot.waitUntil(lambda: view.model.rows.count == 5)
    store.redo()
    qtbot.waitUntil(lambda: view.model.rows.count == 6)
    store.branch("empty", at=2)
    qtbot.waitUntil(lambda: [badge.name for badge in view.model.refs.at(2)] == ["empty"])
    view.search.field.setText("guess")
    qtbot.waitUntil(lambda: view.model.search is not None and view.model.search.done and view.model.rows.count == 1)
    view.search.field.clear()
    view.grab()
    settle()
