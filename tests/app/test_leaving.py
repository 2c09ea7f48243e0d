"""Edits that are not committed are not lost by closing or opening something."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from app.shot import settle
from app.window import Window
from widgets.editing.commit import CommitDialog


@pytest.fixture
def window(qtbot, tmp_path: Path, store_path: Path):
    window = Window(tmp_path / "settings.json")
    qtbot.addWidget(window, before_close_func=lambda found: found.views["state"].editing.discard())
    window.show()
    window.files.open_path(store_path)
    settle(window)
    editing = window.views["state"].editing
    editing._put(window.session.version().resolve("$.name"), "Elm")
    assert len(editing.edits) == 1
    return window


def asked(window: Window) -> QMessageBox:
    return window.findChild(QMessageBox, "leaving")


def press(window: Window, text: str) -> None:
    box = asked(window)
    next(button for button in box.buttons() if button.text().replace("&", "").startswith(text)).click()


@pytest.mark.parametrize("action", ["close", "quit"])
def test_closing_asks_and_cancel_keeps_everything(window: Window, action: str) -> None:
    window.actions_by_id.trigger(action)
    assert "1 edit of the state is not committed" in asked(window).text()
    press(window, "Cancel")
    assert window.isVisible()
    assert window.session.store is not None
    assert len(window.views["state"].editing.edits) == 1
    assert asked(window) is None


def test_discarding_goes_on(window: Window, qtbot) -> None:
    window.actions_by_id.trigger("close")
    press(window, "Discard")
    qtbot.waitUntil(lambda: window.session.store is None)
    assert window.start.isVisible()


def test_quitting_asks_once_and_discarding_quits(window: Window, qtbot) -> None:
    window.close()
    window.close()
    assert len(window.findChildren(QMessageBox)) == 1
    press(window, "Discard")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_another_store_waits_for_the_answer(window: Window, store_path: Path, tmp_path: Path, qtbot) -> None:
    other = tmp_path / "other.refactory"
    shutil.copy(store_path, other)
    window.files.open_path(other)
    press(window, "Review")
    dialog = window.findChild(CommitDialog)
    assert dialog.isVisible()
    assert window.session.store.path == store_path
    dialog.accept()
    settle(window)
    assert window.session.store.at("main")["$.name"] == "Elm"
    window.files.open_path(other)
    qtbot.waitUntil(lambda: window.session.store is not None and window.session.store.path == other)


def test_without_edits_nobody_is_asked(window: Window) -> None:
    window.views["state"].editing.discard()
    window.actions_by_id.trigger("close")
    assert asked(window) is None
    assert window.session.store is None


def test_a_signal_ends_without_a_question(window: Window) -> None:
    window.end()
    assert asked(window) is None
    assert not window.isVisible()
    assert window.session.store is None
