"""Rectangles of the treemap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.storage.squarify import Box, squarify

SIZES = st.lists(st.integers(0, 10**9), max_size=40).map(lambda sizes: sorted(sizes, reverse=True))


@given(SIZES, st.floats(1, 3000), st.floats(1, 2000))
def test_boxes_are_as_large_as_what_they_stand_for_and_fill_the_room(
    sizes: list[int], width: float, height: float
) -> None:
    box = Box(7, 9, width, height)
    made = squarify(sizes, box)
    assert len(made) == len(sizes)
    total = sum(sizes)
    for size, item in zip(sizes, made, strict=True):
        assert item.width * item.height == pytest.approx(
            size / total * width * height if total else 0, rel=1e-6, abs=1e-6
        )
        assert item.x >= box.x - 1e-6
        assert item.y >= box.y - 1e-6
        assert item.x + item.width <= box.x + width + 1e-6 * width + 1e-6
        assert item.y + item.height <= box.y + height + 1e-6 * height + 1e-6


@given(SIZES)
def test_boxes_do_not_overlap(sizes: list[int]) -> None:
    made = [box for box in squarify(sizes, Box(0, 0, 400, 300)) if box.width * box.height > 1]
    for place, one in enumerate(made):
        for other in made[place + 1 :]:
            apart = (
                one.x + one.width <= other.x + 1e-6
                or other.x + other.width <= one.x + 1e-6
                or one.y + one.height <= other.y + 1e-6
                or other.y + other.height <= one.y + 1e-6
            )
            assert apart


def test_the_example_of_the_paper() -> None:
    made = squarify([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert [(round(box.x, 2), round(box.y, 2), round(box.width, 2), round(box.height, 2)) for box in made[:4]] == [
        (0, 0, 3, 2),
        (0, 2, 3, 2),
        (3, 0, 1.71, 2.33),
        (4.71, 0, 1.29, 2.33),
    ]


def test_no_room_and_nothing_to_show() -> None:
    assert squarify([], Box(0, 0, 10, 10)) == []
    assert squarify([1, 2], Box(3, 4, 0, 10)) == [Box(3, 4, 0, 0)] * 2
    assert Box(0, 0, 10, 10).inside(6) == Box(6, 6, 0, 0)
