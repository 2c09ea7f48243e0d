"""The dictionary of values: value ids, append-only, kept on disk in blocks. That of paths is in `path_table.py`.

Value ids are best effort: equal ids are equal values, but a value may have more than one id, so whoever compares across
ids compares the canonical bytes (`ValueTable.equal`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore, InvalidValue
from engine.model import values
from engine.model.operations import FIRST_VALUE, LIST, MAP
from engine.model.splices import Splice
from engine.storage import value_block
from engine.storage.again import ask_again
from engine.storage.arrays import distinct
from engine.storage.cache import Budget, ByteCache
from engine.storage.columns import Effort
from engine.storage.columns.edits import from_splices
from engine.storage.texts import EditedText, Source, Texts
from engine.storage.value_block import Item, Opened

INTERN_LIMIT = 1 << 20
BLOCK_VALUES = 4096
BLOCK_BYTES = 512 << 10
PLAIN_ROOM = 8
"""As many values that edits made have room in a block where one other has."""


class Moved(Exception):
    """A block is not in the file any more: a compaction has put others in its place."""


class _Block:
    """Values from id `first` on: as they are stored, and Python values made when first asked for."""

    __slots__ = ("first", "held", "python", "raw")

    def __init__(self, first: int, raw: list[Item], held: Opened | None = None) -> None:
        self.first, self.raw, self.held = first, raw, held
        self.python: dict[int, Any] = {}

    @property
    def stop(self) -> int:
        """The value after the last one that it holds."""
        return self.first + (len(self.raw) if self.held is None else self.held.count)

    def source(self, value: int) -> Source:
        """Where a value that it holds comes from."""
        held = self.held
        if held is None:
            return self.raw[value - self.first]
        if held.is_derived(value):
            return held.edits, held.edits.edit_of(value)
        return held.plain(value)


_UNMADE = object()
_FEW = 64
_MARKERS = {MAP: values.EMPTY_MAP, LIST: values.EMPTY_LIST}


class ValueTable:
    """Canonical bytes of values by id. Ids below `FIRST_VALUE` are markers: absent, map, list.

    Blocks are fetched when needed (`fetch(first, count) -> payload`, which raises `Moved` where there is none of so
    many any more) and kept in a cache bounded by bytes; values that are not on disk yet stay in memory.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], bytes],
        cache: ByteCache[_Block] | None = None,
        listed: Callable[[], list[tuple[int, int]]] | None = None,
        texts: ByteCache[str] | None = None,
    ) -> None:
        """`listed` gives the first value and the number of values of each block in the file, in order; `texts` is a
        cache for texts that edits made."""
        self._fetch = fetch
        self._listed = listed
        self._spans: list[tuple[int, int]] = []
        self._tail = _Block(FIRST_VALUE, [])
        self.cache: ByteCache[_Block] = Budget().cache("values") if cache is None else cache
        self.texts = Texts(self._source, Budget().cache("edited texts") if texts is None else texts)
        self._ids: dict[bytes, int] = {}
        self._lately: dict[int, bytes] = {}

    def __len__(self) -> int:
        return self._tail.first + len(self._tail.raw)

    @property
    def stored(self) -> int:
        """Ids below this are in blocks."""
        return self._tail.first

    def add_block(self, first: int, count: int) -> None:
        """Say that a block on disk holds `count` values from `first` on."""
        if first != self.stored or type(count) is not int:
            raise CorruptStore(f"the store is damaged: values {self.stored} to {first} are missing; restore a backup")
        self._spans.append((first, first + count))
        self._tail = _Block(first + count, self._tail.raw[count:])

    def intern(self, canonical: bytes) -> int:
        """The id of a value; a new one where it was not met lately."""
        if canonical == values.EMPTY_MAP:
            return MAP
        if canonical == values.EMPTY_LIST:
            return LIST
        value = self._ids.get(canonical)
        if value is None:
            value = self.append(canonical)
        return value

    def append(self, canonical: bytes) -> int:
        """A new id for a value."""
        value = len(self)
        self._tail.raw.append(canonical)
        if len(self._ids) >= INTERN_LIMIT:
            self._ids.clear()
            self._lately.clear()
        self._ids[canonical] = value
        self._lately[value] = canonical
        return value

    def splice(self, base: int, start: int, delete: int, insert: str) -> int:
        """A new id for the text that an edit of the text `base` makes. Raises `InvalidValue` for an edit that is not
        within it."""
        length = self.texts.length(base)
        if not 0 <= start <= start + delete <= length:
            raise InvalidValue(f"{delete} characters from {start} on are not within a text of {length}")
        return self.append_splice(Splice(base, start, delete, insert))

    def append_splice(self, splice: Splice) -> int:
        """A new id for what an edit makes that is known to be sound, or will be looked at when the text is read."""
        value = len(self)
        if not FIRST_VALUE <= splice.base < value:
            raise CorruptStore(f"the store is damaged: an edit is of the value {splice.base}; restore a backup")
        self._tail.raw.append(splice)
        return value

    def truncate(self, length: int) -> None:
        """Forget the newest values (of transactions that did not become durable)."""
        tail = self._tail
        gone = tail.raw[length - tail.first :]
        for offset, item in enumerate(gone):
            if isinstance(item, bytes):
                self._ids.pop(item, None)
                self._lately.pop(length + offset, None)
        if not all(isinstance(item, bytes) for item in gone):
            self.texts.forget(length)
        self._tail = _Block(tail.first, tail.raw[: length - tail.first])

    def _block(self, value: int) -> _Block:
        tail = self._tail  # once: another thread may put another one there meanwhile
        if value >= tail.first:
            return tail
        try:
            return self._stored(value)
        except Moved:
            self._list_anew()
            return ask_again(lambda: self._stored(value), Moved, self._list_anew)

    def _list_anew(self) -> None:
        if self._listed is None:
            raise Moved
        self.replace(self._listed())

    def _stored(self, value: int) -> _Block:
        spans = self._spans
        span = spans[bisect_right(spans, (value, len(self))) - 1]
        return self.cache.get(span, lambda: self._load(*span))

    def _load(self, first: int, stop: int) -> tuple[_Block, int]:
        held = Opened(self._fetch(first, stop - first), first, stop - first)
        return _Block(first, [], held), held.nbytes

    def replace(self, blocks: Sequence[tuple[int, int]]) -> None:
        """Know other blocks (first value, number of values) that hold the same values, and maybe more."""
        stop = FIRST_VALUE
        for first, count in blocks:
            if first != stop or type(count) is not int:
                raise CorruptStore(f"the store is damaged: values {stop} to {first} are missing; restore a backup")
            stop += count
        tail = self._tail
        if stop < tail.first:
            raise CorruptStore("the store is damaged: blocks of values are missing; restore it from a backup")
        self._spans = [(first, first + count) for first, count in blocks]
        if stop > tail.first:
            self._tail = _Block(stop, tail.raw[stop - tail.first :])

    def _source(self, value: int) -> Source:
        """Where a value comes from."""
        found = self._lately.get(value)
        if found is not None:
            return found
        return _MARKERS.get(value, b"") if value < FIRST_VALUE else self._block(value).source(value)

    def canonical(self, value: int) -> bytes:
        """The canonical bytes of a value ("" for absent)."""
        source = self._source(value)
        return source if isinstance(source, bytes) else values.encode(self.texts.text(value))

    def edit(self, value: int) -> Splice:
        """The edit that made a value of another one. Raises `CorruptStore` where none did."""
        edit = self._edit(value)
        if edit is None:
            raise CorruptStore(f"the store is damaged: no edit made the value {value}; restore it from a backup")
        return edit

    def _edit(self, value: int) -> Splice | None:
        source = self._source(value)
        if isinstance(source, bytes):
            return None
        return source if isinstance(source, Splice) else source[0].splice(source[1])

    def canonical_many(self, wanted: Sequence[int]) -> list[bytes]:
        """As `canonical`, for many."""
        found = list(map(self._lately.get, wanted))
        missing = sorted({value for value, known in zip(wanted, found, strict=True) if known is None})
        made: dict[int, bytes] = {}
        block: _Block | None = None
        stop = 0
        for value in missing:
            if value < FIRST_VALUE:
                made[value] = _MARKERS.get(value, b"")
                continue
            if block is None or value >= stop:
                block = self._block(value)
                stop = block.stop
            source = block.source(value)
            made[value] = source if isinstance(source, bytes) else values.encode(self.texts.text(value))
        return [made[value] if known is None else known for value, known in zip(wanted, found, strict=True)]

    def python(self, value: int) -> Any:
        """The value itself; `{}` and `[]` for the markers. Not for absent."""
        if value < FIRST_VALUE:
            return {} if value == MAP else []
        block = self._block(value)
        found = block.python.get(value, _UNMADE)
        if found is _UNMADE:
            source = block.source(value)
            if not isinstance(source, bytes):
                return self.texts.text(value)
            found = block.python[value] = values.decode(source)
        return found

    def python_many(self, wanted: NDArray[Any]) -> list[Any]:
        """The values of an array of ids, in its order; each distinct id is decoded once."""
        if len(wanted) < _FEW:
            return [self.python(value) for value in wanted.tolist()]
        return list(map(self.at_hand(wanted).python, wanted.tolist()))

    def at_hand(self, wanted: NDArray[Any]) -> ValuesAtHand:
        """Some values by their ids (absent may be among them), for who looks at many: each block is fetched once."""
        sources: dict[int, Source] = {}
        found, stop = self._tail, 0
        for value in distinct(wanted).tolist():
            if value >= stop:
                if value < FIRST_VALUE:
                    sources[value] = _MARKERS.get(value, b"")
                    continue
                found = self._block(value)
                stop = found.stop
            sources[value] = found.source(value)
        return ValuesAtHand(self, sources)

    def equal(self, a: int, b: int) -> bool:
        """Whether two ids hold the same value."""
        if a == b or a < FIRST_VALUE or b < FIRST_VALUE:
            return a == b
        edited = False
        for value, other in ((b, a), (a, b)):
            edit = self._edit(value)
            edited = edited or edit is not None
            if edit is not None and edit.base == other and len(edit.insert) != edit.delete:
                return False
        if not edited:
            return self.canonical(a) == self.canonical(b)
        return bool(self.python(a) == self.python(b))

    def lengthened(self, before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
        """Pairs of values that differ in any case: an edit that stands in a block made the second of the first and
        changed its length. What is left is to be compared (`equal`)."""
        found = np.zeros(len(after), bool)
        order = np.argsort(after, kind="stable")
        order = order[self.edited(after[order])]
        start = 0
        while start < len(order):
            block = self._block(int(after[order[start]]))
            if block.held is None:
                break
            stop = int(np.searchsorted(after[order], block.stop))
            here = order[start:stop]
            found[here] = block.held.edits.lengthened(before[here], after[here])
            start = stop
        return found

    def sizes(self, wanted: Sequence[int]) -> list[int]:
        """About what each of some values takes where it is stored, before it is compressed, in bytes."""
        found = []
        for value in wanted:
            edit = self._edit(value)
            found.append(len(self.canonical(value)) if edit is None else len(edit.insert) + 1)
        return found

    def edited(self, wanted: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of some values (ascending ids) are texts that edits made."""
        found = np.zeros(len(wanted), bool)
        start = int(np.searchsorted(wanted, FIRST_VALUE))
        while start < len(wanted):
            block = self._block(int(wanted[start]))
            held = block.held
            if held is None:
                found[start:] = [
                    isinstance(block.raw[value - block.first], Splice) for value in wanted[start:].tolist()
                ]
                break
            stop = int(np.searchsorted(wanted, block.first + held.count))
            if held.edited is not None:
                found[start:stop] = held.edited[wanted[start:stop] - block.first]
            start = stop
        return found

    def edited_sizes(self, value: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bytes in JSON of a text that edits made, and of all others that stand where it does: their ids, ascending,
        and the sizes."""
        block = self._block(value)
        if block.held is not None:
            edits = block.held.edits
        else:
            numbered = [(block.first + place, item) for place, item in enumerate(block.raw) if isinstance(item, Splice)]
            ids, splices = zip(*numbered, strict=True)
            edits = from_splices(ids, splices, self.texts.length)
        return edits.values, self.texts.json_sizes(edits)

    def items(self, first: int, stop: int) -> list[Item]:
        """The values from `first` on up to `stop`, as they are stored."""
        found: list[Item] = []
        while first < stop:
            block = self._block(first)
            items = block.raw if block.held is None else block.held.items()
            if block.first + len(items) <= first:
                raise CorruptStore(f"the store is damaged: values {first} to {stop} are missing; restore a backup")
            found += items[first - block.first : stop - block.first]
            first = block.first + len(items)
        return found

    def tail(self, first: int) -> list[Item]:
        """The values from `first` on that are not in blocks."""
        return self._tail.raw[first - self._tail.first :]

    def block(self) -> tuple[int, bytes]:
        """The next block of values that are in none yet: how many, and the payload."""
        count = 0
        size = room = 0
        for item in self._tail.raw:
            size += len(item.insert) if isinstance(item, Splice) else len(item)
            room += 1 if isinstance(item, Splice) else PLAIN_ROOM
            if count and (size > BLOCK_BYTES or room > BLOCK_VALUES * PLAIN_ROOM):
                break
            count += 1
        first = self._tail.first
        return count, value_block.pack(self._tail.raw[:count], None, Effort.QUICK, first, self.texts)

    def seed(self) -> None:
        """Learn the ids of the newest block, so that new commits reuse its values."""
        if self._spans and not self._ids:
            held = self._block(self.stored - 1).held
            for value, canonical in held.all_plain() if held is not None else ():
                self._ids.setdefault(canonical, value)


class ValuesAtHand:
    """Some values of a table, found already, and Python values made when first asked for."""

    __slots__ = ("_python", "_sources", "_table")

    def __init__(self, table: ValueTable, sources: dict[int, Source]) -> None:
        self._table, self._sources = table, sources
        self._python: dict[int, Any] = {}

    def python(self, value: int) -> Any:
        """The value itself; `{}` and `[]` for the markers, a new one each time. Not for absent."""
        if value < FIRST_VALUE:
            return {} if value == MAP else []
        found = self._python.get(value, _UNMADE)
        if found is _UNMADE:
            source = self._sources[value]
            found = values.decode(source) if isinstance(source, bytes) else self._table.python(value)
            self._python[value] = found
        return found

    def lazily(self, value: int) -> Any:
        """As `python`, but a text that edits made is an `EditedText`."""
        if isinstance(self._sources[value], bytes):
            return self.python(value)
        return EditedText(value, self._table.texts)

    def equal(self, a: int, b: int) -> bool:
        """Whether two ids hold the same value."""
        one, other = self._sources[a], self._sources[b]
        if isinstance(one, bytes) and isinstance(other, bytes):
            return a == b or (a >= FIRST_VALUE and b >= FIRST_VALUE and one == other)
        return self._table.equal(a, b)
