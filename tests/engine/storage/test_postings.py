"""Postings come back from their blocks as they went in, whole and path by path."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CorruptStore
from engine.model.operations import LABEL_SHIFT
from engine.storage.postings import MOVES, RELABELS, SETS, PostingBlock, Postings, by_path, join, pack_postings
from engine.storage.records import pack_arrays

labels = st.one_of(st.just(0), st.integers(1, 1 << 30).map(lambda row: row << LABEL_SHIFT), st.integers(-(1 << 50), -1))
posting = st.tuples(
    st.integers(0, 9), st.integers(0, 50), st.sampled_from([SETS, SETS, MOVES, RELABELS]), st.integers(0, 99), labels
)


def columns(rows: list[tuple[int, int, int, int, int]]) -> Postings:
    rows = [(path, owner, effect, value if effect == SETS else 0, label) for path, owner, effect, value, label in rows]
    path, owner, effect, value, label = zip(*rows, strict=True)
    return Postings(
        np.array(path, np.int32),
        np.array(owner, np.int32),
        np.array(effect, np.uint8),
        np.array(value, np.int32),
        np.array(label, np.int64),
    )


def listed(postings: Postings) -> list[tuple[int, ...]]:
    names = ("path", "owner", "effect", "value", "label")
    return list(zip(*(getattr(postings, name).tolist() for name in names), strict=True))


@given(st.lists(posting, min_size=1, max_size=40), st.data())
def test_a_block_gives_back_any_of_its_paths(rows: list[tuple[int, int, int, int, int]], data: st.DataObject) -> None:
    postings = by_path(columns(sorted(rows, key=lambda row: row[1])))
    block = PostingBlock(pack_postings(postings, base=0), base=0)
    paths = sorted(set(postings.path.tolist()))
    assert block.paths.tolist() == paths
    assert block.first == (postings.path[0], postings.owner[0])
    low = data.draw(st.integers(0, len(paths)))
    high = data.draw(st.integers(low, len(paths)))
    wanted = [row for row in listed(postings) if row[0] in paths[low:high]]
    assert listed(block.of(low, high)) == wanted


def test_transactions_are_counted_from_the_base() -> None:
    postings = columns([(5, 1_000_000, SETS, 7, 0), (5, 1_000_003, SETS, 8, 0)])
    assert listed(PostingBlock(pack_postings(postings, 999_999), 999_999).of(0, 1)) == listed(postings)


def test_sorting_keeps_the_order_of_a_path_and_joining_nothing_is_empty() -> None:
    postings = columns([(2, 1, SETS, 1, 0), (1, 2, SETS, 2, 0), (2, 1, SETS, 3, 0)])
    assert [row[3] for row in listed(by_path(postings))] == [2, 1, 3]
    assert len(join([])) == 0


def test_a_block_that_contradicts_itself_is_damaged() -> None:
    column = np.array([1], np.int32)
    broken = dict.fromkeys(("path", "count", "how", "value", "ordinal", "label"), column)
    with pytest.raises(CorruptStore, match="history_block"):
        PostingBlock(pack_arrays(gap=np.array([1, 1], np.int32), **broken), 0)
