"""Importing again, and what has happened to the source or the store meanwhile."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import BadInput, Cancelled
from engine.model.values import MAX_DEPTH
from tests.exchange.support import snapshots, write_lines

Open = Callable[[str], Store]
STATES = [
    {"rows": [{"id": i, "v": (i * n) % 3, "w": [n % 2]} for i in range(n % 5, 5 + n % 3)], "n": n} for n in range(30)
]


def ids(store: Store) -> list[str]:
    return [store.get(dense).id for dense in range(store.graph.count)]


def test_parts_give_the_same_ids_as_all_at_once(tmp_path: Path, store: Store, open_store: Open) -> None:
    source = tmp_path / "history.jsonl"
    for end in (1, 2, 11, 12, 30):
        before = store.graph.count
        write_lines(source, snapshots(STATES[:end]))
        assert store.import_from(source).transactions == end - before
    whole = open_store("whole")
    whole.import_from(source)
    assert ids(store) == ids(whole)
    assert store.import_from(source).transactions == 0


def test_the_file_may_have_another_name_and_compression(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "a.jsonl", snapshots(STATES[:10])))
    assert store.import_from(write_lines(tmp_path / "b.jsonl.zst", snapshots(STATES))).transactions == 20
    assert [t.name for t in store.timelines()] == ["main"]


def test_branches_go_on_where_they_were(tmp_path: Path, store: Store, open_store: Open) -> None:
    records = snapshots(STATES)
    for number, record in enumerate(records):
        record["id"] = f"v{number}"
        record["timeline"] = ["main", "dev"][number % 3 == 2]
        if number and number % 7 == 0:
            record["parents"] = [f"v{number - 1}", f"v{number - 5}"]
    for end in (8, 9, 30):
        store.import_from(write_lines(tmp_path / "h.jsonl", records[:end]))
    whole = open_store("whole")
    whole.import_from(tmp_path / "h.jsonl")
    assert ids(store) == ids(whole)
    assert [(t.name, t.heads) for t in store.timelines()] == [(t.name, t.heads) for t in whole.timelines()]
    assert [store.at(n).json() for n in range(30)] == STATES


@pytest.mark.parametrize("change", ["a state", "fewer lines"])
def test_a_changed_past_is_refused(tmp_path: Path, store: Store, change: str) -> None:
    records = snapshots(STATES[:10])
    store.import_from(write_lines(tmp_path / "h.jsonl", records))
    if change == "a state":
        records[4]["state"] = {"other": True}
        records += snapshots(STATES)[10:12]
    else:
        records = records[:6]
    before = ids(store)
    with pytest.raises(BadInput, match=r"h\.jsonl: the part that was imported before has changed; import it into"):
        store.import_from(write_lines(tmp_path / "h.jsonl", records))
    assert ids(store) == before


def test_a_bad_line_stops_whole_and_the_mended_file_goes_on(tmp_path: Path, store: Store) -> None:
    lines: list[Any] = snapshots(STATES[:6])
    good = lines[3]
    lines[3] = json.dumps(good)[:-9]
    with pytest.raises(BadInput, match=r"h\.jsonl:4: invalid JSON at column \d+: "):
        store.import_from(write_lines(tmp_path / "h.jsonl", lines))
    assert [store.at(n).json() for n in range(store.graph.count)] == STATES[:3]
    lines[3] = good
    assert store.import_from(write_lines(tmp_path / "h.jsonl", lines)).transactions == 3
    assert [store.at(n).json() for n in range(6)] == STATES[:6]


def test_skip_bad_lists_and_goes_on(tmp_path: Path, store: Store) -> None:
    lines: list[Any] = snapshots(STATES[:6])
    lines[1] = '{"time":"2024-01-01","state":{"a":1,"a":2}}'
    lines[4] = '{"time":"someday","state":{}}'
    result = store.import_from(write_lines(tmp_path / "h.jsonl", lines), skip_bad=True)
    assert result.transactions == 4
    where = [(item.where.rsplit("/", 1)[-1], item.why.split(";")[0]) for item in result.skipped]
    assert where[0] == ("h.jsonl:2", 'duplicate key "a" in a JSON object')
    assert where[1][0] == "h.jsonl:5"
    assert "'someday' is not a time" in where[1][1]
    assert store.at().json() == STATES[5]
    assert store.import_from(tmp_path / "h.jsonl").transactions == 0


class StopAfter(threading.Event):
    """Is set after it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def test_a_stopped_import_goes_on_to_the_same_end(tmp_path: Path, store: Store, open_store: Open) -> None:
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES))
    with pytest.raises(Cancelled, match="13 transactions were imported, import again to go on"):
        store.import_from(source, cancel=StopAfter(13))
    assert store.graph.count == 13
    assert store.import_from(source).transactions == 17
    whole = open_store("whole")
    whole.import_from(source)
    assert ids(store) == ids(whole)


def test_progress_ends_at_the_end(tmp_path: Path, store: Store) -> None:
    source = write_lines(tmp_path / "h.jsonl.gz", snapshots(STATES))
    seen: list[tuple[int, int | None, str]] = []
    store.import_from(source, progress=lambda *place: seen.append(place))
    size = source.stat().st_size
    assert seen[-1] == (size, size, "bytes")
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


# ------------------------------------------------------------------------------------- other things in the store


def test_a_second_source_has_a_timeline_of_its_own(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "one.jsonl", snapshots(STATES[:3])))
    result = store.import_from(write_lines(tmp_path / "two.jsonl", snapshots(STATES[5:9])))
    assert result.timelines == ["main@two"]
    assert store.at("main").json() == STATES[2]
    assert store.at("main@two").json() == STATES[8]
    assert store.get(3).parents == ()
    assert store.import_from(tmp_path / "two.jsonl").transactions == 0


def test_a_timeline_that_is_named_goes_on_from_what_it_holds(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "one.jsonl", snapshots(STATES[:3])))
    store.import_from(write_lines(tmp_path / "two.jsonl", snapshots(STATES[5:9])), timeline="main")
    assert [t.name for t in store.timelines()] == ["main"]
    assert store.get(3).parents == (2,)
    assert store.at().json() == STATES[8]


def test_a_new_timeline_may_be_named(tmp_path: Path, store: Store) -> None:
    result = store.import_from(write_lines(tmp_path / "one.jsonl", snapshots(STATES[:3])), timeline="prices")
    assert result.timelines == ["prices"]
    assert store.at().json() == STATES[2]


def test_commits_of_a_person_stay_on_their_timeline(tmp_path: Path, store: Store, open_store: Open) -> None:
    """What is new in the source is as anyone else imports it; the person's head is left alone."""
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:3])))
    mine = store.commit([{"op": "put", "path": "$.mine", "value": True}])
    result = store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:6])))
    assert store.at("main").transaction == mine.dense
    assert store.at("main@h").json() == STATES[5]
    assert "timeline main has transactions of its own" in result.warnings[0]
    result = store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(STATES[:8])))
    assert store.at("main").transaction == mine.dense
    assert store.at("main@h").json() == STATES[7]
    other = open_store("other")
    other.import_from(tmp_path / "h.jsonl")
    assert [item for item in ids(store) if item != mine.id] == ids(other)


def test_an_undone_import_comes_back(tmp_path: Path, store: Store) -> None:
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES[:5]))
    store.import_from(source)
    assert store.undo() is not None
    assert store.timelines() == []
    assert store.import_from(source).transactions == 0
    assert store.at().json() == STATES[4]


def test_two_sources_do_not_share_a_replica(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "one.jsonl", snapshots(STATES[:2])))
    store.import_from(write_lines(tmp_path / "two.jsonl", snapshots(STATES[1:3])))
    store.import_from(tmp_path / "one.jsonl", keys={"$.rows[*]": ("v",)})
    replicas = {store.handle(dense).split(":")[0] for dense in range(store.graph.count)}
    assert len(replicas) == 3


def test_an_unknown_parent_is_named(tmp_path: Path, store: Store) -> None:
    records = snapshots(STATES[:2])
    records[1]["parents"] = ["nobody"]
    with pytest.raises(BadInput, match=r'h\.jsonl:2: the parent "nobody" is no earlier version'):
        store.import_from(write_lines(tmp_path / "h.jsonl", records))


def nested(depth: int, leaf: Any) -> Any:
    """Maps in lists in maps …, a leaf below all of them."""
    value = leaf
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


def test_a_state_nested_to_the_limit_comes_and_changes(tmp_path: Path, store: Store) -> None:
    states = [nested(MAX_DEPTH - 1, 1), nested(MAX_DEPTH - 1, "two"), nested(MAX_DEPTH - 2, {}), {}]
    store.import_from(write_lines(tmp_path / "h.jsonl", snapshots(states)))
    assert [store.at(dense).json() == state for dense, state in enumerate(states)] == [True] * 4
    with pytest.raises(BadInput, match=rf"h\.jsonl:5: JSON is nested deeper than {MAX_DEPTH} levels"):
        store.import_from(write_lines(tmp_path / "h.jsonl", snapshots([*states, nested(MAX_DEPTH + 1, 1)])))
