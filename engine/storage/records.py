"""Bodies of rows: a checksum and a payload, and payloads made of msgpack and columns.

The checksum is the first 8 bytes of BLAKE3 over table, key and payload: a body that was changed, cut, or moved to
another row is found on the read that meets it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage import columns

T = TypeVar("T")

CHECKSUM_BYTES = 8

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


pack = _encoder.encode


def seal(table: str, key: object, payload: bytes) -> bytes:
    """The body for `payload` in the row `key` of `table`."""
    return _checksum(table, key, payload) + payload


def unseal(table: str, key: object, body: object) -> bytes:
    """The payload of a body; raises `CorruptStore` where the checksum disagrees, or the row holds something else."""
    payload = body[CHECKSUM_BYTES:] if isinstance(body, bytes) else b""
    if not isinstance(body, bytes) or _checksum(table, key, payload) != body[:CHECKSUM_BYTES]:
        raise CorruptStore(f"the store is damaged: {table} {_name(key)} fails its checksum; restore it from a backup")
    return payload


def _name(key: object) -> str:
    return key.hex() if isinstance(key, bytes) else str(key)


def _checksum(table: str, key: object, payload: bytes) -> bytes:
    return blake3(f"{table}\0{_name(key)}\0".encode() + payload).digest(CHECKSUM_BYTES)


def seal_object(table: str, key: object, value: Any) -> bytes:
    """The body of a row that holds one msgpack object."""
    return seal(table, key, pack(value))


def unseal_object(table: str, key: object, body: object) -> Any:
    """The object of such a body."""
    return _decoder.decode(unseal(table, key, body))


def unseal_as(decoder: msgspec.msgpack.Decoder[T], table: str, key: object, body: object) -> T:
    """The object of such a body as the type that the decoder makes: for rows that are read in their thousands."""
    return decoder.decode(unseal(table, key, body))


def pack_arrays(**arrays: NDArray[Any]) -> bytes:
    """Named columns of integers as one quick block."""
    return columns.pack(arrays)


def unpack_arrays(payload: bytes) -> dict[str, NDArray[Any]]:
    """The columns of `pack_arrays`, or of a block that was packed with more effort; they may not be written to."""
    return columns.unpack(payload)
