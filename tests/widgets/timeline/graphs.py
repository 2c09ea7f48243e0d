"""Random graphs for property tests."""

import numpy as np
from hypothesis import strategies as st

from widgets.timeline.columns import Columns


@st.composite
def graphs(draw) -> Columns:
    """Random graphs: forks from anywhere, merges, timelines that go on after a pause, times that go back."""
    count = draw(st.integers(1, 60))
    parent, timeline, time, extra = [], [], [], []
    heads: dict[int, int] = {}
    clock = 0
    for number in range(count):
        fresh = not heads or draw(st.integers(0, 4)) == 0
        name = len(heads) if fresh else draw(st.integers(0, len(heads) - 1))
        fork = draw(st.integers(-1, number - 1)) if number else -1
        parent.append(fork if fresh else heads[name])
        timeline.append(name)
        clock += draw(st.integers(-3, 9))
        time.append(clock)
        if number > 1 and draw(st.integers(0, 5)) == 0:
            extra.append((number, draw(st.integers(0, number - 1))))
        heads[name] = number
    child = np.array([c for c, _ in extra], np.int32)
    merged = np.array([p for _, p in extra], np.int32)
    names = [f"t{i}" for i in range(len(heads))]
    return Columns(
        np.array(parent, np.int32), np.array(timeline, np.int32), np.array(time, np.int64), child, merged, names
    )
