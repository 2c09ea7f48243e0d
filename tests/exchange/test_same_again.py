"""What an import writes is a function of its source; what is imported again goes on where it was, whoever is there."""

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput, Cancelled
from engine.exchange.intake import Intake
from tests.exchange.repository import Repository
from tests.exchange.support import Countdown, by_source, graph, heads, ids, snapshots, states, take_in, write_lines

Open = Callable[[str], Store]


def handles(store: Store) -> dict[str, str]:
    """Ids by handle."""
    return {store.handle(dense): store.get(dense).id for dense in range(store.graph.count)}


# ------------------------------------------------------------------------------------------- files of lines


def test_parents_are_versions_of_the_same_source(tmp_path: Path, store: Store, open_store: Open) -> None:
    """Another source in the store may call its versions the same, or have one that is asked for."""
    one = write_lines(tmp_path / "one.jsonl", graph(("a", {"x": 1}, [], "main"), ("b", {"x": 2}, ["a"], "main")))
    two = write_lines(tmp_path / "two.jsonl", graph(("a", {"y": 1}, [], "main"), ("c", {"y": 2}, ["a"], "main")))
    three = write_lines(tmp_path / "three.jsonl", graph(("d", {"z": 1}, [], "main"), ("e", {"z": 2}, ["b"], "main")))
    store.import_from(two)
    store.import_from(one)
    write_lines(two, [*graph(("a", {"y": 1}, [], "main"), ("c", {"y": 2}, ["a"], "main")), *_later(["a"])])
    store.import_from(two)
    assert store.get(4).parents == (0,)
    with pytest.raises(BadInput, match=r'three\.jsonl:2: the parent "b" is no earlier version'):
        store.import_from(three)
    alone = open_store("alone")
    alone.import_from(two)
    assert set(ids(alone)) <= set(ids(store))


def _later(parents: list[str]) -> list[dict[str, object]]:
    return [{"time": "2025-01-01T00:00:00Z", "state": {"y": 3}, "id": "late", "parents": parents}]


def test_a_source_that_another_process_imported_meanwhile_is_not_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in between, when everything is read that is read before the writer's lock is held."""
    source = write_lines(tmp_path / "h.jsonl", snapshots([{"n": n} for n in range(5)]))
    target = tmp_path / "store"
    bulk = Store.bulk
    done = []

    def late(store: Store, replica: bytes, description: str) -> object:
        if not done:
            done.append(True)
            process = multiprocessing.get_context("spawn").Process(target=take_in, args=(target, source))
            process.start()
            process.join()
            assert process.exitcode == 0
        return bulk(store, replica, description)

    with Store.open(target, create=True) as store:
        monkeypatch.setattr(Store, "bulk", late)
        result = store.import_from(source)
        assert (result.transactions, result.operations, store.graph.count) == (0, 0, 5)
        assert store.heads() == {"main": (4,)}


# ------------------------------------------------------------------------------------------------------ git


def test_history_goes_on_behind_a_merge_that_adds_nothing(store: Store, repository: Repository) -> None:
    """The first parent of the merge has no data: its state is that of the side that was merged."""
    readme = repository.commit({"README": "x"}, branch="main")
    side = repository.commit({"README": "x", "d.json": "1"}, readme, branch="f")
    merge = repository.commit({"README": "x", "d.json": "1"}, readme, side, branch="main", message="Merge branch 'f'")
    store.import_from(repository.path)
    last = repository.commit({"README": "x", "d.json": "2"}, merge, branch="main")
    store.import_from(repository.path)
    numbers = by_source(store)
    assert numbers == {side: 0, last: 1}
    assert store.get(1).parents == (0,)
    assert heads(store)["main"] == (last,)


def test_what_is_checked_out_does_not_matter(tmp_path: Path, repository: Repository, open_store: Open) -> None:
    a = repository.commit({"a.json": "1"}, branch="main", at=1)
    repository.commit({"a.json": "2"}, a, branch="dev", at=2)
    repository.commit({"site.json": "3"}, branch="pages", at=3)
    stores = [open_store("one"), open_store("two"), open_store("three")]
    for store, branch in zip(stores, ("main", "dev", "pages"), strict=True):
        repository.git.set_head(f"refs/heads/{branch}")
        store.import_from(repository.path)
        assert store.default_timeline == branch
    first, second, third = map(handles, stores)
    assert first == second
    assert third == first
    for store in stores:
        assert store.import_from(repository.path).transactions == 0
        assert len(store.timelines()) == 3


def test_where_what_is_checked_out_matters_handles_are_others(repository: Repository, open_store: Open) -> None:
    a = repository.commit({"a.json": "1"}, branch="one")
    repository.commit({"a.json": "2"}, a, branch="two")
    stores = [open_store("one"), open_store("two")]
    for store, branch in zip(stores, ("one", "two"), strict=True):
        repository.git.set_head(f"refs/heads/{branch}")
        store.import_from(repository.path)
    assert stores[0].get(0).timeline == "one"
    assert stores[1].get(0).timeline == "two"
    assert not handles(stores[0]).keys() & handles(stores[1]).keys()


def test_other_states_of_a_repository_never_share_handles(repository: Repository, open_store: Open) -> None:
    """An older commit that arrives later, a branch of another name, a branch more: the order and names are others."""
    a = repository.commit({"a.json": "0"}, at=0)
    b = repository.commit({"a.json": "1"}, a, branch="main", at=5)
    seen: dict[str, str] = {}
    growing = open_store("growing")

    def look(name: str) -> None:
        growing.import_from(repository.path)
        store, again = open_store(name), open_store(f"{name}-again")
        store.import_from(repository.path)
        again.import_from(repository.path)
        assert handles(store) == handles(again)
        assert sorted(states(growing)) == sorted(states(store))
        for found in (handles(store), handles(growing)):
            for handle, id_ in found.items():
                assert seen.setdefault(handle, id_) == id_

    look("first")
    repository.commit({"a.json": "old"}, a, branch="older", at=1)
    look("an older commit")
    repository.git.branches["older"].rename("renamed")
    look("another name")
    repository.commit({"a.json": "2"}, b, branch="main", at=6)
    repository.tag("v1", repository.commit({"a.json": "tagged"}, b, at=2))
    look("a tag")
    assert growing.import_from(repository.path).transactions == 0


def test_a_shallow_clone_has_handles_of_its_own(tmp_path: Path, repository: Repository, open_store: Open) -> None:
    a = repository.commit({"a.json": "0"})
    b = repository.commit({"a.json": "1"}, a, branch="main")
    shallow = tmp_path / "shallow"
    shutil.copytree(repository.path, shallow)
    (shallow / "shallow").write_text(f"{b}\n")
    (shallow / "objects" / a[:2] / a[2:]).chmod(0o600)
    (shallow / "objects" / a[:2] / a[2:]).unlink()
    one, two = open_store("one"), open_store("two")
    one.import_from(repository.path)
    two.import_from(shallow)
    assert two.graph.count == 1
    assert not handles(one).keys() & handles(two).keys()


def test_a_stopped_import_of_another_state_goes_on_with_handles_of_its_own(
    repository: Repository, open_store: Open
) -> None:
    tip = repository.commit({"a.json": "0"}, branch="main")
    for number in range(1, 6):
        tip = repository.commit({"a.json": str(number)}, tip, branch="main")
    stores = []
    for stop in (5, 6, 7, None):
        stores.append(open_store(f"stop{stop}"))
        if stop is None:
            stores[-1].import_from(repository.path)
        else:
            with pytest.raises(Cancelled):
                stores[-1].import_from(repository.path, cancel=Countdown(stop + 3))
    assert len({store.graph.count for store in stores}) > 2
    repository.commit({"a.json": "new"}, tip, branch="main")
    seen: dict[str, str] = {}
    for store in stores:
        store.import_from(repository.path)
        assert states(store)[-1] == '{"a.json": "new"}' or store.graph.count == 7
        for handle, id_ in handles(store).items():
            assert seen.setdefault(handle, id_) == id_


def test_a_fault_of_ours_is_not_said_to_be_the_repositorys(
    store: Store, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a.json": json.dumps({"a": 1})}, branch="main")

    def wrong(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(Intake, "begin", wrong)
    with pytest.raises(KeyError, match="ours"):
        store.import_from(repository.path)


@pytest.mark.parametrize("what", ["commit", "tree", "blob", "folder"])
def test_an_object_that_is_missing_is_the_repositorys_fault(store: Store, repository: Repository, what: str) -> None:
    first = repository.commit({"a.json": "1", "b/c.json": "2"})
    last = repository.commit({"a.json": "3", "b/c.json": "4"}, first, branch="main")
    tree = repository.git[last].tree
    found = str({"commit": repository.git[last], "tree": tree, "blob": tree["a.json"], "folder": tree["b"]}[what].id)
    file = repository.path / "objects" / found[:2] / found[2:]
    file.chmod(0o600)
    file.unlink()
    with pytest.raises(BadInput, match=r"cannot be read|no commits yet"):
        store.import_from(repository.path)
