"""Timelines, tags, undo and redo, and the moments that they name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import Ambiguous, BadInput, KnownError, NotFound
from engine.model.operations import Rows


def put(store: Store, value: object, **options: object) -> int:
    return store.commit([{"op": "put", "path": "$.a", "value": value}], **options).dense  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------- moments


def test_what_a_moment_may_be(store: Store) -> None:
    for number, time in enumerate(("2020-01-01", "2020-03-01", "2020-02-01", "2020-03-01")):
        put(store, number, time=time)
    store.tag("v1", 1)
    store.branch("old", at=0)
    made = store.get(2)
    for moment, dense in (
        (None, 3),
        ("main", 3),
        (" main ", 3),
        ("v1", 1),
        ("old", 0),
        ("2020-02-15", 2),
        ("2020-03-01", 3),
        ("2019-12-31", -1),
        ("main~", 2),
        ("main~3", 0),
        ("main~4", -1),
        ("v1~1", 0),
        (made.handle, 2),
        (made.id, 2),
        (made.id[:9], 2),
        (f"{made.id}~2", 0),
        (2, 2),
        (-1, -1),
        (store.at(1), 1),
    ):
        assert store.at(moment).transaction == dense, moment
    assert store.at("v1").transaction == 1
    assert store.at("2020-06-01", timeline="old").transaction == 0
    for number in (-1, store.graph.count):
        with pytest.raises(NotFound, match="no transaction"):
            store.get(number)


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ("nothing", "'nothing' names no moment here; give a time, a timeline, a tag, REPLICA:SEQ, or 4 or more digits"),
        ("nothing~1", "names no moment here"),
        ("main~9", "'main~9' is before the beginning of the history"),
        ("0123456789abcdef:7", "no transaction '0123456789abcdef:7' in this store"),
        ("2020-13-01", "'2020-13-01' is not a valid time"),
        (7, "no transaction 7; the store has 1"),
        (-2, "no transaction -2; the store has 1"),
    ],
)
def test_what_names_no_moment(store: Store, moment: object, message: str) -> None:
    put(store, 1)
    with pytest.raises(KnownError, match=message):
        store.at(moment)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="no timeline 'none'; there is main"):
        store.at(None, "none")


def test_ids_of_the_source(store: Store) -> None:
    with store.bulk(b"importer", "import") as writer:
        for number, source in enumerate(("deadbeef", "deadc0de", "dead", "x~1")):
            writer.add(parents=[], timeline=f"t{number}", time=number, rows=Rows(), source=source)
    assert [store.at(name).transaction for name in ("deadbeef", "deadb", "dead", "x~1")] == [0, 0, 2, 3]
    assert store.sources([0, 2]) == ["deadbeef", "dead"]
    with pytest.raises(NotFound, match="names no moment"):
        store.at("dea")
    with store.bulk(b"importer", "again") as writer:
        writer.add(parents=[], timeline="t9", time=9, rows=Rows(), source="deadc0ff")
    with pytest.raises(Ambiguous, match="'deadc0' is the beginning of several ids; give more of it"):
        store.at("deadc0")


def test_the_log_between_two_moments_is_in_its_order(store: Store, tmp_path: Path) -> None:
    """Which is that of time, whatever arrived first."""
    versions = [("one1", 1, [], "main"), ("five", 5, ["one1"], "main"), ("three", 3, ["one1"], "side")]
    lines = [{"time": n, "id": name, "parents": p, "timeline": t, "state": {"a": n}} for name, n, p, t in versions]
    source = tmp_path / "lines.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)))
    store.import_from(source)

    def told(**bounds: str) -> list[str | None]:
        return [item.source for item in store.log(**bounds)]

    assert told() == ["five", "three", "one1"]
    assert told(since="three") == ["five", "three"]
    assert told(until="three") == ["three", "one1"]
    assert told(since="five") == ["five"]
    assert told(until="five") == told()


def test_a_tag_that_is_moved_to_where_it_stands_is_no_action(store: Store) -> None:
    put(store, 1)
    store.tag("here")
    actions = len(list(store.actions()))
    assert store.tag("here", move=True) == 0
    assert len(list(store.actions())) == actions


def test_an_empty_store_is_the_empty_state(store: Store) -> None:
    assert store.at().json() == {}
    assert store.default_timeline == "main"
    assert list(store.log()) == []
    assert list(store.history("$.a")) == []
    put(store, 1)
    store.undo()
    assert store.at().json() == {}


def test_the_default_timeline(store: Store) -> None:
    put(store, 1, timeline="trunk")
    assert store.default_timeline == "trunk", "the first there is"
    put(store, 2, timeline="main")
    assert store.default_timeline == "main"
    store.set_default_timeline("trunk")
    assert store.default_timeline == "trunk"
    assert store.at().json() == {"a": 1}
    log = store._core.log
    with pytest.raises(NotFound, match="no timeline 'none'"):
        store.set_default_timeline("none")
    assert store._core.log is log, "nothing was touched, so nothing is read anew"


# ------------------------------------------------------------------------------------------------------ names


def test_timelines_and_what_is_said_of_them(store: Store) -> None:
    put(store, 1, time="2020-01-01")
    put(store, 2, time="2020-01-02")
    side = store.branch("side", at=0)
    assert (side.name, side.heads, side.forked_from, side.transactions) == ("side", (0,), 0, 1)
    put(store, 3, timeline="side", time="2020-01-03")
    store.branch("empty", at=-1)
    main, side, empty = store.timelines()
    assert (main.transactions, main.forked_from, side.heads, side.transactions) == (2, None, (2,), 2)
    assert (empty.heads, empty.updated, empty.transactions, empty.forked_from) == ((), None, 0, None)
    assert side.updated is not None
    assert side.updated > (main.updated or 0)
    assert store.rename_branch("side", "other").name == "other"
    assert store.get(2).timeline == "other"
    assert store.graph.timeline_names == ["main", "other", "empty"]
    store.delete_branch("other")
    assert [item.name for item in store.timelines()] == ["main", "empty"]
    assert [item.dense for item in store.log()] == [1, 0], "what no name leads to is not in the log"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda store: store.branch("main"), "there is a timeline 'main' already; choose another name"),
        (lambda store: store.branch("v1"), "'v1' is a tag; choose another name for the timeline"),
        (lambda store: store.branch(" x"), "' x' cannot name a timeline: use 1 to 200 characters"),
        (lambda store: store.branch("x" * 201), "cannot name a timeline: use 1 to 200 characters"),
        (lambda store: store.branch("a:b"), "'a:b' cannot name a timeline: '~', ':'"),
        (lambda store: store.branch("a\n"), "cannot name a timeline"),
        (lambda store: store.branch("2019"), "'2019' reads as a time, which it would hide; choose another name"),
        (lambda store: store.rename_branch("none", "x"), "no timeline 'none'; there is main, side"),
        (lambda store: store.rename_branch("main", "side"), "the name 'side' is taken; choose another name"),
        (lambda store: store.rename_branch("main", "v1"), "the name 'v1' is taken; choose another name"),
        (lambda store: store.delete_branch("none"), "no timeline 'none'"),
        (lambda store: store.tag("v1"), "the name 'v1' is taken; move or delete that tag, or choose another name"),
        (lambda store: store.tag("main"), "the name 'main' is taken by a timeline; choose another name"),
        (lambda store: store.tag("main", move=True), "no tag 'main' to move; there is v1"),
        (lambda store: store.tag("v~1"), "'v~1' cannot name a tag"),
        (lambda store: store.tag("v2", at=-1), "there is no transaction to tag yet"),
        (lambda store: store.delete_tag("v2"), "no tag 'v2'; there is v1"),
    ],
)
def test_names_that_are_refused_and_why(store: Store, change: Callable[[Store], object], message: str) -> None:
    put(store, 1)
    store.branch("side")
    store.tag("v1")
    before = store.timelines(), store.tags(), len(store.actions())
    with pytest.raises(KnownError, match=message):
        change(store)
    assert (store.timelines(), store.tags(), len(store.actions())) == before


# ----------------------------------------------------------------------------------------------- undo and redo


def test_every_action_is_taken_back_and_made_again(store: Store) -> None:
    put(store, 1, message="first")
    seen = [names(store)]
    for change in (
        lambda: put(store, 2),
        lambda: store.branch("side"),
        lambda: store.tag("v1"),
        lambda: store.rename_branch("side", "other"),
        lambda: store.delete_tag("v1"),
        lambda: store.delete_branch("other"),
    ):
        change()
        seen.append(names(store))
    kinds = ["delete", "untag", "rename", "tag", "branch", "commit", "commit"]
    assert [action.kind for action in store.actions()] == kinds
    assert [action.text for action in store.actions(3)] == ["delete other", "delete tag v1", "rename side to other"]
    for expected in reversed(seen[:-1]):
        assert store.undo() is not None
        assert names(store) == expected
    for expected in seen[1:]:
        assert store.redo() is not None
        assert names(store) == expected
    assert store.redo() is None


def names(store: Store) -> object:
    return [(item.name, item.heads) for item in store.timelines()], store.tags()


def test_there_is_an_end_to_undo(store: Store) -> None:
    assert store.undo() is None
    put(store, 1)
    assert store.undo() is not None
    assert store.undo() is None


def test_a_new_action_ends_what_could_be_made_again(store: Store) -> None:
    put(store, 1)
    put(store, 2)
    store.undo()
    store.undo()
    put(store, 3, timeline="other")
    assert store.redo() is None
    assert [action.state for action in store.actions()] == ["done", "dropped", "dropped"]
    store.undo()
    assert store.timelines() == []


def test_an_import_is_one_action_however_often_it_is_flushed(store: Store) -> None:
    put(store, 1)
    with store.bulk(b"importer", "import things") as writer:
        for number in range(3):
            head = writer.head("imported")
            dense = writer.add(parents=[head] if head >= 0 else [], timeline="imported", time=number, rows=Rows())
            writer.set_tag("latest", dense)
            writer.set_head("also", dense)
            writer.flush()
        assert writer.head("none") == -1
        assert writer.head("main") == 0
        assert writer.next_seq == 4
    assert [action.text for action in store.actions()] == ["import things", "commit"]
    after = names(store)
    store.undo()
    assert names(store) == ([("main", (0,))], {})
    store.redo()
    assert names(store) == after


def test_a_long_tail_of_actions_is_looked_through(store: Store) -> None:
    put(store, 1)
    for number in range(40):
        store.tag(f"t{number}")
    for _ in range(40):
        store.undo()
    assert store.tags() == {}
    assert len(store.actions()) == 41
    for _ in range(40):
        store.redo()
    assert len(store.tags()) == 40


def test_names_of_bulk_writers_are_checked(store: Store) -> None:
    for use in ({"timeline": "a~"}, {"timeline": "main", "tags": ["b:"]}, {"timeline": "main", "heads": ["c\n"]}):
        with pytest.raises(BadInput, match="cannot name a"), store.bulk(b"importer", "import") as writer:
            writer.add(parents=[], time=0, rows=Rows(), **use)  # type: ignore[arg-type]
    assert store.graph.count == 0
