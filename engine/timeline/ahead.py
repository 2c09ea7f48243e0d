"""Pieces of work done ahead of whoever takes the results, in order, by a few threads.

Most of the time that a compaction takes is spent in zstd, LZMA and numpy, which leave the interpreter to others
meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TypeVar

from engine.errors import Cancelled
from engine.storage.columns import watched

P = TypeVar("P")
R = TypeVar("R")

_THREADS = 2
_PATIENCE = 0.1


def ahead(pieces: Iterable[P], work: Callable[[P], R], check: Callable[[], None]) -> Iterator[tuple[P, R]]:
    """Each piece with what `work` makes of it, in order; a few pieces are in memory at a time.

    `check` is called by whoever waits, many times a second, and raises to end it all; encoders that are at work then
    stop where they are. What `work` raises is raised where its result would come.
    """
    stop = threading.Event()

    def go_on() -> None:
        if stop.is_set():
            raise Cancelled("stopped")

    def run(piece: P) -> R:
        with watched(go_on):
            return work(piece)

    waiting: deque[tuple[P, Future[R]]] = deque()
    with ThreadPoolExecutor(_THREADS, "encode") as pool:
        try:
            for piece in pieces:
                check()
                waiting.append((piece, pool.submit(run, piece)))
                if len(waiting) > _THREADS:
                    yield _finished(*waiting.popleft(), check)
            while waiting:
                yield _finished(*waiting.popleft(), check)
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _finished(piece: P, future: Future[R], check: Callable[[], None]) -> tuple[P, R]:
    while True:
        check()
        try:
            return piece, future.result(_PATIENCE)
        except NotYet:
            continue
