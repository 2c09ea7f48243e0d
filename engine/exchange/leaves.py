"""Value ids of JSON leaves, and the JSON of what the value table holds."""

from __future__ import annotations

from collections.abc import Sequence

from engine.exchange import jsontext
from engine.exchange.node import Node, is_container
from engine.model import values
from engine.model.operations import LIST, MAP
from engine.storage.dictionaries import ValueTable

_CACHED = 1 << 18
_CACHED_LENGTH = 256


class Leaves:
    """The values of an import, by the bytes that spell them."""

    def __init__(self, table: ValueTable) -> None:
        self._table = table
        self._ids: dict[bytes, int] = {}

    def value_id(self, raw: bytes) -> int:
        """The id of a leaf, or the marker of a container, by its JSON. Raises `InvalidValue`."""
        first = raw[0]
        if first == jsontext.ARRAY:
            return LIST
        if first == jsontext.OBJECT:
            spelled = jsontext.spelled_bytes(raw)
            return MAP if spelled is None else self._table.intern(values.encode(spelled))
        vid = self._ids.get(raw)
        if vid is None:
            vid = self._table.intern(jsontext.encoded_leaf(raw))
            if len(raw) <= _CACHED_LENGTH:
                if len(self._ids) >= _CACHED:
                    self._ids.clear()
                self._ids[raw] = vid
        return vid

    def value_ids(self, raws: Sequence[bytes]) -> list[int]:
        """As `value_id`, for many."""
        known = map(self._ids.get, raws)
        return [vid if vid is not None else self.value_id(raw) for vid, raw in zip(known, raws, strict=True)]

    def intern(self, value: object) -> int:
        """The id of a Python leaf."""
        return self._table.intern(values.encode(value))

    def python(self, vid: int) -> object:
        """The Python leaf of an id."""
        return self._table.python(vid)

    def same(self, a: int, b: int) -> bool:
        """Whether two value ids hold the same value."""
        return self._table.equal(a, b)

    def render(self, node: Node, index: int) -> bytes:
        """The JSON of a child of a node, with everything below it."""
        vid = node.vids[index]
        if not is_container(vid):
            return jsontext.dump(values.to_json(self._table.python(vid)))
        child = node.nodes[node.pids[index]]
        parts = [self.render(child, place) for place in range(len(child))]
        if vid == LIST:
            return b"[" + b",".join(parts) + b"]"
        return jsontext.dump_members(list(zip(child.keys, parts, strict=True)))
