"""Questions that are asked anew where what they met was cut in other pieces meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.errors import StoreError

T = TypeVar("T")

# Each time another process has finished a compaction between two statements of one question.
TRIES = 16


def ask_again(ask: Callable[[], T], gone: type[Exception], look: Callable[[], object]) -> T:
    """What `ask` gives; where it raises `gone`, anew after `look` has seen what there is now. Raises `StoreError` where
    that does not end."""
    for _ in range(TRIES):
        try:
            return ask()
        except gone:
            look()
    raise StoreError("the store was compacted again and again while it was read; wait for that to end and ask again")
