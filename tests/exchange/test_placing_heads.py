"""Where the timelines of a source stand here: after kills, undo, and commits of a person between imports."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from engine.timeline import bulk
from engine.timeline.bulk import BulkWriter
from tests.exchange.repository import Repository
from tests.exchange.support import heads, ids, snapshots, write_lines

Open = Callable[[str], Store]
STATES = [{"n": n} for n in range(8)]


class Killed(BaseException):
    """The process is gone: nothing that follows is run."""


def killed_after_the_first_flush(monkeypatch: pytest.MonkeyPatch, store: Store, source: Path) -> None:
    """Import, and stop as a kill would right after the first flush that the writer makes by itself."""
    flush = BulkWriter.flush

    def last(writer: BulkWriter) -> None:
        flush(writer)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "FLUSH_TRANSACTIONS", 2)
        patch.setattr(BulkWriter, "flush", last)
        with pytest.raises(Killed):
            store.import_from(source)


def test_a_kill_after_a_flush_leaves_a_persons_commit_on_the_timeline(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:2])))
    mine = store.commit([{"op": "put", "path": "$.mine", "value": True}])
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES))
    killed_after_the_first_flush(monkeypatch, store, source)
    assert 3 < store.graph.count < 9
    assert store.heads()["main"] == (mine.dense,)
    assert store.heads()["main@h"] == (store.graph.count - 1,)
    store.import_from(source)
    assert store.heads() == {"main": (mine.dense,), "main@h": (8,)}


def test_a_kill_after_a_flush_leaves_tags_and_heads(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{**record, "tags": [f"t{n}"], "heads": ["release"]} for n, record in enumerate(snapshots(STATES))]
    killed_after_the_first_flush(monkeypatch, store, write_lines(tmp_path / "h.jsonl", records))
    last = store.graph.count - 1
    assert store.tags() == {f"t{n}": n for n in range(last + 1)}
    assert store.heads() == {"main": (last,), "release": (last,)}


def test_an_undone_part_of_an_import_comes_back(tmp_path: Path, store: Store, open_store: Open) -> None:
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:3])))
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:4])))
    store.undo()
    assert store.at().json() == STATES[2]
    assert store.import_from(tmp_path / "h.jsonl").transactions == 0
    assert store.at().json() == STATES[3]
    store.undo()
    result = store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:5])))
    assert (result.transactions, result.warnings, result.timelines) == (1, [], ["main"])
    assert store.at("main").json() == STATES[4]
    whole = open_store("whole")
    whole.import_from(tmp_path / "h.jsonl")
    assert ids(store) == ids(whole)


def test_an_undone_import_onto_a_named_timeline_comes_back(tmp_path: Path, store: Store) -> None:
    store.commit([{"op": "put", "path": "$.mine", "value": True}])
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES))
    store.import_from(source, timeline="main")
    store.undo()
    assert store.import_from(source, timeline="main").transactions == 0
    assert store.heads() == {"main": (8,)}


def test_a_detour_on_which_a_person_committed_is_left_alone(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:2])))
    store.commit([{"op": "put", "path": "$.mine", "value": True}])
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:4])))
    mine = store.commit([{"op": "put", "path": "$.mine", "value": 2}], timeline="main@h")
    assert store.import_from(tmp_path / "h.jsonl").timelines == ["main@h"]
    assert list(store.heads()) == ["main", "main@h"]
    result = store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:5])))
    assert store.heads()["main@h"] == (mine.dense,)
    assert result.timelines == ["main@h-2"]
    assert store.at("main@h-2").json() == STATES[4]


def test_what_is_imported_again_leaves_a_persons_commits_where_nothing_is_new(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:2])))
    mine = store.commit([{"op": "put", "path": "$.mine", "value": True}])
    result = store.import_from(tmp_path / "h.jsonl")
    assert (result.warnings, store.heads()) == ([], {"main": (mine.dense,)})


@pytest.mark.parametrize("name", [" x", "a:b", "a~1", "x" * 201])
def test_a_timeline_that_cannot_be_named_so_leaves_the_source_as_it_was(
    tmp_path: Path, store: Store, name: str
) -> None:
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES))
    with pytest.raises(BadInput, match="cannot name a timeline"):
        store.import_from(source, timeline=name)
    assert store.graph.count == 0
    store.import_from(source)
    assert store.heads() == {"main": (7,)}


def test_a_branch_that_was_forced_elsewhere_and_taken_back_comes_again(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "0"})
    repository.commit({"a.json": "1"}, first, branch="main")
    store.import_from(repository.path)
    other = repository.commit({"a.json": "2"}, first, branch="main")
    store.import_from(repository.path)
    store.undo()
    assert store.at().json() == {"a.json": 1}
    result = store.import_from(repository.path)
    assert (result.transactions, result.warnings) == (0, ["brought back to where the source has it: main"])
    assert heads(store) == {"main": (other,)}
