"""Groups: many commits of one thread that are durable together, one action."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput, BadOperation
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.storage.database import Database
from engine.storage.log import Log
from engine.timeline import batch


def put(path: str, value: object) -> list[dict[str, object]]:
    return [{"op": "put", "path": path, "value": value}]


def test_what_a_group_made_is_there_when_it_ends_and_after(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a", create=True) as store:
        store.commit(put("$.n", 0), message="before")
        with store.group("ten steps") as group:
            made = [group.commit(put("$.n", number), message=f"step {number}") for number in range(1, 11)]
        assert made == list(range(1, 11))
        assert [store.at(dense)["$.n"] for dense in made] == list(range(1, 11))
        assert [entry.message for entry in store.log()][::-1] == ["before", *(f"step {n}" for n in range(1, 11))]
        before = [store.get(dense).as_json() for dense in range(11)]
    with Store.open(tmp_path / "a") as store:
        assert [store.get(dense).as_json() for dense in range(11)] == before
        assert store.at()["$.n"] == 10


@pytest.mark.parametrize("small", ["AS_SEGMENT", "SEAL_TRANSACTIONS"])
def test_a_large_group_becomes_segments(store: Store, monkeypatch: pytest.MonkeyPatch, small: str) -> None:
    monkeypatch.setattr(batch, small, 4)
    store.commit(put("$.first", {}))
    with store.group("many") as group:
        for number in range(10):
            group.commit(put(f"$.k{number % 3}", number))
    assert store._core.log.sealed == (11 if small == "AS_SEGMENT" else 9)
    assert store.at().json() == {"first": {}, "k0": 9, "k1": 7, "k2": 8}
    assert [store.at(dense).json() for dense in (0, 1, 3)] == [
        {"first": {}},
        {"first": {}, "k0": 0},
        {"first": {}, "k0": 0, "k1": 1, "k2": 2},
    ]


def test_a_group_is_one_action(store: Store) -> None:
    store.commit(put("$.a", 1))
    with store.group("a plan") as group:
        group.commit(put("$.a", 2))
        group.branch("side")
        group.commit(put("$.a", 3), timeline="side")
        group.commit(put("$.a", 4))
    assert [(action.kind, action.text) for action in store.actions()] == [("group", "a plan"), ("commit", "commit")]
    assert (store.at()["$.a"], store.at("side")["$.a"]) == (4, 3)
    assert store.at("side~1")["$.a"] == 2
    store.undo()
    assert store.at()["$.a"] == 1
    assert list(store.heads()) == ["main"]
    store.redo()
    assert (store.at()["$.a"], store.at("side")["$.a"]) == (4, 3)


def test_commits_before_and_after_keep_their_own_actions(store: Store) -> None:
    store.commit(put("$.a", 1), message="one")
    with store.group("two and three") as group:
        group.commit(put("$.a", 2))
        group.commit(put("$.a", 3))
    store.commit(put("$.a", 4), message="four")
    assert [(action.id, action.text) for action in store.actions()] == [(3, "four"), (2, "two and three"), (1, "one")]
    for expected in (3, 1):
        store.undo()
        assert store.at()["$.a"] == expected


def test_a_branch_may_go_off_within_the_group(store: Store) -> None:
    with store.group() as group:
        first = group.commit(put("$.a", 1))
        group.commit(put("$.a", 2))
        group.branch("from-number", first)
        group.branch("from-name", "main")
        group.commit(put("$.b", 1), timeline="from-number")
        group.commit(put("$.b", 2), timeline="from-name")
        assert store.at("from-name").json() == {"a": 2, "b": 2}
    assert store.at("from-number").json() == {"a": 1, "b": 1}
    assert [timeline.forked_from for timeline in store.timelines()] == [None, 0, 1]


def test_a_commit_that_fails_is_left_out(store: Store) -> None:
    with store.group() as group:
        group.commit(put("$.a", 1))
        with pytest.raises(BadOperation, match=r"nothing at \$\.b"):
            group.commit([*put("$.new", {"x": [1]}), {"op": "remove", "path": "$.b"}])
        group.commit(put("$.new.y", 2))
    assert store.at().json() == {"a": 1, "new": {"y": 2}}
    assert store.graph.count == 2


def fail_in_the_middle(store: Store) -> None:
    with store.group() as group:
        group.commit(put("$.a", 2))
        group.branch("side")
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a", create=True) as store:
        store.commit(put("$.a", 1))
        with pytest.raises(ZeroDivisionError):
            fail_in_the_middle(store)
        assert (store.graph.count, list(store.heads()), len(store.actions())) == (1, ["main"], 1)
        store.commit(put("$.a", 3))
    with Store.open(tmp_path / "a") as store:
        assert [store.at(dense)["$.a"] for dense in (0, 1)] == [1, 3]


def test_readers_see_what_is_durable_while_a_block_that_failed_is_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(put("$.a", 1), message="kept")
    store.tag("first")
    follow, seen = Log.follow, []

    def look() -> None:
        state = store.at(0)["$.a"]
        seen.append((store.heads(), store.tags(), store.get(0).message, store.texts([0]), state, store.graph.count))

    def followed(self: Log, manifest: dict[str, object]) -> None:
        look()
        follow(self, manifest)
        look()

    look()
    monkeypatch.setattr(Log, "follow", followed)
    with pytest.raises(ZeroDivisionError), store.group():
        raise ZeroDivisionError
    assert len(seen) == 3
    assert seen[1:] == seen[:1] * 2


def test_a_transaction_is_the_same_before_and_after_a_block_that_failed(store: Store) -> None:
    store.commit(put("$.a", 1))
    before = store.get(0)
    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle(store)
    assert store.get(0) == before


def test_what_failed_is_forgotten_later_where_the_file_cannot_be_read_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(self: Database) -> None:
        raise OSError("the disk is away")

    store.commit(put("$.a", 1))
    monkeypatch.setattr(Database, "read", unreadable)
    with pytest.raises(OSError, match="the disk is away"):
        fail_in_the_middle(store)
    monkeypatch.undo()
    assert store.commit(put("$.a", 3)).dense == 1
    assert list(store.heads()) == ["main"]
    with Store.open(store.path) as other:
        assert [other.at(dense)["$.a"] for dense in (0, 1)] == [1, 3]


def test_other_threads_see_names_when_they_are_durable(store: Store) -> None:
    store.commit(put("$.a", 1))
    store.tag("first")
    seen = []

    def look() -> None:
        heads = store.heads()
        messages = [store.get(head).message for (head,) in heads.values()]
        seen.append((heads, messages, store.tags(), store.default_timeline))

    def look_from_elsewhere() -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    look_from_elsewhere()
    with store.group() as group:
        group.commit(put("$.a", 2), message="two")
        group.commit(put("$.a", 3), timeline="side")
        look_from_elsewhere()
        assert store.at("side").json() == {"a": 3}
        look_from_elsewhere()
        assert store.heads() == {"main": (1,), "side": (2,)}
    assert seen == [({"main": (0,)}, [""], {"first": 0}, "main")] * 3
    look_from_elsewhere()
    assert seen[-1][0] == {"main": (1,), "side": (2,)}


def test_an_empty_group_changes_nothing(store: Store) -> None:
    store.commit(put("$.a", 1))
    with store.group():
        pass
    assert len(store.actions()) == 1


def change_in(store: Store, source: Path) -> list[Callable[[], object]]:
    """All that changes a store by itself."""

    def enter(block: AbstractContextManager[object]) -> None:
        with block:
            pass

    return [
        lambda: store.commit(put("$.a", 2)),
        lambda: store.branch("b"),
        lambda: store.tag("t"),
        store.undo,
        store.compact,
        lambda: store.set_default_timeline("main"),
        lambda: store.set_default_timeline("nope"),
        lambda: store.import_from(source),
        lambda: enter(store.group()),
        lambda: enter(store.bulk(b"importer", "import")),
        store.close,
    ]


def test_other_changes_by_the_same_thread_are_refused_meanwhile(tmp_path: Path) -> None:
    source = tmp_path / "source.json"
    source.write_text('{"x": 1}')
    with Store.open(tmp_path / "a", create=True) as store:
        store.commit(put("$.a", 0))
        with store.group() as group:
            group.commit(put("$.a", 1))
            for change in change_in(store, source):
                with pytest.raises(BadInput, match="a group of commits is open here"):
                    change()
            group.commit(put("$.b", 1))
        with pytest.raises(BadInput, match="this group has ended"):
            group.commit(put("$.a", 3))
        store.commit(put("$.c", 1))
    with Store.open(tmp_path / "a") as store:
        assert store.at().json() == {"a": 1, "b": 1, "c": 1}
        assert store.graph.count == 4


def test_other_changes_by_a_thread_that_imports_are_refused_meanwhile(tmp_path: Path) -> None:
    source = tmp_path / "source.json"
    source.write_text('{"x": 1}')
    with Store.open(tmp_path / "a", create=True) as store:
        store.commit(put("$.a", 0))
        with store.bulk(b"importer", "import") as writer:
            rows = Rows()
            rows.append(
                writer.paths.child(0, encode_step("b")), Kind.PUT, writer.values.intern(encode(1)), label=AT_END
            )
            writer.add(parents=[0], timeline="main", time=5, rows=rows, message="imported")
            for change in change_in(store, source):
                with pytest.raises(BadInput, match="an import is open here"):
                    change()
        store.commit(put("$.c", 1), message="after")
    with Store.open(tmp_path / "a") as store:
        assert store.at().json() == {"a": 0, "b": 1, "c": 1}
        assert [entry.message for entry in store.log()] == ["after", "imported", ""]


def test_other_threads_wait(store: Store) -> None:
    threads = [threading.Thread(target=lambda n=number: store.commit(put(f"$.t{n}", n))) for number in range(4)]
    with store.group() as group:
        for thread in threads:
            thread.start()
        for number in range(20):
            group.commit(put("$.a", number))
    for thread in threads:
        thread.join()
    assert store.at().json()["a"] == 19
    assert sorted(store.at().json()) == ["a", "t0", "t1", "t2", "t3"]


def test_operations_are_collected(store: Store) -> None:
    with store.group() as group:
        with group.transaction(author="ana", message="first") as tx:
            tx.put("$.a", 1)
            tx.increment("$.a", 2)
        with pytest.raises(ZeroDivisionError), group.transaction() as tx:
            tx.put("$.a", 1 / 0)
    assert store.get(0).author == "ana"
    assert store.at()["$.a"] == 3


def test_what_others_see_is_all_or_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a", create=True) as store, Store.open(tmp_path / "a") as other:
        store.commit(put("$.a", 0))
        with store.group() as group:
            for number in range(1, 6):
                group.commit(put("$.a", number), timeline=f"t{number % 2}")
            other.refresh()
            assert other.graph.count == 1
        other.refresh()
        assert other.graph.count == 6
        assert other.heads() == store.heads()
        other.commit(put("$.a", 9), timeline="t1")
        store.refresh()
        assert store.at("t1")["$.a"] == 9
