"""Fuzzy matching: the letters of a query in order, better where they start words or stand together."""

import re
from functools import lru_cache

_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]|(?<=[a-z])[A-Z]")


@lru_cache(maxsize=4096)
def _starts(text: str) -> frozenset[int]:
    return frozenset(found.start() for found in _START.finditer(text))


def match(query: str, text: str) -> tuple[float, tuple[int, ...]] | None:
    """How well `query` matches `text` (higher is better) and the positions of its letters, or None.

    Blanks in the query are ignored, so are upper and lower case. Letters in a row count 3, at the
    start of a word 4, anywhere else 1; each skipped letter takes a little away. Of the ways to match,
    the best is found by dynamic programming over (letter of the query, position in the text).
    """
    wanted = "".join(query.lower().split())
    if not wanted:
        return 0.0, ()
    lower, starts = text.lower(), _starts(text)
    if len(lower) != len(text):
        lower = text  # a letter whose lower case is longer (İ): match as it stands
    best: dict[int, tuple[float, tuple[int, ...]]] = {-1: (0.0, ())}  # position of the last letter → the best so far
    for letter in wanted:
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for position, other in enumerate(lower):
            if other == letter and (found := _extend(best, position, position in starts)):
                following[position] = found
        if not following:
            return None
        best = following
    score, positions = max(best.values(), key=lambda found: found[0])
    return score - 0.01 * len(text), positions


def _extend(
    best: dict[int, tuple[float, tuple[int, ...]]], position: int, starts_word: bool
) -> tuple[float, tuple[int, ...]] | None:
    """The best way to put the next letter at `position`."""
    ways = [
        (score + (4.0 if starts_word else 3.0 if last == position - 1 >= 0 else 1.0) - 0.05 * (position - last - 1), at)
        for last, (score, at) in best.items()
        if last < position
    ]
    if not ways:
        return None
    score, positions = max(ways, key=lambda way: way[0])
    return score, (*positions, position)
