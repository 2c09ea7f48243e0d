"""Which children of a container kept their place: longest increasing subsequences, and what stands in the gaps."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import islice, pairwise
from operator import ne
from typing import Any

from engine.timeline.diff import increasing

NEW = -1


def common_ends(old: Sequence[Any], new: Sequence[Any]) -> tuple[int, int]:
    """Lengths of the common beginning and of the common end (which do not overlap)."""
    limit = min(len(old), len(new))
    head = next((place for place, differs in enumerate(map(ne, old, new)) if differs), limit)
    limit -= head
    backwards = islice(map(ne, reversed(old), reversed(new)), limit)
    return head, next((place for place, differs in enumerate(backwards) if differs), limit)


def staying(origins: Sequence[int]) -> list[bool]:
    """For each child of the new order whether it stays where it is.

    `origins[i]` is the old position of the child that now stands at `i`, or `NEW`. Those that stay form a longest
    increasing subsequence, so that as few as possible move.
    """
    kept = [origin for origin in origins if origin != NEW]
    if all(a < b for a, b in pairwise(kept)):
        return [origin != NEW for origin in origins]
    chosen = {kept[index] for index in increasing(kept)}
    return [origin in chosen for origin in origins]


def align_by_content(old: Sequence[bytes], new: Sequence[bytes]) -> list[int]:
    """For each element of `new` the element of `old` that it goes on from, or `NEW`.

    Equal elements are matched (the n-th with the n-th), then those that stand between the same two unmoved
    neighbours, in order, where both are the same kind of thing: a changed element keeps its identity.
    """
    places: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for index, item in enumerate(old):
        places[item].append(index)
    origins = []
    for item in new:
        found = places.get(item)
        origins.append(found.popleft() if found else NEW)
    left = sorted(index for found in places.values() for index in found)
    if left and NEW in origins:
        _pair_gaps(old, new, origins, deque(left))
    return origins


def _pair_gaps(old: Sequence[bytes], new: Sequence[bytes], origins: list[int], left: deque[int]) -> None:
    """Give new elements an unmatched old one of the same gap; gaps end at elements that stay."""
    stays = staying(origins)
    anchors = [origin for origin, stay in zip(origins, stays, strict=True) if stay]
    upcoming = deque(anchors)
    upcoming.append(len(old))
    for index, origin in enumerate(origins):
        if stays[index]:
            upcoming.popleft()
            while left and left[0] < origin:
                left.popleft()
        elif origin == NEW and left and left[0] < upcoming[0] and alike(old[left[0]], new[index]):
            origins[index] = left.popleft()


def alike(a: bytes, b: bytes) -> bool:
    """Whether two pieces of JSON are the same kind of thing: both objects, both arrays, or both scalars."""
    return (a[0] if a[0] in b"{[" else 0) == (b[0] if b[0] in b"{[" else 0)
