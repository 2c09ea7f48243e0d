"""Group commit: what waits is written together, and a thread that gives up waiting keeps nobody else from it."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import Store
from engine.timeline.writer import Commit, Writer


class Gate:
    """Holds the first write up until it is opened, and notes what each write wrote."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[list[str]] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        write = Writer._write

        def gated(writer: Writer, batch: Sequence[Commit]) -> None:
            self.batches.append([commit.message for commit in batch])
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


class Turn(threading.Event):
    """Tells when somebody begins to wait for it; with `now`, Ctrl+C is pressed in the wait when that is set."""

    def __init__(self, now: threading.Event | None = None) -> None:
        super().__init__()
        self.awaited = threading.Event()
        self.now = now

    def wait(self, timeout: float | None = None) -> bool:
        self.awaited.set()
        if self.now is None:
            return super().wait(timeout)
        assert self.now.wait(60)
        raise KeyboardInterrupt


def commit(store: Store, number: int, turn: Turn | None = None) -> int:
    operations = [{"op": "put", "path": f"$.k{number}", "value": number}]
    made = Commit("main", "", str(number), None, lambda *place: store._build(operations, *place), turn=turn or Turn())
    return store._writer.commit(made)


def waiting(pool: ThreadPoolExecutor, store: Store, number: int, turn: Turn) -> Future[int]:
    """A commit in a thread of its own that waits by now."""
    future = pool.submit(commit, store, number, turn)
    assert turn.awaited.wait(60)
    return future


def test_what_waits_is_written_together(store: Store, gate: Gate, pool: ThreadPoolExecutor) -> None:
    first = pool.submit(commit, store, 0)
    assert gate.entered.wait(60)
    others = [waiting(pool, store, number, Turn()) for number in range(1, 7)]
    gate.opened.set()
    assert [first.result(60), *(other.result(60) for other in others)] == list(range(7))
    assert gate.batches == [["0"], ["1", "2", "3", "4", "5", "6"]]
    assert store.at().json() == {f"k{number}": number for number in range(7)}
    assert commit(store, 7) == 7


@pytest.mark.parametrize("had_the_turn", [False, True])
def test_who_is_interrupted_while_waiting_keeps_nobody_else_from_writing(
    store: Store, gate: Gate, pool: ThreadPoolExecutor, had_the_turn: bool
) -> None:
    turn = Turn(threading.Event())
    first = pool.submit(commit, store, 0)
    assert gate.entered.wait(60)
    given_up = waiting(pool, store, 99, turn)
    last = waiting(pool, store, 1, Turn())
    if had_the_turn:
        gate.opened.set()
        assert first.result(60) == 0
        assert turn.is_set()
    assert turn.now is not None
    turn.now.set()
    with pytest.raises(KeyboardInterrupt):
        given_up.result(60)
    gate.opened.set()
    assert (first.result(60), last.result(60)) == (0, 1)
    assert gate.batches == [["0"], ["1"]]
    assert commit(store, 2) == 2
