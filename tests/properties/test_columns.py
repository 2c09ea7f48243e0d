"""Columns, dictionaries and caches against plain lists and dicts."""

import itertools
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.errors import CorruptStore
from engine.model.operations import AT_END, FIRST_VALUE, LABEL_SHIFT, LIST, MAP, NO_LABEL
from engine.model.paths import Element, Keyed, encode_step
from engine.model.values import decode, encode
from engine.storage import dictionaries, row_block
from engine.storage.arrays import GrowArray
from engine.storage.cache import ByteCache
from engine.storage.columns import Effort, integers, templates
from engine.storage.columns import strings as string_columns
from engine.storage.columns.reader import Reader
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable
from engine.storage.records import pack_arrays, unpack_arrays
from engine.storage.segment import (
    HeaderColumns,
    TextColumns,
    concatenate,
    make_columns,
    pack_headers,
    pack_texts,
    place,
    text_columns,
    unpack_headers,
)
from tests.properties import strategies

int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
labels = st.one_of(st.just(NO_LABEL), st.just(AT_END), st.integers(-(2**50), 2**50))
paths = st.integers(0, 300)
rows = st.lists(st.tuples(paths, st.integers(0, 255), int32, int32, labels), max_size=30) | st.lists(
    st.tuples(paths, st.sampled_from([1, 2, 3, 4, 16]), st.integers(0, 40), paths, labels), max_size=200
)


class Named:
    """Paths of three fields; every seventh is an element, and every path is below one a little before it."""

    def __init__(self, count: int) -> None:
        ids = np.arange(count, dtype=np.int32)
        self.parents = np.maximum(ids - ids % 5 - 1, 0)
        self.names = np.where(ids % 7 == 0, -1, ids % 5)

    def above(self, wanted: Any) -> Any:
        """The path above each."""
        return self.parents[wanted]

    def groups(self, wanted: Any) -> Any:
        """The three fields."""
        return (wanted % 3).astype(np.int32)


@given(rows, st.integers(1, 1 << 30), st.sampled_from(Effort))
def test_rows_come_back_from_their_payload(items: list[tuple[int, ...]], ordinal: int, effort: Effort) -> None:
    columns = make_columns(*(zip(*items, strict=True) if items else [[]] * 5))
    placed = place(columns.label, ordinal)
    expected = [(ordinal + n) << LABEL_SHIFT if item[4] == AT_END else item[4] for n, item in enumerate(items)]
    assert placed.tolist() == expected
    written = make_columns(columns.path, columns.kind, columns.value, columns.arg, placed)
    names = Named(int(written.path.max(initial=0)) + 1)
    payload = row_block.pack(written, ordinal, effort, names if effort else None)
    read = row_block.unpack(payload, ordinal, len(items), lambda: names)
    assert sum(choice.size for choice in row_block.describe(payload)) == len(payload)
    for name in ("path", "kind", "value", "arg", "label"):
        assert getattr(read, name).tolist() == getattr(written, name).tolist()
        assert getattr(read, name).dtype == getattr(written, name).dtype
    with pytest.raises(CorruptStore, match=f"a segment holds {len(items)} rows, not {len(items) + 1}"):
        row_block.unpack(payload, ordinal, len(items) + 1, lambda: names)
    joined = concatenate([written, read, make_columns([], [], [], [], [])])
    assert joined.label.tolist() == placed.tolist() * 2
    assert len(concatenate([])) == 0
    assert joined.nbytes == 21 * len(joined)


@given(st.lists(st.tuples(int32, int32, int64, int64, st.integers(0, 9), st.lists(int32, max_size=2)), max_size=12))
def test_headers_come_back_from_their_payload(items: list[Any]) -> None:
    parent, timeline, time, recorded, count, extra = map(list, zip(*items, strict=True)) if items else ([],) * 6
    merges = [(child, other) for child, others in enumerate(extra) for other in others]
    written = HeaderColumns(
        parent=np.array(parent, np.int32),
        timeline=np.array(timeline, np.int32),
        replica=np.array([n % 2 for n in range(len(items))], np.int32),
        seq=np.arange(len(items), dtype=np.int64),
        time=np.array(time, np.int64),
        recorded=np.array(recorded, np.int64),
        rows=np.array(count, np.int32),
        operations=np.array(count, np.int32),
        extra_child=np.array([child for child, _ in merges], np.int32),
        extra_parent=np.array([other for _, other in merges], np.int32),
        replicas=(b"replica1", b"\0" * 8)[: len(items)],
        checks=(b"12345678", b"abcdefgh", b"\xff" * 8),
    )
    read = unpack_headers(pack_headers(written), len(items), sum(count))
    for name in HeaderColumns.__dataclass_fields__:
        assert list(getattr(read, name)) == list(getattr(written, name))
    for wrong in ((len(items) + 1, sum(count)), (len(items), sum(count) + 1)):
        with pytest.raises(CorruptStore, match=f"a segment does not have {wrong[0]} transactions of {wrong[1]} rows"):
            unpack_headers(pack_headers(written), *wrong)


@given(st.lists(st.tuples(*[strategies.strings] * 4), min_size=1, max_size=12), st.sampled_from(Effort))
def test_texts_come_back_from_their_payload(texts: list[tuple[str, str, str, str]], effort: Effort) -> None:
    time = np.arange(len(texts), dtype=np.int64)
    columns = text_columns(texts)
    read = TextColumns(pack_texts(columns, time, effort), time)
    assert list(read) == texts
    assert read[1:3] == texts[1:3]
    assert read.columns() == text_columns(read) == text_columns(list(read)) == columns
    assert read.nbytes > 0


messages = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "Release ", "Latest: ", "at 100% \n"]),
    st.sampled_from(["", "0", "07", "12", "2024-02-29", "2024-02-30", "12345678901234567890"])
    | st.integers(0, 300).map(str),
    st.sampled_from(["", ".", " of 3", "\x1e"]),
    st.datetimes(datetime(1970, 1, 1), datetime(2040, 1, 1)).map(lambda moment: f"{moment:%a %b %e %H:%M:%S UTC %Y}")
    | st.sampled_from(["", "x\0"]),
)


@given(st.lists(messages, min_size=1, max_size=60), st.sampled_from(Effort), st.integers(1, 3))
def test_generated_messages_come_back(strings: list[str], effort: Effort, repeated: int) -> None:
    column = [string.encode() for string in strings] * repeated
    time = np.arange(len(column), dtype=np.int64) * 1_000_000
    spec, bodies = string_columns.encode(column, effort, time)
    raw = memoryview(b"".join(bodies))
    assert string_columns.decode(Reader(raw), spec, time) == column
    assert list(string_columns.decode_lazily(Reader(raw), spec, time)) == column
    assert string_columns.describe(spec)[1] == len(raw)
    for found in (column, [b"issue %d of %03d" % (n, n * 7) for n in range(40)]):
        made = templates.encode(found, effort, None)
        if made is not None:
            read = templates.Templates(Reader(memoryview(b"".join(made[1]))), made[0], None)
            assert (read.all(), [*read]) == (found, found)
            assert templates.describe(made[0]) == sum(map(len, made[1]))
        else:
            assert found is column


@given(st.lists(int64, max_size=20), st.lists(st.integers(0, 255), max_size=20))
def test_arrays_come_back_from_their_payload(wide: list[int], narrow: list[int]) -> None:
    arrays = {"wide": np.array(wide, np.int64), "narrow": np.array(narrow, np.uint8), "none": np.empty(0, np.int16)}
    read = unpack_arrays(pack_arrays(**arrays))
    assert {name: (array.tolist(), array.dtype) for name, array in read.items()} == {
        name: (array.tolist(), array.dtype) for name, array in arrays.items()
    }


KINDS = ("<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8")


@given(st.sampled_from(KINDS), st.data())
def test_integers_come_back_whatever_their_range_and_steps(kind: str, data: st.DataObject) -> None:
    limits = np.iinfo(kind)
    start = data.draw(st.integers(limits.min, limits.max))
    steps = data.draw(st.lists(st.integers(limits.min, limits.max), max_size=20) | st.lists(st.integers(0, 3)))
    span = 2 ** (8 * limits.dtype.itemsize)
    places = itertools.accumulate(steps, initial=start)
    column = np.array([(place - limits.min) % span + limits.min for place in places], kind)
    for effort in Effort:
        spec, bodies = integers.encode(column, effort)
        read = integers.decode(Reader(memoryview(b"".join(bodies))), spec)
        assert (read.tolist(), read.dtype) == (column.tolist(), column.dtype)
        assert integers.size_of(spec) == integers.describe(spec)[1] == sum(map(len, bodies)) <= column.nbytes


@pytest.mark.parametrize(
    ("column", "size", "strategy"),
    [
        ([7, 7, 7], 0, "constant"),
        ([1 << 60, 900 + (1 << 60)], 4, "plain, byte-shuffled"),
        ([5, 260, 5], 3, "plain"),
        ([0, 90, 181, 270], 3, "delta"),
    ],
)
def test_integers_take_no_more_bytes_than_their_range_needs(column: list[int], size: int, strategy: str) -> None:
    spec, _ = integers.encode(np.array(column, np.int64), Effort.QUICK)
    assert integers.describe(spec) == (strategy, size)


@given(st.lists(st.one_of(int32, st.lists(int32, max_size=40)), max_size=20), st.integers(0, 60))
def test_a_growing_array_is_a_list_and_its_views_stay(items: list[Any], length: int) -> None:
    array, expected = GrowArray(np.int32, 1), []
    views = []
    for item in items:
        if isinstance(item, list):
            array.extend(item)
            expected += item
        else:
            array.append(item)
            expected.append(item)
        views.append((array.data, list(expected)))
    assert len(array) == len(expected)
    assert all(array.item(index) == value for index, value in enumerate(expected))
    array.truncate(min(length, len(expected)))
    array.append(7)
    assert array.data.tolist() == [*expected[:length], 7]
    assert all(view.tolist() == then for view, then in views)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60)), max_size=40), st.integers(1, 100))
def test_a_cache_keeps_the_latest_that_fit(asked: list[tuple[int, int]], limit: int) -> None:
    cache: ByteCache[int] = ByteCache(limit)
    order: list[tuple[int, int]] = []
    hits = 0
    for key, size in asked:
        known = next((entry for entry in order if entry[0] == key), None)
        hits += known is not None
        assert cache.get(key, lambda key=key, size=size: (key * 10, size)) == key * 10
        order = [entry for entry in order if entry[0] != key] + [known or (key, size)]
        while sum(size for _, size in order) > limit and len(order) > 1:
            order.pop(0)
        assert cache.counter.bytes == sum(size for _, size in order)
        assert {key for key in range(6) if key in dict(order)} == {entry[0] for entry in order}
    assert (cache.counter.hits, cache.counter.misses) == (hits, len(asked) - hits)
    assert [cache.peek(key) for key, _ in order] == [key * 10 for key, _ in order]
    assert cache.peek(99) is None
    cache.clear()
    assert cache.counter.bytes == 0
    assert all(cache.peek(key) is None for key in range(6))


# What identities look like: numbers, digits, UUIDs, hashes, and anything else.
identities = st.one_of(
    strategies.scalars,
    st.uuids().map(str),
    st.uuids().map(lambda found: str(found).upper()),
    st.binary(min_size=3, max_size=6).map(bytes.hex),
    st.binary(min_size=4, max_size=5).map(lambda raw: raw.hex().upper()),
    st.integers(0, 10**19).map(str),
)


class PathTableMachine(RuleBasedStateMachine):
    """The path table against a list of parents and steps."""

    def __init__(self) -> None:
        super().__init__()
        self.table = PathTable()
        self.paths: list[tuple[int, bytes]] = [(-1, b"")]

    @rule(data=st.data(), step=st.sampled_from(["a", "b", "c", "d"]))
    def child(self, data: st.DataObject, step: str) -> None:
        """A child: the one that is known, or a new one."""
        parent = data.draw(st.integers(0, len(self.paths) - 1))
        entry = (parent, encode_step(step))
        known = self.paths.index(entry) if entry in self.paths else None
        assert self.table.find(*entry) == known
        made = self.table.child(*entry)
        if known is None:
            self.paths.append(entry)
        assert made == self.paths.index(entry)
        assert self.table.key(made) == step

    @rule(data=st.data(), fields=st.sampled_from([("id",), ("a", "b")]), count=st.integers(1, 3))
    def keyed(self, data: st.DataObject, fields: tuple[str, ...], count: int) -> None:
        """Elements that share a key."""
        parent = data.draw(st.integers(0, len(self.paths) - 1))
        values = ("x",) * len(fields)
        known = len(self.table.keyed(parent, fields, values))
        for nth in range(known, known + count):
            step = encode_step(Keyed(fields, values, nth))
            self.table.child(parent, step)
            self.paths.append((parent, step))
        found = self.table.keyed(parent, fields, values)
        assert [self.table.step(path) for path in found] == [Keyed(fields, values, n) for n in range(known + count)]

    @rule(data=st.data(), key=identities, nth=st.integers(0, 300), seq=st.integers(0, 1 << 40))
    def elements(self, data: st.DataObject, key: Any, nth: int, seq: int) -> None:
        """Elements of any key, and one without."""
        parent = data.draw(st.integers(0, len(self.paths) - 1))
        for step in (encode_step(Keyed(("id", "x"), (key, 1), nth)), encode_step(Element(b"replica1", seq, nth))):
            if (parent, step) not in self.paths:
                self.table.child(parent, step)
                self.paths.append((parent, step))

    @rule(size=st.sampled_from([1, 3, 70]), data=st.data())
    def define(self, size: int, data: st.DataObject) -> None:
        """Many paths at once, as they are read from a file."""
        parents = [data.draw(st.integers(0, len(self.paths) - 1)) for _ in range(min(size, 3))]
        new = [(parents[n % len(parents)], encode_step(f"new {len(self.paths)} {n}")) for n in range(size)]
        self.table.define([parent for parent, _ in new], [step for _, step in new])
        self.paths += new

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        """The newest forgotten."""
        length = data.draw(st.integers(1, len(self.paths)))
        self.table.truncate(length)
        del self.paths[length:]

    @rule(first=st.integers(1, 50), skip=st.integers(0, 5))
    def through_a_block(self, first: int, skip: int) -> None:
        """Written to a block and read again."""
        first = min(first, len(self.paths))
        skip = min(skip, len(self.paths) - first)
        payload = self.table.block(first)
        self.table.truncate(first + skip)
        self.table.load(payload, skip)

    @invariant()
    def same(self) -> None:
        """All of it."""
        assert len(self.table) == len(self.paths)
        assert self.table.parents.tolist() == [parent for parent, _ in self.paths]
        below: dict[int, list[int]] = {}
        for path, (parent, step) in enumerate(self.paths):
            assert self.table.encoded_step(path) == step
            assert self.table.parent(path) == parent
            below.setdefault(parent, []).append(path)
        for path in {0, len(self.paths) // 2, *below} - {-1}:
            assert self.table.children(path).tolist() == below.get(path, [])
            chain = []
            at = path
            while at > 0:
                chain.insert(0, at)
                at = self.paths[at][0]
            assert self.table.ancestors(path) == chain
            raw = b"".join(self.paths[item][1] for item in chain)
            assert self.table.canonical(path) == bytes([len(chain)]) + raw
        everywhere = np.arange(len(self.paths))
        assert self.table.depths(everywhere).tolist() == [len(self.table.ancestors(path)) for path in everywhere]
        names: dict[bytes, int] = {b"": 0}
        keys = [self._last_key(path) for path in everywhere.tolist()]
        for _, step in self.paths:
            if step[:1] == b"k":
                names.setdefault(step, len(names))
        assert self.table.groups(everywhere).tolist() == [names[key] for key in keys]

    def _last_key(self, path: int) -> bytes:
        """The last map key on the way to a path."""
        while path and self.paths[path][1][:1] != b"k":
            path = self.paths[path][0]
        return self.paths[path][1]


PathTableMachine.TestCase.settings = settings(stateful_step_count=12)
TestPathTable = PathTableMachine.TestCase


def test_a_path_of_more_steps_than_one_byte_counts() -> None:
    table = PathTable()
    path = 0
    for _ in range(200):
        path = table.child(path, encode_step("a"))
        table.canonical(path)
    assert table.canonical(path) == b"\xc8\x01" + encode_step("a") * 200


class ValueTableMachine(RuleBasedStateMachine):
    """The value table against a list, with blocks so small and caches so tight that most of it is fetched again."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: dict[int, bytes] = {}
        self.values: list[bytes] = []
        self.patch = pytest.MonkeyPatch()

    @initialize(cache=st.sampled_from([1, 10_000]), known=st.sampled_from([3, 1000]), count=st.integers(1, 9))
    def make(self, cache: int, known: int, count: int) -> None:
        """A table with its limits."""
        self.cache = cache
        self.patch.setattr(dictionaries, "INTERN_LIMIT", known)
        self.patch.setattr(dictionaries, "BLOCK_VALUES", count)
        self.patch.setattr(dictionaries, "BLOCK_BYTES", 40)
        self.table = ValueTable(lambda first, _: self.blocks[first], ByteCache(self.cache))

    def teardown(self) -> None:
        self.patch.undo()

    @rule(value=strategies.scalars)
    def intern(self, value: Any) -> None:
        """An id for a value, known or new."""
        raw = encode(value)
        found = self.table.intern(raw)
        assert self.table.intern(raw) == found
        if found - FIRST_VALUE == len(self.values):
            self.values.append(raw)
        assert self.values[found - FIRST_VALUE] == raw

    @rule()
    def store(self) -> None:
        """The values written to blocks."""
        while len(self.table) > self.table.stored:
            first = self.table.stored
            count, payload = self.table.block()
            self.blocks[first] = payload
            self.table.add_block(first, count)

    @rule()
    def reopen(self) -> None:
        """A new table on the same blocks, which has the rest from elsewhere."""
        rest = self.table.tail(self.table.stored)
        made = ValueTable(lambda first, _: self.blocks[first], ByteCache(self.cache))
        for first, following in itertools.pairwise([*sorted(self.blocks), self.table.stored]):
            made.add_block(first, following - first)
        for raw in rest:
            made.append(raw)
        made.seed()
        self.table = made

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        """The newest forgotten."""
        length = data.draw(st.integers(self.table.stored, len(self.table)))
        self.table.truncate(length)
        del self.values[length - FIRST_VALUE :]

    @invariant()
    def same(self) -> None:
        """All of it."""
        assert len(self.table) == len(self.values) + FIRST_VALUE
        wanted = [MAP, LIST, *range(FIRST_VALUE, len(self.table))]
        expected = [{}, [], *map(decode, self.values)]
        assert repr(self.table.python_many(np.array(wanted))) == repr(expected)
        assert repr(self.table.python_many(np.array(wanted * 40))) == repr(expected * 40)
        for value, raw in enumerate(self.values, FIRST_VALUE):
            assert self.table.canonical(value) == raw
            assert self.table.equal(value, FIRST_VALUE) == (raw == self.values[0])
            assert not self.table.equal(value, MAP)


ValueTableMachine.TestCase.settings = settings(stateful_step_count=20)
TestValueTable = ValueTableMachine.TestCase


def test_markers_are_values_too() -> None:
    table = ValueTable(lambda first, _: {}[first])
    assert [table.intern(raw) for raw in (b"{", b"[")] == [MAP, LIST]
    assert [table.canonical(value) for value in (0, MAP, LIST)] == [b"", b"{", b"["]
    assert table.equal(MAP, MAP)


def test_blocks_follow_each_other() -> None:
    table = ValueTable(lambda first, _: {}[first])
    with pytest.raises(CorruptStore, match="values 3 to 5 are missing; restore a backup"):
        table.add_block(5, 1)
