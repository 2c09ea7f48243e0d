"""Columns in little memory are the columns that they were made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.storage.narrow import Narrow

bounds = st.sampled_from([0, 1, 255, 256, 1 << 16, 1 << 32, (1 << 63) - 1])


@given(st.data(), st.integers(0, 20), bounds, bounds)
def test_every_way_of_asking_gives_the_column(data: st.DataObject, count: int, low: int, high: int) -> None:
    numbers = data.draw(st.lists(st.integers(-low - 1, high), min_size=count, max_size=count))
    column = np.array(numbers, np.int64)
    narrow = Narrow(column)
    assert len(narrow) == count
    assert narrow.span().tolist() == numbers
    assert narrow.span().dtype == column.dtype
    assert [narrow.item(place) for place in range(count)] == numbers
    start, stop = sorted(data.draw(st.tuples(st.integers(0, count), st.integers(0, count))))
    assert narrow.span(start, stop).tolist() == numbers[start:stop]
    assert narrow.take(np.arange(start, stop)).tolist() == numbers[start:stop]


@pytest.mark.parametrize(
    ("column", "most"), [(np.arange(7, 8199), 200), (1_700_000_000_000_000 + np.arange(9000) ** 2, 37_000)]
)
def test_it_takes_as_much_memory_as_its_range_needs(column: np.ndarray, most: int) -> None:
    assert Narrow(column).nbytes < most
