"""Ids that may never change: an id that somebody wrote down must find its transaction for ever.

`tests/data/golden_ids.json` was made by another implementation of the encodings than the engine's. Nothing here may
be made anew: where a test fails, the engine is wrong.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from engine import Store
from engine.model import values
from engine.model.encoding import text, uvarint
from engine.model.operations import AT_START, Kind, Rows, encode_operation, leaf_hash, merkle_root
from engine.model.paths import Element, Keyed, Step, encode_step
from engine.model.splices import read_argument
from engine.model.transactions import Header, transaction_id
from engine.timeline.bulk import BulkWriter

FILE = Path(__file__).parents[2] / "data" / "golden_ids.json"
TRANSACTIONS = json.loads(FILE.read_text("utf-8"))["transactions"]


def value(spelled: dict[str, Any]) -> bytes:
    """Canonical bytes of a value as the file spells it."""
    ((kind, given),) = spelled.items()
    if kind == "splice":
        return values.encode(uvarint(given[0]) + uvarint(given[1]) + text(given[2]))
    if kind in ("map", "list"):
        return {"map": values.EMPTY_MAP, "list": values.EMPTY_LIST}[kind]
    return values.encode(leaf(spelled))


def leaf(spelled: dict[str, Any]) -> Any:
    """The leaf that the file spells."""
    ((kind, given),) = spelled.items()
    readers = {"int": int, "float": float.fromhex, "bytes": bytes.fromhex}
    if kind == "set":
        return values.LeafSet(map(leaf, given))
    return readers[kind](given) if kind in readers else given


def step(spelled: Any) -> Step:
    """The step that the file spells."""
    if isinstance(spelled, str):
        return spelled
    if "element" in spelled:
        replica, seq, number = spelled["element"]
        return Element(bytes.fromhex(replica), seq, number)
    return Keyed(tuple(spelled["fields"]), tuple(map(leaf, spelled["values"])), spelled["nth"])


def operation(spelled: dict[str, Any]) -> bytes:
    """The canonical bytes of an operation as the file spells it."""
    path = uvarint(len(spelled["path"])) + b"".join(encode_step(step(item)) for item in spelled["path"])
    after = spelled.get("after")
    anchor = b"" if after is None else encode_step(step(after))
    return encode_operation(Kind[spelled["kind"]], path, value(spelled["value"]) if "value" in spelled else b"", anchor)


def header(spelled: dict[str, Any]) -> Header:
    """The header that the file spells."""
    return Header(**{**spelled["header"], "replica": bytes.fromhex(spelled["header"]["replica"])})


def test_the_file_itself_is_as_it_was() -> None:
    assert blake3(FILE.read_bytes()).hexdigest() == ("3e8a3eb28bfc6bf92ed7eb49364dc6b0922ac02d638953946c8f35dfa939828d")


@pytest.mark.parametrize("spelled", TRANSACTIONS, ids=lambda item: item["header"]["message"][:25] or "empty")
def test_operations_roots_and_ids(spelled: dict[str, Any]) -> None:
    operations = [operation(item) for item in spelled["operations"]]
    assert [raw.hex() for raw in operations] == [item["bytes"] for item in spelled["operations"]]
    root = merkle_root([leaf_hash(raw) for raw in operations])
    assert root.hex() == spelled["root"]
    parents = [bytes.fromhex(TRANSACTIONS[parent]["id"]) for parent in spelled["parents"]]
    assert transaction_id(header(spelled), parents, len(operations), root).hex() == spelled["id"]


def test_a_store_gives_the_same_ids(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a", create=True) as store:
        for number, spelled in enumerate(TRANSACTIONS):
            known = header(spelled)
            with store.bulk(known.replica, "golden") as writer:
                writer._seq = known.seq - 1
                dense = writer.add(
                    parents=spelled["parents"],
                    timeline=known.timeline,
                    time=known.time,
                    recorded=known.recorded,
                    author=known.author,
                    message=known.message,
                    source=known.source,
                    rows=rows(writer, spelled["operations"]),
                )
            assert dense == number
            assert store.get(dense).id == spelled["id"]


def rows(writer: BulkWriter, operations: list[dict[str, Any]]) -> Rows:
    """The rows that say the operations, with a derived one between, which is not part of the id."""
    made = Rows()
    for spelled in operations:
        path = 0
        for item in spelled["path"]:
            parent, path = path, writer.paths.child(path, encode_step(step(item)))
        kind = Kind[spelled["kind"]]
        if kind == Kind.SPLICE:
            edited = read_argument(value(spelled["value"]), writer.values.intern(b"sedited"))
            made.append(path, kind, writer.values.append_splice(edited))
            made.append(path, Kind.RELABEL, 0, 0, label=99)
            continue
        given = writer.values.intern(value(spelled["value"])) if "value" in spelled else 0
        if kind in (Kind.INSERT, Kind.MOVE):
            after = spelled["after"]
            anchor = AT_START if after is None else writer.paths.child(parent, encode_step(step(after)))
            made.append(path, kind, given, anchor, label=77)
        elif kind in (Kind.INCREMENT, Kind.ADD, Kind.DISCARD):
            made.append(path, kind, writer.values.intern(b"sresult"), given)
        else:
            made.append(path, kind, given)
        made.append(path, Kind.RELABEL, 0, 0, label=99)
        made.append(path, Kind.DROP, 0)
    return made
