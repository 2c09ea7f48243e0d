"""The window as a person uses it."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from app import settings as stored
from app.crash import CrashDialog, describe
from app.shot import settle
from app.views import make_views
from app.window import Window
from engine.store import Store
from widgets.editing.branch import BranchDialog
from widgets.editing.commit import CommitDialog
from widgets.editing.edits import Edit
from widgets.palette.moment import MomentDialog
from widgets.start.dialog import RecentDialog
from widgets.start.recent import RecentRow
from widgets.theme import DARK, Mode, fonts, set_mode, theme
from widgets.timeline.labels import AXIS

from .conftest import plain_views


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


@pytest.fixture
def make_window(qtbot, settings_file: Path):
    made = []

    def make(views=plain_views) -> Window:
        window = Window(settings_file, views)
        qtbot.addWidget(window)
        window.resize(1280, 720)
        window.show()
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()
    set_mode(Mode.LIGHT)


@pytest.fixture
def window(make_window, store_path: Path, qtbot) -> Window:
    window = make_window()
    open_in(window, store_path, qtbot)
    return window


def open_in(window: Window, path: Path, qtbot) -> None:
    with qtbot.waitSignal(window.session.store_opened):
        window.files.open_path(path)


def test_it_begins_with_the_start_page(make_window) -> None:
    window = make_window()
    assert window.start.isVisible()
    assert not window.toolbar.isVisible()
    assert window.windowTitle() == "The Re-factory"


def test_opening_a_store_shows_the_views(window: Window) -> None:
    assert window.views["timeline"].isVisible()
    assert all(window.docks[name].isVisible() for name in ("state", "changes", "details"))
    assert window.windowTitle() == "fires — The Re-factory"
    assert "main" in window.where.text()


def test_closing_the_store_shows_the_start_page_with_it_as_recent(window: Window, store_path: Path) -> None:
    window.actions_by_id.trigger("close")
    assert window.start.isVisible()
    assert not any(dock.isVisible() for dock in window.docks.values())
    assert window.settings.recent[0].path == str(store_path)


def test_the_next_start_restores_store_selection_and_theme(
    window: Window, make_window, store_path: Path, qtbot
) -> None:
    window.session.select(1)
    window.session.compare(0)
    window.session.select_path(window.session.version().resolve("$.acres"))
    window.set_theme(Mode.DARK)
    window.docks["history"].close()
    window.close()
    again = make_window()
    assert theme() is DARK
    with qtbot.waitSignal(again.session.store_opened):
        again.restore_session()
    session = again.session
    qtbot.waitUntil(lambda: session.selected == 1)
    assert session.compared == 0
    assert session.version().path_text(session.path_id) == "$.acres"
    assert again.docks["history"].isHidden()


def test_a_store_that_is_gone_is_not_reopened(window: Window, make_window, store_path: Path) -> None:
    window.close()
    store_path.unlink()
    again = make_window()
    again.restore_session()
    assert again.session.store is None
    assert again.start.isVisible()


def broken(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"{kind}.refactory"
    if kind == "foreign":
        connection = sqlite3.connect(path)
        connection.execute("create table t (x)")
        connection.commit()
        connection.close()
    elif kind == "newer":
        Store.open(path, create=True).close()
        connection = sqlite3.connect(path)
        connection.execute("pragma user_version = 99")
        connection.close()
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [("missing", "no such store"), ("foreign", "not a store"), ("newer", "newer version")],
)
def test_what_cannot_be_opened_is_told_calmly(make_window, tmp_path: Path, kind: str, said: str, qtbot) -> None:
    window = make_window()
    window.files.open_path(broken(tmp_path, kind))
    qtbot.waitUntil(window.notice.isVisible)
    assert said in window.notice.text()
    assert window.start.isVisible()


def test_dropping_a_store_opens_it(make_window, store_path: Path, qtbot) -> None:
    window = make_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(store_path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(window.session.store_opened):
        window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))


def test_the_theme_changes_everything_at_once(window: Window) -> None:
    heard = []
    window.session.theme_changed.connect(lambda: heard.append(theme().name))
    window.actions_by_id.trigger("theme-dark")
    assert heard == ["dark"]
    assert window.actions_by_id["theme-dark"].isChecked()
    assert not window.actions_by_id["theme-light"].isChecked()


def test_stepping_and_playing(window: Window, qtbot) -> None:
    session = window.session
    window.actions_by_id.trigger("previous")
    assert session.selected == 1
    window.actions_by_id.trigger("previous")
    window.actions_by_id.trigger("previous")
    assert session.selected == 0
    window.actions_by_id.trigger("next")
    assert session.selected == 1
    window.actions_by_id.trigger("newest")
    assert session.selected == 2
    session.select(0)
    window.actions_by_id.trigger("play")
    assert window.actions_by_id["play"].isChecked()
    qtbot.waitUntil(lambda: session.selected == 2)
    qtbot.waitUntil(lambda: not window.actions_by_id["play"].isChecked())


def test_going_to_a_moment(window: Window, qtbot) -> None:
    window.actions_by_id.trigger("go-to")
    dialog = window.findChild(MomentDialog)
    dialog.field.setText("no such thing")
    dialog.go.click()
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "no such thing" in dialog.problem.text()
    dialog.field.setText("first")
    dialog.go.click()
    qtbot.waitUntil(lambda: window.session.selected == 0)


def test_copying_names(window: Window, qtbot) -> None:
    window.actions_by_id.trigger("copy-handle")
    assert QGuiApplication.clipboard().text() == window.session.store.handle(2)
    window.actions_by_id.trigger("copy-id")
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == window.session.store.get(2).id)


def test_exporting_the_picture_of_a_view(window: Window, tmp_path: Path) -> None:
    from app.picture import save_picture

    for name, start in (("view.png", b"\x89PNG"), ("view.svg", b"<?xml")):
        save_picture(window.views["timeline"], tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(OSError, match="No such file"):
        save_picture(window.views["timeline"], tmp_path / "nowhere" / "view.png")


def test_panels_can_be_reached_and_reset_by_keyboard(window: Window, qtbot) -> None:
    window.docks["details"].close()
    window.actions_by_id.trigger("show-details")
    assert window.docks["details"].isVisible()
    window.docks["state"].close()
    window.actions_by_id.trigger("reset-layout")
    assert window.docks["state"].isVisible()


def test_the_sample_is_opened_as_a_copy(make_window, tmp_path: Path, store_path: Path, monkeypatch, qtbot) -> None:
    sample = tmp_path / "resources" / "sample.refactory"
    sample.parent.mkdir()
    shutil.copy(store_path, sample)
    monkeypatch.setattr("app.commands.files.SAMPLE", sample)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = make_window()
    with qtbot.waitSignal(window.session.store_opened):
        window.actions_by_id.trigger("sample")
    assert window.session.store.path == tmp_path / "data" / "refactory" / "sample.refactory"


def test_a_bug_becomes_a_report_to_copy(window: Window, qtbot) -> None:
    window.show_error(ZeroDivisionError("ours"))
    reports = [one for one in QApplication.topLevelWidgets() if isinstance(one, CrashDialog)]
    assert len(reports) == 1
    assert "ZeroDivisionError: ours" in reports[0].text.toPlainText()
    window.show_error(ZeroDivisionError("again"))
    assert len([one for one in QApplication.topLevelWidgets() if isinstance(one, CrashDialog)]) == 1
    reports[0].accept()


def test_a_report_names_versions_and_the_error() -> None:
    text = describe(ValueError("x"))
    assert "Python" in text
    assert text.endswith("ValueError: x")


def test_settings_that_cannot_be_written_do_not_keep_the_window_open(make_window, settings_file: Path, caplog) -> None:
    settings_file.parent.parent.mkdir(exist_ok=True)
    settings_file.parent.write_text("a file in the way")
    window = make_window()
    assert window.close()
    assert "cannot be written" in caplog.text


def test_help_and_shortcuts_open_and_close(window: Window, qtbot) -> None:
    for name in ("shortcuts", "help", "about"):
        window.actions_by_id.trigger(name)
        dialog = next(one for one in window.findChildren(QDialog) if one.isVisible())
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()


def test_settings_are_kept_where_told(window: Window, settings_file: Path, store_path: Path) -> None:
    window.close()
    kept = stored.load(settings_file)
    assert kept.last_store == str(store_path)
    assert kept.recent[0].selected


def open_other(window: Window, store_path: Path, tmp_path: Path, qtbot) -> Path:
    """Open a copy of the store instead of it."""
    other = tmp_path / "other.refactory"
    shutil.copy(store_path, other)
    open_in(window, other, qtbot)
    return other


def test_another_recent_store_is_chosen_over_the_open_one(
    window: Window, store_path: Path, tmp_path: Path, qtbot
) -> None:
    other = open_other(window, store_path, tmp_path, qtbot)
    window.actions_by_id.trigger("recent")
    dialog = window.findChild(RecentDialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.session.store.path == other, "Esc leaves the open store open"
    window.actions_by_id.trigger("recent")
    dialog = next(one for one in window.findChildren(RecentDialog) if one.isVisible())
    (row,) = dialog.findChildren(RecentRow)
    with qtbot.waitSignal(window.session.store_opened):
        qtbot.keyClick(row, Qt.Key.Key_Return)
    assert window.session.store.path == store_path


def test_a_forgotten_store_leaves_the_list_and_stays_a_file(
    window: Window, store_path: Path, tmp_path: Path, qtbot
) -> None:
    other = open_other(window, store_path, tmp_path, qtbot)
    window.actions_by_id.trigger("recent")
    dialog = window.findChild(RecentDialog)
    qtbot.keyClick(dialog.findChild(RecentRow), Qt.Key.Key_Delete)
    assert dialog.findChildren(RecentRow) == []
    assert store_path.exists()
    assert window.session.store.path == other


def test_a_store_that_can_only_be_read_says_so(make_window, store_path: Path, qtbot, monkeypatch) -> None:
    opened = Store.open
    monkeypatch.setattr(Store, "open", lambda path: opened(path, read_only=True))
    window = make_window()
    open_in(window, store_path, qtbot)
    qtbot.waitUntil(lambda: "can only be read" in window.notice.text())
    assert window.where.text().endswith("read-only")
    assert not window.actions_by_id["commit"].isEnabled()


def test_what_was_made_is_said_with_the_way_back(window: Window, qtbot) -> None:
    window.actions_by_id.trigger("branch")
    dialog = window.findChild(BranchDialog)
    dialog.name.setText("try")
    dialog.accept()
    qtbot.waitUntil(lambda: "Branch “try” begins here" in window.statusBar().currentMessage())
    assert "Ctrl+Z" in window.statusBar().currentMessage()


def test_only_a_tag_that_is_there_can_be_deleted(window: Window, qtbot) -> None:
    assert window.actions_by_id["delete-tag"].isEnabled()
    window.session.store.delete_tag("first")
    qtbot.waitUntil(lambda: not window.actions_by_id["delete-tag"].isEnabled())


def test_a_chosen_stretch_of_time_is_told_with_what_lies_in_it(window: Window) -> None:
    window.session.select_range(900_000, 5_000_000)
    assert "1970-01-01 00:00:00 to 1970-01-01 00:00:05: 3 transactions" in window.where.text()
    window.session.select_range(0, 0)
    assert " to " not in window.where.text()


def test_the_window_counts_what_its_timeline_leads_to_and_follows_undo_and_redo(window: Window, qtbot) -> None:
    session = window.session
    assert window.where.text().endswith("3 transactions")
    with qtbot.waitSignal(session.refs_changed):
        made = session.store.commit([{"op": "put", "path": "$.acres", "value": 5}], timeline="main").dense
    session.select(made)
    assert window.where.text().endswith("4 transactions")
    window.actions_by_id.trigger("undo")
    qtbot.waitUntil(lambda: session.selected == 2)
    assert window.where.text().endswith("3 transactions")
    window.actions_by_id.trigger("redo")
    qtbot.waitUntil(lambda: session.selected == made)
    assert window.where.text().endswith("4 transactions")
    session.select(0)
    window.actions_by_id.trigger("undo")
    qtbot.waitUntil(lambda: "Undone" in window.statusBar().currentMessage())
    window.actions_by_id.trigger("redo")
    qtbot.waitUntil(lambda: "Done again" in window.statusBar().currentMessage())
    assert session.selected == 0


@pytest.mark.parametrize(("at", "length"), [(2, 3), (1, 2)])
def test_a_new_branch_is_gone_to(window: Window, qtbot, at: int, length: int) -> None:
    session = window.session
    session.select(at)
    window.actions_by_id.trigger("branch")
    dialog = window.findChild(BranchDialog)
    dialog.name.setText("try")
    dialog.accept()
    qtbot.waitUntil(lambda: session.timeline == "try")
    assert session.selected == at
    assert window.where.text().startswith("try  ·  ")
    assert window.where.text().endswith(f"{length} transactions")
    commit = CommitDialog(session, (Edit("put", "$.acres", 7, before=20),), at, window)
    assert commit.target.currentText() == "try"
    commit.accept()
    qtbot.waitUntil(lambda: max(session.store.heads()["try"]) == 4)
    assert session.store.heads()["main"] == (2,)


@pytest.mark.parametrize("before", [(1280, 720), (1440, 900)])
def test_a_small_window_shows_lanes_and_rows(make_window, store_path: Path, qtbot, before: tuple[int, int]) -> None:
    window = make_window(make_views)
    window.resize(*before)
    open_in(window, store_path, qtbot)
    settle(window)
    window.resize(1280, 720)
    settle(window)
    assert (window.width(), window.height()) == (1280, 720)
    timeline = window.views["timeline"]
    lanes, rows = timeline.canvas.height() - AXIS, timeline.rows.viewport().height() / fonts().row
    if before == (1280, 720):
        assert lanes >= 130
        assert rows >= 4.5
    else:  # the panels keep the height that they had
        assert lanes >= 90
        assert rows >= 3
