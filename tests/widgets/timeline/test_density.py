"""The density pyramid shows the counts that a look at all transactions gives, on every level and after growing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline import density
from widgets.timeline.columns import Columns
from widgets.timeline.density import BINS, DensityPyramid, level_for
from widgets.timeline.index import TimeIndex


def history(times: list[int], timelines: list[int]) -> Columns:
    none = np.zeros(0, np.int32)
    count = len(times)
    return Columns(
        np.full(count, -1, np.int32),
        np.array(timelines, np.int32),
        np.array(times, np.int64),
        none,
        none,
        [str(i) for i in range(max(timelines, default=0) + 1)],
    )


def pyramid(columns: Columns, lane: np.ndarray, capacity: int = 320) -> DensityPyramid:
    index = TimeIndex()
    index.extend(columns)
    return DensityPyramid(index, columns, lane, 8, capacity)


def expected(
    columns: Columns, lane: np.ndarray, origin: int, scale: float, pixels: int, lanes: list[int]
) -> np.ndarray:
    """Each transaction in the pixel that its bin begins in."""
    level = level_for(scale)
    edges = (origin + (np.arange(pixels + 1) * scale).astype(np.int64)) >> level
    result = np.zeros((len(lanes), pixels), int)
    for time, own in zip(columns.time.tolist(), lane[columns.timeline].tolist(), strict=True):
        pixel = int(np.searchsorted(edges, time >> level, side="right")) - 1
        if own in lanes and 0 <= pixel < pixels:
            result[lanes.index(own), pixel] += 1
    return result


MANY = st.lists(st.tuples(st.integers(-5_000, 20_000), st.integers(0, 149)), min_size=1, max_size=120)


@given(
    transactions=MANY,
    cut=st.integers(1, 120),
    views=st.lists(st.tuples(st.integers(-6_000, 15_000), st.floats(1, 300, allow_nan=False)), min_size=1, max_size=4),
    many=st.sampled_from([5, 10**6]),
    crowded=st.sampled_from([0, 2]),
)
def test_counts_are_exact_on_every_level_and_after_growing(transactions, cut, views, many, crowded):
    times, timelines = [t for t, _ in transactions], [i for _, i in transactions]
    whole = history(times, timelines)
    cut = min(cut, whole.count)
    early = history(times[:cut], timelines[:cut])
    lane = np.arange(150, dtype=np.int32)[::-1].copy()
    lane[7] = -1
    before = density.MANY, density.SAMPLE, density.CROWDED
    density.MANY, density.SAMPLE, density.CROWDED = many, 4 * many, crowded
    try:
        index = TimeIndex()
        index.extend(early)
        shown = DensityPyramid(index, early, lane, 8)
        lanes = np.array([0, 3, 63, 64, 100, 142, 149])
        for step, columns in ((0, early), (cut, whole)):
            if step and step < whole.count:
                index.extend(whole)
                shown.extend(whole, step, lane)
            elif step:
                break
            for origin, scale in views:
                shown.view(origin, scale, 50, lanes)
                while shown.rough:
                    shown.refine()
                seen = shown.view(origin, scale, 50, lanes)
                wanted = expected(columns, lane, origin, scale, 50, lanes.tolist())
                assert seen.count.tolist() == wanted.tolist()
                assert ((seen.hue > 0) == (wanted > 0)).all()
    finally:
        density.MANY, density.SAMPLE, density.CROWDED = before


def test_a_bin_is_never_wider_than_a_pixel_nor_half_as_wide():
    for scale in (1, 1.5, 2, 3.99, 4, 1e6, 1e13):
        assert 2 ** level_for(scale) <= scale < 2 ** (level_for(scale) + 1)


def test_the_colour_is_that_of_the_timeline():
    columns = history([10, 20, 30], [0, 9, 3])
    shown = pyramid(columns, np.zeros(10, np.int32)).view(0, 1, 40, np.array([0]))
    assert [shown.hue[0, t] for t in (10, 20, 30)] == [1, 9 % 8 + 1, 4]
    assert shown.hue[0, 11] == 0


def test_no_more_tiles_are_kept_than_allowed():
    columns = history(list(range(0, 100_000, 10)), [0] * 10_000)
    shown = pyramid(columns, np.zeros(1, np.int32), capacity=4)
    for origin in range(0, 90_000, 3_000):
        shown.view(origin, 2, 400, np.array([0]))
    assert len(shown._tiles) <= 4


def test_a_count_beyond_16_bits_is_cut_off_not_wrapped():
    columns = history([5] * 70_000, [0] * 70_000)
    assert pyramid(columns, np.zeros(1, np.int32)).view(0, 1, 10, np.array([0])).count[0, 5] == 65_535


@pytest.mark.parametrize("shift", [0, 1])
def test_two_tiles_make_one_of_the_next_level(shift):
    columns = history([0, 1, 2, 3, BINS, BINS + 1], [0] * 6)
    shown = pyramid(columns, np.zeros(1, np.int32))
    shown.view(0, 1, 2 * BINS, np.array([0]))
    made = len(shown._tiles)
    count = shown.view(0, 2, BINS, np.array([0])).count[0]
    assert count[:3].tolist() == [2, 2, 0]
    assert count[BINS // 2] == 2
    assert len(shown._tiles) == made + 1


def test_what_is_estimated_at_first_is_exact_later(monkeypatch):
    monkeypatch.setattr(density, "SAMPLE", 500)
    monkeypatch.setattr(density, "CROWDED", 100)
    columns = history(list(range(0, 40_000, 4)), [i % 3 for i in range(10_000)])
    shown = pyramid(columns, np.zeros(3, np.int32))
    rough = shown.view(0, 64, 625, np.array([0])).count
    assert shown.rough
    assert rough.sum() == pytest.approx(10_000, rel=0.05)
    while shown.rough:
        shown.refine()
    assert (shown.view(0, 64, 625, np.array([0])).count == 16).all()
