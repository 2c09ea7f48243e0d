"""Commits that were left out, as they touch nothing that was imported, name the state that they have."""

import random
from pathlib import Path

import apsw
import pytest

from engine import Store
from engine.errors import Ambiguous, CorruptStore, NotFound
from engine.model.times import looks_like_time
from engine.timeline import aliases
from tests.exchange.repository import Repository
from tests.exchange.support import exact


def notes(number: int, data: str = "1") -> dict[str, str]:
    """Files of which only one is data."""
    return {"a.json": data, "README": str(number)}


def test_a_commit_that_touches_no_data_names_the_state_that_it_has(store: Store, repository: Repository) -> None:
    before = repository.commit({"README": "x"})
    a = repository.commit({"README": "x", "a.json": "1"}, before)
    b = repository.commit(notes(1), a)
    side = repository.commit(notes(2), a)
    merge = repository.commit(notes(3), b, side)
    repository.commit(notes(3, "2"), merge, branch="main")
    store.import_from(repository.path)
    assert store.graph.count == 2
    for commit in (b, side, merge, b[:9], side[:7], merge[:15]):
        assert store.at(commit).json() == {"a.json": 1}
    assert store.at(before).json() == {}
    assert store.at(f"{merge}~1").transaction == -1
    with pytest.raises(NotFound):
        store.at("0" * 40)


def test_a_store_that_has_not_seen_the_import_of_another_knows_no_such_id(
    repository: Repository, tmp_path: Path
) -> None:
    left = repository.commit({"a.json": "1", "README": "x"}, repository.commit({"a.json": "1"}), branch="main")
    Store.open(tmp_path / "store", create=True).close()
    with Store.open(tmp_path / "store") as open_since, Store.open(tmp_path / "store") as other:
        other.import_from(repository.path)
        with pytest.raises(NotFound):
            open_since.at(left)
        open_since.refresh()
        assert open_since.at(left).json() == {"a.json": 1}


def test_what_was_left_out_before_is_known_later(store: Store, repository: Repository) -> None:
    tip = repository.commit({"a.json": "0"})
    commits = {tip: 0}
    for number in range(1, 13):
        tip = repository.commit(notes(number, str(number // 4)), tip, branch="main")
        commits[tip] = number // 4
        store.import_from(repository.path)
    assert store.graph.count == 4
    for commit, value in commits.items():
        assert store.at(commit).json() == {"a.json": value}


def test_rows_are_begun_anew_when_they_are_full(
    store: Store, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "FULL", 3)
    tip = repository.commit({"a.json": "1"})
    commits = []
    for number in range(10):
        tip = repository.commit(notes(number), tip, branch="main")
        commits.append(tip)
        store.import_from(repository.path)
    store.import_from(repository.path)
    assert {store.at(commit).transaction for commit in commits} == {0}
    rows = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY).execute("SELECT count(*) FROM source")
    assert rows.fetchall() == [(1 + 4,)]


def test_prefixes_are_those_of_all_commits(store: Store, repository: Repository) -> None:
    """Whatever is the beginning of two ids that have different states is ambiguous, left out or not."""
    states: dict[str, str] = {}
    tip = repository.commit({"a.json": "0"}, branch="main")
    states[tip] = exact(0)
    for number in range(1, 700):
        value = number // 2
        tip = repository.commit({"a.json": str(value), "README": str(number)}, tip, branch="main")
        states[tip] = exact(value)
    store.import_from(repository.path)
    own = {store.get(dense).id for dense in range(store.graph.count)}
    told = 0
    for commit in states:
        prefix = commit[:4]
        meant = {state for other, state in states.items() if other.startswith(prefix)}
        if any(each.startswith(prefix) for each in own):
            continue  # an id of ours comes first
        if looks_like_time(prefix):
            continue
        if len(meant) > 1:
            told += 1
            with pytest.raises(Ambiguous):
                store.at(prefix)
        else:
            assert exact(store.at(prefix).json()["a.json"]) in meant
    assert told


def test_a_stopped_and_an_older_import_are_completed(store: Store, repository: Repository) -> None:
    """As of a version that kept no such ids."""
    a = repository.commit({"a.json": "1"})
    b = repository.commit(notes(1), a, branch="main")
    store.import_from(repository.path)
    with store.bulk(b"\0" * 8, "older") as writer:
        for (name,) in apsw.Connection(str(store.path)).execute("SELECT identity FROM source").fetchall():
            found = store.source(name) or {}
            notes_ = {key: value for key, value in found.items() if key != "aliases"}
            writer.set_source(name, notes_ or aliases.packed({}))
    with pytest.raises(NotFound):
        store.at(b)
    store.import_from(repository.path)
    assert store.at(b).json() == {"a.json": 1}


@pytest.mark.parametrize("what", ["flip", "lose", "exchange"])
def test_damage_is_named(tmp_path: Path, repository: Repository, what: str) -> None:
    tip = repository.commit({"a.json": "1"})
    for number in range(30):
        tip = repository.commit(notes(number), tip, branch="main")
    with Store.open(tmp_path / "damaged", create=True) as store:
        store.import_from(repository.path)
    connection = apsw.Connection(str(tmp_path / "damaged"))
    ((name, body),) = connection.execute("SELECT identity, body FROM source WHERE length(identity) > 16").fetchall()
    if what == "flip":
        damaged = bytearray(body)
        damaged[random.Random(1).randrange(len(body))] ^= 4
        connection.execute("UPDATE source SET body=? WHERE identity=?", (bytes(damaged), name))
    elif what == "lose":
        connection.execute("DELETE FROM source WHERE identity=?", (name,))
    else:
        connection.execute("UPDATE source SET identity=? WHERE identity=?", (name[:-1] + b"x", name))
    connection.close()
    with pytest.raises(CorruptStore, match="damaged"), Store.open(tmp_path / "damaged") as store:
        store.at(tip)
