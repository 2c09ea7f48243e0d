"""The hybrid logical clock: above all parents, near the wall, and within 64 bits whatever the time."""

import pytest

from engine.model.clock import stamp, wall_time


def test_a_stamp_says_its_millisecond() -> None:
    assert wall_time(stamp(1_234_567)) == 1_234_000
    assert wall_time(stamp(-1)) == -1000


def test_a_stamp_is_above_its_parents_whatever_the_wall_says() -> None:
    later, earlier = stamp(2_000_000), stamp(1_000_000)
    assert earlier < later
    assert stamp(1_000_000, [later, earlier]) == later + 1
    assert wall_time(stamp(1_000_000, [later])) == 2_000_000
    assert stamp(3_000_000, [later]) == stamp(3_000_000)


def test_stamps_before_1970_are_in_order() -> None:
    assert stamp(-5_000_000) < stamp(-1) < stamp(0) == stamp(999) < stamp(1000)


@pytest.mark.parametrize("year", [-10_000, 1, 6429, 9999, 250_000])
def test_far_times_fit(year: int) -> None:
    made = stamp((year - 1970) * 31_556_952_000_000)
    for _ in range(100_000):
        made = stamp(0, [made])
    assert -(1 << 63) <= made < 1 << 63
