"""Ids of new transactions: hashing rows into operations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from blake3 import blake3

from engine.model.operations import AT_START, DERIVED, Kind, Rows, encode_operation, leaf_hash, merkle_root
from engine.model.transactions import Header, transaction_id
from engine.storage.log import Log

_WITH_ARGUMENT = (Kind.INCREMENT, Kind.ADD, Kind.DISCARD, Kind.SPLICE)
_WITHOUT_VALUE = (Kind.REMOVE, Kind.MOVE)


def hash_rows(log: Log, rows: Rows) -> tuple[int, bytes]:
    """How many operations the rows are (derived rows are none), and the Merkle root over them."""
    leaves: list[bytes] = []
    keep, put = leaves.append, int(Kind.PUT)
    chosen = [kind < DERIVED for kind in rows.kind]
    columns: list[list[int]] = [
        list(compress(column, chosen)) for column in (rows.path, rows.kind, rows.value, rows.arg)
    ]
    canonical_values = log.values.canonical_many(columns[2])
    for path, kind, value, arg in zip(
        log.paths.canonical_many(columns[0]), columns[1], canonical_values, columns[3], strict=True
    ):
        if kind == put:
            keep(blake3(b"\0\1" + path + value).digest())
        else:
            anchored = kind in (Kind.INSERT, Kind.MOVE) and arg != AT_START
            anchor = log.paths.encoded_step(arg) if anchored else b""
            if kind in _WITH_ARGUMENT:
                value = log.values.canonical(arg)
            operand = b"" if kind in _WITHOUT_VALUE else value
            keep(leaf_hash(encode_operation(kind, path, operand, anchor)))
    return len(leaves), merkle_root(leaves)


def new_id(log: Log, header: Header, parents: Sequence[bytes], rows: Rows) -> tuple[bytes, int]:
    """The id of a transaction that is about to be appended (`parents` are ids), and its number of operations."""
    operations, root = hash_rows(log, rows)
    return transaction_id(header, parents, operations, root), operations
