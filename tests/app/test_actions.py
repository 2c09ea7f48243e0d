"""Every action is declared once, well, and can be reached."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.actions import ACTIONS, MENUS
from app.window import Window
from widgets.palette.palette import CommandPalette
from widgets.palette.sheet import plain
from widgets.theme import icon_names

from .conftest import plain_views

REAL = [record for record in ACTIONS if record.id]
EACH = pytest.mark.parametrize("record", REAL, ids=lambda record: record.id)


@pytest.fixture
def window(qtbot, tmp_path: Path, store_path: Path):
    window = Window(tmp_path / "settings.json", plain_views)
    qtbot.addWidget(window)
    window.open_store(store_path)
    qtbot.waitUntil(lambda: window.session.store is not None)
    yield window
    window.close()


def test_ids_texts_and_shortcuts_are_unique() -> None:
    shortcuts = [
        key.toString() for record in REAL if record.shortcut for key in QKeySequence.listFromString(record.shortcut)
    ]
    for values in ([record.id for record in REAL], [record.text for record in REAL], shortcuts):
        assert [value for value, times in Counter(values).items() if times > 1] == []


@EACH
def test_each_is_told_well(record) -> None:
    assert record.help.endswith(".")
    assert len(record.help) <= 110
    assert "&" in record.text
    assert not record.icon or record.icon in icon_names()
    assert record.menu.split("/")[0] in MENUS
    for key in QKeySequence.listFromString(record.shortcut) if record.shortcut else []:
        assert not key.toString().startswith("Unknown")
        assert key.count() == 1


def menu_actions(menu: QMenu) -> list:
    found = []
    for action in menu.actions():
        found += menu_actions(action.menu()) if action.menu() else [action]
    return found


def test_each_is_in_a_menu_and_in_the_palette(window: Window, qtbot) -> None:
    in_menus = {action.objectName() for top in window.menuBar().actions() for action in menu_actions(top.menu())}
    assert {record.id for record in REAL} <= in_menus
    window.actions_by_id.trigger("palette")
    palette = window.findChild(CommandPalette)
    offered = {palette.model.entry(row).text for row in range(palette.model.rowCount())}
    assert {plain(record.text) for record in REAL if record.id != "palette"} <= offered
    palette.close()


def test_no_two_entries_of_a_menu_have_the_same_mnemonic(window: Window) -> None:
    def check(menu: QMenu) -> None:
        letters = [
            action.text()[action.text().index("&") + 1].lower() for action in menu.actions() if "&" in action.text()
        ]
        assert [letter for letter, times in Counter(letters).items() if times > 1] == [], menu.title()
        for action in menu.actions():
            if action.menu():
                check(action.menu())

    for top in window.menuBar().actions():
        check(top.menu())


def test_each_has_a_handler(window: Window) -> None:
    for record in REAL:
        assert callable(window.actions_by_id.handler(record))


def test_real_views_have_the_methods_that_actions_name() -> None:
    from app.views import view_classes

    classes = view_classes()
    named = [record.handler.split(".") for record in REAL]
    missing = [f"{view}.{method}" for view, method in named if view in classes and not hasattr(classes[view], method)]
    assert missing == []


def test_without_a_store_only_what_makes_sense_is_enabled(qtbot, tmp_path: Path) -> None:
    window = Window(tmp_path / "settings.json", plain_views)
    qtbot.addWidget(window)
    enabled = {record.id for record in REAL if window.actions_by_id[record.id].isEnabled()}
    assert {"open", "import", "sample", "palette", "shortcuts", "quit", "theme-dark"} <= enabled
    assert not {"export", "commit", "undo", "zoom-in", "close", "compare"} & enabled
    window.close()


def test_undo_is_enabled_by_what_can_be_undone(window: Window, qtbot) -> None:
    store = window.session.store
    assert window.actions_by_id["undo"].isEnabled()
    assert not window.actions_by_id["redo"].isEnabled()
    assert window.actions_by_id["undo"].text() == "&Undo “tag first”"
    with qtbot.waitSignal(window.session.refs_changed):
        window.actions_by_id.trigger("undo")
    assert store.tags() == {}
    assert window.actions_by_id["redo"].isEnabled()
    assert window.actions_by_id["redo"].text() == "&Redo “tag first”"
