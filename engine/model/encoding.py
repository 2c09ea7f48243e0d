"""Self-delimiting byte encodings shared by values, steps, operations and headers.

Unsigned integers are LEB128 varints; strings are a varint length and UTF-8 (`surrogatepass`, so that every
string, lone surrogates included, has exactly one encoding).
"""

from __future__ import annotations

import re

from engine.errors import InvalidValue

_SHORT = [bytes((number,)) for number in range(0x80)]
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def uvarint(number: int) -> bytes:
    """The LEB128 encoding of a non-negative integer."""
    if number < 0x80:
        return _SHORT[number]
    if number < 0x4000:  # a loop takes three times as long, and lengths and sequence numbers are everywhere
        return bytes((number & 0x7F | 0x80, number >> 7))
    if number < 0x200000:
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_uvarint(data: bytes, offset: int) -> tuple[int, int]:
    """The varint at `offset` and the offset after it; `IndexError` past the end."""
    number = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
        shift += 7


def utf8(string: str) -> bytes:
    """UTF-8 of a string that may have lone surrogates.

    Two that make a pair are refused: as JSON they are the one character that they spell, so the string would not
    come back as it went in.
    """
    try:
        return string.encode()
    except UnicodeEncodeError:
        if _PAIR.search(string):
            raise InvalidValue(
                "a character beyond U+FFFF stands as two surrogates in a string; write the character itself"
            ) from None
        return string.encode("utf-8", "surrogatepass")


def text(string: str) -> bytes:
    """Length-prefixed UTF-8."""
    raw = utf8(string)
    return uvarint(len(raw)) + raw


def read_text(data: bytes, offset: int) -> tuple[str, int]:
    """The string at `offset` and the offset after it."""
    length, offset = read_uvarint(data, offset)
    return data[offset : offset + length].decode("utf-8", "surrogatepass"), offset + length
