"""Group commit: what waits is written together, and a thread that gives up waiting keeps nobody else from it."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import Store
from engine.timeline.batch import Commit
from engine.timeline.writer import Turn, Waiting, Writer


class Gate:
    """Holds the first write up until it is opened, and notes what each write wrote."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[list[str]] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        write = Writer._write

        def gated(writer: Writer, batch: Sequence[Waiting]) -> None:
            self.batches.append([each.commit.message for each in batch])
            self.entered.set()
            assert self.opened.wait(60)
            write(writer, batch)

        monkeypatch.setattr(Writer, "_write", gated)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "a.refactory", create=True) as opened:
        yield opened


class WatchedTurn(Turn):
    """Tells when somebody begins to wait for it; with `now`, Ctrl+C is pressed in the wait when that is set."""

    def __init__(self, now: threading.Event | None = None) -> None:
        super().__init__()
        self.awaited = threading.Event()
        self.now = now

    def wait(self) -> None:
        self.awaited.set()
        if self.now is None:
            super().wait()
            return
        assert self.now.wait(60)
        raise KeyboardInterrupt


def commit(store: Store, number: int, turn: Turn | None = None) -> int:
    operations = [{"op": "put", "path": f"$.k{number}", "value": number}]
    return store._writer.commit(Waiting(Commit(operations, "main", message=str(number)), turn=turn or Turn()))


def waiting(pool: ThreadPoolExecutor, store: Store, number: int, turn: WatchedTurn) -> Future[int]:
    """A commit in a thread of its own that waits by now."""
    future = pool.submit(commit, store, number, turn)
    assert turn.awaited.wait(60)
    return future


def test_what_waits_is_written_together(store: Store, gate: Gate, pool: ThreadPoolExecutor) -> None:
    first = pool.submit(commit, store, 0)
    assert gate.entered.wait(60)
    others = [waiting(pool, store, number, WatchedTurn()) for number in range(1, 7)]
    gate.opened.set()
    assert [first.result(60), *(other.result(60) for other in others)] == list(range(7))
    assert gate.batches == [["0"], ["1", "2", "3", "4", "5", "6"]]
    assert store.at().json() == {f"k{number}": number for number in range(7)}
    assert commit(store, 7) == 7


@pytest.mark.parametrize("had_the_turn", [False, True])
def test_who_is_interrupted_while_waiting_keeps_nobody_else_from_writing(
    store: Store, gate: Gate, pool: ThreadPoolExecutor, had_the_turn: bool
) -> None:
    turn = WatchedTurn(threading.Event())
    first = pool.submit(commit, store, 0)
    assert gate.entered.wait(60)
    given_up = waiting(pool, store, 99, turn)
    last = waiting(pool, store, 1, WatchedTurn())
    if had_the_turn:
        gate.opened.set()
        assert first.result(60) == 0
        assert turn.given
    assert turn.now is not None
    turn.now.set()
    with pytest.raises(KeyboardInterrupt):
        given_up.result(60)
    gate.opened.set()
    assert (first.result(60), last.result(60)) == (0, 1)
    assert gate.batches == [["0"], ["1"]]
    assert commit(store, 2) == 2
