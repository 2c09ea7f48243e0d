"""Bodies and blocks that are not what they should be."""

import numpy as np
import pytest

from engine.errors import CorruptStore
from engine.storage import records
from engine.storage.columns import entropy
from engine.storage.identity import unpack_outside
from engine.storage.path_keys import unpack_strings
from engine.storage.segment import TextColumns, pack_texts, text_columns


def test_a_body_belongs_to_its_table_and_key() -> None:
    body = records.seal_object("tag", "v1", [1, "two", None])
    assert records.unseal_object("tag", "v1", body) == [1, "two", None]
    for table, key in (("tag", "v2"), ("timeline", "v1")):
        with pytest.raises(CorruptStore, match=f"{table} {key} fails its checksum; restore it from a backup"):
            records.unseal(table, key, body)
    with pytest.raises(CorruptStore, match="source 6162 fails its checksum"):
        records.unseal("source", b"ab", None)


def test_blocks_that_do_not_decompress(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = records.pack_arrays(numbers=np.arange(1000) ** 2)
    for payload in (b"", b"no frame", whole[:-3], whole[:1] + whole[2:]):
        with pytest.raises(CorruptStore, match="the store is damaged: a block"):
            records.unpack_arrays(payload)
    monkeypatch.setattr(entropy, "MAX_BYTES", 10)
    with pytest.raises(CorruptStore, match="a block claims more than 1 GiB"):
        records.unpack_arrays(whole)


def test_lengths_that_do_not_agree() -> None:
    texts = pack_texts(text_columns([("author", "message", "source", "main")]), np.zeros(1, np.int64))
    with pytest.raises(CorruptStore, match="a segment has no texts for 2 transactions"):
        TextColumns(texts, np.zeros(2, np.int64))
    with pytest.raises(CorruptStore, match="a block of strings has another length than it says"):
        unpack_strings({"lengths": np.array([7]), "bytes": np.frombuffer(b"author", np.uint8)})
    with pytest.raises(CorruptStore, match="ids have another length than they should"):
        unpack_outside(b"\x08" + b"x" * 33)
