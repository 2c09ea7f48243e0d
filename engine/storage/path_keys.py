"""Keys of records, as the path dictionary stores them: canonical bytes taken apart by what they spell.

Identities are whole numbers, strings of digits, UUIDs, hashes in hex, or text; each kind has its own column, of numbers
where it has numbers, and of half the bytes where it is hex.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model import values

_INTEGER, _DIGITS, _UUID, _UUID_UPPER, _HEX, _HEX_UPPER, _TEXT, _OTHER = range(8)
_DIGITS_SPELLED = re.compile(rb"s(?:0|[1-9][0-9]{0,17})\Z")
_HEX_FORMS = (
    (_UUID, re.compile(rb"s[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")),
    (_UUID_UPPER, re.compile(rb"s[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\Z")),
    (_HEX, re.compile(rb"s(?:[0-9a-f]{2}){4,}\Z")),
    (_HEX_UPPER, re.compile(rb"s(?:[0-9A-F]{2}){4,}\Z")),
)
_UUID_CUTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
_LONGEST = 9  # the tag and the bytes of a 64-bit integer


def pack_keys(keys: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Canonical bytes of keys as columns: `form` tells which of the others has each."""
    forms = [_form(key) for key in keys]
    split: dict[int, list[bytes]] = {}
    for form, key in zip(forms, keys, strict=True):
        split.setdefault(form, []).append(key)
    columns = {"form": np.array(forms, np.uint8)}
    for form, found in split.items():
        if form in (_INTEGER, _DIGITS):
            columns[str(form)] = np.array([_number(key) for key in found], np.int64)
        else:
            packed = pack_strings([_shortened(form, key) for key in found])
            columns |= {f"{form}_{name}": column for name, column in packed.items()}
    return columns


def unpack_keys(columns: dict[str, NDArray[Any]]) -> list[bytes]:
    """The keys of such columns."""
    streams = {form: _stream(form, columns) for form in set(columns["form"].tolist())}
    return [next(streams[form]) for form in columns["form"].tolist()]


def _form(key: bytes) -> int:
    if key[:1] == b"i":
        return _INTEGER if len(key) <= _LONGEST else _OTHER
    if key[:1] != b"s":
        return _OTHER
    if _DIGITS_SPELLED.match(key):
        return _DIGITS
    return next((form for form, pattern in _HEX_FORMS if pattern.match(key)), _TEXT)


def _number(key: bytes) -> int:
    return int(key[1:]) if key[:1] == b"s" else int(values.decode(key))


def _shortened(form: int, key: bytes) -> bytes:
    if form == _OTHER:
        return key
    return key[1:] if form == _TEXT else bytes.fromhex(key[1:].decode().replace("-", ""))


def _stream(form: int, columns: dict[str, NDArray[Any]]) -> Iterator[bytes]:
    if form in (_INTEGER, _DIGITS):
        spell: Callable[[int], bytes] = values.encode if form == _INTEGER else lambda number: b"s%d" % number
        return map(spell, columns[str(form)].tolist())
    parts = ((name, f"{form}_{name}") for name in ("lengths", "bytes"))
    strings = unpack_strings({name: columns[stored] for name, stored in parts if stored in columns})
    return (_spelled(form, string) for string in strings)


def _spelled(form: int, short: bytes) -> bytes:
    if form == _OTHER:
        return short
    if form == _TEXT:
        return b"s" + short
    text = short.hex()
    if form in (_UUID, _UUID_UPPER):
        text = "-".join([text[start:end] for start, end in _UUID_CUTS])
    return b"s" + (text.upper() if form in (_UUID_UPPER, _HEX_UPPER) else text).encode()


def pack_strings(strings: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Byte strings as two arrays: lengths and the bytes one after another."""
    return {
        "lengths": np.fromiter(map(len, strings), np.uint32, len(strings)),
        "bytes": np.frombuffer(b"".join(strings), np.uint8),
    }


def unpack_strings(arrays: dict[str, NDArray[Any]]) -> list[bytes]:
    """The inverse of `pack_strings`."""
    if "lengths" not in arrays:
        return []
    raw = arrays["bytes"].tobytes() if "bytes" in arrays else b""
    ends = np.cumsum(arrays["lengths"], dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(raw):
        raise CorruptStore("the store is damaged: a block of strings has another length than it says; restore a backup")
    return [raw[start:end] for start, end in zip([0, *ends], ends, strict=False)]
