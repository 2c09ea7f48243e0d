"""What the window remembers."""

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import RECENT, RecentStore, Settings, load, save, settings_file


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "settings.json"
    settings = Settings(theme="dark", recent=(RecentStore("/a", 5, "r:1", inside="$.x"),))
    save(settings, file)
    assert load(file) == settings
    assert [name.name for name in file.parent.iterdir()] == ["settings.json"]


def test_only_what_differs_from_the_defaults_is_written(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    save(Settings(theme="dark"), file)
    assert json.loads(file.read_text()) == {"theme": "dark"}


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Settings()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"theme": 7, "recent": "x"}', '{"recent": [1, {"opened": 1}]}'])
def test_what_cannot_be_read_is_dropped_with_a_warning(tmp_path: Path, text: str, caplog) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert load(file) == Settings()
    assert str(file) in caplog.text


def test_unknown_keys_are_dropped_and_the_rest_is_kept(tmp_path: Path, caplog) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"theme": "dark", "from_the_future": 1}')
    assert load(file) == Settings(theme="dark")
    assert "from_the_future" in caplog.text


def test_recent_stores_latest_first_and_not_too_many() -> None:
    settings = Settings()
    for number in range(RECENT + 3):
        settings = settings.remember(RecentStore(f"/{number}"))
    settings = settings.remember(RecentStore("/5", opened=9))
    assert settings.recent[0] == RecentStore("/5", opened=9)
    assert len(settings.recent) == RECENT
    assert settings.recent_at("/5") == RecentStore("/5", opened=9)
    assert settings.forget("/5").recent_at("/5") is None


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.json"
    save(Settings(theme="dark"), file)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        save(replace(Settings(), theme="light"), file)
    assert load(file).theme == "dark"
    assert [name.name for name in tmp_path.iterdir()] == ["settings.json"]


def test_the_folder_is_that_of_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_file() == tmp_path / "refactory" / "settings.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert settings_file() == Path.home() / ".config" / "refactory" / "settings.json"
