"""Imports that were stopped, taken back and made again: the store is whole at any time, and ends with the same ids."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import Cancelled
from tests.exchange.repository import Repository
from tests.exchange.support import Countdown, clock, exact, heads, ids, states, write_files, write_lines


def snapshots_file(folder: Path) -> tuple[Path, dict[str, Any]]:
    records = [
        {"time": clock(n), "state": {"rows": [{"id": k, "v": n % (k + 1)} for k in range(n % 4)]}, "id": f"v{n}"}
        for n in range(24)
    ]
    for number in range(5, 24, 5):
        records[number] |= {"parents": [f"v{number - 1}", f"v{number - 4}"], "tags": [f"t{number}"]}
        records[number - 2] |= {"timeline": "side", "parents": [f"v{number - 5}"]}
        records[number - 1] |= {"parents": [f"v{number - 3}"]}
    return write_lines(folder / "snapshots.jsonl", records), {}


def cases_file(folder: Path) -> tuple[Path, dict[str, Any]]:
    events = [{"time": clock(n), "case": f"c{n % 3}", "activity": f"a{n}", "attrs": {"l": [n]}} for n in range(24)]
    return write_lines(folder / "cases.jsonl.zst", events), {}


def operations_file(folder: Path) -> tuple[Path, dict[str, Any]]:
    events = [{"time": clock(n), "ops": [{"op": "put", "path": f"$.k{n % 5}", "value": [n]}]} for n in range(24)]
    return write_lines(folder / "operations.jsonl.gz", events), {}


def change_log(folder: Path) -> tuple[Path, dict[str, Any]]:
    rows = [f"{clock(n)},e{n % 4},{n}\n" for n in range(24)]
    (folder / "log.csv").write_text("time,entity,v\n" + "".join(rows))
    return folder / "log.csv", {}


def tables(folder: Path) -> tuple[Path, dict[str, Any]]:
    files = {f"2024-01-{n + 1:02}.csv": f"id,v\n1,{n}\n{n},x\n" for n in range(2, 24)}
    return write_files(folder / "tables", files), {"kind": "csv"}


def xes(folder: Path) -> tuple[Path, dict[str, Any]]:
    def event(trace: int, number: int) -> str:
        time = clock(5 * number + trace)
        return (
            f'<event><string key="concept:name" value="a{number}"/><date key="time:timestamp" value="{time}"/></event>'
        )

    traces = [
        f'<trace><string key="concept:name" value="c{trace}"/>{"".join(event(trace, n) for n in range(8))}</trace>'
        for trace in range(3)
    ]
    (folder / "log.xes").write_text(f"<log>{''.join(traces)}</log>")
    return folder / "log.xes", {}


def git(folder: Path) -> tuple[Path, dict[str, Any]]:
    repository = Repository(folder / "git")
    tips = [repository.commit({"a.json": "0"})]
    for number in range(1, 20):
        files = {"a.json": json.dumps({"n": number}), f"b{number % 3}.yaml": f"k: {number}", "bad.json": "{"}
        parents = tips[-3:-1] if number % 5 == 0 else tips[-1:]
        tips.append(repository.commit(files, *parents, at=(number * 7) % 11))
    repository.point("main", tips[-1])
    repository.point("side", tips[-2])
    repository.tag("v1", tips[3])
    return repository.path, {}


SOURCES = [snapshots_file, cases_file, operations_file, change_log, tables, xes, git]


@pytest.mark.parametrize("make", SOURCES, ids=lambda make: make.__name__)
def test_a_stopped_import_goes_on_to_the_same_end(
    tmp_path: Path, open_store: Callable[[str], Store], make: Callable[[Path], tuple[Path, dict[str, Any]]]
) -> None:
    source, options = make(tmp_path)
    whole, store = open_store("whole"), open_store("stopped")
    whole.import_from(source, **options)
    stops = 0
    for calls in (0, 3, 9, 30, 50):
        before = ids(store)
        try:
            store.import_from(source, cancel=Countdown(calls), **options)
        except Cancelled:
            stops += 1
        assert ids(store)[: len(before)] == before
        assert ids(store) == ids(whole)[: store.graph.count]
        assert states(store) == states(whole)[: store.graph.count]
    assert stops >= 2
    store.import_from(source, **options)
    assert (ids(store), heads(store), store.tags()) == (ids(whole), heads(whole), whole.tags())


@pytest.mark.parametrize("make", SOURCES, ids=lambda make: make.__name__)
def test_an_import_that_was_taken_back_comes_again(
    tmp_path: Path, store: Store, make: Callable[[Path], tuple[Path, dict[str, Any]]]
) -> None:
    source, options = make(tmp_path)
    store.commit([{"op": "put", "path": "$.mine", "value": 1}])
    store.import_from(source, **options)
    after = ids(store), heads(store), store.tags()
    undone = store.undo()
    assert undone is not None
    assert (undone.kind, store.at("main").json(), store.tags()) == ("import", {"mine": 1}, {})
    assert list(store.heads()) == ["main"]
    assert store.import_from(source, **options).transactions == 0
    assert (ids(store), heads(store), store.tags()) == after


@pytest.mark.parametrize("make", SOURCES, ids=lambda make: make.__name__)
def test_the_store_that_is_opened_again_goes_on(
    tmp_path: Path, make: Callable[[Path], tuple[Path, dict[str, Any]]]
) -> None:
    source, options = make(tmp_path)
    with Store.open(tmp_path / "store", create=True) as store:
        store.import_from(source, **options)
        before = ids(store), states(store), heads(store)
    with Store.open(tmp_path / "store") as store:
        assert (ids(store), states(store), heads(store)) == before
        assert store.import_from(source, **options).transactions == 0
        assert exact(store.at().json()) == before[1][store.at().transaction]


def test_what_was_undone_is_brought_back_as_it_was(store: Store, repository: Repository) -> None:
    """The next import says so, and timelines go off from where they did."""
    first = repository.commit({"a.json": "1"})
    repository.commit({"a.json": "2"}, first, branch="main")
    repository.commit({"a.json": "3"}, repository.commit({"a.json": "4"}, first), branch="side")
    repository.point("here", first)
    store.import_from(repository.path)

    def told() -> list[tuple[str, int | None, int]]:
        return sorted((each.name, each.forked_from, each.transactions) for each in store.timelines())

    before = told()
    store.undo()
    assert told() == []
    result = store.import_from(repository.path)
    assert result.transactions == 0
    assert result.warnings == ["brought back to where the source has it: main, side, here"]
    assert told() == before
    assert store.import_from(repository.path).warnings == []
