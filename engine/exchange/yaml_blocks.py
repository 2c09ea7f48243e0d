"""YAML piece by piece, so that a version of a long file costs what it changed.

A document in block style is taken apart where lines begin at the left edge: members of a mapping, items of a sequence,
and, where these are long, their own members and items in turn. Pieces mean what they mean in the whole, as long as
nothing reaches across them; what could (anchors and aliases, merge keys, directives, several documents, keys marked
with `?`, line breaks other than a newline) makes the whole be read as one, and so does any piece that does not read as
exactly one member or item: that is also where errors get their line from. The JSON of pieces is remembered by their
text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.exchange.yaml import load_yaml
from engine.model import values

# Shorter pieces are not taken apart; the loader needs about as long to start as to read so much.
_SHORT = 1200
_PIECES = 1 << 14
_BLOCKS = 1 << 7

_ACROSS = re.compile(
    r"(?:^|[\s\[{,:-])[&*][\w-]|<<|^(?:---|\.\.\.)(?:\s|\Z)|^%|^[ -]*\?(?:\s|\Z)|[\x85\u2028\u2029]|\r(?!\n)",
    re.MULTILINE,
)
_MARKER = re.compile(r"---[ \t]*\r?\n")
_LEAD = re.compile(r"(?: *(?:#[^\n]*)?\r?\n)*")
_EDGE = re.compile(r"(?<=\n)(?=[^\s#])")
_ITEM = re.compile(r"-(?:\s|\Z)")
_NAME = r"""(?:[\w./$-][^\n:#'"]*|"[^"\\\n]*"|'[^'\n]*'):"""
_KEY = re.compile(_NAME + r"(?:\s|\Z)")
_KEY_ONLY = re.compile(_NAME + r"(?:[ \t]+#[^\n]*|[ \t]*)\r?\n")


class _NotPlainError(Exception):
    """The text has to be read as a whole."""


def read_blocks(text: str, max_nodes: int) -> bytes | None:
    """The JSON of a YAML document in block style; None where it is short or has to be read as a whole."""
    marker = _MARKER.match(text)
    body = text[marker.end() :] if marker else text
    if len(body) < 4 * _SHORT or _ACROSS.search(body):
        return None
    try:
        return _block(body, max_nodes)
    except (_NotPlainError, InvalidValue, RecursionError):
        return None


def _block(text: str, max_nodes: int) -> bytes:
    """The JSON of a mapping or sequence that stands at the left edge."""
    if len(text) <= _SHORT:
        return _whole(text, max_nodes)
    return _long_block(text, max_nodes)


@lru_cache(_BLOCKS)
def _long_block(text: str, max_nodes: int) -> bytes:
    lead = _LEAD.match(text)
    pieces = _EDGE.split(text[lead.end() :] if lead else text)
    if not pieces[0] or pieces[0][0].isspace():
        raise _NotPlainError
    if _ITEM.match(pieces[0]):
        return b"[" + b",".join([_item(piece, max_nodes) for piece in pieces]) + b"]"
    members = [_member(piece, max_nodes) for piece in _with_their_items(pieces)]
    if len(dict(members)) != len(members):
        raise _NotPlainError
    return jsontext.dump_members(members)


def _with_their_items(pieces: list[str]) -> list[str]:
    """Members of a mapping, each with the items of a sequence that stands under its key at the same edge."""
    members: list[list[str]] = []
    for piece in pieces:
        if members and _ITEM.match(piece):
            members[-1].append(piece)
        else:
            members.append([piece])
    return ["".join(parts) for parts in members]


def _member(piece: str, max_nodes: int) -> tuple[str, bytes]:
    header = _KEY_ONLY.match(piece)
    if len(piece) > _SHORT and header is not None:
        below = _moved_to_the_edge(piece[header.end() :])
        if below is not None:
            return _read_member(piece[: header.end()], max_nodes)[0], _block(below, max_nodes)
    return _read_member(piece, max_nodes)


def _item(piece: str, max_nodes: int) -> bytes:
    if not _ITEM.match(piece):
        raise _NotPlainError
    if len(piece) > _SHORT:
        below = _moved_to_the_edge(" " + piece[1:])
        if below is not None:
            return _block(below, max_nodes)
    return _read_item(piece, max_nodes)


def _moved_to_the_edge(text: str) -> str | None:
    """A mapping or sequence that is indented, moved to the left; None where it is something else."""
    lead = _LEAD.match(text)
    text = text[lead.end() :] if lead else text
    depth = len(text) - len(text.lstrip(" "))
    if not (_KEY.match(text, depth) or _ITEM.match(text, depth)):
        return None
    if depth == 0:
        return text
    if re.search(rf"^(?! {{{depth}}}| *\r?$)", text, re.MULTILINE):
        return None
    return re.sub(rf"^(?: {{{depth}}}| +(?=\r?$))", "", text, flags=re.MULTILINE)


def _whole(text: str, max_nodes: int) -> bytes:
    return jsontext.dump(values.to_json(load_yaml(text, max_nodes)))


@lru_cache(_PIECES)
def _read_member(text: str, max_nodes: int) -> tuple[str, bytes]:
    found = load_yaml(text, max_nodes)
    if type(found) is not dict or len(found) != 1:
        raise _NotPlainError
    ((key, value),) = found.items()
    return key, jsontext.dump(values.to_json(value))


@lru_cache(_PIECES)
def _read_item(text: str, max_nodes: int) -> bytes:
    found = load_yaml(text, max_nodes)
    if type(found) is not list or len(found) != 1:
        raise _NotPlainError
    return jsontext.dump(values.to_json(found[0]))
