"""Operations: what a transaction says, row by row, and the bytes that are hashed.

A row is one effect on one path: `(path, kind, value, arg, label)`.

* `path`: path id; `value`: the value id that the path holds afterwards (0 absent, 1 map, 2 list, others leaves).
* `arg`: for INSERT and MOVE the path id of the sibling that the element comes to stand after (-1: at the start);
  for INCREMENT, ADD and DISCARD the value id of the argument. A SPLICE needs none: the value that it makes is stored as
  the edit that made it.
* `label`: where the path stands among its siblings (children of a container are sorted by label). `NO_LABEL` leaves
  the place alone; `AT_END` is what a row says that makes its path live as the last child, and becomes
  `row ordinal << LABEL_SHIFT` when the row gets its ordinal (from 1); anything else is a place between two labels.

DROP (what a REMOVE or an overwriting PUT implies below it) and RELABEL (room made between labels) are derived from
the state and the other rows: they are stored so that replay is one scatter, and are not hashed. Labels are derived
from "after which sibling" and are not hashed either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from blake3 import blake3

ABSENT = 0
MAP = 1
LIST = 2
FIRST_VALUE = 3

ROOT = 0
AT_START = -1
LABEL_SHIFT = 24
NO_LABEL = 0
AT_END = -1


class Kind(IntEnum):
    """Kinds of rows; the numbers are part of the file format and of every id."""

    PUT = 1
    REMOVE = 2
    INSERT = 3
    MOVE = 4
    INCREMENT = 5
    ADD = 6
    DISCARD = 7
    SPLICE = 8
    DROP = 16
    RELABEL = 17


DERIVED = 16
KEEPS_VALUE = (Kind.MOVE, Kind.RELABEL)
"""What changes the place of a path and leaves its value alone."""
_TAGS = {kind: bytes((kind,)) for kind in Kind}


@dataclass(slots=True)
class Rows:
    """The rows of one transaction while it is put together, column by column."""

    path: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    value: list[int] = field(default_factory=list)
    arg: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)

    def append(self, path: int, kind: int, value: int, arg: int = 0, label: int = NO_LABEL) -> None:
        """Add one row; see the module's text for the columns."""
        self.path.append(path)
        self.kind.append(kind)
        self.value.append(value)
        self.arg.append(arg)
        self.label.append(label)

    def __len__(self) -> int:
        return len(self.path)


def encode_operation(kind: int, path: bytes, value: bytes, anchor: bytes) -> bytes:
    """Canonical bytes of one operation.

    `path` is the encoding of the whole path (a count and its steps), `value` the canonical bytes of the value put or
    of the argument ("" where there is none), `anchor` the step stood after ("" at the start, unused otherwise).
    Prefix-free because the path is self-delimiting and the anchor precedes the value.
    """
    if kind == Kind.INSERT or kind == Kind.MOVE:
        return _TAGS[Kind(kind)] + path + (b"\1" + anchor if anchor else b"\0") + value
    return _TAGS[Kind(kind)] + path + value


FANOUT = 16


def leaf_hash(operation: bytes) -> bytes:
    """Hash of one operation, a leaf of the Merkle tree (domain-separated as in RFC 6962)."""
    return blake3(b"\0" + operation).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """Root of the tree over leaf hashes: nodes hash up to `FANOUT` children, in order; of nothing, the hash of "".

    The wide fan-out costs 7 % more hashing than the leaves alone and keeps a proof under 500 bytes a level.
    """
    if len(leaves) == 1:
        return leaves[0]
    if not leaves:
        return blake3(b"").digest()
    while len(leaves) > 1:
        leaves = [blake3(b"\1" + b"".join(leaves[i : i + FANOUT])).digest() for i in range(0, len(leaves), FANOUT)]
    return leaves[0]
