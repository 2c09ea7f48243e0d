"""The scene: what grows is as what was loaded, and its questions are answered as a naive look at all would."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline.columns import Columns
from widgets.timeline.edges import Edge
from widgets.timeline.lanes import LaneOptions
from widgets.timeline.scene import Scene

from .diagram import graph, prefix
from .graphs import graphs

PLAIN = LaneOptions()


def loaded(columns: Columns, options: LaneOptions = PLAIN) -> Scene:
    scene = Scene()
    scene.load(columns, 0, options)
    return scene


@given(columns=graphs(), cuts=st.lists(st.integers(1, 60), max_size=5), structure=st.booleans())
def test_a_scene_that_grew_is_the_scene_loaded_at_once(columns, cuts, structure):
    steps = [*sorted({cut for cut in cuts if cut < columns.count}), columns.count]
    options = LaneOptions(structure=structure)
    grown = loaded(prefix(columns, steps[0]), options)
    for step in steps[1:]:
        grown.extend(prefix(columns, step))
    whole = loaded(columns, options)
    # The gap depends on the span at the time of loading; with it the lanes are the same.
    whole.by_time.gap = grown.by_time.gap
    whole.by_time.update(whole.extents.begin, whole.extents.end, whole.extents.first, whole.shown)
    assert grown.by_time.lane.tolist() == whole.by_time.lane.tolist()
    assert grown.by_row.lane.tolist() == whole.by_row.lane.tolist()
    one, other = grown.edges, whole.edges
    assert sorted(zip(one.child.tolist(), one.parent.tolist(), one.kind.tolist(), strict=True)) == sorted(
        zip(other.child.tolist(), other.parent.tolist(), other.kind.tolist(), strict=True)
    )
    assert one.structure(grown.extents.last).tolist() == other.structure(whole.extents.last).tolist()


@given(columns=graphs(), start=st.integers(-10, 300), length=st.integers(0, 200), unsorted=st.integers(0, 60))
def test_the_index_finds_what_a_look_at_all_finds(columns, start, length, unsorted):
    early = prefix(columns, max(1, columns.count - unsorted))
    scene = loaded(early)
    scene.extend(columns)
    chosen = np.unique(columns.timeline)[::2]
    inside = (columns.time >= start) & (columns.time < start + length) & np.isin(columns.timeline, chosen)
    found = scene.index.find(chosen, start, start + length)
    assert sorted(found.tolist()) == np.flatnonzero(inside).tolist()
    assert scene.index.ranges(chosen, start, start + length).count == inside.sum()
    busy = {int(t) for t in columns.timeline[inside]}
    assert scene.index.any(chosen, start, start + length).tolist() == [int(t) in busy for t in chosen]


@given(columns=graphs())
def test_every_edge_between_timelines_is_there_once(columns):
    scene = loaded(columns)
    timeline = columns.timeline.tolist()
    expected = [(c, p) for c, p in enumerate(columns.parent.tolist()) if p >= 0 and timeline[c] != timeline[p]]
    expected += zip(columns.extra_child.tolist(), columns.extra_parent.tolist(), strict=True)
    edges = scene.edges
    assert sorted(zip(edges.child.tolist(), edges.parent.tolist(), strict=True)) == sorted(expected)
    forks = edges.child[edges.kind == Edge.FORK]
    assert (scene.extents.first[columns.timeline[forks]] == forks).all()


def test_structure_is_tips_forks_merges_and_roots():
    scene = loaded(graph("main a b c d | fix@b e f | main g+f h i"))
    names = "abcdefghi"
    chosen = scene.edges.structure(scene.extents.last)
    assert "".join(names[i] for i in chosen) == "abefgi"


def test_a_click_takes_the_nearest_transaction_else_the_one_before():
    scene = loaded(graph("main a=0 b=100 c=200"))
    assert scene.near(0, 98, 5) == 1
    assert scene.near(0, 150, 5) == 1
    assert scene.near(0, 199, 5) == 2
    assert scene.near(0, 500, 5) == -1, "after the end of the line there is nothing"


def test_walking_along_a_timeline_and_across_lanes():
    scene = loaded(graph("main a b c | fix@b d e | main f | late@c g"))
    a, b, c, d, e, f, g = range(7)
    assert [scene.along(n, 1) for n in (a, b, c, f)] == [b, c, f, -1]
    assert [scene.along(n, -1) for n in (a, d, e)] == [-1, -1, d]
    assert scene.across(b, 1) == d
    assert scene.across(e, -1) == f or scene.across(e, -1) == c
    assert scene.across(g, 1) == -1


def test_walking_with_only_the_structure_skips_what_is_not_shown():
    scene = loaded(graph("main a b c d e | fix@d f"), LaneOptions(structure=True))
    assert scene.along(0, 1) == 3


def test_lanes_in_which_something_happens():
    scene = loaded(graph("main a=0 b=100 | one@a c=10 d=90 | two@a e=50"))
    assert scene.active_lanes(0, 101).tolist() == [0, 1, 2]
    assert scene.active_lanes(40, 60).tolist() == [2]
    assert scene.active_lanes(85, 95).tolist() == [1]


def test_what_nothing_leads_to_is_left_out():
    columns = graph("main a b c | gone@b d e")
    alive = np.array([True, True, True, False, False])
    scene = loaded(replace(columns, alive=alive))
    assert scene.by_time.count == 1
    assert scene.shown.tolist() == [True, False]
    assert scene.index.find(np.array([0, 1]), 0, 100).tolist() == [0, 1, 2]
    assert len(scene.edges.child) == 0


def test_the_span_of_nothing():
    assert Scene().span() == (0, 0)
