"""The command palette and the sheet of shortcuts, by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from widgets.actions import Action
from widgets.palette import CommandPalette, Entry, ShortcutSheet
from widgets.palette.palette import PaletteModel
from widgets.theme import icon


@pytest.fixture
def chosen() -> list[str]:
    return []


@pytest.fixture
def palette(qtbot, chosen):
    owner = QWidget()
    owner.resize(800, 600)
    qtbot.addWidget(owner)
    entries = [
        Entry("New branch here", lambda: chosen.append("branch"), "Edit", "Ctrl+B", icon("branch")),
        Entry("New tag here", lambda: chosen.append("tag"), "Edit", "Ctrl+T"),
        Entry("Undo", lambda: chosen.append("undo"), "Edit", "Ctrl+Z", enabled=False),
        Entry("release-2", lambda: chosen.append("release"), "Timeline"),
    ]
    owner.show()
    palette = CommandPalette(entries, owner)
    palette.popup()
    yield palette
    palette.close()


def shown(palette: CommandPalette) -> list[str]:
    return [palette.model.entry(row).text for row in range(palette.model.rowCount())]


def test_typing_filters_and_enter_chooses(palette, chosen, qtbot) -> None:
    qtbot.keyClicks(palette.field, "tag")
    assert shown(palette)[0] == "New tag here"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen == ["tag"]
    assert not palette.isVisible()


def test_arrow_keys_move_while_the_field_keeps_the_keyboard(palette, chosen, qtbot) -> None:
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen == ["branch"]


def test_what_cannot_be_done_comes_last_and_cannot_be_chosen(palette, chosen, qtbot) -> None:
    assert shown(palette)[-1] == "Undo"
    qtbot.keyClicks(palette.field, "undo")
    assert shown(palette) == ["Undo"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen == []
    assert palette.isVisible()


def test_the_kind_of_an_entry_is_searched_too(palette, qtbot) -> None:
    qtbot.keyClicks(palette.field, "timeline")
    assert shown(palette) == ["release-2"]


def test_nothing_found_says_so(palette, qtbot) -> None:
    qtbot.keyClicks(palette.field, "zzz")
    assert not palette.list.isVisible()
    assert any("Nothing matches" in label.text() and label.isVisible() for label in palette.findChildren(QLabel))


def test_the_model_keeps_its_promises(qtmodeltester) -> None:
    model = PaletteModel([Entry("One", lambda: None), Entry("Two", lambda: None, "Menu", "Ctrl+2")])
    qtmodeltester.check(model)
    assert model.data(model.index(1), Qt.ItemDataRole.AccessibleTextRole) == "Two, Menu, Ctrl+2"


def test_the_sheet_shows_shortcuts_by_menu_and_searches(qtbot) -> None:
    actions = [
        Action("open", "&Open…", "files.open", "", "&File", "Ctrl+O"),
        Action("tag", "New &tag…", "editing.tag", "", "&Edit", "Ctrl+T"),
        Action("quiet", "No shortcut", "files.x", "", "&File"),
    ]
    sheet = ShortcutSheet(actions, [("State", "Next change", "F8")])
    qtbot.addWidget(sheet)

    def texts() -> list[str]:
        return [label.text() for label in sheet.findChildren(QLabel)]

    assert {"File", "Open", "Ctrl+O", "New tag", "State", "F8"} <= set(texts())
    assert "No shortcut" not in texts()
    sheet.field.setText("ctrl+t")
    sheet.findChildren(QLabel)
    qtbot.waitUntil(lambda: "Open" not in texts())
    assert "New tag" in texts()
