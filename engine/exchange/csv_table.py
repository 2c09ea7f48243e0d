"""CSV: a table as it is now (again, another version of it), a folder of such, or a log of changes.

A *table* is a list of records at `$`, told apart by the key column (`--key '$[*]=id'` or `--map key=id`; found
otherwise). A *change log* has a column of times and one that names the entity that each row is about; its other
columns are fields, an empty cell says nothing. It is one where `--map time=…` says so, or where a column is called
`time` or `timestamp` and an `entity`, `case` or `id` column repeats. In a folder every `.csv` is a version of one
table, in order of their names; the time is the date in the name, or else that of the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.detection import plain_name
from engine.exchange.events import fold
from engine.exchange.formats import MAX_BYTES, parse, read_table
from engine.exchange.intake import Intake, open_intake
from engine.exchange.jsonlines import read_records
from engine.exchange.lines import damage, decompressed, open_input, read_whole, size_of
from engine.exchange.options import ImportResult, Options, readable
from engine.exchange.sources import Source
from engine.exchange.versions import Skipped, SourceVersion
from engine.model import times
from engine.model.times import looks_like_time

if TYPE_CHECKING:
    from engine.store import Store

_SAMPLE = 500
_SHORTEST = len("2024-01")
_TIMES = ("time", "timestamp")
_ENTITIES = ("entity", "case", "id")
_DATE = re.compile(r"(\d{4})[-_]?(\d\d)[-_]?(\d\d)(?:[T_ -]?(\d\d)[-_:]?(\d\d)(?:[-_:]?(\d\d))?)?")


def import_csv(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Import CSV. Raises `BadInput` naming the line that cannot be read."""
    if path.is_dir():
        files = sorted(item for item in path.iterdir() if plain_name(item).endswith((".csv", ".tsv")))
        if not files:
            raise BadInput(f"{path}: no .csv file there")
        _import_tables(store, path, files, options, result)
        return
    log = ChangeLog(path, options)
    mapping = log.mapping()
    if mapping is None:
        _import_tables(store, path, [path], options, result)
        if result.transactions:
            result.warnings += log.doubts(result.identity.get("$[*]", []))
    else:
        _import_log(store, path, log, replace(options, mapping=mapping), result)


class ChangeLog:
    """The rows of a CSV file as JSON records, with the number of the line where each ends."""

    unit = "bytes"

    def __init__(self, path: Path, options: Options) -> None:
        self._path = path
        self._options = options
        self.done = 0
        self.size = size_of(path)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for number, row in self.rows():
            yield number, jsontext.dump({name: cell for name, cell in row.items() if cell != ""})

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Every row by the names of the header, from the beginning. Raises `BadInput` naming the line."""
        try:
            with open_input(self._path) as file, io.TextIOWrapper(decompressed(file), "utf-8-sig", newline="") as text:
                for line, row in read_table(text):
                    self.done = file.tell()
                    yield line, row
        except UnicodeDecodeError:
            raise BadInput(f"{self._path}: invalid UTF-8; save the file as UTF-8") from None
        except InvalidValue as error:
            raise BadInput(f"{self._path}: {error}") from None
        except damage():
            raise BadInput(f"{self._path}: the compressed file is cut or damaged; get it again") from None

    def mapping(self) -> dict[str, str] | None:
        """The mapping of our names to columns where this is a log of changes; None where it is a table."""
        given = dict(self._options.mapping)
        sample = [row for _, row in islice(self.rows(), _SAMPLE)]
        columns = list(sample[0]) if sample else []
        for field, name in given.items():
            if columns and field != "key" and name not in columns:
                raise BadInput(f"{self._path}: there is no column {name!r}; there are {', '.join(columns[:12])}")
        low = {name.lower(): name for name in columns}
        time = given.get("time") or next((low[name] for name in _TIMES if name in low), None)
        entity = given.get("entity") or given.get("case") or self._entity(low, sample)
        if time is None or entity is None:
            if "time" in given:
                raise BadInput(f"{self._path}: which column names the entity? say it with --map entity=COLUMN")
            return None
        return {"time": time, **({} if "case" in given else {"entity": entity}), **given}

    def doubts(self, key: Sequence[str]) -> list[str]:
        """What to say where the file was read as a table and looks as if each row were a change: nothing but a column
        of times tells its rows apart (no number in front), and another one has values that come again."""
        sample = [row for _, row in islice(self.rows(), _SAMPLE)]
        columns = list(sample[0]) if sample else []
        times_ = [name for name in columns if _is_clock([row.get(name, "") for row in sample])]
        others = [name for name in columns if name not in times_]
        counts = {name: len({row.get(name) for row in sample}) for name in others}
        again = [name for name in others if 1 < counts[name] < len(sample)]
        numbered = counts.get(columns[0] if columns else "") == len(sample)
        if not times_ or not again or numbered or (key and not set(times_) & set(key)):
            return []
        return [
            f"{self._path.name} is one version of a table here; if each of its rows is a change, import it into a new "
            f"store with --map time={times_[0]},entity={again[0]}"
        ]

    @staticmethod
    def _entity(low: dict[str, str], sample: Sequence[dict[str, str]]) -> str | None:
        """A column that is called like an entity and whose values repeat."""
        for name in _ENTITIES:
            if name in low:
                values = [row.get(low[name]) for row in sample]
                if name != "id" or len(set(values)) < len(values):
                    return low[name]
        return None


def _is_clock(cells: Sequence[str]) -> bool:
    """Whether all cells are times, with more than the year."""
    return bool(cells) and all(len(cell) >= _SHORTEST and looks_like_time(cell) for cell in cells)


def _import_log(store: Store, path: Path, log: ChangeLog, options: Options, result: ImportResult) -> None:
    first = next(iter(log), (0, b""))[1]
    clock = ClockReader(options.zone, options.time_format)
    clock.learn([row.get(options.mapping["time"], "") for _, row in islice(log.rows(), _SAMPLE)])
    source = Source("csv", first, plain_name(path).split(".")[0])
    with open_intake(store, source, options, result) as intake:
        read_records(path, log, intake, options, fold(intake, first, options, clock))


def _import_tables(store: Store, path: Path, files: list[Path], options: Options, result: ImportResult) -> None:
    key = options.mapping.get("key")
    keys = {**options.keys, "$[*]": tuple(key.split(","))} if key else options.keys
    options = replace(options, keys=keys)
    stem = plain_name(path).split(".")[0]
    salt = blake3(read_whole(files[0], MAX_BYTES)).digest()
    source = Source("table", readable(str(path.resolve())), stem, salt=salt)
    with open_intake(store, source, options, result) as intake:
        for number, file in enumerate(files):
            intake.tick(number, len(files), "files")
            _add_table(intake, file, path.is_dir(), result)
        intake.tick(len(files), len(files), "files")


def _add_table(intake: Intake, file: Path, among_others: bool, result: ImportResult) -> None:
    """Write the version of a file, unless it was imported before or nothing changed."""
    data = read_whole(file, MAX_BYTES)
    more = intake.notes["more"]
    mark = blake3(data).digest(8)
    if more.get("files", {}).get(readable(file.name)) == mark:
        return
    head = intake.head(intake.default)
    try:
        state = parse(data, "csv")
        intake.begin()
        tree = intake.shadow.diff(intake.tree(head), state)
    except InvalidValue as error:
        if not among_others:
            raise BadInput(f"{file}: {error}") from None
        result.skipped.append(Skipped(file.name, str(error)))
        return
    last = more.get("time", -(1 << 62))
    time = _date(file.name) if among_others else None
    if time is None:
        modified = file.stat().st_mtime_ns // 1000
        time = modified if modified > last else max(times.now(), last + 1)
    intake.notes["more"] = {"time": time, "files": {**more.get("files", {}), readable(file.name): mark}}
    if head < 0 or len(intake.shadow.rows):
        parents = [head] if head >= 0 else []
        intake.add(SourceVersion(time, b"", message=file.name), parents, intake.default, tree)


def _date(name: str) -> int | None:
    """The time that a file's name says."""
    found = _DATE.search(name)
    if found is None:
        return None
    year, month, day, hour, minute, second = (part or "00" for part in found.groups())
    try:
        return times.parse_time(f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")
    except BadInput:
        return None
