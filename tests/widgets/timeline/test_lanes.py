"""Lanes: golden pictures, and the properties that hold for every graph."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline.extents import LONG_EDGE, Extents
from widgets.timeline.index import TimeIndex
from widgets.timeline.lanes import LaneOptions, Layout, lanes_of, lay_out_rows, lay_out_time

from .diagram import draw, graph, prefix
from .graphs import graphs

PLAIN = LaneOptions()


def picture(text: str, options: LaneOptions = PLAIN, main: int = 0, gap: int = 0) -> list[str]:
    extents = Extents()
    extents.extend(graph(text))
    layout = lay_out_time(extents, options, main, gap)
    return draw(text, layout, extents.begin, extents.end).split("\n")


def test_a_single_timeline():
    assert picture("main a b c") == ["abc"]


def test_a_fork_runs_from_the_transaction_that_it_came_from():
    assert picture("main a b c | fix@b d e") == [
        "abc",
        " --de",
    ]


def test_a_merge_keeps_the_lane_until_it_is_merged():
    assert picture("main a b | fix@b c d | main e f+d") == [
        "ab--ef",
        " -cd--",
    ]


def test_a_lane_is_used_again_after_a_timeline_has_ended():
    assert picture("main a b | one@a c d | main e f | two@e g h | main i") == [
        "ab--ef--i",
        "--cd--gh",
    ]


def test_two_timelines_that_overlap_never_share_a_lane():
    assert picture("main a | one@a b | two@a c | three@a d | main e") == [
        "a---e",
        "-b",
        "--c",
        "---d",
    ]


def test_the_gap_keeps_neighbours_in_a_lane_apart():
    text = "main a | one@a b | main c d | two@d e | main f"
    assert picture(text) == ["a-cd-f", "-b -e"]
    assert picture(text, gap=2) == ["a-cd-f", "-b", "   -e"]


def test_pinned_timelines_come_directly_below_the_main_one():
    text = "main a | one@a b | two@a c | main d"
    assert picture(text, LaneOptions(pinned=(2,))) == ["a--d", "--c", "-b"]


def test_hidden_solo_and_folded_timelines():
    text = "main a | one@a b | two@a c | three@a d | main e"
    assert picture(text, LaneOptions(hidden=frozenset({1, 2}))) == ["a---e", "---d"]
    assert picture(text, LaneOptions(solo=frozenset({0, 2}))) == ["a---e", "--c"]
    assert picture(text, LaneOptions(folded=frozenset({1, 3}))) == ["a---e", "-b-d", "--c"]
    assert picture(text, LaneOptions(solo=frozenset({2}))) == ["--c"], "no empty lane for a main that is not shown"


def test_timelines_without_a_transaction_since_a_time_are_hidden_but_never_the_main_one():
    text = "main a=1 | old@a b=2 | new@a c=90 | pinned@a d=3"
    assert picture(text, LaneOptions(stale_before=50, pinned=(3,)))[0].startswith("a")
    extents = Extents()
    extents.extend(graph(text))
    assert LaneOptions(stale_before=50, pinned=(3,)).visible(extents, 0).tolist() == [True, False, True, True]


def test_an_option_is_taken_back_by_choosing_it_again():
    options = LaneOptions().toggled("hidden", 3).toggled("pinned", 4).toggled("pinned", 5)
    assert options == LaneOptions(hidden=frozenset({3}), pinned=(4, 5))
    assert options.toggled("hidden", 3).toggled("pinned", 4) == LaneOptions(pinned=(5,))


def test_times_that_go_backwards_widen_the_line():
    extents = Extents()
    extents.extend(graph("main a=10 b=5 c=20 | fix@c d=7 e=30"))
    assert (extents.begin.tolist(), extents.end.tolist()) == ([5, 7], [20, 30])
    assert (extents.earliest.tolist(), extents.latest.tolist()) == ([5, 7], [20, 30])


def test_a_long_fork_reserves_only_the_rows_of_its_stub():
    text = "main a " + " ".join(f"m{i}" for i in range(100)) + " | fix@a b c"
    extents = Extents()
    extents.extend(graph(text))
    assert extents.row_begin().tolist() == [0, 101 - LONG_EDGE]
    assert extents.row_end().tolist() == [100, 102]


def test_every_transaction_has_the_lane_of_its_timeline():
    columns = graph("main a | one@a b | two@a c | main d")
    extents = Extents()
    extents.extend(columns)
    assert lanes_of(lay_out_rows(extents, LaneOptions(), 0), columns).tolist() == [0, 1, 2, 0]


OPTIONS = st.builds(
    LaneOptions,
    hidden=st.frozensets(st.integers(0, 12), max_size=3),
    solo=st.one_of(st.just(frozenset()), st.frozensets(st.integers(0, 12), max_size=6)),
    pinned=st.lists(st.integers(0, 12), max_size=3, unique=True).map(tuple),
    folded=st.frozensets(st.integers(0, 12), max_size=4),
    stale_before=st.one_of(st.none(), st.integers(0, 200)),
)


@given(columns=graphs(), cuts=st.lists(st.integers(1, 60), max_size=6), options=OPTIONS, gap=st.integers(0, 5))
def test_what_grows_is_laid_out_as_if_it_had_always_been_there(columns, cuts, options, gap):
    steps = [*sorted({cut for cut in cuts if cut < columns.count}), columns.count]
    grown, fixed = Extents(), (0,)
    by_time, by_row = Layout(fixed, options.folded, gap), Layout(fixed, options.folded)
    for number, step in enumerate(steps):
        changed = grown.extend(prefix(columns, step))
        shown = options.visible(grown, 0)
        ids = None if number == 0 else changed
        by_time.update(grown.begin, grown.end, grown.first, shown, ids)
        by_row.update(grown.row_begin(), grown.row_end(), grown.first, shown, ids)
    whole = Extents()
    whole.extend(columns)
    shown = options.visible(whole, 0)
    index, loaded = TimeIndex(), Extents()
    index.extend(columns)
    loaded.load(columns, index)
    for name in ("first", "last", "fork", "joined", "count", "earliest", "latest", "begin", "end"):
        assert getattr(grown, name).tolist() == getattr(whole, name).tolist(), name
        assert getattr(loaded, name).tolist() == getattr(whole, name).tolist(), name
    for layout, begin, end, space in (
        (by_time, whole.begin, whole.end, gap),
        (by_row, whole.row_begin(), whole.row_end(), 0),
    ):
        full = Layout(fixed, options.folded, space)
        full.update(begin, end, whole.first, shown)
        assert layout.lane.tolist() == full.lane.tolist()
        assert layout.count == full.count


@given(columns=graphs(), options=OPTIONS, gap=st.integers(0, 5))
def test_no_two_timelines_overlap_in_a_lane_and_no_lane_is_wasted(columns, options, gap):
    extents = Extents()
    extents.extend(columns)
    layout = lay_out_time(extents, options, 0, gap)
    shown = options.visible(extents, 0)
    assert ((layout.lane >= 0) == shown).all()
    free = [i for i in np.flatnonzero(shown).tolist() if i not in layout.fixed and i not in layout.folded]
    for lane in range(layout.count):
        inside = sorted((extents.begin[i], extents.end[i]) for i in free if layout.lane[i] == lane)
        assert all(a[1] + gap < b[0] for a, b in pairwise(inside))
    depths = [sum(extents.begin[i] <= t <= extents.end[i] + gap for i in free) for t in extents.begin[free]]
    deepest = max(depths, default=0)
    assert layout.count == len(layout.fixed) + (1 if layout.folded else 0) + deepest


@pytest.mark.parametrize("main", [-1, 0])
def test_an_empty_graph_has_no_lanes(main):
    assert lay_out_time(Extents(), LaneOptions(), main).count == 0
