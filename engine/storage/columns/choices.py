"""What a block says of itself: how each of its columns is stored, and the bytes that this takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Choice(NamedTuple):
    """How a column is stored: its name, the strategy in words, and the bytes that it takes."""

    column: str
    strategy: str
    size: int


def complete(choices: Sequence[Choice], total: int) -> list[Choice]:
    """The choices with what frames them, so that they add up to the size of the block; where the block is compressed as
    a whole, each gets its share of that."""
    rest = total - sum(choice.size for choice in choices)
    if rest >= 0:
        return [*choices, Choice("", "frame", rest)]
    shares = apportion(total, [choice.size for choice in choices])
    return [choice._replace(size=share) for choice, share in zip(choices, shares, strict=True)]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total (the method of largest remainders)."""
    whole = sum(weights)
    if not weights or not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    exact = [total * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    ranked = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in ranked[: total - sum(shares)]:
        shares[place] += 1
    return shares
