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


def leaf_hashes(
    log: Log, path: Sequence[int], kind: Sequence[int], value: Sequence[int], arg: Sequence[int]
) -> list[bytes]:
    """The hash of each operation that some rows are, in order; derived rows are none."""
    leaves: list[bytes] = []
    keep, put = leaves.append, int(Kind.PUT)
    if max(kind, default=0) >= DERIVED:
        chosen = [item < DERIVED for item in kind]
        path, kind, value, arg = (list(compress(column, chosen)) for column in (path, kind, value, arg))
    operations = zip(log.paths.canonical_many(path), kind, log.values.canonical_many(value), arg, strict=True)
    for where, what, put_value, argument in operations:
        if what == put:
            keep(blake3(b"\0\1" + where + put_value).digest())
        else:
            anchored = what in (Kind.INSERT, Kind.MOVE) and argument != AT_START
            anchor = log.paths.encoded_step(argument) if anchored else b""
            operand = log.values.canonical(argument) if what in _WITH_ARGUMENT else put_value
            keep(leaf_hash(encode_operation(what, where, b"" if what in _WITHOUT_VALUE else operand, anchor)))
    return leaves


def hash_rows(log: Log, rows: Rows) -> tuple[int, bytes]:
    """How many operations the rows are (derived rows are none), and the Merkle root over them."""
    leaves = leaf_hashes(log, rows.path, rows.kind, rows.value, rows.arg)
    return len(leaves), merkle_root(leaves)


def new_id(log: Log, header: Header, parents: Sequence[bytes], rows: Rows) -> tuple[bytes, int]:
    """The id of a transaction that is about to be appended (`parents` are ids), and its number of operations."""
    operations, root = hash_rows(log, rows)
    return transaction_id(header, parents, operations, root), operations
