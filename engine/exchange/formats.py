"""Configuration and data files as JSON bytes: JSON, YAML, TOML, CSV, INI.

What a file says is kept exactly, in the order in which it says it. Choices where the format has no one answer:

* YAML 1.1 through libyaml's safe loader. Timestamps stay the text that they are, keys become strings as they would be
  written in JSON, several documents become a list, `!!set` a map to null; a local tag `!Name x` becomes
  `{"!Name": x}`. Duplicate keys and aliases that unfold to more than `MAX_NODES` nodes are refused.
* TOML: dates and times become ISO 8601 strings.
* CSV: a list of records, one a row, with the header's names; every value is a string. A row may be short, not long.
* INI: sections with their keys as written, every value a string, or null for a key without one; keys before the
  first section stand in the section "".
"""

from __future__ import annotations

import codecs
import configparser
import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, TextIO

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.model import values

MAX_NODES = 2_000_000
MAX_BYTES = 1 << 28

_MAX_HEADER = 1 << 20
_DELIMITERS = ",;\t|"
csv.field_size_limit(MAX_BYTES)


def format_of(path: str) -> str | None:
    """The format of a file by its name, or None for one that is not read."""
    name = PurePosixPath(path).name.lower()
    return _NAMES.get(name) or _ENDINGS.get(PurePosixPath(name).suffix)


def parse(data: bytes, format: str) -> bytes:
    """The contents of a file as compact JSON.

    Raises `InvalidValue` saying what is wrong, with the line where that is known; an empty file is refused too.
    """
    if len(data) > MAX_BYTES:
        raise InvalidValue(f"the file is larger than {MAX_BYTES >> 20} MiB")
    if not data.strip():
        raise InvalidValue("the file is empty")
    try:
        return _PARSERS[format](data)
    except RecursionError:
        raise InvalidValue(f"{format} is nested deeper than {values.MAX_DEPTH} levels") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"invalid UTF-8 at byte {error.start}") from None


def _json(data: bytes) -> bytes:
    """The text without white space. Its syntax is checked here; duplicate keys and the like are, as everywhere, met
    where a part differs from what was there before."""
    if not data.isascii():
        _text(data)
    squeezed = jsontext.squeeze(data.removeprefix(codecs.BOM_UTF8))
    return jsontext.dump(values.loads(data)) if squeezed is None else squeezed


def _dump(value: object) -> bytes:
    return jsontext.dump(values.to_json(value))


def _yaml(data: bytes) -> bytes:
    from engine.exchange.yaml import load_yaml
    from engine.exchange.yaml_blocks import read_blocks

    text = _text(data)
    return read_blocks(text, MAX_NODES) or _dump(load_yaml(text, MAX_NODES))


def _toml(data: bytes) -> bytes:
    try:
        value = tomllib.loads(_text(data))
    except ValueError as error:
        raise InvalidValue(f"invalid TOML: {error}") from None
    return _dump(_plain(value))


def _plain(value: Any) -> Any:
    """TOML's values as JSON can hold them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    values.encode(value)
    return value


def _csv(data: bytes) -> bytes:
    return _dump([record for _, record in read_table(io.StringIO(_text(data), newline=""))])


def read_table(text: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    """The records of a CSV text by the names of its columns, with the line where each ends; what separates them is
    told by the header.

    Raises `InvalidValue` with the line for a column that occurs twice, a row with more values than the header has
    names, and bad quoting.
    """
    first = _first_row(text)
    unquoted = re.sub('"[^"]*"', "", "".join(first))
    rows = csv.reader(chain(first, text), delimiter=max(_DELIMITERS, key=unquoted.count), strict=True)
    try:
        header = next(rows, [])
        seen: set[str] = set()
        for name in header:
            if name in seen:
                raise InvalidValue(f"the column {name!r} occurs twice in the header")
            seen.add(name)
        for row in rows:
            if len(row) > len(header):
                raise InvalidValue(f"line {rows.line_num} has {len(row)} values, the header {len(header)} names")
            if row:
                yield rows.line_num, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise InvalidValue(f"invalid CSV at line {rows.line_num}: {error}") from None


def _first_row(text: TextIO) -> list[str]:
    """The lines of the header, as far as quotes and a limit tell: one that is not closed may be a sign of inches."""
    lines = [text.readline()]
    size, quotes = len(lines[0]), lines[0].count('"')
    while quotes % 2 and size < _MAX_HEADER and (line := text.readline()):
        lines.append(line)
        size += len(line)
        quotes += line.count('"')
    return lines


class _Ini(configparser.RawConfigParser):
    """Sections and keys as written."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


# Stands for the section of keys that come before any; no file can name it.
_LOOSE = "\ud800"


def _ini(data: bytes) -> bytes:
    parser = _Ini(strict=True, allow_no_value=True, interpolation=None, default_section="\ud801", dict_type=dict)
    text = _text(data)
    try:
        try:
            parser.read_string(text)
        except configparser.MissingSectionHeaderError:
            parser = _Ini(strict=True, allow_no_value=True, interpolation=None, default_section="\ud801")
            parser.read_string(f"[{_LOOSE}]\n{text}")
    except configparser.Error as error:
        raise InvalidValue("invalid INI: " + " ".join(str(error).split()).replace("<string>", "line")) from None
    sections = {"" if name == _LOOSE else name: dict(parser.items(name)) for name in parser.sections()}
    return _dump(sections)


_PARSERS: dict[str, Callable[[bytes], bytes]] = {"json": _json, "yaml": _yaml, "toml": _toml, "csv": _csv, "ini": _ini}
_ENDINGS = {
    ".json": "json",
    ".geojson": "json",
    ".topojson": "json",
    ".webmanifest": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".csv": "csv",
    ".tsv": "csv",
    ".ini": "ini",
    ".cfg": "ini",
}
_NAMES = {
    "cargo.lock": "toml",
    "poetry.lock": "toml",
    "uv.lock": "toml",
    "pipfile": "toml",
    "pipfile.lock": "json",
    "composer.lock": "json",
    "flake.lock": "json",
    ".editorconfig": "ini",
}
