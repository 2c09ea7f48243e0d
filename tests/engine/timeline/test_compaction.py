"""What a compaction does with stores too large for one block of everything, and with what happens meanwhile."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Store
from engine.errors import CorruptStore, StoreError
from engine.storage import blocks, log
from engine.storage.columns import Effort, is_quick
from engine.storage.identity import pack_outside
from engine.storage.records import unseal
from engine.timeline import compaction


def path_blocks(store: Store) -> list[tuple[int, int, bool]]:
    """First path, number of paths, and whether it was written with little effort, of each block."""
    found = store._core.db.execute("SELECT first, count, body FROM path_block WHERE first > 0 ORDER BY first")
    return [(first, count, is_quick(unseal("path_block", first, body))) for first, count, body in found]


def test_very_many_paths_stay_cut_as_they_are_in_fewer_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MANY_PATHS", 100)
    monkeypatch.setattr(blocks, "BLOCK_PATHS", 100)
    monkeypatch.setattr(compaction, "_MOST_PATHS", 150)
    file = tmp_path / "a.refactory"
    with Store.open(file, create=True) as store:
        records = {f"r{number}": {"id": f"x{number * 7919 % 1000}", "n": number} for number in range(150)}
        store.commit([{"op": "put", "path": "$.records", "value": records}])
        store.commit([{"op": "put", "path": "$.list", "value": list(range(30))}])
        expected = store.at(1).dumps()
        with store._core.writing():
            store._core.log.write_segment()
        before = path_blocks(store)
        assert len(before) > 3
        assert all(quick for *_, quick in before)
        store.compact()
        assert path_blocks(store) == [(first, count, False) for first, count, _ in before]
        done = store.compact()
        assert (done.segments, done.blocks) == (0, 0)
    with Store.open(file) as store:
        assert store.at(1).dumps() == expected
        store.commit([{"op": "put", "path": "$.records.r7.n", "value": "new"}])
        assert store.at(2).get("$.records.r7.n") == "new"


@pytest.fixture
def segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of several segments and blocks."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 6)
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        write(store, 20)
        yield store


def write(store: Store, count: int, name: str = "k") -> None:
    for number in range(count):
        store.commit([{"op": "put", "path": f"$.{name}{number % 7}", "value": f"{name} {number}"}])


def at_first(unit: str, act: Callable[[], object]) -> Callable[[int, int | None, str], None]:
    """A progress that acts once, when a unit is first counted."""
    done: list[str] = []

    def progress(_: int, __: int | None, counted: str) -> None:
        if counted == unit and not done:
            done.append(counted)
            act()

    return progress


@pytest.mark.parametrize("unit", ["paths", "values", "rows"])
def test_a_change_that_fails_meanwhile_in_another_thread_harms_nothing(segments: Store, unit: str) -> None:
    def fail() -> None:
        with contextlib.suppress(ZeroDivisionError), segments._core.writing():
            raise ZeroDivisionError

    def in_a_thread() -> None:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()

    assert segments.compact(progress=at_first(unit, in_a_thread)).segments == 1
    write(segments, 3)
    with Store.open(segments.path) as other:
        assert [other.at(dense).dumps() for dense in range(23)] == [segments.at(dense).dumps() for dense in range(23)]
        assert len(other._core.log.parts) == 1


def test_pieces_that_are_not_those_of_the_file_are_never_counted(segments: Store) -> None:
    core = segments._core
    expected = segments.at().dumps()

    def lose_a_segment() -> None:
        with core.writing():
            core.db.execute("DELETE FROM segment WHERE first_transaction=0")
            core.count_generation()

    with pytest.raises(StoreError, match="compact it again"):
        lose_a_segment()
    with Store.open(segments.path) as other:
        assert other.at().dumps() == expected


@pytest.mark.parametrize("unit", ["paths", "values", "rows"])
def test_what_another_one_seals_meanwhile_is_left_to_the_next(segments: Store, unit: str) -> None:
    segments.compact()
    write(segments, 7, "new")
    with Store.open(segments.path) as other:
        segments.compact(progress=at_first(unit, lambda: write(other, 20, "later")))
        expected = [other.at(dense).dumps() for dense in range(47)]
    segments.compact()
    with Store.open(segments.path) as again:
        assert [again.at(dense).dumps() for dense in range(47)] == expected
        assert len(again._core.log.parts) == len(path_blocks(again)) == 1


def test_values_that_are_missing_are_named(segments: Store) -> None:
    values = segments._core.log.values
    with pytest.raises(CorruptStore, match="are missing"):
        values.items(len(values) - 1, len(values) + 1)


def test_blocks_of_paths_that_are_not_known_yet_are_left_to_the_next(segments: Store) -> None:
    with Store.open(segments.path) as other:
        write(other, 20, "later")
        compaction.Compactor(segments._core, None, None)._compact_paths(Effort.SMALL)
        assert other.at(39).dumps() == segments.at().dumps()
        assert len(path_blocks(other)) > 1


def test_ids_that_would_be_read_as_others_are_not_written(segments: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compactor = compaction.Compactor(segments._core, None, None)
    second = segments._core.log.parts[1:2]
    compactor._encode(Effort.SMALL, second)
    monkeypatch.setattr(log, "pack_outside", lambda chunks, ids: pack_outside(chunks, [bytes(32) for _ in ids]))
    with pytest.raises(CorruptStore, match="would not be read as it was written"):
        compactor._encode(Effort.SMALL, second)
