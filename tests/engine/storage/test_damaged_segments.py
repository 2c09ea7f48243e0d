"""Headers and lists of segments that contradict themselves, though their checksums are right."""

from typing import Any

import numpy as np
import pytest

from engine.errors import CorruptStore
from engine.model.transactions import REPLICA_BYTES
from engine.storage import segment
from engine.storage.columns import pack
from engine.storage.records import pack_arrays
from engine.storage.segment_directory import CHECKS, unpack_directory

FRONT = bytes(24)  # the checksums of the other bodies


def headers(count: int, replicas: int = 1) -> segment.HeaderColumns:
    number = np.arange(count, dtype=np.int32)
    return segment.HeaderColumns(
        parent=number - 1,
        timeline=np.zeros(count, np.int32),
        replica=number % replicas,
        seq=number.astype(np.int64) + 1,
        time=number.astype(np.int64),
        recorded=np.zeros(count, np.int64),
        rows=np.ones(count, np.int32),
        operations=np.ones(count, np.int32),
        extra_child=number[:0],
        extra_parent=number[:0],
        replicas=tuple(each.to_bytes(REPLICA_BYTES, "big") for each in range(replicas)),
        checks=(bytes(8),) * 3,
    )


@pytest.mark.parametrize("replicas", [1, 1 << 15, (1 << 15) + 1, 40_000])
def test_any_number_of_replicas(replicas: int) -> None:
    written = headers(replicas, replicas)
    payload = segment.pack_headers(written)
    assert segment.unpack_headers(payload, replicas, replicas).same(written)
    column = segment.unpack_header(payload, "replica", replicas, replicas)
    assert np.array_equal(column, np.arange(replicas))
    assert column.dtype == (np.int16 if replicas <= 1 << 15 else np.int32)


def columns(**instead: Any) -> dict[str, Any]:
    """The columns of three transactions, some of them replaced; without those that are None."""
    names = ("distance", "late", "derived", "timeline", "replica", "seq", "time")
    sound = dict.fromkeys(names, np.zeros(3, np.int64)) | {"operations": np.ones(3, np.int64)}
    sound |= dict.fromkeys(("extra_child", "extra_parent"), np.zeros(0, np.int64))
    found = sound | {"replicas": np.zeros(REPLICA_BYTES, np.uint8)} | instead
    return {name: column for name, column in found.items() if column is not None}


def test_sound_headers_are_read() -> None:
    payload = FRONT + pack(columns())
    assert len(segment.unpack_headers(payload, 3, 3).parent) == 3
    assert segment.unpack_header(payload, "bounds", 3, 3).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("parent", {"distance": None}),
        ("recorded", {"late": np.zeros(2, np.int64)}),
        ("seq", {"seq": [b"1", b"2", b"3"]}),
        ("bounds", {"derived": np.zeros(2, np.int64)}),
        ("bounds", {"derived": np.array([-3, 3, 0])}),
        ("time", {"time": np.zeros(1 << 26, np.int64)}),
    ],
    ids=["missing", "unequal", "strings", "fewer", "going back", "too many"],
)
def test_headers_that_contradict_themselves(name: str, instead: dict[str, Any]) -> None:
    payload = FRONT + pack(columns(**instead))
    with pytest.raises(CorruptStore, match="the store is damaged: a"):
        segment.unpack_header(payload, name, 3, 3)
    if "derived" not in instead or len(instead["derived"]) != 3:
        with pytest.raises(CorruptStore, match="the store is damaged: a"):
            segment.unpack_headers(payload, 3, 3)


def test_texts_without_a_column() -> None:
    payload = pack({"author": [b"a"], "message": [b"m"], "source": [b"s"]})
    with pytest.raises(CorruptStore, match="no texts for 1 transactions"):
        segment.TextColumns(payload, np.zeros(1, np.int64))


def test_a_text_that_is_none() -> None:
    payload = pack({name: [b"\xff"] for name in ("author", "message", "source", "timeline")})
    with pytest.raises(CorruptStore, match="a segment's texts cannot be read"):
        segment.TextColumns(payload, np.zeros(1, np.int64)).said(0)


def listed(**instead: Any) -> dict[str, Any]:
    """A list of two segments, some of its columns replaced; without those that are None."""
    sound: dict[str, Any] = {
        "first": [0, 5],
        "transactions": [5, 5],
        "first_row": [0, 7],
        "rows": [7, 2],
        "least_time": [0, 5],
        "greatest_time": [4, 9],
        "makers": [1, 1],
        "maker": [0, 0],
        "least_seq": [1, 6],
        "greatest_seq": [5, 10],
    }
    found = {name: np.array(column) for name, column in (sound | instead).items() if column is not None}
    return {"checks": np.zeros(2 * CHECKS, np.uint8), "replicas": np.zeros(REPLICA_BYTES, np.uint8), **found}


def test_a_sound_list_is_read() -> None:
    directory, zones = unpack_directory(pack_arrays(**listed()))
    assert (len(directory), directory.stop, directory.stop_row) == (2, 10, 9)
    assert [zone.times for zone in zones()] == [(0, 4), (5, 9)]


@pytest.mark.parametrize(
    "instead",
    [
        {"rows": None},
        {"rows": [7]},
        {"first": [0, 6]},
        {"first": [1, 6]},
        {"first_row": [0, 8]},
        {"transactions": [0, 5], "first": [0, 0]},
        {"first": [0, 5, 10], "transactions": [5, 5, 5], "first_row": [0, 7, 9], "rows": [7, 2, 0]},
    ],
    ids=["missing", "unequal", "gap", "beginning", "rows", "empty", "checks"],
)
def test_a_list_of_segments_that_contradicts_itself(instead: dict[str, Any]) -> None:
    with pytest.raises(CorruptStore, match="its list of segments"):
        unpack_directory(pack_arrays(**listed(**instead)))


@pytest.mark.parametrize(
    "instead",
    [{"maker": [0, 1]}, {"makers": [1]}, {"makers": [1, 2]}, {"least_time": [0]}, {"least_seq": None}],
    ids=["maker", "fewer", "more", "times", "missing"],
)
def test_zones_that_contradict_themselves(instead: dict[str, Any]) -> None:
    _, zones = unpack_directory(pack_arrays(**listed(**instead)))
    with pytest.raises(CorruptStore, match="its list of segments"):
        zones()
