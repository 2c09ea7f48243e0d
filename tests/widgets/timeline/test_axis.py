"""The time axis and the arithmetic of the view."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline.axis import axis_for, full_label
from widgets.timeline.viewport import COARSEST, EARLIEST, FINEST, LATEST, Viewport

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def at(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def labels(around: str, span: float, width: int = 1000) -> tuple[list[str], list[str]]:
    middle = at(around)
    view = Viewport.fitting(middle - int(span / 2), middle + int(span / 2), width, 0)
    axis = axis_for(view)
    return [tick.label for tick in axis.ticks], [band.label for band in axis.bands]


@pytest.mark.parametrize(
    ("span", "ticks", "bands"),
    [
        (0.004 * SECOND, [".4555 s", ".4560 s", ".4565 s"], ["2022-07-26 14:03:12"]),
        (0.04 * SECOND, [".450 s", ".455 s", ".460 s"], ["2022-07-26 14:03:12"]),
        (12 * SECOND, [":10", ":12", ":14"], ["Tue 2022-07-26"]),
        (8 * 60 * SECOND, ["14:00", "14:01"], ["Tue 2022-07-26"]),
        (8 * 3600 * SECOND, ["11:00", "12:00"], ["Tue 2022-07-26"]),
        (3 * 86400 * SECOND, ["12:00", "00:00"], ["Mon 2022-07-25", "Tue 2022-07-26"]),
        (8 * 86400 * SECOND, ["Sat 23", "Sun 24"], ["Jul 2022"]),
        (300 * 86400 * SECOND, ["Mar", "Apr", "May"], ["2022"]),
        (9 * 365 * 86400 * SECOND, ["2019", "2020", "2021"], []),
        (90 * 365 * 86400 * SECOND, ["1980", "1990", "2000"], []),
    ],
)
def test_labels_suit_the_zoom(span, ticks, bands):
    shown, stretches = labels("2022-07-26 14:03:12.456700", span)
    text = " ".join(shown)
    assert all(tick in text for tick in ticks), shown
    assert all(band in stretches for band in bands), stretches


@given(time=st.integers(EARLIEST, LATEST), scale=st.floats(0, 13).map(lambda x: 10**x), width=st.integers(50, 4000))
def test_ticks_lie_in_the_view_in_order_and_apart(time, scale, width):
    view = Viewport(0, scale, width).centred(time)
    axis = axis_for(view)
    times = [tick.time for tick in axis.ticks]
    assert times == sorted(set(times))
    assert all(view.origin <= t <= view.end for t in times)
    assert len(times) <= width / 96 * 1.2 + 2
    starts = [band.time for band in axis.bands]
    assert starts == sorted(set(starts))
    assert all(t <= view.end for t in starts)


@given(
    time=st.integers(EARLIEST + 10**16, LATEST - 10**17),
    scale=st.floats(0.1, 9).map(lambda x: 10**x),
    factor=st.floats(0.2, 5),
    x=st.floats(0, 1000),
)
def test_zooming_keeps_the_time_under_the_pointer(time, scale, factor, x):
    view = Viewport(time, scale, 1000)
    zoomed = view.zoomed(factor, x)
    assert abs(zoomed.x(view.time(x)) - x) < 2 / zoomed.scale + 0.5
    assert FINEST <= zoomed.scale <= COARSEST


@given(time=st.integers(EARLIEST, LATEST - 10**10), x=st.integers(0, 3000))
def test_a_millisecond_can_be_told_from_the_next_in_any_century(time, x):
    view = Viewport(time, 10.0, 3000)
    there = view.time(x)
    assert view.x(there + 1000) - view.x(there) == pytest.approx(100)
    assert view.xs(np.array([there]))[0] == pytest.approx(x)


def test_the_view_shows_a_moment_by_moving_as_little_as_needed():
    view = Viewport(1_000, 1.0, 500)
    assert view.showing(1_250) is view
    assert view.showing(1_505).x(1_505) == pytest.approx(484)
    assert view.showing(995).x(995) == pytest.approx(16)
    assert view.showing(90_000).x(90_000) == pytest.approx(250)


def test_the_view_stays_within_the_calendar():
    wide = Viewport(0, COARSEST, 2000)
    assert wide.panned(-1e9).origin == EARLIEST
    assert wide.panned(1e9).origin >= EARLIEST
    fine = Viewport(0, 1.0, 100)
    assert fine.panned(1e20).end <= LATEST


def test_fitting_shows_both_ends_within_the_margins():
    view = Viewport.fitting(1_000_000, 9_000_000, 800)
    assert view.x(1_000_000) == pytest.approx(24, abs=1)
    assert view.x(9_000_000) == pytest.approx(776, abs=1)
    assert Viewport.fitting(5, 5, 800).scale == FINEST


def test_full_labels():
    assert full_label(at("2022-07-26 14:03:12")) == "2022-07-26 14:03:12"
    assert full_label(at("2022-07-26 14:03:12.500000")) == "2022-07-26 14:03:12.5"
    assert full_label(at("0033-04-03 15:00:00")) == "0033-04-03 15:00:00"
    assert full_label(LATEST + 1) == f"{LATEST + 1} µs"
