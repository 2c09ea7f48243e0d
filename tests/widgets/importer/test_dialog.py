"""The import dialog: preview, start, progress, the end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest

from app.session import Session
from widgets.common.jobs import JobContext
from widgets.importer import ImportDialog, ImportPlan
from widgets.importer.preview import Findings, PreviewPanel


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "shop.jsonl"
    versions = [
        {"time": f"2024-01-0{day}T00:00:00Z", "state": {"items": [{"id": n, "price": n * day} for n in range(4)]}}
        for day in range(1, 4)
    ]
    file.write_text("".join(json.dumps(version) + "\n" for version in versions))
    return file


@pytest.fixture
def make_dialog(qtbot, tmp_path: Path):
    session = Session()
    made = []

    def make(source: Path | None = None) -> ImportDialog:
        dialog = ImportDialog(session, source, tmp_path)
        qtbot.addWidget(dialog)
        dialog.show()
        made.append(dialog)
        return dialog

    yield make
    for dialog in made:
        dialog.close()
    session.shut_down()


def shown(dialog: ImportDialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.preview)


def test_nothing_can_be_imported_before_something_is_chosen(make_dialog) -> None:
    dialog = make_dialog()
    assert not dialog.go.isEnabled()
    assert dialog.pages.currentWidget() is not dialog.preview


def test_choosing_a_source_shows_what_is_in_it(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    assert "3 versions" in dialog.preview.sentence.text()
    assert dialog.preview.table.item(0, 0).text() == "$.items[*]"
    assert dialog.preview.table.item(0, 1).text() == "id"
    assert dialog.target_form.target.text() == str(source.with_name("shop.refactory"))
    assert dialog.go.isEnabled()


def test_a_source_that_is_none_is_told(make_dialog, tmp_path: Path, qtbot) -> None:
    dialog = make_dialog(tmp_path / "nowhere.jsonl")
    qtbot.waitUntil(lambda: "nowhere.jsonl: there is no such file" in page(dialog))
    assert not dialog.go.isEnabled()


def test_a_message_speaks_of_fields_and_not_of_options(make_dialog, tmp_path: Path, qtbot) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello\n")
    dialog = make_dialog(file)
    qtbot.waitUntil(lambda: "cannot be imported" in page(dialog))
    assert "“Kind” or “Names” (under More options)" in page(dialog)
    assert "--" not in page(dialog)


def test_an_empty_folder_has_nothing_to_import(make_dialog, tmp_path: Path, qtbot) -> None:
    (tmp_path / "empty").mkdir()
    dialog = make_dialog(tmp_path / "empty")
    qtbot.waitUntil(lambda: "nothing to import" in page(dialog))
    assert not dialog.go.isEnabled()


def test_enter_in_the_source_looks_and_a_second_one_imports(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog()
    plans: list[ImportPlan] = []
    dialog.requested.connect(plans.append)
    field = dialog.source_form.source
    field.setFocus()
    QTest.keyClicks(field, str(source))
    QTest.keyClick(field, Qt.Key.Key_Return)
    shown(dialog, qtbot)
    assert plans == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [plan.source for plan in plans] == [source]


def test_what_is_shown_belongs_to_the_source_that_is_written(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    QTest.keyClick(dialog.source_form.source, Qt.Key.Key_Backspace)
    assert not dialog.go.isEnabled()
    assert "Press Enter" in page(dialog)
    QTest.keyClick(dialog.source_form.source, source.name[-1])
    shown(dialog, qtbot)  # after a pause, since there is such a file
    assert dialog.go.isEnabled()


def test_names_that_are_said_later_are_read_with(make_dialog, tmp_path: Path, qtbot) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps({"order": n, "at": "2024-01-01", "total": 3}) + "\n" for n in range(3)))
    dialog = make_dialog(file)
    qtbot.waitUntil(lambda: "cannot be imported" in page(dialog))
    dialog.target_form.more.setChecked(True)
    QTest.keyClicks(dialog.target_form.mapping, "entity=order,time=at")
    QTest.keyClick(dialog.target_form.mapping, Qt.Key.Key_Return)
    shown(dialog, qtbot)
    assert "Events" in dialog.preview.sentence.text()


def test_it_fits_the_screen(make_dialog, monkeypatch) -> None:
    from widgets.common import fit

    monkeypatch.setattr(fit, "FRAME", QSize(300, 48))
    dialog = make_dialog()
    assert dialog.width() == dialog.screen().availableSize().width() - 300


def page(dialog: ImportDialog) -> str:
    return dialog.pages.currentWidget().accessibleName()


def test_the_plan_holds_what_was_changed(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    plans: list[ImportPlan] = []
    dialog.requested.connect(plans.append)
    dialog.preview.table.item(0, 1).setText("id, price")
    dialog.target_form.skip_bad.setChecked(True)
    dialog.go.click()
    assert plans[0].source == source
    assert plans[0].keys == {"$.items[*]": ("id", "price")}
    assert plans[0].skip_bad


def running(dialog: ImportDialog) -> tuple[JobContext, Callable[[], None]]:
    context = JobContext()
    dialog.show_running(context, context.cancel)
    return context, context.cancel


def test_progress_is_shown_and_can_be_stopped(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    context, _ = running(dialog)
    context.progress(2, 3, "versions")
    qtbot.waitUntil(lambda: "2 of 3 versions" in dialog.told.text())
    assert not dialog.go.isEnabled()
    dialog.cancel.click()
    assert context.cancelled
    assert dialog.show_end(3, "", "") is False
    assert "kept" in dialog.told.text()
    assert dialog.go.isEnabled()  # which goes on from there


def test_a_clean_end_opens_the_store(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    running(dialog)
    assert dialog.show_end(0, '{"transactions": 3, "skipped": []}', "") is True
    assert not dialog.isVisible()


def test_versions_that_were_left_out_are_listed_before_it_opens(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    running(dialog)
    assert dialog.show_end(0, '{"skipped": [{"where": "line 2", "why": "not JSON"}]}', "") is False
    assert "line 2: not JSON" in dialog.preview.problems.toPlainText()
    assert dialog.focusWidget() is dialog.show_store
    opened = []
    dialog.opened.connect(opened.append)
    dialog.show_store.click()
    assert opened == [source.with_name("shop.refactory")]


def test_a_failure_says_why_and_lets_one_try_again(make_dialog, source: Path, qtbot) -> None:
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    running(dialog)
    dialog.show_end(2, "", "refactory: shop.jsonl: line 2 is not JSON; correct it or use --skip-bad")
    assert dialog.problem.text().startswith("shop.jsonl: line 2 is not JSON; correct it or use “Go on after lines")
    assert dialog.go.isEnabled()


def test_a_line_that_cannot_be_read_comes_with_advice(make_dialog, source: Path, qtbot) -> None:
    source.write_text(source.read_text() + "{oops\n")
    dialog = make_dialog(source)
    shown(dialog, qtbot)
    assert dialog.preview._wrong.text() == "1 line cannot be read"
    running(dialog)
    dialog.show_end(2, "", "refactory: shop.jsonl:4: invalid JSON")
    assert "invalid JSON. Correct it and import again, or tick “Go on after lines" in dialog.problem.text()
    assert dialog.target_form.skip_bad.isVisible()


def test_a_file_that_cannot_be_read_in_a_folder_is_left_out(qtbot) -> None:
    panel = PreviewPanel()
    qtbot.addWidget(panel)
    panel.show_findings(Findings("folder", 1, paths=("a.json",), problems=[("b.json", "b.json: not JSON")]))
    assert panel._wrong.text() == "1 file cannot be read"
    assert panel.problems.toPlainText() == "b.json: not JSON"
    assert "left out" in panel._then.text()


def test_findings_in_one_sentence(qtbot) -> None:
    day = 86_400_000_000
    found = Findings("git", 2575, timelines=3, first=0, last=400 * day, paths=("a.json",))
    assert found.sentence() == "Git repository  ·  2575 versions  ·  1970-01-01 to 1971-02-05  ·  3 branches  ·  1 file"


def test_many_problems_are_cut(qtbot) -> None:
    panel = PreviewPanel()
    qtbot.addWidget(panel)
    panel.show_problems([(f"line {number}", "bad") for number in range(600)])
    assert panel.problems.toPlainText().endswith("… and 100 more")


def test_a_repository_without_a_file_that_matches_says_so(qtbot) -> None:
    panel = PreviewPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.show_findings(Findings("git", 222))
    assert "no file that matches" in panel.files.text()
    assert not panel._how.isVisible()
    panel.show_findings(Findings("git", 222, paths=("a.json",)))
    assert panel.files.text() == "a.json"
    assert "no list" in panel._how.text()
