"""Times as sources write them."""

import pytest

from engine.errors import BadInput
from engine.exchange.clocktext import ClockReader
from engine.model.times import parse_time

NOON = parse_time("2022-07-26T12:00:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "2022-07-26T12:00:00Z",
        "2022-07-26 12:00",
        "2022-07-26T14:00:00+02:00",
        "1658836800",
        "1658836800.0",
        "1658836800000",
        "1658836800000000",
        "1658836800000000000",
        "Tue, 26 Jul 2022 12:00:00 +0000",
        "Tue, 26 Jul 2022 14:00:00 +0200",
        "Tue Jul 26 12:00:00 UTC 2022",
        "Tue Jul 26 12:00:00 2022",
        "26.07.2022 12:00",
        "26/07/2022 12:00:00",
        "07/26/2022 12:00:00 PM",
        "2022/07/26 12:00",
        "26/Jul/2022:12:00:00 +0000",
        "20220726T120000Z",
        " 2022-07-26T12:00Z ",
    ],
)
def test_forms_that_have_one_reading(text: str) -> None:
    assert ClockReader().read(text) == NOON


def test_a_fraction_is_kept_to_the_microsecond() -> None:
    assert ClockReader().read("1658836800.25") == NOON + 250_000
    assert ClockReader().read("-1.5") == -1_500_000
    assert ClockReader().read("2022-07-26T12:00:00.000001Z") == NOON + 1


def test_a_time_without_a_zone_is_utc_or_in_the_zone_given() -> None:
    assert ClockReader().read("2022-07-26T12:00") == NOON
    assert ClockReader("Europe/Berlin").read("2022-07-26T14:00") == NOON
    assert ClockReader("+02:00").read("26.07.2022 14:00") == NOON
    assert ClockReader("Europe/Berlin").read("2022-07-26T12:00Z") == NOON
    with pytest.raises(BadInput, match="unknown time zone"):
        ClockReader("Nowhere/City")


@pytest.mark.parametrize("text", ["05/06/2020", "05-06-2020", "01/02/2020 10:00:00"])
def test_what_can_be_read_in_two_ways_is_asked_for(text: str) -> None:
    with pytest.raises(BadInput, match=r"more than one way.*--time-format"):
        ClockReader().read(text)


def test_the_first_records_settle_what_can_be_read_in_two_ways() -> None:
    clock = ClockReader()
    clock.learn(["05/06/2020", "31/12/2020"])
    assert clock.read("05/06/2020") == parse_time("2020-06-05")
    american = ClockReader()
    american.learn(["05/06/2020", "12/31/2020", "2020-01-01"])
    assert american.read("05/06/2020") == parse_time("2020-05-06")
    undecided = ClockReader()
    undecided.learn(["05/06/2020", "07/08/2020"])
    with pytest.raises(BadInput, match="more than one way"):
        undecided.read("05/06/2020")


def test_a_day_that_is_also_a_month_needs_no_choice() -> None:
    assert ClockReader().read("05/05/2020") == parse_time("2020-05-05")


@pytest.mark.parametrize(
    ("form", "text", "time"),
    [
        ("%d/%m/%Y", "05/06/2020", "2020-06-05"),
        ("%Y-%j", "2020-366", "2020-12-31"),
        ("ms", "1658836800000", "2022-07-26T12:00"),
        ("s", "1658836800", "2022-07-26T12:00"),
        ("ns", "1658836800000000000", "2022-07-26T12:00"),
    ],
)
def test_a_format_of_the_user(form: str, text: str, time: str) -> None:
    assert ClockReader(form=form).read(text) == parse_time(time)


@pytest.mark.parametrize(("form", "text"), [("%d/%m/%Y", "2020-01-01"), ("ms", "yesterday")])
def test_what_does_not_fit_the_users_format(form: str, text: str) -> None:
    with pytest.raises(BadInput, match="--time-format"):
        ClockReader(form=form).read(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2020-13-45", "12:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadInput, match="time"):
        ClockReader().read(text)
