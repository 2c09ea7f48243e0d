"""PySide6 6.12.0 loses a reference to None in every void call and aborts the process after about 5,000 of them."""

import sys

from PySide6.QtGui import QPainterPath

CALLS = 1000


def test_a_void_call_keeps_its_reference_to_none() -> None:
    path = QPainterPath()
    before = sys.getrefcount(None)
    for step in range(CALLS):
        path.moveTo(step, step)
    # The suite's own bookkeeping moves the count by a few; the fault moves it by one a call.
    assert abs(sys.getrefcount(None) - before) < CALLS // 10
