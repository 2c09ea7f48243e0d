"""What kind of source a path is, told by what stands there."""

from __future__ import annotations

from pathlib import Path

from engine.errors import BadInput, InvalidValue, NotFound
from engine.exchange import jsontext
from engine.exchange.formats import format_of
from engine.exchange.lines import LineReader
from engine.exchange.options import Options, readable
from engine.exchange.records import RecordReader

_LINES = (".jsonl", ".ndjson")
_COMPRESSED = (".zst", ".gz")


def detect_kind(path: Path, options: Options) -> str:
    """`git`, `snapshots`, `events`, `csv` or `folder`. Raises `NotFound` or `BadInput` where it is none of them."""
    text = str(path)
    if not path.exists():
        if "://" in text or ":/" in text or text.startswith("git@"):
            raise BadInput(f"{text}: sources are files and folders here; clone or download it first")
        raise NotFound(f"{path}: there is no such file or folder; check the name")
    if path.is_dir():
        return "git" if is_repository(path) else "folder"
    name = plain_name(path)
    if name.endswith((".csv", ".tsv")):
        return "csv"
    if name.endswith(".xes"):
        return "events"
    found = _kind_of_lines(path, options)
    if found is None and name == readable(path.name).lower() and format_of(name):
        return "folder"
    if found is None:
        raise BadInput(
            f"{path}: cannot tell what this is: its lines are neither versions nor events; use --kind or --map"
        )
    return found


def plain_name(path: Path) -> str:
    """The name without the ending of a compression, in lower case."""
    name = readable(path.name).lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    return name


def is_repository(path: Path) -> bool:
    """Whether a folder is a git repository, with a work tree or bare."""
    return (path / ".git").exists() or ((path / "HEAD").is_file() and (path / "objects").is_dir())


def first_record(path: Path) -> bytes:
    """The first line of a file that is not blank, b"" where there is none."""
    with LineReader(path) as lines:
        for _, line in lines:
            return line.strip()
    return b""


def _first_line(path: Path) -> int:
    """The number of the first line that is not blank."""
    with LineReader(path) as lines:
        return next((number for number, _ in lines), 1)


def _kind_of_lines(path: Path, options: Options) -> str | None:
    first = first_record(path)
    try:
        record = jsontext.object_level(first)
    except InvalidValue as error:
        if first and plain_name(path).endswith(_LINES):
            raise BadInput(f"{path}:{_first_line(path)}: {error}") from None
        return None
    fields = RecordReader(options.mapping)
    if fields.raw(record, "state") is not None:
        return "snapshots"
    if any(fields.raw(record, name) is not None for name in ("ops", "entity", "case")):
        return "events"
    return None
