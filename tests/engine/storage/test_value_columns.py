"""Blocks of values are read as they were written, to the bit."""

import numpy as np
import pytest

from engine.model.values import encode
from engine.storage.columns import values
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader


@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize(
    "leaves",
    [[-0.0], [0.0, -0.0, 1.5], [-0.0, None, {"a"}, "x", -1], [5e-324, -1e308, 0.1 + 0.2], [-0.5, -0.25, -100.0]],
    ids=["minus zero", "both zeros", "mixed", "extremes", "negative"],
)
def test_numbers_keep_their_sign_and_their_bits(leaves: list[object], effort: Effort) -> None:
    contents = [encode(leaf) for leaf in leaves]
    head, bodies = values.encode(contents, np.zeros(len(contents), np.int32), effort)
    assert values.Opened(head, Reader(memoryview(b"".join(bodies))), len(contents)).all() == contents
