"""Names at transactions, and what nothing leads to any more."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline.refs import Badge, make_refs, moved_ahead, read_refs, unreachable

from .diagram import graph, prefix
from .graphs import graphs


def test_names_stand_at_heads_and_tags():
    refs = make_refs({"main": (2,), "fix": (4,), "empty": (1,)}, {"v1": 1, "v2": 2}, graph("main a b c | fix@b d e"))
    assert refs.at(1) == (Badge("v1", -1),), "a timeline without a number of its own is not in the graph yet"
    assert refs.at(2) == (Badge("main", 0), Badge("v2", -1))
    assert refs.at(4) == (Badge("fix", 1),)
    assert refs.at(0) == ()
    assert refs.tagged().tolist() == [1, 2]
    assert refs.dead.tolist() == []


def test_a_name_given_twice_belongs_to_the_timeline_of_its_head():
    columns = graph("main a b | fix@b c | x@a d")
    again = replace(columns, names=["main", "fix", "fix"])
    assert make_refs({"main": (1,), "fix": (2,)}, {}, again).at(2) == (Badge("fix", 1),)
    assert make_refs({"main": (1,), "fix": (3,)}, {}, again).at(3) == (Badge("fix", 2),)


def test_what_was_undone_or_deleted_is_dead_unless_something_else_leads_to_it():
    columns = graph("main a b c d | fix@b e f g | main h+f")
    h = 7
    assert make_refs({"main": (h,)}, {}, columns).dead.tolist() == [6]
    assert make_refs({"main": (3,)}, {}, columns).dead.tolist() == [4, 5, 6, 7]
    assert make_refs({"main": (3,)}, {"kept": 5}, columns).dead.tolist() == [6, 7]
    assert make_refs({}, {}, columns).dead.tolist() == list(range(8))


def test_what_came_after_the_columns_were_taken_is_left_out():
    refs = make_refs({"main": (9,)}, {"v": 9}, graph("main a b"))
    assert refs.badges == {}


@given(columns=graphs(), heads=st.sets(st.integers(0, 59), max_size=5))
def test_dead_is_what_is_no_ancestor_of_a_head(columns, heads):
    heads = {head for head in heads if head < columns.count}
    seen, work = set(), list(heads)
    while work:
        dense = work.pop()
        if dense < 0 or dense in seen:
            continue
        seen.add(dense)
        work.append(int(columns.parent[dense]))
        work += columns.extra_parent[columns.extra_child == dense].tolist()
    kept = np.array(sorted(heads), np.int64)
    assert unreachable(columns, kept).tolist() == sorted(set(range(columns.count)) - seen)


class Store:
    """Heads and tags that a test sets."""

    def __init__(self, heads: dict[str, tuple[int, ...]], tags: dict[str, int] | None = None) -> None:
        self._heads, self._tags = heads, tags or {}

    def heads(self) -> dict[str, tuple[int, ...]]:
        return self._heads

    def tags(self) -> dict[str, int]:
        return self._tags


WHOLE = graph("main a b | fix@b c | main d e | fix f | try@e g")


def test_a_commit_moves_one_badge():
    before = read_refs(Store({"main": (1,), "fix": (2,)}, {"v": 1}), prefix(WHOLE, 3))
    after = read_refs(Store({"main": (4,), "fix": (2,)}, {"v": 1}), prefix(WHOLE, 5), before)
    assert after.at(1) == (Badge("v", -1),)
    assert after.at(4) == (Badge("main", 0),)
    assert after.at(2) == (Badge("fix", 1),)
    assert (after.count, after.led_to, after.dead.tolist()) == (5, 5, [])
    again = read_refs(Store({"main": (4,), "fix": (2,)}, {"v": 1}), prefix(WHOLE, 5), after)
    assert again is after


def test_what_has_moved_ahead_is_as_if_read_anew():
    before = make_refs({"main": (1,), "fix": (2,)}, {}, prefix(WHOLE, 3))
    heads = {"main": (4,), "fix": (5,), "try": (6,)}
    ahead = moved_ahead(before, heads, {"main", "fix", "try"}, WHOLE)
    anew = make_refs(heads, {}, WHOLE)
    assert {d: held for d, held in ahead.badges.items() if held} == dict(anew.badges)


def test_an_undone_commit_is_dead_and_alive_again_when_redone():
    first = read_refs(Store({"main": (1,)}), prefix(WHOLE, 2))
    columns = graph("main a b c")
    second = read_refs(Store({"main": (2,)}), columns, first)
    undone = read_refs(Store({"main": (1,)}), columns, second)
    assert undone.dead.tolist() == [2]
    assert read_refs(Store({"main": (2,)}), columns, undone).dead.tolist() == []


def test_what_an_import_has_written_is_not_dead_before_a_head_leads_to_it():
    first = read_refs(Store({"main": (1,)}), prefix(WHOLE, 2))
    during = read_refs(Store({"main": (1,)}), prefix(WHOLE, 5), first)
    assert during.dead.tolist() == []
    assert during.led_to == 2
    after = read_refs(Store({"main": (4,), "fix": (5,), "try": (6,)}), WHOLE, during)
    assert (after.dead.tolist(), after.led_to) == ([], 7)
    assert read_refs(Store({"main": (4,), "fix": (5,)}), WHOLE, after).dead.tolist() == [6]


def test_a_timeline_at_an_old_transaction_gets_a_badge():
    names = [*WHOLE.names, "later"]
    before = read_refs(Store({"main": (4,), "fix": (5,), "try": (6,)}), WHOLE)
    after = read_refs(
        Store({"main": (4,), "fix": (5,), "try": (6,), "later": (0,)}), replace(WHOLE, names=names), before
    )
    assert after.at(0) == (Badge("later", 3),)
