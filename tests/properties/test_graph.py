"""Chains, ancestors and moments on random graphs against walking parent by parent."""

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics import Metrics
from engine.storage.cache import Budget
from engine.storage.database import Database
from engine.storage.log import Log, Run
from engine.storage.segment import make_columns
from engine.timeline import runs
from engine.timeline.dag import Graph
from engine.timeline.diff import increasing
from engine.timeline.moments import version_at_time

transaction = st.tuples(
    st.integers(0, 3),
    st.integers(0, 100),
    st.one_of(st.just(1), st.integers(0, 8)),
    st.lists(st.integers(1, 9), max_size=2),
)


class NoDatabase(Database):
    """For a log that is only in memory."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.caches, self.metrics = Budget(), Metrics()


def build(items: list[Any]) -> tuple[Log, list[tuple[int, ...]]]:
    """A log of transactions (timeline, time, how far back the first parent is, the others), and their parents."""
    log = Log(NoDatabase())
    parents: list[tuple[int, ...]] = []
    for dense, (timeline, time, back, others) in enumerate(items):
        found = dict.fromkeys(dense - distance for distance in (back, *others) if 0 < distance <= dense)
        parents.append(tuple(found))
        log.append_run(one(parents[-1], timeline, dense, time))
    return log, parents


def one(parents: tuple[int, ...], timeline: int, dense: int, time: int) -> Run:
    """A transaction without rows."""
    rows = make_columns([], [], [], [], [])
    texts = [("", "", "", "")]
    return Run([parents], [timeline], [b"replica1"], [dense + 1], [time], [dense], [0], [0], texts, [b""], rows)


def chain_of(parents: list[tuple[int, ...]], dense: int) -> list[int]:
    """First parents, oldest first."""
    found = []
    while dense >= 0:
        found.append(dense)
        dense = parents[dense][0] if parents[dense] else -1
    return found[::-1]


def ancestors_of(parents: list[tuple[int, ...]], heads: list[int]) -> set[int]:
    """Heads and all their ancestors."""
    found: set[int] = set()
    work = [head for head in heads if head >= 0]
    while work:
        dense = work.pop()
        if dense not in found:
            found.add(dense)
            work += parents[dense]
    return found


@pytest.fixture(
    params=[(1, 1), (4, 2), (1 << 15, 1 << 13)], ids=["one by one", "short", "long"], autouse=True, scope="module"
)
def stretches(request: pytest.FixtureRequest) -> Any:
    """Runs are noted in stretches of the log, however long these are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "STRETCH", request.param[0])
        patch.setattr(runs, "_PIECE", request.param[1])
        patch.setattr(runs, "_FEW", request.param[1] // 2)
        yield


@given(st.data(), st.lists(transaction, min_size=1, max_size=30), st.integers(0, 30))
def test_chains_and_ancestors(data: st.DataObject, items: list[Any], first: int) -> None:
    log, parents = build(items[: max(1, first)])
    graph = Graph(log, list)
    graph.follow()
    if data.draw(st.booleans()):
        graph.chain(0)
    rest, parents = build(items)
    for dense in range(log.count, rest.count):
        timeline, time = items[dense][:2]
        log.append_run(one(parents[dense], timeline, dense, time))
        if data.draw(st.booleans()):
            graph.follow()
    graph.follow()
    size = len(items)
    assert graph.count == size
    for dense in range(size):
        chain = chain_of(parents, dense)
        assert graph.parents(dense) == parents[dense]
        assert graph.chain(dense).tolist() == chain
        after = data.draw(st.sampled_from([-1, *chain]))
        assert graph.chain(dense, after).tolist() == [item for item in chain if item > after]
        steps = data.draw(st.integers(0, size + 1))
        expected = [-1, *chain][-1 - steps] if steps <= len(chain) else -2
        assert graph.back(dense, steps) == expected
        some = data.draw(st.lists(st.integers(0, size - 1), max_size=5))
        on_it = [item for item in some if item in chain]
        assert graph.nearest(dense, np.array(sorted(some), np.int64)) == max(on_it, default=-1)
        assert all(graph.on_chain(item, dense) == (item in chain) for item in some)
    heads = data.draw(st.lists(st.integers(-1, size - 1), max_size=4))
    assert set(np.flatnonzero(graph.reachable(heads)).tolist()) == ancestors_of(parents, heads)


@given(st.lists(transaction, min_size=1, max_size=30), st.data())
def test_runs_that_were_stored_are_those_that_are_made(items: list[Any], data: st.DataObject) -> None:
    """Whether what is stored tells of all of the log, of less, or (another process wrote it) of more."""
    log, parents = build(items)
    whole = runs.Runs(log)
    whole.extend(log.count)
    payload = whole.packed(data.draw(st.integers(0, whole.stretches)))
    known = data.draw(st.integers(1, len(items)))
    shorter, _ = build(items[:known])
    graph = Graph(shorter, list, lambda: payload)
    for dense in range(known):
        chain = chain_of(parents, dense)
        assert graph.chain(dense).tolist() == chain
        assert graph.chain_length(dense) == len(chain)
        assert [graph.back(dense, steps) for steps in range(len(chain))] == chain[::-1]
        assert np.concatenate([piece[::-1] for piece in graph.backwards(dense)]).tolist() == chain[::-1]
        last = data.draw(st.integers(-1, known))
        assert graph.last_until(dense, last) == max((item for item in chain if item <= last), default=-1)
        other = data.draw(st.integers(0, known - 1))
        assert graph.common(dense, other) == max(set(chain) & set(chain_of(parents, other)), default=-1)
        assert graph.members(np.arange(known), dense).tolist() == [item in chain for item in range(known)]
    assert graph.runs_of(np.arange(known)).tolist() == whole.runs_of(np.arange(known)).tolist()
    for (fork, members), run in zip(graph.forks(), range(known), strict=False):
        assert whole.fork(run)[0] == fork
        assert whole.members(run, 0, known).tolist() == members.tolist()


@given(st.lists(transaction, min_size=1, max_size=20), st.integers(-1, 101))
def test_a_time_means_the_greatest_that_is_not_later_and_the_later_among_equals(items: list[Any], time: int) -> None:
    log, parents = build(items)
    graph = Graph(log, list)
    graph.follow()
    for head in range(-1, len(items)):
        early = [dense for dense in chain_of(parents, head) if items[dense][1] <= time]
        expected = max(early, key=lambda dense: (items[dense][1], dense), default=-1)
        assert version_at_time(log, graph, head, time) == expected


@given(st.lists(transaction, min_size=2, max_size=20), st.data())
def test_a_rewind_is_followed(items: list[Any], data: st.DataObject) -> None:
    log, _ = build(items)
    graph = Graph(log, list)
    graph.follow()
    keep = data.draw(st.integers(1, len(items) - 1))
    log.rewind((keep, 1, 3))
    graph.follow()
    _, parents = build(items[:keep])
    assert graph.count == keep
    assert all(graph.chain(dense).tolist() == chain_of(parents, dense) for dense in range(keep))


@given(st.lists(st.integers(0, 1000), unique=True, max_size=12))
def test_the_longest_increasing_subsequence(numbers: list[int]) -> None:
    found = increasing(numbers)
    assert found == sorted(found)
    assert [numbers[index] for index in found] == sorted(numbers[index] for index in found)
    best: list[int] = []
    for index, number in enumerate(numbers):
        best.append(1 + max((best[i] for i in range(index) if numbers[i] < number), default=0))
    assert len(found) == max(best, default=0)
