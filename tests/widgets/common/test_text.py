"""Numbers, sizes, times and progress as a person reads them."""

import pytest

from widgets.common.jobs import Progress
from widgets.common.progress import fraction, words
from widgets.common.text import ago, count, duration, moment, sentence, size

THIN = "\u202f"


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [(0, "", "0"), (9999, "", "9999"), (12345, "", f"12{THIN}345"), (1, "tag", "1 tag"), (2, "tag", "2 tags")],
)
def test_count(number: int, unit: str, text: str) -> None:
    assert count(number, unit) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the disk is full", "The disk is full"),
        ("/tmp/a.json: no such file", "/tmp/a.json: no such file"),
        ("fires.json: no such file", "fires.json: no such file"),
        ("“main” exists", "“main” exists"),
        ("", ""),
    ],
)
def test_a_message_begins_with_a_capital_letter_and_a_file_as_it_is_called(text: str, said: str) -> None:
    assert sentence(text) == said


def test_count_with_an_irregular_plural() -> None:
    assert count(2, "branch", "branches") == "2 branches"


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (3_100_000, "3.1 MB"), (2 * 10**11, "200 GB")],
)
def test_size(octets: int, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8, "8 s"), (90, "1 min 30 s"), (1800, "30 min"), (7800, "2 h 10 min"), (3 * 86400, "3 days"), (-1, "0 s")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_moment() -> None:
    assert moment(0) == "1970-01-01 00:00:00"
    assert moment(1_658_844_005_120_000) == "2022-07-26 14:00:05"
    assert moment(1_658_844_005_120_000, precise=True) == "2022-07-26 14:00:05.120000"
    assert moment(-62_135_596_800_000_000) == "0001-01-01 00:00:00"
    assert "years" in moment(10**18)


def test_ago() -> None:
    now = 1_658_844_005_000_000
    assert ago(now, now) == "just now"
    assert ago(now - 5 * 60_000_000, now) == "5 min ago"
    assert ago(now - 2 * 3_600_000_000, now) == "2 h ago"
    assert ago(now - 86_400_000_000, now) == "yesterday"
    assert ago(now - 100 * 86_400_000_000, now) == "2022-04-17"


def test_progress_in_words() -> None:
    assert words(None, 0, 1) == ""
    assert words(Progress(5, None, "versions", 0.1), 0, 0.5) == "5 versions"
    told = words(Progress(20_000, 50_000, "versions", 10), 0, 10)
    assert told == f"20{THIN}000 of 50{THIN}000 versions · 2000/s · 15 s left"


def test_progress_in_bytes() -> None:
    assert words(Progress(5_000_000, 20_000_000, "bytes", 10), 0, 10) == "5.0 MB of 20.0 MB · 500 kB/s · 30 s left"


def test_fraction() -> None:
    assert fraction(None) is None
    assert fraction(Progress(1, None, "", 0)) is None
    assert fraction(Progress(1, 4, "", 0)) == 0.25
    assert fraction(Progress(9, 4, "", 0)) == 1.0
