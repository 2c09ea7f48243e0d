"""Steps of list elements: keys as the records spell them, numbers for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.exchange import jsontext
from engine.exchange.fields import Fields
from engine.exchange.jsontext import Memory
from engine.model import paths
from engine.model.paths import Element, Keyed

_CACHED = 1 << 18
# Objects up to this size are remembered, as many as this together: the same record stands in several lists, goes and
# comes back.
_REMEMBERED = 1 << 13
_REMEMBERED_BYTES = 4 << 20


class Steps:
    """Makes the encoded steps of an import."""

    def __init__(self, replica: bytes) -> None:
        self._replica = replica
        self._seq = 0
        self._made = 0
        self._keyed: dict[tuple[Fields, tuple[bytes, ...]], bytes | None] = {}
        self._names: dict[str, bytes] = {}
        self.cut = Memory(jsontext.cut, _REMEMBERED_BYTES, _REMEMBERED)

    def begin(self, seq: int) -> None:
        """Elements made from here on belong to transaction `seq`."""
        self._seq = seq
        self._made = 0

    def name(self, key: str) -> bytes:
        """The step of a map key."""
        step = self._names.get(key)
        if step is None:
            if len(self._names) >= _CACHED:
                self._names.clear()
            step = self._names[key] = paths.encode_step(key)
        return step

    def names(self, keys: Iterable[str]) -> list[bytes]:
        """As `name`, for many."""
        known = self._names.get
        return [known(key) or self.name(key) for key in keys]

    def element(self) -> bytes:
        """The step of one more element without key."""
        step = paths.encode_step(Element(self._replica, self._seq, self._made))
        self._made += 1
        return step

    def key(self, raw: bytes, fields: Fields) -> bytes | None:
        """The step of a record by its identity fields; None where it lacks one or it is no string or number."""
        if raw[0] != jsontext.OBJECT:
            return None
        found = self.cut(raw)
        if found.fields != fields:
            found.fields, found.step = fields, self._look_up(found.level, fields)
        return found.step

    def _look_up(self, level: Mapping[str, Any], fields: Fields) -> bytes | None:
        try:
            spelled = tuple([bytes(level[name]) for name in fields])
        except KeyError:
            return None
        try:
            return self._keyed[fields, spelled]
        except KeyError:
            return self._make(fields, spelled)

    def _make(self, fields: Fields, spelled: tuple[bytes, ...]) -> bytes | None:
        found = [None if raw[0] in b"{[" else jsontext.leaf(raw) for raw in spelled]
        fit = all(type(value) in (str, int, float) for value in found)
        step = paths.encode_step(Keyed(fields, tuple(found))) if fit else None
        if len(self._keyed) >= _CACHED:
            self._keyed.clear()
        self._keyed[fields, spelled] = step
        return step


def repeated(step: bytes, nth: int) -> bytes:
    """The step of the `nth` further record (from 1) with the key of `step`."""
    keyed = paths.decode_step(step)
    assert isinstance(keyed, Keyed)
    return paths.encode_step(replace(keyed, nth=nth))


def first_of(step: bytes) -> bytes:
    """The step of the first record with the key of `step`."""
    return repeated(step, 0) if is_repeated(step) else step


def is_element(step: bytes) -> bool:
    """Whether an encoded step is that of an element without key."""
    return step[:1] == b"e"


def is_repeated(step: bytes) -> bool:
    """Whether the encoded step of a record is that of a second or later one with its key."""
    return step[-1] != 0


def fields_of(step: bytes) -> Fields:
    """The identity fields that an encoded step names."""
    keyed = paths.decode_step(step)
    assert isinstance(keyed, Keyed)
    return keyed.fields
