"""Bodies of rows: a checksum and a payload, and payloads made of msgpack and packed arrays.

The checksum is the first 8 bytes of BLAKE3 over table, key and payload: a body that was changed, cut, or moved to
another row is found on the read that meets it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import zstandard
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.integers import Layout, load, store, strategy_of

T = TypeVar("T")

CHECKSUM_BYTES = 8
LEVEL = 3
MAX_BLOB = 1 << 30

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


class _Codecs(threading.local):
    """zstd contexts, one pair a thread: they must not be shared by calls that overlap."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=LEVEL, write_content_size=True).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_codecs = _Codecs()

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


def compress(payload: bytes) -> bytes:
    """One zstd frame that states its content's size."""
    return _codecs.compress(payload)


def decompress(payload: bytes) -> bytes:
    """The content of `compress`; raises `CorruptStore` for what is not such a frame or is over the limit."""
    try:
        if zstandard.frame_content_size(payload) > MAX_BLOB:
            raise CorruptStore("the store is damaged: a block claims more than 1 GiB; restore it from a backup")
        return _codecs.decompress(payload)
    except zstandard.ZstdError as error:
        raise CorruptStore(f"the store is damaged: a block does not decompress ({error}); restore a backup") from None


def pack_arrays(**arrays: NDArray[Any]) -> bytes:
    """Named columns of integers as one compressed payload: a msgpack list of names and layouts, then the planes."""
    stored = [(name, *store(array)) for name, array in arrays.items()]
    head = pack([[name, *layout] for name, layout, _ in stored])
    return compress(b"".join([len(head).to_bytes(4, "little"), head, *(planes for _, _, planes in stored)]))


def describe(payload: bytes) -> list[tuple[str, str, int]]:
    """What a payload says of itself: (column, strategy, bytes), which add up to its length. All columns of
    `pack_arrays` are one frame, of which each gets a share as large as its planes'; anything else is `plain`."""
    if payload[:4] != zstandard.FRAME_HEADER:
        return [("body", "plain", len(payload))]
    raw = memoryview(decompress(payload))
    end = 4 + int.from_bytes(raw[:4], "little")
    found = [("head", "plain", end)]
    for name, *fields in _decoder.decode(raw[4:end]):
        layout = Layout(*fields)
        found.append((name, strategy_of(layout), layout.size))
    shares = apportion(len(payload), [size for _, _, size in found])
    return [(name, strategy, share) for (name, strategy, _), share in zip(found, shares, strict=True)]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total (the method of largest remainders)."""
    whole = sum(weights)
    if not weights or not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    exact = [total * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    ranked = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in ranked[: total - sum(shares)]:
        shares[place] += 1
    return shares


def unpack_arrays(payload: bytes) -> dict[str, NDArray[Any]]:
    """The columns of `pack_arrays`; they may not be written to."""
    raw = memoryview(decompress(payload))
    end = 4 + int.from_bytes(raw[:4], "little")
    arrays = {}
    for name, *fields in _decoder.decode(raw[4:end]):
        layout = Layout(*fields)
        start, end = end, end + layout.size
        arrays[name] = load(layout, raw[start:end])
    return arrays
