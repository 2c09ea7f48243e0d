"""From a file to the window: the dialog, the import in a process of its own, the store that opens."""

import json
from pathlib import Path

import pytest

from app.window import Window
from widgets.importer import ImportDialog

from .conftest import plain_views

VERSIONS = 30


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "shop.jsonl"
    lines = [
        {"time": f"2024-01-{day:02}T00:00:00Z", "state": {"items": [{"id": n, "price": n * day} for n in range(4)]}}
        for day in range(1, VERSIONS + 1)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.fixture
def window(qtbot, tmp_path: Path):
    window = Window(tmp_path / "settings.json", plain_views)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def dialog_for(window: Window, source: Path, qtbot) -> ImportDialog:
    window.files.open_path(source)
    dialog = window.findChild(ImportDialog)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.preview)
    return dialog


def test_a_file_is_imported_and_opened(window: Window, source: Path, qtbot) -> None:
    dialog = dialog_for(window, source, qtbot)
    with qtbot.waitSignal(window.session.store_opened, timeout=30_000):
        dialog.go.click()
    assert window.session.graph.count == VERSIONS
    assert window.session.store.path == source.with_name("shop.refactory")
    assert window.session.jobs.activities() == []


def test_a_bad_line_is_told_with_its_place(window: Window, source: Path, qtbot) -> None:
    lines = source.read_text().splitlines()
    lines[6] = "{oops"
    source.write_text("\n".join(lines))
    dialog = dialog_for(window, source, qtbot)
    assert "shop.jsonl:7" in dialog.preview.problems.toPlainText()
    dialog.go.click()
    qtbot.waitUntil(dialog.problem.isVisible, timeout=30_000)
    assert "shop.jsonl:7" in dialog.problem.text()
    assert window.session.store is None
    dialog.reject()


def test_left_out_lines_are_listed_and_the_rest_opens(window: Window, source: Path, qtbot) -> None:
    source.write_text(source.read_text() + "{oops\n")
    dialog = dialog_for(window, source, qtbot)
    dialog.target_form.skip_bad.setChecked(True)
    dialog.go.click()
    qtbot.waitUntil(dialog.show_store.isVisible, timeout=30_000)
    assert f"shop.jsonl:{VERSIONS + 1}" in dialog.preview.problems.toPlainText()
    with qtbot.waitSignal(window.session.store_opened):
        dialog.show_store.click()
    assert window.session.graph.count == VERSIONS


def test_a_cancelled_import_keeps_what_is_whole(window: Window, source: Path, qtbot) -> None:
    line = source.read_text().splitlines()[0]
    source.write_text((line + "\n") * 200_000)
    dialog = dialog_for(window, source, qtbot)
    dialog.go.click()
    (process,) = window.files.processes
    qtbot.waitUntil(lambda: process.context.latest is not None, timeout=30_000)
    dialog.cancel.click()
    qtbot.waitUntil(lambda: "Stopped" in dialog.told.text(), timeout=30_000)
    assert window.files.processes == []
    dialog.reject()


def test_a_closed_dialog_lets_the_import_go_on(window: Window, source: Path, qtbot) -> None:
    dialog = dialog_for(window, source, qtbot)
    dialog.go.click()
    dialog.reject()
    with qtbot.waitSignal(window.session.store_opened, timeout=30_000):
        pass
    assert window.session.graph.count == VERSIONS


def test_an_import_in_the_background_does_not_take_the_open_store_away(
    window: Window, source: Path, store_path: Path, qtbot
) -> None:
    with qtbot.waitSignal(window.session.store_opened):
        window.files.open_path(store_path)
    dialog = dialog_for(window, source, qtbot)
    dialog.go.click()
    dialog.reject()
    assert "goes on" in window.notice.text()
    qtbot.waitUntil(lambda: "shop.refactory is imported" in window.notice.text(), timeout=30_000)
    assert window.session.store.path == store_path
    with qtbot.waitSignal(window.session.store_opened):
        window.notice._button.click()
    assert window.session.store.path == source.with_name("shop.refactory")


def test_closing_the_window_stops_the_import(window: Window, source: Path, qtbot) -> None:
    dialog = dialog_for(window, source, qtbot)
    dialog.go.click()
    (process,) = window.files.processes
    window.close()
    assert process._process.processId() == 0
