"""A look at a source before it is imported: what it is, how much, since when, and how its records are told apart."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from engine.errors import BadInput, Cancelled, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.detection import detect_kind, plain_name
from engine.exchange.entities import read_header
from engine.exchange.fields import candidates
from engine.exchange.globs import Globs
from engine.exchange.identity import Identities
from engine.exchange.jsonlines import reason
from engine.exchange.lines import LineReader
from engine.exchange.options import Cancel, Options, Progress
from engine.exchange.records import RecordReader

_VERSIONS = 40
_EVENTS = 2000
_ROWS = 2000
_FILES = 50
_BYTES = 16 << 20
_SECONDS = 3.0
_SHOWN = 40


@dataclass(slots=True)
class Preview:
    """What a look at a source tells. `versions` counts its versions or events, None where that took too long;
    `looked_at` were read. Times are microseconds. `identity` gives the fields that will tell records apart, by list
    pattern; `fields` some names that occur; `problems` are what cannot be read, as (where, why)."""

    kind: str
    versions: int | None = None
    looked_at: int = 0
    timelines: int = 1
    first: int | None = None
    last: int | None = None
    paths: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    identity: dict[str, list[str]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


class _Look:
    """One look; stops when the user does."""

    def __init__(self, path: Path, options: Options, kind: str) -> None:
        self.path = path
        self.options = options
        self.found = Preview(kind)
        self.identities = Identities(options.keys)
        self._names: dict[str, None] = {}

    def tick(self, done: int, total: int | None, unit: str) -> None:
        if self.options.cancel is not None and self.options.cancel.is_set():
            raise Cancelled("stopped; nothing was imported")
        if self.options.progress is not None:
            self.options.progress(done, total, unit)

    def state(self, raw: bytes, under: str = "") -> None:
        """Take in a state, or the part of it under a key. Raises `InvalidValue`."""
        value = jsontext.plain(raw)
        pattern = self.identities.root
        self.identities.survey(value, self.identities.below(pattern, under) if under else pattern)
        sample = next((item for item in value if isinstance(item, dict)), {}) if isinstance(value, list) else value
        if isinstance(sample, dict):
            self._names.update(dict.fromkeys(sample))

    def record(self, names: Sequence[str]) -> None:
        self._names.update(dict.fromkeys(names))

    def moment(self, moment: int) -> None:
        found = self.found
        found.first = moment if found.first is None else min(found.first, moment)
        found.last = moment if found.last is None else max(found.last, moment)

    def finish(self) -> Preview:
        self.found.fields = list(self._names)[:_SHOWN]
        chosen = {each.text(): list(each.fields) for each in self.identities.walk() if each.fields and each.seen}
        self.found.identity = {**chosen, **self.found.identity}
        return self.found


def preview(
    source: str | Path,
    *,
    kind: str | None = None,
    paths: Sequence[str] = (),
    keys: Mapping[str, Sequence[str]] | None = None,
    mapping: Mapping[str, str] | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Preview:
    """Look at the beginning of a source. Raises `BadInput` or `NotFound` where it cannot be imported at all."""
    options = Options(
        paths=tuple(paths),
        keys={pattern: tuple(fields) for pattern, fields in (keys or {}).items()},
        mapping=dict(mapping or {}),
        zone=zone,
        time_format=time_format,
        progress=progress,
        cancel=cancel,
    )
    path = Path(source).expanduser()
    look = _Look(path, options, kind or detect_kind(path, options))
    readers = {"git": _git, "folder": _folder, "csv": _csv, "events": _events, "snapshots": _snapshots}
    if look.found.kind not in readers:
        raise BadInput(f"unknown kind {kind!r}; known are {', '.join(readers)}")
    readers[look.found.kind](look)
    return look.finish()


def _snapshots(look: _Look) -> None:
    from engine.exchange.snapshots import SnapshotReader, learned_clock

    reader = SnapshotReader(look.options.mapping, learned_clock(look.path, look.options))
    timelines = set()
    size = 0

    def read(line: bytes) -> None:
        nonlocal size
        version = reader.read(line)
        look.moment(version.time)
        timelines.add(version.timeline)
        if size < _BYTES:
            size += len(line)
            look.state(version.state)

    _lines(look, read, _VERSIONS)
    look.found.timelines = max(1, len(timelines))


def _events(look: _Look) -> None:
    if plain_name(look.path).endswith(".xes"):
        from engine.exchange.xes import SortedEvents

        with SortedEvents(look.path) as events:
            clock = ClockReader(look.options.zone, look.options.time_format)
            _read_events(look, [record for _, record in islice(events, _EVENTS)], clock)
            look.found.versions = events.size
        return
    from engine.exchange.snapshots import learned_clock

    clock = learned_clock(look.path, look.options)
    _lines(look, lambda line: _read_events(look, [line], clock), _EVENTS)


def _read_events(look: _Look, records: Sequence[bytes], clock: ClockReader) -> None:
    fields = RecordReader(look.options.mapping)
    for raw in records:
        record = jsontext.object_level(raw)
        look.moment(read_header(record, fields, clock).time)
        look.record(list(record))


def _lines(look: _Look, read: object, limit: int) -> None:
    """Read the first lines, count the others, and read the last one for its time."""
    assert callable(read)
    began = time.monotonic()
    last = b""
    seen = 0
    with LineReader(look.path) as lines:
        try:
            for number, line in lines:
                seen += 1
                last = line
                if seen <= limit:
                    try:
                        read(line.strip())
                        look.found.looked_at += 1
                    except BadInput as error:
                        look.found.problems.append((f"{look.path.name}:{number}", reason(line.strip(), error)))
                elif time.monotonic() - began > _SECONDS:
                    return
                look.tick(lines.done, lines.size, "bytes")
        except BadInput as error:
            look.found.problems.append((look.path.name, str(error)))
            return
    look.found.versions = seen
    if seen > limit:
        try:
            read(last.strip())
        except BadInput as error:
            look.found.problems.append((f"{look.path.name}:{seen}", str(error)))


def _csv(look: _Look) -> None:
    from engine.exchange.csv_table import ChangeLog

    files = sorted(look.path.glob("*.csv")) if look.path.is_dir() else [look.path]
    look.found.paths = [file.name for file in files] if look.path.is_dir() else []
    look.found.versions = len(files)
    log = ChangeLog(files[0], look.options) if files else None
    if log is None:
        raise BadInput(f"{look.path}: no .csv file there")
    rows = [row for _, row in islice(log.rows(), _ROWS)]
    look.record(list(rows[0]) if rows else [])
    mapping = log.mapping()
    look.found.looked_at = 1
    if mapping is None:
        ranked = candidates([rows]) if rows else []
        if ranked and "$[*]" not in look.options.keys:
            look.found.identity = {"$[*]": list(ranked[0])}
        return
    clock = ClockReader(look.options.zone, look.options.time_format)
    moments = [row[mapping["time"]] for row in rows if mapping["time"] in row]
    clock.learn(moments)
    look.found.versions = len(rows) if len(rows) < _ROWS else None
    look.found.looked_at = len(rows)
    for number, text in enumerate(moments, 2):
        try:
            look.moment(clock.read(text))
        except BadInput as error:
            look.found.problems.append((f"{look.path.name}:{number}", str(error)))


def _folder(look: _Look) -> None:
    from engine.exchange.folder import documents

    look.found.versions = look.found.looked_at = 1
    for name, content in documents(look.path, look.options):
        if isinstance(content, InvalidValue | BadInput):
            look.found.problems.append((name or look.path.name, str(content)))
        else:
            if name:
                look.found.paths.append(name)
            look.state(content, name)


def _git(look: _Look) -> None:
    from engine.exchange.git_files import Files
    from engine.exchange.git_history import History
    from engine.exchange.git_references import open_repository, read_references

    repository = open_repository(look.path)
    references = read_references(repository)
    look.found.timelines = len(references.branches)
    tips = {*references.branches.values(), *references.tags.values()}
    if not tips:
        raise BadInput(f"{look.path}: the repository has no commits yet")
    history = History(repository, tips, tick=lambda count: look.tick(count, None, "commits"))
    look.found.versions = len(history.parents)
    for commit in history.times.values():
        look.moment(commit * 1_000_000)
    tip = references.branches.get(references.head) or min(tips)
    files = Files(repository, Globs(look.options.paths), tip)
    for path, blob in sorted(files.changes(None, tip).items()):
        look.found.paths.append(path)
        if blob is None or len(look.found.paths) > _FILES:
            continue
        try:
            look.state(files.read(path, blob), "" if files.only else path)
            look.found.looked_at = 1
        except InvalidValue as error:
            look.found.problems.append((f"{tip[:12]}:{path}", str(error)))
