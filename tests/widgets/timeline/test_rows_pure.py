"""Rows and their graph: which transaction stands where, and which lines run beside it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline import rowgraph
from widgets.timeline.columns import Columns
from widgets.timeline.extents import LONG_EDGE
from widgets.timeline.lanes import LaneOptions
from widgets.timeline.rowgraph import RowGraph
from widgets.timeline.rowmap import RowMap
from widgets.timeline.scene import Scene

from .diagram import graph, prefix
from .graphs import graphs

PLAIN = LaneOptions()


def rows_of(columns: Columns, options: LaneOptions = PLAIN) -> tuple[Scene, RowMap]:
    scene = Scene()
    scene.load(columns, 0, options)
    return scene, RowMap(scene)


def text(columns: Columns, options: LaneOptions = PLAIN, local: bool = False) -> list[str]:
    """Rows as text, newest first: `*` the dot, `|` a line that passes by."""
    scene, rows = rows_of(columns, options)
    most, rowgraph.MAX_LANES = rowgraph.MAX_LANES, 0 if local else rowgraph.MAX_LANES
    try:
        picture = RowGraph(scene, rows).picture(0, rows.count)
    finally:
        rowgraph.MAX_LANES = most
    lines = []
    for row in range(rows.count):
        cells = [" "] * picture.columns
        for x0, y0, x1, y1 in picture.line.tolist():
            if x0 == x1 and y0 <= row + 0.5 <= y1:
                cells[int(x0)] = "|"
        cells[picture.column[row]] = "*"
        lines.append("".join(cells).rstrip())
    return lines


def test_a_fork_and_a_merge():
    assert text(graph("main a b | fix@b c d | main e f+d | main g")) == [
        "*",
        "*",
        "*|",
        "|*",
        "|*",
        "*",
        "*",
    ]


def test_a_lane_is_used_again():
    assert text(graph("main a | one@a b | main c+b d | two@d e | main f+e")) == ["*", "|*", "*", "*", "|*", "*"]


def test_blocks_have_lanes_of_their_own_where_there_are_very_many():
    many = "main a " + " ".join(f"| t{i}@a x{i}" for i in range(30)) + " | main b"
    columns = graph(many)
    scene, rows = rows_of(columns)
    shown = RowGraph(scene, rows)
    assert shown.local
    picture = shown.picture(0, rows.count)
    assert picture.columns <= 32
    assert picture.column[0] == 0
    assert picture.column[-1] == 0


def test_a_pause_longer_than_an_edge_ends_in_stubs_where_blocks_have_lanes():
    columns = graph("main a | t@a x " + "| main " + " ".join(f"m{i}" for i in range(LONG_EDGE + 5)) + " | t y")
    scene, rows = rows_of(columns)
    most, rowgraph.MAX_LANES = rowgraph.MAX_LANES, 0
    try:
        picture = RowGraph(scene, rows).picture(0, rows.count)
    finally:
        rowgraph.MAX_LANES = most
    ends = {(round(rows.count - 0.5 - y), direction) for column, y, direction in picture.stub.tolist() if column}
    assert ends == {(1, -1), (rows.count - 1, 1)}


@given(columns=graphs(), local=st.booleans(), first=st.integers(0, 59), length=st.integers(1, 60))
def test_a_row_looks_the_same_however_one_scrolled_to_it(columns, local, first, length):
    scene, rows = rows_of(columns)
    most, rowgraph.MAX_LANES = rowgraph.MAX_LANES, 0 if local else 1000
    try:
        whole = RowGraph(scene, rows).picture(0, rows.count)
        first = min(first, rows.count - 1)
        stop = min(first + length, rows.count)
        part = RowGraph(scene, rows).picture(first, stop)
    finally:
        rowgraph.MAX_LANES = most
    assert part.dense.tolist() == whole.dense[first:stop].tolist()
    assert part.column.tolist() == whole.column[first:stop].tolist()
    assert part.shape.tolist() == whole.shape[first:stop].tolist()

    def inside(lines: np.ndarray) -> set[tuple[float, ...]]:
        """The pieces of lines between the middles of the rows that both pictures show, a row high each."""
        pieces = set()
        for x0, y0, x1, y1 in lines.tolist():
            if x0 != x1:
                pieces |= {(x0, y0, x1, y1)} if first + 0.5 <= y0 and y1 <= stop - 0.5 else set()
            else:
                low, high = max(y0, first + 0.5), min(y1, stop - 0.5)
                pieces |= {(x0, low + step) for step in range(int(high - low))}
        return pieces

    assert inside(part.line) == inside(whole.line)
    assert inside(part.curve) == inside(whole.curve)


@given(columns=graphs(), local=st.booleans())
def test_no_dot_lies_on_the_line_of_another_timeline(columns, local):
    scene, rows = rows_of(columns)
    most, rowgraph.MAX_LANES = rowgraph.MAX_LANES, 0 if local else 1000
    try:
        picture = RowGraph(scene, rows).picture(0, rows.count)
    finally:
        rowgraph.MAX_LANES = most
    hue = columns.timeline[picture.dense] % 8
    for (x0, y0, x1, y1), own in zip(picture.line.tolist(), picture.line_hue.tolist(), strict=True):
        if x0 != x1:
            continue
        for row in range(int(y0), min(int(y1) + 1, rows.count)):
            if picture.column[row] == x0 and y0 <= row + 0.5 <= y1:
                assert hue[row] == own


@given(columns=graphs(), cut=st.integers(1, 60), hidden=st.frozensets(st.integers(0, 6), max_size=2))
def test_rows_that_grew_are_the_rows_of_the_whole(columns, cut, hidden):
    cut = min(cut, columns.count)
    scene, rows = rows_of(prefix(columns, cut), LaneOptions(hidden=hidden))
    before = rows.count
    growth = scene.extend(columns)
    added = rows.extend(growth.first)
    _, whole = rows_of(columns, LaneOptions(hidden=hidden))
    assert rows.count == whole.count == before + added
    everything = np.arange(rows.count)
    assert rows.dense(everything).tolist() == whole.dense(everything).tolist()


def test_rows_know_where_a_transaction_is_or_would_be():
    _, rows = rows_of(graph("main a b c d e"))
    assert [rows.row(n) for n in range(5)] == [4, 3, 2, 1, 0]
    rows.set_found(np.array([1, 3], np.int32))
    assert rows.count == 2
    assert rows.filtered
    assert rows.dense(np.array([0, 1])).tolist() == [3, 1]
    assert [rows.row(n) for n in range(5)] == [-1, 1, -1, 0, -1]
    assert [rows.nearest_row(n) for n in range(5)] == [1, 1, 1, 0, 0]
    assert rows.place(np.array([2])).tolist() == [0.5]
    rows.set_found(np.zeros(0, np.int32))
    assert rows.count == 0
    assert rows.nearest_row(3) == -1


def test_only_tips_and_forks():
    _, rows = rows_of(graph("main a b c d | fix@b e f g"), LaneOptions(structure=True))
    assert rows.dense(np.arange(rows.count)).tolist() == [6, 4, 3, 1, 0]
