"""Bodies and blocks that are not what they should be."""

import pytest

from engine.errors import CorruptStore
from engine.storage import records
from engine.storage.dictionaries import unpack_strings
from engine.storage.segment import TextColumns, pack_texts, split_ids


def test_a_body_belongs_to_its_table_and_key() -> None:
    body = records.seal_object("tag", "v1", [1, "two", None])
    assert records.unseal_object("tag", "v1", body) == [1, "two", None]
    for table, key in (("tag", "v2"), ("timeline", "v1")):
        with pytest.raises(CorruptStore, match=f"{table} {key} fails its checksum; restore it from a backup"):
            records.unseal(table, key, body)
    with pytest.raises(CorruptStore, match="source 6162 fails its checksum"):
        records.unseal("source", b"ab", None)


def test_blocks_that_do_not_decompress(monkeypatch: pytest.MonkeyPatch) -> None:
    for payload in (b"", b"no frame", records.compress(b"x" * 1000)[:-3]):
        with pytest.raises(CorruptStore, match="a block does not decompress"):
            records.decompress(payload)
    monkeypatch.setattr(records, "MAX_BLOB", 10)
    with pytest.raises(CorruptStore, match="a block claims more than 1 GiB"):
        records.decompress(records.compress(b"x" * 11))


def test_lengths_that_do_not_agree() -> None:
    arrays = records.unpack_arrays(pack_texts([("author", "message", "source", "main")]))
    arrays["message_lengths"] = arrays["message_lengths"] + 1
    with pytest.raises(CorruptStore, match="another length than they say"):
        TextColumns(records.pack_arrays(**arrays))
    with pytest.raises(CorruptStore, match="a block of strings has another length than it says"):
        unpack_strings({"lengths": arrays["message_lengths"], "bytes": arrays["author_bytes"]})
    with pytest.raises(CorruptStore, match="ids have another length than it says"):
        split_ids(b"x" * 33, 1)
