"""Names of timelines and tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput, NotFound
from engine.store import Store


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        store.commit([{"op": "put", "path": "$.a", "value": 1}])
        store.commit([{"op": "put", "path": "$.a", "value": 2}])
        yield store


@pytest.mark.parametrize("name", ["", " a", "a~1", "a:b", "x" * 201, "\ud800", ".system"])
def test_some_names_are_refused(store: Store, name: str) -> None:
    for make in (store.branch, store.tag):
        with pytest.raises(BadInput):
            make(name)


def test_a_name_that_reads_as_a_time_would_hide_it(store: Store) -> None:
    with pytest.raises(BadInput, match="reads as a time"):
        store.branch("2024-01-01")
    with pytest.raises(BadInput, match="reads as a time"):
        store.tag("2024")


def test_a_refused_name_costs_nothing(store: Store) -> None:
    log = store._core.log
    with pytest.raises(BadInput, match="already"):
        store.branch("main")
    assert store._core.log is log


def test_a_bare_year_is_a_time_whatever_ids_there_are(store: Store) -> None:
    assert store.at("1999").transaction == -1
    with pytest.raises(NotFound):
        store.at("zzzz")


def test_bounds_mean_what_moments_mean(store: Store) -> None:
    store._core.refs.tags["2020-01-01"] = 0  # as an imported git tag may be called
    assert store.at("2020-01-01").transaction == 0
    assert [item.dense for item in store.log(until="2020-01-01")] == [0]


def test_one_bad_commit_fails_alone(store: Store) -> None:
    with pytest.raises(AttributeError):
        store.commit([{"op": "put", "path": "$.a", "value": 3}], author=None)  # type: ignore[arg-type]
    assert store.commit([{"op": "put", "path": "$.a", "value": 4}], message="\udcff").message == "\udcff"
    with Store.open(store.path) as again:
        assert again.get(2).message == "\udcff"
        assert again.at().json() == {"a": 4}


def test_filters_may_refer_to_the_whole_state(store: Store) -> None:
    store.commit([{"op": "put", "path": "$.l", "value": [1, 2, 3]}, {"op": "put", "path": "$.m", "value": 2}])
    assert store.at()["$.l[?@ == $.m]"] == [2]


def test_changes_know_their_transaction(store: Store) -> None:
    store.branch("side", at=0)
    store.commit([{"op": "put", "path": "$.b.c", "value": 1}], timeline="side")
    assert {change.path: change.transaction for change in store.diff(0, "side")} == {"$.b.c": 2}
    assert {change.path: change.transaction for change in store.diff("main", "side")} == {"$.a": 1, "$.b.c": 2}
    assert store.blame("$.a").dense == 1
