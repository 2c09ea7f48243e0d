"""XES event logs (IEEE 1849), read as they stream by, and given out in order of time.

XES lists events by trace; a history is in order of time. The events are written to a temporary file as JSON and
read back through an index, so that memory holds sixteen bytes an event. Entity declarations are refused: XES needs
none, and those of a hostile file unfold without end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.parsers import expat

import numpy as np

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.lines import damage, decompressed, open_input

MAX_DEPTH = 64
_CHUNK = 1 << 16
_SCALARS = ("string", "date", "int", "float", "boolean", "id")
_NAMES = {"concept:name": "activity", "time:timestamp": "time", "org:resource": "resource"}
_LIFECYCLE = "lifecycle:transition"


class SortedEvents:
    """The events of an XES file in order of time (as they stand where times are equal), as JSON records.

    Iterates over `(number, record)` with numbers from 1. Raises `BadInput` for what is no XES.
    """

    unit = "events"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._times: list[int] = []
        self._ends: list[int] = [0]
        self._clock = ClockReader()
        try:
            _Parser(self._keep).parse(path)
        except BaseException:
            self.close()
            raise
        self._order = np.argsort(np.array(self._times, np.int64), kind="stable")
        self.size = len(self._times)
        self.done = 0
        self.first = self._record(0) if self.size else b""

    def __enter__(self) -> SortedEvents:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for place in range(self.size):
            self.done = place
            yield int(self._order[place]) + 1, self._record(place)

    def _record(self, place: int) -> bytes:
        number = int(self._order[place])
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number])

    def _keep(self, event: dict[str, Any]) -> None:
        if "time" not in event:
            raise InvalidValue(f"event {len(self._times) + 1} has no time:timestamp")
        record = jsontext.dump(event)
        self._times.append(self._clock.read(event["time"]))
        self._ends.append(self._ends[-1] + len(record))
        self._file.write(record)


class _Parser:
    """Feeds `keep` with the events of a log, each with the attributes of its trace on its first one."""

    def __init__(self, keep: Any) -> None:
        self._keep = keep
        self._stack: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self._trace: dict[str, Any] = {}
        self._started = 0

    def parse(self, path: Path) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        try:
            with open_input(path) as file, decompressed(file) as stream:
                while chunk := stream.read(_CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadInput(f"{path}:{error.lineno}: invalid XES: {expat.errors.messages[error.code]}") from None
        except damage():
            raise BadInput(f"{path}: the compressed file ends in the middle or is damaged; get it again") from None
        except BadInput as error:
            raise BadInput(f"{path}:{parser.CurrentLineNumber}: {error}") from None

    def _entity(self, *_: Any) -> None:
        raise InvalidValue("the XML declares entities, which XES has no use for; it is refused")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rsplit(":", 1)[-1]
        if len(self._stack) >= MAX_DEPTH:
            raise InvalidValue(f"XML nested deeper than {MAX_DEPTH} levels")
        if not self._stack and name != "log":
            raise InvalidValue(f"the file is no XES log: it begins with <{tag}>")
        if name == "trace":
            self._trace, self._started = {}, 0
        self._stack.append((name, attributes, {}))

    def _end(self, tag: str) -> None:
        name, attributes, below = self._stack.pop()
        parent = self._stack[-1] if self._stack else None
        if name == "event" and parent is not None and parent[0] == "trace":
            self._event(below, parent[2])
        elif parent is not None and "key" in attributes:
            parent[2][attributes["key"]] = _value(name, attributes, below)

    def _event(self, attributes: dict[str, Any], trace: dict[str, Any]) -> None:
        case = trace.get("concept:name", trace.get("identity:id"))
        if case is None:
            raise InvalidValue("a trace has no concept:name")
        event: dict[str, Any] = {"case": str(case), "activity": str(attributes.get("concept:name", ""))}
        event |= {ours: attributes[theirs] for theirs, ours in _NAMES.items() if theirs in attributes}
        if _LIFECYCLE in attributes:
            event["lifecycle"] = attributes[_LIFECYCLE]
        if not self._started:
            event["case_attrs"] = {name: value for name, value in trace.items() if name != "concept:name"}
        known = {*_NAMES, _LIFECYCLE}
        event["attrs"] = {name: value for name, value in attributes.items() if name not in known}
        self._started += 1
        self._keep(event)


def _value(kind: str, attributes: dict[str, str], below: dict[str, Any]) -> Any:
    """The value of an attribute; one with attributes of its own becomes a map with its value under "value"."""
    text = attributes.get("value", "")
    if kind in ("list", "container"):
        return below
    try:
        value = _scalar(kind, text)
    except ValueError:
        raise InvalidValue(f'the {kind} "{attributes["key"]}" cannot be {text!r}') from None
    return {"value": value, **below} if below else value


def _scalar(kind: str, text: str) -> Any:
    if kind == "int":
        return int(text)
    if kind == "float":
        return jsontext.leaf(repr(float(text)).encode())
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind in _SCALARS and kind != "boolean":
        return text
    raise ValueError
