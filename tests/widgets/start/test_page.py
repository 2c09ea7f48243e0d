"""The start page, by mouse and keyboard."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from widgets.start import Recent, StartPage
from widgets.start.recent import RecentRow


@pytest.fixture
def page(qtbot, tmp_path: Path) -> StartPage:
    there = tmp_path / "fires.refactory"
    there.write_bytes(b"x" * 2500)
    page = StartPage({"open": "Ctrl+O"})
    qtbot.addWidget(page)
    now = int(time.time() * 1_000_000)
    page.show_recent([Recent(there, now - 90_000_000), Recent(tmp_path / "gone.refactory", 0)])
    page.resize(1280, 720)
    page.show()
    return page


def rows(page: StartPage) -> list[RecentRow]:
    return page.findChildren(RecentRow)


def test_each_way_to_begin_can_be_clicked(page: StartPage, qtbot) -> None:
    asked = []
    page.asked.connect(asked.append)
    for name in ("sample", "import", "open"):
        qtbot.mouseClick(page.findChild(QAbstractButton, f"start-{name}"), Qt.MouseButton.LeftButton)
    assert asked == ["sample", "import", "open"]


def test_each_way_to_begin_can_be_chosen_by_enter(page: StartPage, qtbot) -> None:
    asked = []
    page.asked.connect(asked.append)
    qtbot.keyClick(page.findChild(QAbstractButton, "start-import"), Qt.Key.Key_Return)
    assert asked == ["import"]


def test_recent_stores_say_where_how_large_and_when(page: StartPage) -> None:
    texts = {label.text() for label in rows(page)[0].findChildren(QLabel)}
    assert {"2.5 kB", "1 min ago"} <= texts
    assert "fires" in rows(page)[0].accessibleName()
    assert rows(page)[1].missing
    assert "not found" in rows(page)[1].accessibleName()


def test_a_recent_store_is_chosen_or_forgotten(page: StartPage, qtbot, tmp_path: Path) -> None:
    chosen, forgotten = [], []
    page.chosen.connect(chosen.append)
    page.forgotten.connect(forgotten.append)
    qtbot.mouseClick(rows(page)[0], Qt.MouseButton.LeftButton)
    qtbot.keyClick(rows(page)[1], Qt.Key.Key_Delete)
    assert chosen == [tmp_path / "fires.refactory"]
    assert forgotten == [tmp_path / "gone.refactory"]


def test_arrow_keys_go_from_one_to_the_next(page: StartPage, qtbot) -> None:
    page.activateWindow()
    rows(page)[0].setFocus()
    qtbot.keyClick(rows(page)[0], Qt.Key.Key_Down)
    assert rows(page)[1].hasFocus()
    qtbot.keyClick(rows(page)[1], Qt.Key.Key_Up)
    assert rows(page)[0].hasFocus()


def test_without_recent_stores_it_says_what_will_be_there(page: StartPage) -> None:
    page.show_recent([])
    assert rows(page) == []
    assert any("appear here" in label.text() for label in page.findChildren(QLabel))


def test_everything_that_takes_the_keyboard_has_a_name(page: StartPage) -> None:
    for button in page.findChildren(QAbstractButton):
        assert button.accessibleName(), button
