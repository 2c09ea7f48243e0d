"""The JSON of a state that came from one that is known, cut by comparing bytes instead of reading them.

Most of a version is, byte for byte, what the version before had in the same order. A container whose children's JSON
is at hand (`Node.raws`) is walked beside the new text: a child that stands where it is expected is passed over with
one comparison; what lies between two such children is cut by `jsontext`. All that is passed over is known to be JSON
and all that is not is read, so a text that was walked to its end is one value, and these are its parts: a JSON text
can be cut in one way only. Where the walk finds no way (white space, other spellings, other keys) it gives up, and
the text is read as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.exchange.node import Node
from engine.model.operations import LIST

# Smaller containers are read sooner than walked.
_WORTH = 1 << 11
# How far to look for the next known element after one that changed, beyond some times its length.
_NEAR = 1 << 12
_NEEDLE = 64
_AHEAD = (1, 0, 2, 3, 5, 9)
_MARKS = 1 << 14
_COMMA, _CLOSED = 0x2C, 0x5D
_SPACE = b" \t\r\n"

Cuts = Mapping[int, list[bytes]]


class Tracer:
    """Walks states; remembers how keys are spelled."""

    def __init__(self) -> None:
        self._marks: dict[str, bytes] = {}
        self._cuts: dict[int, list[bytes]] = {}
        self._raw = b""

    def trace(self, node: Node, raw: bytes) -> Cuts | None:
        """The JSON of the children of `node`, by its path id, in the text that it is to become, and that of those
        containers below that were walked too; unchanged ones are the very objects that `raws` holds. None where the
        text has to be read.
        """
        if len(raw) < _WORTH or not _walkable(node, raw, 0):
            return None
        self._raw = raw
        cuts = self._cuts = {}
        end = self._container(node, 0, b"")
        self._cuts, self._raw = {}, b""
        return cuts if end == len(raw) else None

    def _container(self, node: Node, at: int, tail: bytes) -> int:
        """Where the container ends that begins at `at` and is followed by `tail`; -1 where that is not found."""
        return self._list(node, at, tail) if node.kind == LIST else self._map(node, at, tail)

    # ------------------------------------------------------------------------------------------------- maps

    def _map(self, node: Node, at: int, tail: bytes) -> int:
        raw, olds = self._raw, node.raws or []
        marks = list(map(self._mark, node.keys))
        marks[0] = b"{" + marks[0][1:]
        marks.append(b"}")
        if not raw.startswith(marks[0], at):
            return -1
        found = []
        for index, old in enumerate(olds):
            at += len(marks[index])
            follows = marks[index + 1]
            end = at + len(old)
            if not (raw.startswith(old, at) and raw.startswith(follows, end)):
                end = self._member(node, index, at, follows if index + 1 < len(olds) else follows + tail)
                if end < 0:
                    return -1
                old = raw[at:end]
            found.append(old)
            at = end
        self._cuts[node.pid] = found
        return at + 1

    def _member(self, node: Node, index: int, at: int, follows: bytes) -> int:
        """Where the value of a member that changed ends: before `follows`."""
        raw = self._raw
        child = node.nodes.get(node.pids[index])
        if child is not None and len(node.raws[index]) >= _WORTH and _walkable(child, raw, at):  # type: ignore[index]
            end = self._container(child, at, follows)
            if end >= 0 and raw.startswith(follows, end):
                return end
            self._cuts.pop(child.pid, None)
        end = raw.find(follows, at) if follows != b"}" else len(raw) - 1
        return end if end > at and raw.startswith(follows, end) and _is_value(raw[at:end]) else -1

    def _mark(self, key: str) -> bytes:
        """A key that is not the first as compact JSON spells it, from comma to colon."""
        mark = self._marks.get(key)
        if mark is None:
            if len(self._marks) >= _MARKS:
                self._marks.clear()
            mark = self._marks[key] = b"," + jsontext.dump(key) + b":"
        return mark

    # ------------------------------------------------------------------------------------------------ lists

    def _list(self, node: Node, at: int, tail: bytes) -> int:
        raw, olds = self._raw, node.raws or []
        startswith, limit, count, comma, closed = raw.startswith, len(raw), len(olds), _COMMA, _CLOSED
        found: list[bytes] = []
        place, at = 0, at + 1
        while place < count:
            first = place
            for old in islice(olds, first, None):
                end = at + len(old)
                if not startswith(old, at) or end >= limit or (raw[end] != comma and raw[end] != closed):
                    break
                place += 1
                at = end + 1
                if raw[end] == closed:
                    break
            if place > first:
                found += olds[first:place]
                if raw[at - 1] == closed:
                    break
                continue
            place, start = self._next_known(olds, place, at)
            if start > at:
                between = _elements(raw[at : start - 1])
                if between is None:
                    return -1
                found += between
            elif start < 0:
                at = self._rest(found, at, tail)
                break
            at = start
        else:
            at = self._rest(found, at, tail)
        self._cuts[node.pid] = found
        return at

    def _next_known(self, olds: list[bytes], place: int, at: int) -> tuple[int, int]:
        """The place of an element that comes soon in both, and where it begins in the text (-1: none is found)."""
        raw = self._raw
        limit = at + 4 * len(olds[place]) + _NEAR
        for ahead in _AHEAD:
            if place + ahead >= len(olds):
                continue
            old = olds[place + ahead]
            # Long needles are prepared at length: the beginning is enough to find the place.
            start = raw.find(old[:_NEEDLE], at, limit)
            end = start + len(old)
            if start < 0 or end >= len(raw) or raw[end] not in b",]" or not raw.startswith(old, start):
                continue
            if start == at or raw[start - 1] == _COMMA:
                return place + ahead, start
        return len(olds), -1

    def _rest(self, found: list[bytes], at: int, tail: bytes) -> int:
        """Cut all that is left of a list, from element `found` on; where the list ends, -1 where that is not found."""
        raw = self._raw
        end = raw.find(b"]" + tail, at) if tail else len(raw) - 1
        if end < at or raw[end] != _CLOSED:
            return -1
        if end == at and not found:
            return end + 1
        rest = _elements(raw[at:end])
        if rest is None:
            return -1
        found += rest
        return end + 1


def _walkable(node: Node, raw: bytes, at: int) -> bool:
    """Whether what is known of a container may help to read the text that begins at `at`."""
    if not node.raws or len(node.raws) != len(node):
        return False
    if node.kind == LIST:
        return raw[at : at + 1] == b"["
    # A map that is spelled as bytes are, or may be, is for the reader.
    return raw[at : at + 2] == b'{"' and raw[at + 2 : at + 3] not in b'$\\"' and not node.keys[0].startswith("$")


def _elements(raw: bytes) -> list[bytes] | None:
    """The elements of a list, given without its brackets; None where there are none, or it is no JSON."""
    if not raw or raw.isspace():
        return None
    try:
        return jsontext.array_level(b"[" + raw + b"]")
    except InvalidValue:
        return None


def _is_value(raw: bytes) -> bool:
    """Whether these bytes are one JSON value with nothing around it."""
    return raw[:1] not in _SPACE and raw[-1:] not in _SPACE and jsontext.is_value(raw)
