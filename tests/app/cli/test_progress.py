"""Progress: the text of the line, and the JSON for the window."""

import io
import json
import sys

import pytest

from app.cli import progress
from app.cli.output import cut, first_line, plural, styler, value_text, when
from app.cli.progress import ProgressJson, ProgressLine, duration, progress_for, progress_text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((12_345, 98_765, "versions", 12_345, 4.0), "12,345 of 98,765 versions  12 %  3,086/s  28 s left"),
        ((10, None, "commits", 10, 4.0), "10 commits  2.5/s"),
        ((0, 10, "commits", 0, 1.0), "0 of 10 commits  0 %"),
        ((10, 10, "commits", 10, 0.5), "10 of 10 commits  100 %  20/s"),
        ((2_500_000, 10_000_000, "bytes", 2_500_000, 1.0), "2.5 MB of 10.0 MB  25 %  2.5 MB/s  3.0 s left"),
        ((11, 10, "commits", 11, 1.0), "11 of 10 commits  100 %  11/s"),
    ],
)
def test_text(arguments: tuple, text: str) -> None:
    assert progress_text(*arguments) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.9, "9.9 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7620, "2 h 7 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


class Clock:
    """A clock that goes as it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


def test_json_is_throttled_and_keeps_the_last_of_each_unit(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    tell = ProgressJson()
    for done in range(1, 51):
        tell(done, None, "commits")
        clock.now += 0.01
    tell(5, 10, "bytes")
    tell(10, 10, "bytes")
    tell.close()
    records = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert records[0] == {"done": 1, "total": None, "unit": "commits"}
    assert records[-2:] == [{"done": 50, "total": None, "unit": "commits"}, {"done": 10, "total": 10, "unit": "bytes"}]
    assert len(records) == 7


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_line_waits_is_written_over_and_goes_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    tell = progress_for(False)
    assert isinstance(tell, ProgressLine)
    tell(0, 1000, "commits")
    assert terminal.getvalue() == ""
    clock.now += 0.5
    tell(100, 1000, "commits")
    clock.now += 0.01
    tell(101, 1000, "commits")
    assert terminal.getvalue() == "\r100 of 1,000 commits  10 %  200/s  4.5 s left\x1b[K"
    tell.close()
    assert terminal.getvalue().endswith("\r\x1b[K\r")


def test_progress_is_for_terminals_and_the_window_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress_for(False) is None
    assert isinstance(progress_for(True), ProgressJson)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert progress_for(False) is None


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert styler()("x", "red") == "x"
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert styler()("x", "red") == "\x1b[31mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styler()("x", "red") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert styler()("x", "red") == "x"


def test_texts_for_people() -> None:
    assert when(1_700_000_000_123_456) == "2023-11-14 22:13:20Z"
    assert when(-1) == "1969-12-31 23:59:59Z"
    assert when(None) == ""
    assert cut("abcdef", 4) == "abc…"
    assert cut("abc", None) == "abc"
    assert first_line("  subject\x1b[2J\nbody") == "subject\N{REPLACEMENT CHARACTER}[2J"
    assert value_text({"a": "x" * 50}, 10) == '{"a":"xxx…'
    assert (plural(1, "line"), plural(2000, "line")) == ("1 line", "2,000 lines")
