"""What a machine remembers of a replica: the highest number used, over whatever stood there before."""

from pathlib import Path

import pytest

from engine.timeline.replica import note, noted

REPLICA = bytes(range(8))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "refactory" / "replicas"


def test_the_highest_number_is_remembered(folder: Path) -> None:
    assert noted(REPLICA) == 0
    for seq, known in ((7, 7), (10_000_000_000, 10_000_000_000), (9, 10_000_000_000)):
        note(REPLICA, seq)
        assert noted(REPLICA) == known
    assert [file.name for file in folder.iterdir()] == [REPLICA.hex()]


@pytest.mark.parametrize(("stood", "known"), [("12", 12), ("", 0), ("no number", 0)])
def test_what_stood_there_is_written_over(folder: Path, stood: str, known: int) -> None:
    folder.mkdir(parents=True)
    (folder / REPLICA.hex()).write_text(stood, "ascii")
    assert noted(REPLICA) == known
    note(REPLICA, 13)
    assert noted(REPLICA) == 13


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    note(REPLICA, 1)
    assert noted(REPLICA) == 0
