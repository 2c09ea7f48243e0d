"""What is exported can be imported again, and is the same."""

import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Store
from engine.errors import BadInput, Cancelled, StoreError
from tests.exchange.support import snapshots, write_lines
from tests.exchange.test_shadow import edited_histories

Open = Callable[[str], Store]


def same(one: Store, other: Store) -> None:
    """The same states, times, texts, parents, timelines and tags, in the same order."""
    assert other.graph.count == one.graph.count
    for dense in range(one.graph.count):
        assert other.at(dense).dumps() == one.at(dense).dumps()
        a, b = one.get(dense), other.get(dense)
        assert (b.time, b.author, b.message, b.parents, b.timeline) == (
            a.time,
            a.author,
            a.message,
            a.parents,
            a.timeline,
        )
    assert other.heads() == one.heads()
    assert other.tags() == one.tags()


def lively(store: Store) -> None:
    """A history by hand with everything that can be in one: branches, merges, tags, every kind of operation."""
    store.commit([{"op": "put", "path": "$.a", "value": {"n": 1, "t": "text", "l": [1, 2, 3], "f": 1.0}}], author="ana")
    store.commit([{"op": "put", "path": "$.rows", "value": [{"id": n, "v": n} for n in range(3)]}], message="rows")
    store.tag("one")
    store.branch("side")
    store.commit(
        [
            {"op": "increment", "path": "$.a.n", "delta": 4},
            {"op": "splice", "path": "$.a.t", "index": 2, "delete": 1, "insert": "sé"},
            {"op": "insert", "path": "$.rows", "index": 1, "value": {"id": 9, "v": {"deep": []}}},
            {"op": "move", "path": "$.rows", "from": 3, "to": 0},
            {"op": "move", "path": "$", "from": 1, "to": 0},
            {"op": "add", "path": "$.a.tags", "value": "x"},
            {"op": "add", "path": "$.a.tags", "value": 1},
            {"op": "put", "path": "$.a.after", "value": {"$bytes": "aGk="}},
            {"op": "remove", "path": "$.a.l[1]"},
        ],
        timeline="side",
    )
    store.commit([{"op": "discard", "path": "$.a.tags", "value": 1}], timeline="side")
    store.commit([{"op": "put", "path": "$.a.l", "value": {"now": "a map"}}], timeline="side")
    store.commit([{"op": "put", "path": "$.a.l", "value": [{"$$bytes": "aGk="}]}], timeline="side")
    store.commit([{"op": "remove", "path": "$.rows[?@.id==1]"}, {"op": "put", "path": "$.rows[0].v", "value": None}])
    store.branch("at-one", at="one")


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_operations_say_it_all(tmp_path: Path, store: Store, open_store: Open, ending: str) -> None:
    lively(store)
    count = store.export(tmp_path / f"out{ending}")
    assert count == store.graph.count
    other = open_store("other")
    assert other.import_from(tmp_path / f"out{ending}").kind == "events"
    same(store, other)


def test_states_say_all_but_sets(tmp_path: Path, store: Store, open_store: Open) -> None:
    lively(store)
    store.export(tmp_path / "out.jsonl", format="snapshots")
    other = open_store("other")
    assert other.import_from(tmp_path / "out.jsonl").kind == "snapshots"
    for dense in range(store.graph.count):
        text = store.at(dense).dumps()
        assert other.at(dense).dumps() == text
    assert other.heads() == store.heads()
    assert other.tags() == store.tags()


def test_operations_are_those_of_commit_and_as_few_as_the_change(tmp_path: Path, store: Store) -> None:
    lively(store)
    store.export(tmp_path / "out.jsonl")
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(op["op"], op["path"]) for op in records[2]["ops"]] == [
        ("remove", "$.a.l[1]"),
        ("move", "$"),
        ("add", "$.a.tags"),
        ("add", "$.a.tags"),
        ("put", "$.a.after"),
        ("move", "$.rows"),
        ("insert", "$.rows"),
        ("increment", "$.a.n"),
        ("splice", "$.a.t"),
    ]
    assert records[6]["ops"] == [
        {"op": "remove", "path": "$.rows[?@.id==1]"},
        {"op": "put", "path": "$.rows[?@.id==0].v", "value": None},
    ]
    assert records[6]["parents"] == [records[1]["id"]]
    assert records[1]["tags"] == ["one"]
    assert records[1]["heads"] == ["at-one"]


@given(edited_histories(), st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_comes_back(tmp_path_factory: pytest.TempPathFactory, versions: list[Any], states: bool) -> None:
    folder = tmp_path_factory.mktemp("export")
    with Store.open(folder / "a", create=True) as one, Store.open(folder / "b", create=True) as other:
        one.import_from(write_lines(folder / "in.jsonl", snapshots(versions)))
        one.export(folder / "out.jsonl", format="snapshots" if states else "jsonl")
        other.import_from(folder / "out.jsonl")
        same(one, other)


def test_imported_merges_come_back(tmp_path: Path, store: Store, open_store: Open) -> None:
    rng = random.Random(3)
    records: list[dict[str, Any]] = []
    for number, record in enumerate(
        snapshots({"rows": [{"id": i, "v": rng.randrange(3)} for i in range(4)]} for _ in range(12))
    ):
        parents = [f"c{p}" for p in sorted({max(0, number - 1), rng.randrange(number)}, reverse=True)] if number else []
        records.append({**record, "id": f"c{number}", "parents": parents, "timeline": rng.choice(["main", "dev"])})
    store.import_from(write_lines(tmp_path / "in.jsonl", records))
    assert any(len(store.get(dense).parents) == 2 for dense in range(store.graph.count))
    for form in ("jsonl", "snapshots"):
        store.export(tmp_path / f"{form}.jsonl", format=form)
        other = open_store(form)
        other.import_from(tmp_path / f"{form}.jsonl")
        same(store, other)
        assert other.sources(range(12)) == [f"c{number}" for number in range(12)]


def test_what_was_undone_is_not_exported(tmp_path: Path, store: Store) -> None:
    store.commit([{"op": "put", "path": "$.a", "value": 1}])
    store.commit([{"op": "put", "path": "$.a", "value": 2}])
    store.undo()
    assert store.export(tmp_path / "out.jsonl") == 1


def test_the_same_history_gives_the_same_file(tmp_path: Path, store: Store) -> None:
    lively(store)
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        store.export(tmp_path / name)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


# ------------------------------------------------------------------------------------------------ the file itself


class Stop:
    """Asks to stop after a few looks."""

    def __init__(self, after: int) -> None:
        self._left = after

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, store: Store) -> None:
    lively(store)
    target = tmp_path / "out.jsonl"
    target.write_text("what was there")
    with pytest.raises(Cancelled, match="was not written"):
        store.export(target, cancel=Stop(3))
    assert target.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.jsonl"]


def test_progress_is_told(tmp_path: Path, store: Store) -> None:
    lively(store)
    seen: list[tuple[int, int | None, str]] = []
    store.export(tmp_path / "out.jsonl", progress=lambda *place: seen.append(place))
    assert seen[0] == (0, 7, "transactions")
    assert seen[-1] == (7, 7, "transactions")


def test_a_folder_that_is_missing_or_closed(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match=r"none.out\.jsonl: cannot be written: .*choose another place"):
        store.export(tmp_path / "none" / "out.jsonl")
    with pytest.raises(BadInput, match="unknown format 'xml'; known are jsonl, snapshots"):
        store.export(tmp_path / "out", format="xml")


def test_a_full_disk_leaves_nothing(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lively(store)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device; make room"):
        store.export(tmp_path / "out.jsonl")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_the_mode_of_the_file_is_that_of_any_other(tmp_path: Path, store: Store) -> None:
    store.export(tmp_path / "out.jsonl")
    (tmp_path / "plain").touch()
    assert (tmp_path / "out.jsonl").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_compression_goes_by_the_name(tmp_path: Path, store: Store) -> None:
    lively(store)
    store.export(tmp_path / "out.gz")
    store.export(tmp_path / "out.jsonl")
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == (tmp_path / "out.jsonl").read_bytes()
