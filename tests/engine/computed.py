"""Ids computed again from what a store holds, by a second, slower reading of the definition in 3-data-model."""

from blake3 import blake3

from engine import Store
from engine.model.operations import Kind
from engine.model.transactions import Header, transaction_id


def computed_id(store: Store, dense: int) -> str:
    """The id of a transaction, from its stored rows, texts and clocks."""
    log = store._core.log
    author, message, source, made_on = log.texts(dense)
    replica = log.replicas[int(log.column("replica")[dense])]
    numbers = {name: int(log.column(name)[dense]) for name in ("seq", "time", "recorded")}
    header = Header(replica, timeline=made_on, author=author, message=message, source=source, **numbers)
    leaves = _leaves(store, dense)
    parents = [log.id(parent) for parent in log.parents(dense)]
    return transaction_id(header, parents, len(leaves), _root(leaves)).hex()


def _leaves(store: Store, dense: int) -> list[bytes]:
    log = store._core.log
    rows = log.rows(dense)
    columns = (column.tolist() for column in (rows.path, rows.kind, rows.value, rows.arg))
    leaves = []
    for path, kind, value, arg in zip(*columns, strict=True):
        if kind in (Kind.DROP, Kind.RELABEL):
            continue
        steps = [log.paths.encoded_step(item) for item in log.paths.ancestors(path)]
        assert len(steps) < 128
        data = bytes((kind, len(steps))) + b"".join(steps)
        if kind in (Kind.INSERT, Kind.MOVE):
            data += b"\0" if arg == -1 else b"\1" + log.paths.encoded_step(arg)
        if kind in (Kind.PUT, Kind.INSERT):
            data += log.values.canonical(value)
        elif kind in (Kind.INCREMENT, Kind.ADD, Kind.DISCARD):
            data += log.values.canonical(arg)
        elif kind == Kind.SPLICE:
            data += log.values.edit(value).argument()
        leaves.append(blake3(b"\0" + data).digest())
    return leaves


def _root(hashes: list[bytes]) -> bytes:
    if not hashes:
        return blake3(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    return _root([blake3(b"\1" + b"".join(hashes[i : i + 16])).digest() for i in range(0, len(hashes), 16)])
