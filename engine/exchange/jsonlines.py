"""JSON Lines as an import reads them: from where it stopped, stopping at (or leaving out) what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from engine.errors import BadInput, InvalidValue, KnownError, NotFound
from engine.exchange.intake import Intake
from engine.exchange.lines import LineReader
from engine.exchange.options import Options
from engine.exchange.versions import Skipped
from engine.model import values

_PLACE = re.compile(r" at line 1 column (\d+)")


class Records(Protocol):
    """Records with the number of the line or event where each stands; `done` of `size` in `unit` are read."""

    unit: str

    @property
    def done(self) -> int: ...
    @property
    def size(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[int, bytes]]: ...


def read_lines(path: Path, intake: Intake, options: Options, take: Callable[[bytes], None]) -> None:
    """Hand every line of a file that was not read before to `take`, which writes its transaction."""
    with LineReader(path) as lines:
        read_records(path, lines, intake, options, take)


def read_records(path: Path, records: Records, intake: Intake, options: Options, take: Callable[[bytes], None]) -> None:
    """Hand every record that was not read before to `take`, which writes its transaction.

    The notes of the import keep how many lines were read and a hash over them. Raises `BadInput` naming the line that
    cannot be read (with `skip_bad` it is listed instead), or that the part read before is not what it was.
    """
    notes = intake.notes
    known, digest = int(notes["count"]), bytes(notes["digest"])
    hasher = blake3()
    seen = 0
    for number, line in records:
        content = line.strip()
        hasher.update(content)
        hasher.update(b"\n")
        seen += 1
        if seen <= known:
            if seen == known and hasher.digest() != digest:
                raise _changed(path)
            continue
        intake.tick(records.done, records.size, records.unit)
        before = notes["count"], notes["digest"]
        notes["count"], notes["digest"] = seen, hasher.digest()
        try:
            take(content)
        except (BadInput, NotFound) as error:
            why = reason(content, error)
            if not options.skip_bad:
                notes["count"], notes["digest"] = before
                raise BadInput(f"{path}:{number}: {why}") from None
            intake.result.skipped.append(Skipped(f"{path}:{number}", why))
    intake.tick(records.size, records.size, records.unit)
    if seen < known:
        raise _changed(path)


def _changed(path: Path) -> BadInput:
    return BadInput(
        f"{path}: the part that was imported before has changed; import it into a new store, or under another "
        "--timeline"
    )


def reason(content: bytes, error: KnownError) -> str:
    """What is wrong with a line, with the column where the strict reader knows it."""
    if isinstance(error, InvalidValue):
        try:
            values.loads(content)
        except InvalidValue as exact:
            return _PLACE.sub(r" at column \1", str(exact))
    return str(error)
