"""What a machine remembers of a replica: the highest number used, over whatever stood there before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.timeline.replica import Note

REPLICA = bytes(range(8))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "refactory" / "replicas"


@pytest.fixture
def note(folder: Path) -> Iterator[Note]:
    made = Note(REPLICA)
    yield made
    made.close()


def noted() -> int:
    """What somebody else finds."""
    other = Note(REPLICA)
    try:
        return other.seq()
    finally:
        other.close()


def test_the_highest_number_is_remembered(folder: Path, note: Note) -> None:
    assert note.seq() == 0
    for seq, known in ((7, 7), (10_000_000_000, 10_000_000_000), (9, 10_000_000_000)):
        note.keep(seq)
        assert note.seq() == noted() == known
    assert [file.name for file in folder.iterdir()] == [REPLICA.hex()]


@pytest.mark.parametrize(("stood", "known"), [("12", 12), ("", 0), ("no number", 0)])
def test_what_stood_there_is_written_over(folder: Path, note: Note, stood: str, known: int) -> None:
    folder.mkdir(parents=True)
    (folder / REPLICA.hex()).write_text(stood, "ascii")
    assert note.seq() == known
    note.keep(13)
    assert noted() == 13


def test_a_note_that_was_deleted_is_made_again(folder: Path, note: Note) -> None:
    note.keep(7)
    (folder / REPLICA.hex()).unlink()
    assert note.seq() == 0
    note.keep(8)
    assert noted() == 8


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    note = Note(REPLICA)
    note.keep(1)
    assert note.seq() == 0
