"""Sorting by radix gives what sorting gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.storage import arrays
from engine.storage.arrays import stable_order

bounds = st.sampled_from([1, 300, 1 << 16, (1 << 16) + 1, 1 << 31, 1 << 33])


@given(st.data(), bounds, st.sampled_from([np.int32, np.int64, np.uint32]))
def test_the_order_is_that_of_a_stable_sort(data: st.DataObject, most: int, dtype: type) -> None:
    limits = np.iinfo(dtype)
    numbers = st.integers(max(-most, int(limits.min)), min(most, int(limits.max)))
    column = np.array(data.draw(st.lists(numbers, max_size=40)), dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_MANY", 1)
        assert stable_order(column).tolist() == np.argsort(column, kind="stable").tolist()
