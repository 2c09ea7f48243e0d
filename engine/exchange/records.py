"""Fields of a JSON Lines record, read by the names that a user's mapping gives them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import InvalidValue
from engine.exchange import jsontext


class RecordReader:
    """Reads records under a mapping from our names of fields to the source's (`--map time=ts,entity=order_id`)."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = dict(mapping)

    def name(self, field: str) -> str:
        """What the source calls a field."""
        return self._mapping.get(field, field)

    def raw(self, record: Mapping[str, bytes], field: str) -> bytes | None:
        """The JSON of a field, None where it is missing; a mapped name with dots may lead into objects."""
        name = self._mapping.get(field, field)
        found = record.get(name)
        if found is None and field in self._mapping and "." in name:
            level: Mapping[str, bytes] = record
            for part in name.removeprefix("$.").split("."):
                found = level.get(part)
                if found is None:
                    return None
                level = jsontext.object_level(found) if found[0] == jsontext.OBJECT else {}
        return found

    def text(self, record: Mapping[str, bytes], field: str) -> str | None:
        """A field that is text (a number is taken as it is written); None where it is missing or null.

        Raises `InvalidValue` for anything else.
        """
        raw = self.raw(record, field)
        if raw is None or raw == b"null":
            return None
        if raw[0] == jsontext.STRING:
            return str(jsontext.leaf(raw))
        if raw[0] in b"{[":
            raise InvalidValue(f'"{self.name(field)}" is not text')
        return raw.decode()

    def texts(self, record: Mapping[str, bytes], field: str) -> tuple[str, ...] | None:
        """A field that is a list of texts; None where it is missing or null."""
        raw = self.raw(record, field)
        if raw is None or raw == b"null":
            return None
        if raw[0] != jsontext.ARRAY:
            raise InvalidValue(f'"{self.name(field)}" is not a list')
        items = jsontext.array_level(raw)
        if not all(item[0] == jsontext.STRING for item in items):
            raise InvalidValue(f'"{self.name(field)}" is not a list of strings')
        return tuple(str(jsontext.leaf(item)) for item in items)
