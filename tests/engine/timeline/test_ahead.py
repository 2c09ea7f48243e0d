"""Work that is done ahead: in order, stopped at once, and no thread is left over."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from engine.errors import Cancelled
from engine.storage.columns import Effort, pack
from engine.timeline.ahead import ahead


def nobody_stops() -> None:
    """Go on."""


def test_results_come_in_order_and_pieces_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for piece in range(20):
            taken.append(piece)
            yield piece

    found = []
    for result in ahead(pieces(), lambda piece: piece * piece, nobody_stops):
        found.append(result)
        assert len(taken) <= len(found) + 3
    assert found == [(piece, piece * piece) for piece in range(20)]


def test_what_the_work_raises_comes_where_its_result_would() -> None:
    results = ahead([4, 2, 0, 1], lambda piece: 8 // piece, nobody_stops)
    assert [next(results), next(results)] == [(4, 2), (2, 4)]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_who_stops_does_not_wait_for_encoders() -> None:
    column = np.random.default_rng(1).integers(0, 1 << 40, 1000)
    begun, stopped, wanted = threading.Event(), threading.Event(), threading.Event()

    def encode_for_ever(_: int) -> bytes:
        try:
            while True:
                pack({"column": column}, Effort.BALANCED)
                begun.set()
        except Cancelled:
            stopped.set()
            raise

    def check() -> None:
        if begun.is_set():
            wanted.set()
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        list(ahead([1], encode_for_ever, check))
    assert wanted.is_set()
    assert stopped.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("encode")]
    assert pack({"column": column}, Effort.BALANCED)
