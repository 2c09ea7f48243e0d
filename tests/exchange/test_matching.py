"""Which children stay, which moved, and the labels that put them in their places."""

import itertools
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.alignment import NEW, align_by_content, common_ends, staying
from engine.model.operations import AT_END, LABEL_SHIFT
from engine.timeline.labels import plan_labels

orders = st.permutations(range(7)).map(list)
words = st.lists(st.sampled_from([b"1", b"2", b"3", b"{}", b"[]"]), max_size=7)


@given(orders)
def test_those_that_stay_are_a_longest_increasing_run(order: list[int]) -> None:
    stays = staying(order)
    kept = [origin for origin, stay in zip(order, stays, strict=True) if stay]
    assert kept == sorted(kept)
    longest = max(
        size
        for size in range(len(order) + 1)
        for picked in itertools.combinations(order, size)
        if all(a < b for a, b in pairwise(picked))
    )
    assert len(kept) == longest


def test_new_children_do_not_stay() -> None:
    assert staying([NEW, 0, NEW, 1]) == [False, True, False, True]
    assert staying([]) == []


@given(words, words)
def test_common_ends_do_not_overlap(old: list[bytes], new: list[bytes]) -> None:
    head, tail = common_ends(old, new)
    assert head + tail <= min(len(old), len(new))
    assert old[:head] == new[:head]
    assert old[len(old) - tail :] == new[len(new) - tail :]
    if head < min(len(old), len(new)):
        assert old[head] != new[head]


@given(words, words)
def test_alignment_uses_each_element_once_and_equal_ones_first(old: list[bytes], new: list[bytes]) -> None:
    origins = align_by_content(old, new)
    used = [origin for origin in origins if origin != NEW]
    assert len(origins) == len(new)
    assert len(set(used)) == len(used)
    for word in set(new):
        equal = sum(
            origin != NEW and old[origin] == word for origin, item in zip(origins, new, strict=True) if item == word
        )
        assert equal == min(old.count(word), new.count(word))


def test_a_changed_element_keeps_its_place_if_it_stays_the_same_kind_of_thing() -> None:
    assert align_by_content([b"1", b"2", b"3"], [b"1", b"9", b"3"]) == [0, 1, 2]
    assert align_by_content([b"1", b'{"a":1}', b"3"], [b"1", b'{"a":2}', b"3"]) == [0, 1, 2]
    assert align_by_content([b"1", b'{"a":1}', b"3"], [b"1", b"2", b"3"]) == [0, NEW, 2]


labelled = st.lists(st.tuples(st.booleans(), st.integers(2, 60)), max_size=8)


@given(labelled, st.sampled_from([1, 1 << 10, 1 << LABEL_SHIFT]), st.booleans(), st.booleans())
def test_labels_keep_the_order(children: list[tuple[bool, int]], scale: int, has_before: bool, has_after: bool) -> None:
    stays = [stay for stay, _ in children]
    labels = list(itertools.accumulate(step * scale for _, step in children))
    before = 1 if has_before else None
    after = (labels[-1] if labels else 2) + 2 * scale if has_after else None
    plan = plan_labels(stays, labels, before, after)
    if plan is None:
        assert scale == 1, "there was room"
        return
    assert [label for label, stay in zip(plan, stays, strict=True) if stay] == [
        label for label, stay in zip(labels, stays, strict=True) if stay
    ]
    assert 0 not in plan
    placed = [label for label in plan if label != AT_END]
    assert plan[len(placed) :] == [AT_END] * (len(plan) - len(placed))
    assert not (has_after and AT_END in plan)
    around = [*([before] if before else []), *placed, *([after] if after else [])]
    assert all(a < b for a, b in pairwise(around))


def test_the_reserved_labels_are_never_given() -> None:
    labels = [3]
    for _ in range(10):
        plan = plan_labels([False, *[True] * len(labels)], [0, *labels])
        assert plan is not None
        labels = plan
    assert labels == sorted(labels)
    assert not {0, -1} & set(labels)
    step = 1 << LABEL_SHIFT
    assert plan_labels([False, True], [0, step]) == [-2, step]
    assert plan_labels([False, True], [0, step - 1]) == [-3, step - 1]


def test_where_there_is_no_room_all_are_labelled_anew() -> None:
    assert plan_labels([True, False, True], [5, 0, 6]) is None
    assert plan_labels([True, False, True], [5, 0, 7]) == [5, 6, 7]
    assert plan_labels([False], [0], 5, 6) is None
    assert plan_labels([True, False, True], [-2, 0, 1]) is None
    assert plan_labels([False, True], [0, -(1 << 62)]) is None
