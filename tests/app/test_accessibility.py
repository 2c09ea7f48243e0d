"""The whole window with its real views: all that takes the keyboard has a name, no text is cut in silence."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget

from app.shot import settle
from app.window import Window
from widgets.theme import Mode, set_mode

DIALOGS = ("palette", "shortcuts", "help", "about", "go-to", "import", "branch", "tag", "rename-branch",
           "delete-branch", "delete-tag")  # fmt: skip


@pytest.fixture
def window(qtbot, tmp_path: Path, store_path: Path):
    window = Window(tmp_path / "settings.json")
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.files.open_path(store_path)
    settle(window)
    yield window
    window.close()
    set_mode(Mode.LIGHT)


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    said = interface.text(QAccessible.Text.Name) if interface and interface.isValid() else ""
    return said or widget.accessibleName()


def nameless(top: QWidget) -> list[str]:
    """What the keyboard reaches and a screen reader cannot name."""
    found = []
    for widget in top.findChildren(QWidget):
        inner = widget.objectName().startswith("qt_") or widget.focusProxy() is not None
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not inner and not name_of(widget):
            found.append(f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parentWidget()).__name__}")
    return found


def cut(top: QWidget) -> list[str]:
    """Labels and buttons whose text does not fit and is nowhere to be read whole."""
    found = []
    for widget in top.findChildren(QWidget):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.isVisible() or widget.toolTip():
            continue
        text = widget.text()
        if not text or "<" in text or (isinstance(widget, QLabel) and widget.wordWrap()):
            continue
        if isinstance(widget, QAbstractButton) and not widget.icon().isNull() and widget.width() < 40:
            continue  # a tool button that shows its icon only
        needed = max(widget.fontMetrics().horizontalAdvance(line) for line in text.replace("&", "").split("\n"))
        if needed > widget.width() + 1:
            found.append(f"{type(widget).__name__} {text!r}: {needed} > {widget.width()}")
    return found


def test_every_view_has_names_and_whole_texts(window: Window) -> None:
    for name in (*window.docks, "changes"):
        if window.current_view() is not window.views[name]:
            window.show_panel(name)
        settle(window)
        assert nameless(window) == []
        assert cut(window) == []


def test_the_start_page_has_names_and_whole_texts(window: Window) -> None:
    window.actions_by_id.trigger("close")
    settle(window)
    assert nameless(window) == []
    assert cut(window) == []


def test_every_dialog_has_names_whole_texts_and_closes_by_escape(window: Window, qtbot) -> None:
    for name in DIALOGS:
        window.actions_by_id.trigger(name)
        settle(window)
        dialog = next(one for one in window.findChildren(QDialog) if one.isVisible())
        assert (name, nameless(dialog), cut(dialog)) == (name, [], [])
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible(), name


def test_views_are_named(window: Window) -> None:
    for name, view in window.views.items():
        assert view.objectName() == name
        assert name_of(view) or view.accessibleName()


def test_the_tab_key_goes_through_all_panels(window: Window, qtbot) -> None:
    window.views["timeline"].setFocus()
    reached = set()
    for _ in range(200):
        view = window.current_view()
        if view is not None:
            reached.add(view.objectName())
        window.focusNextChild()
    assert {"timeline", "state", "changes", "details"} <= reached


def walk(window: Window, steps: int) -> list[QWidget]:
    """What Tab reaches, one after the other, from the list of transactions on."""
    window.views["timeline"].rows.setFocus()
    found = []
    for _ in range(steps):
        window.focusNextChild()
        found.append(QApplication.focusWidget())
    return found


def test_tab_reaches_the_fields_above_a_tree_and_nothing_that_is_covered(window: Window) -> None:
    window.show_panel("changes")
    settle(window)
    window.activateWindow()
    path = window.session.path_id
    reached = walk(window, 20)
    names = [widget.accessibleName() for widget in reached]
    assert names.index("Search in the state") < names.index("State at the selected moment")
    assert names.index("Filter changes") < names.index("Changes by record")
    assert not any(window.views["history"].isAncestorOf(widget) for widget in reached)
    assert window.session.path_id == path, "walking selects nothing"


def test_a_panel_that_another_covers_does_no_work(window: Window) -> None:
    window.show_panel("changes")
    settle(window)
    assert not window.views["history"].isVisible()
    window.show_panel("history")
    assert window.views["history"].isVisible()
    assert window.current_view() is window.views["history"]
    settle(window)
    assert not window.views["changes"].isVisible()


def test_another_tab_takes_the_keyboard_along(window: Window, qtbot) -> None:
    window.activateWindow()
    window.show_panel("changes")
    settle(window)
    window.docks["history"].raise_()  # as a click on its tab does
    qtbot.waitUntil(lambda: window.current_view() is window.views["history"])


def test_nothing_is_left_when_the_window_closes(window: Window) -> None:
    window.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.session.store is None
    assert window.session.jobs.activities() == []
