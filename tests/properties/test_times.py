"""Times: what is printed is read back, and every ISO 8601 form that is offered means what it says."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.model import times

FIRST = times.from_datetime(datetime(1, 1, 1, tzinfo=UTC))
LAST = times.from_datetime(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


@given(st.integers(FIRST, LAST))
def test_a_printed_time_is_read_back(time: int) -> None:
    text = times.format_time(time)
    assert times.parse_time(text) == time
    assert times.looks_like_time(text)
    assert times.to_datetime(time) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)


@given(st.datetimes(), st.integers(-1439, 1439))
def test_zones(moment: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    expected = times.from_datetime(moment.replace(tzinfo=zone))
    assert times.from_datetime(moment, zone) == expected
    assert times.parse_time(moment.replace(tzinfo=zone).isoformat()) == expected
    assert times.parse_time(moment.isoformat(), zone) == expected
    sign = "-" if minutes < 0 else "+"
    assert times.parse_zone(f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}") == zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022", "2022-01-01T00:00:00Z"),
        ("2022-07", "2022-07-01T00:00:00Z"),
        ("2022-07-26", "2022-07-26T00:00:00Z"),
        (" 2022-07-26T14 ", "2022-07-26T14:00:00Z"),
        ("2022-07-26 14:05", "2022-07-26T14:05:00Z"),
        ("2022-07-26T14:05:06z", "2022-07-26T14:05:06Z"),
        ("2022-07-26T14:05:06.5Z", "2022-07-26T14:05:06.5Z"),
        ("2022-07-26T14:05:06,123456789Z", "2022-07-26T14:05:06.123456Z"),
        ("2022-07-26T14:05:06 +02:00", "2022-07-26T12:05:06Z"),
        ("2022-07-26T14:05:06-0230", "2022-07-26T16:35:06Z"),
        ("2022-07-26T14:05+02", "2022-07-26T12:05:00Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    assert times.looks_like_time(text)
    assert times.format_time(times.parse_time(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "now", "26.07.2022", "2022-13-01", "2022-02-30", "2022-07-26T25:00", "20220726", "v1"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not an ISO 8601 time; write it like|is not a valid time"):
        times.parse_time(text)


def test_a_time_beyond_the_calendar_is_printed_as_a_number() -> None:
    assert times.format_time(1 << 62) == "4611686018427387904 µs"
    assert times.check_time(-(1 << 63)) == -(1 << 63)


def test_zones_by_name() -> None:
    assert times.parse_zone("utc") is UTC
    assert times.parse_time("2022-07-01", times.parse_zone("Europe/Berlin")) == times.parse_time("2022-06-30T22:00Z")
    for name in ("Atlantis/Main", "../etc/passwd", ""):
        with pytest.raises(BadInput, match=r"unknown time zone .*; use a name like Europe/Berlin or an offset like"):
            times.parse_zone(name)


def test_now_is_between_then_and_soon() -> None:
    assert times.parse_time("2020") < times.now() < times.parse_time("3000")
