"""Splices: what an edit does to a text, and its canonical bytes, the argument of a SPLICE operation."""

from __future__ import annotations

from typing import NamedTuple

from engine.model.encoding import read_text, read_uvarint, text, uvarint

_BYTES = b"b"


class Splice(NamedTuple):
    """`delete` code points of the text that is the value `base`, from `start` on, give way to `insert`."""

    base: int
    start: int
    delete: int
    insert: str

    def argument(self) -> bytes:
        """The canonical bytes of the operation's argument, which says nothing of what it is applied to."""
        return _BYTES + uvarint(self.start) + uvarint(self.delete) + text(self.insert)


def read_argument(argument: bytes, base: int) -> Splice:
    """The splice that such an argument makes of a text. Raises `ValueError` or `IndexError` for what is none."""
    if argument[:1] != _BYTES:
        raise ValueError("no argument of a splice")
    start, offset = read_uvarint(argument, 1)
    delete, offset = read_uvarint(argument, offset)
    insert, offset = read_text(argument, offset)
    if offset != len(argument):
        raise ValueError("an argument of a splice goes on after its end")
    return Splice(base, start, delete, insert)
