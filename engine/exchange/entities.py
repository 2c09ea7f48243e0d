"""Events that say which fields of an entity hold from then on, folded into states.

`{"time", "entity", "fields"}`: the entity is a path, or an id below `$.entities`; its fields are set, `"fields": null`
removes it. Without "fields", every member that is not one of ours is a field (a flat row of a change log); with
"field" and "value" the row sets one.

`{"case", "activity", "time"}`, a row of an event log (XES, OCEL): the case is a map at `$.cases`, with the latest
activity, resource, lifecycle and objects, and with its attributes ("case_attrs", "attrs", members that are none of
ours). "seq" says where the event stands in its case, which its transaction says already. The activity is the
transaction's message, the resource its author.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.editing import Editor
from engine.exchange.intake import Intake
from engine.exchange.records import RecordReader
from engine.exchange.versions import SourceVersion, checked
from engine.model import values
from engine.model.paths import Name, Selector, parse_pattern

_HEADER = ("time", "author", "message", "id", "commit", "parents", "timeline", "tags", "heads")
_ENTITY = (*_HEADER, "entity", "fields", "field", "value")
_CASE = (*_HEADER, "case", "activity", "resource", "lifecycle", "objects", "attrs", "case_attrs", "seq")
_LATEST = ("activity", "resource", "lifecycle", "objects")

Record = Mapping[str, bytes]


class EntityFold:
    """Takes event records, one transaction each."""

    def __init__(self, intake: Intake, fields: RecordReader, clock: ClockReader) -> None:
        self._intake = intake
        self._fields = fields
        self._clock = clock
        self._editor = Editor(intake.shadow)
        self._ours = {form: {fields.name(name) for name in names} for form, names in (("e", _ENTITY), ("c", _CASE))}

    def take(self, line: bytes) -> None:
        """Write the transaction of a record. Raises `BadInput` saying what is wrong, and then writes none."""
        values.loads(line)  # checked whole before anything changes: the tree is edited in place
        record = jsontext.object_level(line)
        is_case = self._fields.raw(record, "case") is not None
        path, members = self._read_case(record) if is_case else self._read_entity(record)
        version = read_header(record, self._fields, self._clock)
        if is_case:
            version = self._signed(version, record)
        intake = self._intake
        name = version.timeline or intake.default
        parents = intake.parents(version, name)
        tree = intake.tree(parents[0] if parents else -1)
        intake.begin(sharing=False)
        if members is None:
            tree = self._editor.remove(tree, path)
        else:
            tree = self._editor.set_members(tree, path, members, one_of_many=is_gathered(path))
        if parents:
            intake.forget(parents[0])  # its tree has become the new one
        intake.add(version, parents, name, tree)

    def _signed(self, version: SourceVersion, record: Record) -> SourceVersion:
        author = version.author or self._fields.text(record, "resource") or ""
        message = version.message or self._fields.text(record, "activity") or ""
        return replace(version, author=author, message=message)

    def _read_case(self, record: Record) -> tuple[Sequence[Selector], Record]:
        fields = self._fields
        case = fields.text(record, "case")
        if case is None or fields.raw(record, "activity") is None:
            raise InvalidValue(f'an event of a case needs "{fields.name("case")}" and "{fields.name("activity")}"')
        latest = {name: raw for name in _LATEST if (raw := fields.raw(record, name)) is not None}
        others = {name: raw for name, raw in record.items() if name not in self._ours["c"]}
        attributes = {**self._object(record, "case_attrs"), **self._object(record, "attrs"), **others}
        return (Name("cases"), Name(case)), {**latest, **attributes, **latest}

    def _object(self, record: Record, field: str) -> Record:
        raw = self._fields.raw(record, field)
        if raw is None or raw == b"null":
            return {}
        if raw[0] != jsontext.OBJECT:
            raise InvalidValue(f'"{self._fields.name(field)}" is not an object')
        return jsontext.object_level(raw)

    def _read_entity(self, record: Record) -> tuple[Sequence[Selector], Record | None]:
        fields = self._fields
        entity = fields.text(record, "entity")
        if entity is None:
            raise InvalidValue(f'there is no "{fields.name("entity")}", "{fields.name("case")}" or "ops"')
        path = entity_path(entity)
        if fields.raw(record, "fields") == b"null":
            return path, None
        if fields.raw(record, "fields") is not None:
            return path, self._object(record, "fields")
        name = fields.text(record, "field")
        value = fields.raw(record, "value")
        if name is not None and value is not None:
            return path, {name: value}
        return path, {name: raw for name, raw in record.items() if name not in self._ours["e"]}


def entity_path(entity: str) -> Sequence[Selector]:
    """Where an entity stands: a path, or an id below `$.entities`."""
    if not entity.startswith("$"):
        return (Name("entities"), Name(entity))
    pattern = parse_pattern(entity)
    if not pattern.singular:
        raise BadInput(f"the entity {entity!r} must name one place")
    return [segment.selectors[0] for segment in pattern.segments]


def is_gathered(path: Sequence[Selector]) -> bool:
    """Whether an entity stands where ids are gathered: `$.cases` or `$.entities`."""
    return len(path) == 2 and path[0] in (Name("cases"), Name("entities"))


def read_header(record: Record, fields: RecordReader, clock: ClockReader) -> SourceVersion:
    """Time, author and the like of an event. Raises `BadInput` for what a store cannot hold."""
    time = fields.text(record, "time")
    if time is None:
        raise InvalidValue(f'there is no "{fields.name("time")}"')
    version = SourceVersion(
        time=clock.read(time),
        state=b"",
        author=fields.text(record, "author") or "",
        message=fields.text(record, "message") or "",
        source=fields.text(record, "id") or fields.text(record, "commit") or "",
        parents=fields.texts(record, "parents"),
        timeline=fields.text(record, "timeline") or None,
        tags=fields.texts(record, "tags") or (),
        heads=fields.texts(record, "heads") or (),
    )
    return checked(version)
