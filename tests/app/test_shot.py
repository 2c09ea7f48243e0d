"""Pictures without a display, and the test that the program makes of itself."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app.shot import render_window, self_test
from widgets.theme import Mode, set_mode


@pytest.fixture(autouse=True)
def own_folders(qapp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # both set it for themselves
    yield
    set_mode(Mode.LIGHT)


def test_a_store_is_drawn_into_a_file(store_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "window.png"
    assert render_window(store_path, file) == 0
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1440, 900)
    assert len({image.pixel(x, y) for x in range(0, 1440, 7) for y in range(0, 900, 7)}) > 20


def test_what_cannot_be_opened_or_written_is_one_line(store_path: Path, tmp_path: Path, capsys) -> None:
    assert render_window(tmp_path / "none.refactory", tmp_path / "window.png") == 2
    assert render_window(store_path, tmp_path / "nowhere" / "window.png") == 2
    first, second = capsys.readouterr().err.strip().split("\n")
    assert "none.refactory" in first
    assert "choose another folder" in second


def test_the_self_test_draws_every_view(store_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("app.commands.files.SAMPLE", store_path)
    assert self_test() == 0
    assert capsys.readouterr().err == ""


def test_the_self_test_fails_without_a_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setattr("app.commands.files.SAMPLE", tmp_path / "none.refactory")
    assert self_test() == 1
    assert "missing" in capsys.readouterr().err
