"""Texts that edits made are what a plain replay makes of them, however they are stored, cut, cached and asked for."""

import functools
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.errors import CorruptStore, InvalidValue
from engine.model.operations import FIRST_VALUE
from engine.model.splices import Splice, read_argument
from engine.model.values import dumps, encode
from engine.storage import texts, value_block
from engine.storage.cache import Budget
from engine.storage.columns import edit_columns, scattered
from engine.storage.columns.edits import from_splices
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader
from engine.storage.dictionaries import ValueTable
from engine.storage.value_block import Item, Opened

# One byte, two (latin-1), three, four; and half a character, which a text may hold.
LETTERS = st.text(st.sampled_from("ab \né€😀\ud800"), max_size=5)


@dataclass
class Written:
    """Values as they are stored, from `FIRST_VALUE` on, and the text that each is."""

    items: list[Item] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def put(self, text: str) -> int:
        self.items.append(encode(text))
        self.texts.append(text)
        return len(self.items) - 1 + FIRST_VALUE

    def splice(self, base: int, start: int, delete: int, insert: str) -> int:
        before = self.texts[base - FIRST_VALUE]
        self.items.append(Splice(base, start, delete, insert))
        self.texts.append(before[:start] + insert + before[start + delete :])
        return len(self.items) - 1 + FIRST_VALUE


@st.composite
def written(draw: st.DrawFn) -> Written:
    """People who type, go back, delete and paste, in several texts, some of which fork from what another one was."""
    made = Written()
    heads = [made.put(draw(LETTERS))]
    for _ in range(draw(st.integers(0, 12))):
        place = draw(st.integers(0, len(heads)))
        if place == len(heads):
            fork = draw(st.booleans())
            known = range(FIRST_VALUE, FIRST_VALUE + len(made.items))
            heads.append(draw(st.sampled_from(known)) if fork else made.put(draw(LETTERS)))
        caret = draw(st.integers(0, len(made.texts[heads[place] - FIRST_VALUE])))
        how = draw(st.sampled_from(["type", "back", "forward", "replace"]))
        for _ in range(draw(st.integers(1, 9))):
            length = len(made.texts[heads[place] - FIRST_VALUE])
            if how == "type":
                letters = draw(LETTERS)
                heads[place] = made.splice(heads[place], caret, 0, letters)
                caret += len(letters)
            elif how == "back" and caret:
                caret -= 1
                heads[place] = made.splice(heads[place], caret, 1, "")
            elif how == "forward" and caret < length:
                heads[place] = made.splice(heads[place], caret, 1, "")
            elif how == "replace":
                gone = draw(st.integers(0, length - caret))
                heads[place] = made.splice(heads[place], caret, gone, draw(LETTERS))
    return made


def in_memory(made: Written, fetch=None) -> ValueTable:
    """A table with the values in no block."""
    found = ValueTable(fetch)
    for item in made.items:
        if isinstance(item, Splice):
            found.append_splice(item)
        else:
            found.append(item)
    return found


def packed(made: Written, effort: Effort) -> bytes:
    """One block of all values."""
    groups = np.zeros(len(made.items), np.int32)
    return value_block.pack(made.items, groups, effort, FIRST_VALUE, in_memory(made).texts)


def table(made: Written, cuts: list[int], effort: Effort, budget: int) -> ValueTable:
    """A table with the values in blocks that are cut at some places, and what is left in memory."""
    blocks: dict[tuple[int, int], bytes] = {}
    found = in_memory(made, lambda first, count: blocks[first, count])
    for cut in sorted(cuts):
        first = found.stored
        count = cut - (first - FIRST_VALUE)
        if count > 0:
            items = found.tail(first)[:count]
            groups = np.zeros(count, np.int32)
            blocks[first, count] = payload = value_block.pack(items, groups, effort, first, found.texts)
            assert value_block.holds(payload, items, first, found.texts)
            found.add_block(first, count)
    again = ValueTable(
        lambda first, count: blocks[first, count],
        Budget(budget).cache("values"),
        None,
        Budget(budget).cache("edited texts"),
    )
    for first, count in blocks:
        again.add_block(first, count)
    for item in found.tail(found.stored):
        if isinstance(item, Splice):
            again.append_splice(item)
        else:
            again.append(item)
    return again


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Keep texts after very few runs, so that small histories have them."""
    monkeypatch.setattr(texts, "STRIDE", 2)
    monkeypatch.setattr(value_block, "MOST_RUNS", 5)


@settings(max_examples=300)
@given(data=st.data(), made=written(), effort=st.sampled_from(Effort), budget=st.sampled_from([0, 400, 1 << 20]))
def test_every_text_is_what_a_replay_makes(data, made: Written, effort: Effort, budget: int) -> None:
    ids = range(FIRST_VALUE, FIRST_VALUE + len(made.items))
    cuts = data.draw(st.lists(st.integers(0, len(made.items)), max_size=3))
    values = table(made, cuts, effort, budget)
    assert values.items(FIRST_VALUE, len(values)) == made.items
    for value in data.draw(st.lists(st.sampled_from(ids), max_size=30)):
        text = made.texts[value - FIRST_VALUE]
        assert values.texts.text(value) == values.python(value) == text
        assert values.texts.length(value) == len(text)
        other = data.draw(st.sampled_from(ids))
        assert values.equal(value, other) == (text == made.texts[other - FIRST_VALUE])


@given(data=st.data(), made=written(), effort=st.sampled_from(Effort))
def test_what_is_said_to_differ_differs(data, made: Written, effort: Effort) -> None:
    values = table(made, data.draw(st.lists(st.integers(0, len(made.items)), max_size=2)), effort, 1 << 20)
    ids = st.integers(FIRST_VALUE, len(values) - 1)
    pairs = data.draw(st.lists(st.tuples(ids, ids), max_size=20))
    for place, item in enumerate(made.items):
        if isinstance(item, Splice):
            pairs.append((item.base, place + FIRST_VALUE))
    before, after = np.array([*pairs, (0, 0)], np.int64).T
    differ = values.lengthened(before, after).tolist()[:-1]
    for known, (one, other) in zip(differ, pairs, strict=True):
        assert not (known and made.texts[one - FIRST_VALUE] == made.texts[other - FIRST_VALUE])
        item = made.items[other - FIRST_VALUE]
        if other < values.stored and isinstance(item, Splice) and item.base == one:
            assert known == (len(item.insert) != item.delete)


@given(data=st.data(), made=written(), effort=st.sampled_from(Effort))
def test_sizes_in_json_are_those_of_the_texts(data, made: Written, effort: Effort) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(made.items)), max_size=3))
    values = table(made, cuts, effort, 1 << 20)
    edited = values.edited(np.arange(len(values)))
    assert edited[FIRST_VALUE:].tolist() == [isinstance(item, Splice) for item in made.items]
    for value in np.flatnonzero(edited).tolist():
        ids, sizes = values.edited_sizes(value)
        assert value in ids
        texts_there = [made.texts[each - FIRST_VALUE] for each in ids.tolist()]
        assert sizes.tolist() == [len(dumps(text).encode()) for text in texts_there]


@given(made=written(), effort=st.sampled_from(Effort))
def test_runs_are_read_as_they_were_written(made: Written, effort: Effort) -> None:
    edited = [place for place, item in enumerate(made.items) if isinstance(item, Splice)]
    assume(edited)
    splices = [made.items[place] for place in edited]
    ids = [place + FIRST_VALUE for place in edited]
    edits = from_splices(ids, splices, lambda value: len(made.texts[value - FIRST_VALUE]))
    assert edits.splices() == splices
    assert [edits.splice(edits.edit_of(value)) for value in ids] == splices
    spec, bodies = edit_columns.encode(edits, effort)
    raw = b"".join(bodies)
    read = edit_columns.decode(Reader(memoryview(raw)), spec, np.array(ids, np.int64))
    assert read.splices() == splices
    assert sum(size for *_, size in edit_columns.describe(spec)) == len(raw)
    assert read.lengths[read.place].tolist() == [len(made.texts[place]) for place in edited]


@given(st.lists(st.integers(-(2**39), 2**39)), st.sampled_from(Effort))
def test_scattered_numbers_are_read_as_they_were_written(numbers: list[int], effort: Effort) -> None:
    spec, bodies = scattered.encode(np.array(numbers, np.int64), effort)
    raw = b"".join(bodies)
    assert scattered.decode(Reader(memoryview(raw)), spec).tolist() == numbers
    assert scattered.describe(spec)[1] == len(raw)


@given(st.integers(0, 2**40), st.integers(0, 2**40), LETTERS)
def test_an_argument_says_the_whole_edit(start: int, delete: int, insert: str) -> None:
    splice = Splice(7, start, delete, insert)
    assert read_argument(splice.argument(), 7) == splice


def session(length: int) -> Written:
    """Somebody who types words, and takes back what went wrong."""
    made = Written()
    value = made.put("")
    for number in range(length):
        text = made.texts[-1]
        if number % 7 == 6:
            value = made.splice(value, len(text) - 1, 1, "")
        else:
            value = made.splice(value, len(text) if number % 50 else 0, 0, "abcdefgh "[number % 9])
    return made


def test_a_run_of_key_strokes_takes_bytes_for_the_run() -> None:
    made = session(1)
    value = FIRST_VALUE + 1
    for letter in "abcdefgh" * 500:
        value = made.splice(value, len(made.texts[-1]), 0, letter)
    assert len(packed(made, Effort.SMALL)) < 200


def test_edits_outside_of_the_text_are_refused() -> None:
    values = in_memory(Written())
    value = values.intern(encode("abc"))
    for start, delete in [(4, 0), (0, 4), (3, 1), (-1, 0)]:
        with pytest.raises(InvalidValue, match="are not within a text of 3"):
            values.splice(value, start, delete, "")
    assert values.python(values.splice(value, 3, 0, "d")) == "abcd"


def test_an_edit_outside_of_the_text_is_damage_when_it_is_read() -> None:
    for count in (1, 50):  # one alone, and a run
        made = Written()
        value = made.put("abc")
        for _ in range(count):
            made.items.append(Splice(value, 9, 0, "x"))
            value += 1
        with pytest.raises(CorruptStore, match="an edit is outside of the text that it changes"):
            in_memory(made).python(value)


def test_damaged_blocks_are_told_and_take_no_memory() -> None:
    """Whatever is changed in a block, it is read as something, or refused."""
    made = session(200)
    for effort in Effort:
        payload = packed(made, effort)
        for place in range(len(payload)):
            for bit in (1, 128):
                damaged = payload[:place] + bytes((payload[place] ^ bit,)) + payload[place + 1 :]
                values = ValueTable(functools.partial(_fixed, damaged))
                try:
                    values.add_block(FIRST_VALUE, len(made.items))
                    values.python(FIRST_VALUE + 150)
                    Opened(damaged, FIRST_VALUE, len(made.items)).items()
                except CorruptStore:
                    pass


def _fixed(payload: bytes, first: int, count: int) -> bytes:
    return payload
