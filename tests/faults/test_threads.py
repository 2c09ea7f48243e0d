"""Many threads on one open store: readers see whole versions while a writer writes, and no commit is lost."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from engine.model.paths import encode_step
from engine.storage import cache, log
from engine.storage.path_table import PathTable
from engine.timeline import state

KEYS = 50


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small segments and next to no caches: readers go to the file, and the tail moves under their feet."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 8)
    monkeypatch.setattr(cache, "DEFAULT_BYTES", 20_000)
    monkeypatch.setattr(state, "CHECKPOINT_ROWS", 100)


def expected(dense: int) -> dict[str, str]:
    """What the commits of this module make of the state."""
    result: dict[str, str] = {}
    for number in range(dense + 1):
        result[f"k{number % KEYS}"] = f"value {number}"
    return result


def run(*workers: Callable[[], None]) -> None:
    """Run all in threads of their own and raise what the first of them raised."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def write(store: Store, number: int) -> None:
    """The commit that `expected` counts."""
    value = {"op": "put", "path": f"$.k{number % KEYS}", "value": f"value {number}"}
    store.commit([value], message=f"message {number}")


@pytest.mark.usefixtures("cramped")
def test_readers_see_whole_versions_while_a_writer_writes(tmp_path: Path) -> None:
    written = threading.Event()

    def write_all() -> None:
        try:
            for number in range(1, 150):
                write(store, number)
        finally:
            written.set()

    def read(seed: int) -> None:
        chosen = random.Random(seed)
        while not written.is_set():
            dense = chosen.randrange(store.graph.count)
            version = store.at(dense)
            assert version.json() == expected(dense)
            assert store.get(dense).message == f"message {dense}"
            assert [entry.after for entry in store.history("$.k7")][:1] in ([], ["value 7"])
            # All keys that there are, and the empty state that is no more.
            assert len(list(store.diff(-1, dense))) == len(expected(dense)) + 1

    with Store.open(tmp_path / "a.refactory", create=True) as store:
        write(store, 0)
        run(write_all, *(lambda seed=seed: read(seed) for seed in range(3)))
    with Store.open(tmp_path / "a.refactory") as store:
        assert store.at().json() == expected(149)


@pytest.mark.usefixtures("cramped")
def test_commits_of_many_threads_all_arrive_in_the_order_of_each(tmp_path: Path) -> None:
    threads, commits = 6, 25
    with Store.open(tmp_path / "a.refactory", create=True) as store:

        def work(name: str) -> None:
            for number in range(commits):
                store.commit([{"op": "increment", "path": f"$.{name}", "delta": 1}], message=f"{name} {number}")

        names = [f"t{number}" for number in range(threads)]
        run(*(lambda name=name: work(name) for name in names))
    with Store.open(tmp_path / "a.refactory") as store:
        assert store.at().json() == dict.fromkeys(store.at().json(), commits)
        messages = [transaction.message for transaction in store.log()][::-1]
        for name in names:
            assert [item for item in messages if item.startswith(f"{name} ")] == [f"{name} {n}" for n in range(commits)]
        assert [store.graph.parent[dense] for dense in range(store.graph.count)] == [*range(-1, threads * commits - 1)]


@pytest.mark.usefixtures("cramped")
def test_a_commit_that_is_refused_leaves_the_others_of_its_group_alone(tmp_path: Path) -> None:
    refused: list[str] = []
    with Store.open(tmp_path / "a.refactory", create=True) as store:

        def work(name: str, valid: bool) -> None:
            for _ in range(20):
                try:
                    path = f"$.{name}" if valid else "$.nothing.there[0]"
                    store.commit([{"op": "put", "path": f"$.new.{name}", "value": {name: valid}}, increment(path)])
                except BadInput as error:
                    refused.append(str(error))

        def increment(path: str) -> dict[str, object]:
            return {"op": "increment", "path": path, "delta": 1}

        run(*(lambda n=n: work(f"t{n}", n % 2 == 0) for n in range(6)))
        assert len(refused) == 60
        state_of_all = store.at().json()
        assert sorted(state_of_all.pop("new")) == ["t0", "t2", "t4"]
        assert state_of_all == {"t0": 20, "t2": 20, "t4": 20}
    with Store.open(tmp_path / "a.refactory") as store:
        assert len(list(store.log())) == 60


def test_a_path_that_is_looked_for_while_it_is_made_has_one_id() -> None:
    """The index of a large container is made at the first question, which may be anybody's."""
    names = [encode_step(f"key{number}") for number in range(100_000)]
    new = [encode_step("new")]
    for _ in range(4):
        table = PathTable()
        table.define([0] * len(names), names)
        both, made = threading.Barrier(2), []

        def look(table: PathTable = table, both: threading.Barrier = both) -> None:
            both.wait()
            table.find(0, names[5])

        def make(table: PathTable = table, both: threading.Barrier = both, made: list[list[int]] = made) -> None:
            both.wait()
            made.append(table.children_by(0, new))

        run(look, make)
        assert table.children_by(0, new) == made[0]


def test_a_state_that_was_made_while_its_transaction_was_taken_back_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "store", create=True) as store:
        store.commit([{"op": "put", "path": "$.a", "value": 1}])
        states = store._core.states
        states.forget()
        make = state.States._make

        def taken_back_meanwhile(self: state.States, dense: int) -> state.State:
            found = make(self, dense)
            self.forget()
            return found

        monkeypatch.setattr(state.States, "_make", taken_back_meanwhile)
        states.at(0)
        assert 0 not in states.cache
