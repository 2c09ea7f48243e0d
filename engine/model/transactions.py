"""Transactions: the header, its canonical bytes and id, handles."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from blake3 import blake3

from engine.model.encoding import text, uvarint

REPLICA_BYTES = 8
ID_BYTES = 32

_MAGIC = b"refactory transaction 1\n"
_TIMES = struct.Struct(">qq")
_name = lru_cache(1 << 12)(text)  # few timelines and authors have made most of a history
_HANDLE = re.compile(r"([0-9a-f]{16}):(\d{1,18})\Z")


class Header(NamedTuple):
    """What a transaction says besides its operations. `time` and `recorded` are described in `times` and `clock`;
    `source` is the id it has where it was imported from, "" for none."""

    replica: bytes
    seq: int
    timeline: str
    author: str
    message: str
    source: str
    time: int
    recorded: int


def transaction_id(header: Header, parents: Sequence[bytes], operations: int, root: bytes) -> bytes:
    """BLAKE3 of the header, the parents' ids and the Merkle root of the operations."""
    replica, seq, timeline, author, message, source, time, recorded = header
    texts = canonical_texts(timeline, author, message, source)
    return hash_transaction(replica, seq, parents, texts, time, recorded, operations, root)


def canonical_texts(timeline: str, author: str, message: str, source: str) -> bytes:
    """What a header says in texts, as it is hashed."""
    return _name(timeline) + _name(author) + text(message) + (text(source) if source else b"\0")


def hash_transaction(
    replica: bytes,
    seq: int,
    parents: Sequence[bytes],
    texts: bytes,
    time: int,
    recorded: int,
    operations: int,
    root: bytes,
) -> bytes:
    """As `transaction_id`, field by field: for many that say the same texts."""
    times = _TIMES.pack(time, recorded)
    fields = (_MAGIC, replica, uvarint(seq), uvarint(len(parents)), *parents, texts, times, uvarint(operations), root)
    return blake3(b"".join(fields)).digest()


def handle(replica: bytes, seq: int) -> str:
    """`REPLICA:SEQ`, the cheap name of a transaction."""
    return f"{replica.hex()}:{seq}"


def parse_handle(spelling: str) -> tuple[bytes, int] | None:
    """Replica and sequence number of a handle, or None where the text is not one."""
    match = _HANDLE.match(spelling)
    return (bytes.fromhex(match[1]), int(match[2])) if match else None
