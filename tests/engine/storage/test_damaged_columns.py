"""Columns that say what cannot be: a few bytes, whose checksum is right, do not take all memory, nor end a program."""

from typing import Any

import numpy as np
import pytest

from engine.errors import CorruptStore
from engine.storage.columns import Effort, entropy, integers, strings, text, unpack, values
from engine.storage.columns.block import assemble
from engine.storage.columns.reader import Reader

HUGE = 1 << 27  # more than a test may take memory for, times eight
CONSTANT = ["<i8", HUGE, integers.CONSTANT, 0]


def reader(*bodies: bytes) -> Reader:
    return Reader(memoryview(b"".join(bodies)))


@pytest.mark.parametrize(
    "spec",
    [
        CONSTANT,
        ["<i8", 4, integers.RUNS, CONSTANT, CONSTANT],
        ["<i8", 4, integers.SCALED, 0, 1, CONSTANT],
        ["<i8", 4, integers.DICTIONARY, CONSTANT, ["<i8", 4, integers.CONSTANT, 0]],
        ["<i8", 4, integers.DICTIONARY, ["<i8", 4, integers.CONSTANT, 0], CONSTANT],
    ],
    ids=["constant", "runs", "multiples", "entries", "codes"],
)
def test_integers_are_no_more_than_asked_for(spec: list[Any]) -> None:
    with pytest.raises(CorruptStore, match="a column claims to be too long"):
        integers.decode(reader(), spec, 4)


def test_elements_of_no_width() -> None:
    for width in (0, -1, 9):
        with pytest.raises(CorruptStore, match="elements of no width"):
            integers.decode(reader(), ["<i8", 4, integers.PLAIN, 0, width, integers.PLANES, 0, 0])


def test_runs_whose_sum_goes_around() -> None:
    half = integers.encode(np.full(2, 1 << 62), Effort.QUICK)
    lengths = integers.encode(np.array([1 << 62, 1 << 62, 1 << 62, 1 << 62]), Effort.QUICK)
    spec = ["<i8", 4, integers.RUNS, ["<i8", 4, integers.CONSTANT, 0], lengths[0]]
    with pytest.raises(CorruptStore, match="runs do not add up"):
        integers.decode(reader(*half[1], *lengths[1]), spec)


def test_strings_are_counted_before_they_are_made() -> None:
    raw = bytes(1 << 20)
    frame = entropy.zstd(raw, 3)
    for count in (5, (1 << 20) + 1):
        with pytest.raises(CorruptStore, match="there are not as many strings as it says"):
            text.decode(reader(frame), [count, 0, [], len(raw), 1, len(frame)])
    with pytest.raises(CorruptStore, match="there are not as many strings as it says"):
        text.decode(reader(b"a\0b"), [1, 0, [], 3, 0, 3])
    with pytest.raises(CorruptStore, match="too many strings"):
        strings.decode(reader(frame), [strings.TEXT, 1 << 20, 0, [], len(raw), 1, len(frame)], most=7)
    with pytest.raises(CorruptStore, match="a column claims to be too long"):
        text.decode(reader(), [3, -1, CONSTANT, 0, 0, 0])


def test_numbers_of_templates_that_are_not_there() -> None:
    which = integers.encode(np.array([0, HUGE], np.uint32), Effort.QUICK)
    others = text.encode([], Effort.QUICK)
    with pytest.raises(CorruptStore, match="a string is of no template"):
        strings.decode(reader(*which[1], *others[1]), [strings.TEMPLATE, 2, which[0], [], others[0]])


def test_a_template_with_other_numbers_than_places() -> None:
    which = integers.encode(np.zeros(2, np.uint32), Effort.QUICK)
    others = text.encode([], Effort.QUICK)
    with pytest.raises(CorruptStore, match="other numbers than places"):
        strings.decode(reader(*which[1], *others[1]), [strings.TEMPLATE, 2, which[0], [[b"v\0.\0", []]], others[0]])


def test_strings_that_a_dictionary_does_not_list() -> None:
    listed = strings.encode_text([b"a", b"b"], Effort.QUICK)
    codes = integers.encode(np.array([0, 1, 2], np.uint32), Effort.QUICK)
    spec = [strings.DICTIONARY, 3, codes[0], listed[0]]
    with pytest.raises(CorruptStore, match="names strings that it does not list"):
        strings.decode_lazily(reader(*codes[1], *listed[1]), spec)


def test_values_of_parts_that_are_not_there() -> None:
    codes = integers.encode(np.array([0, HUGE], np.uint32), Effort.QUICK)
    nothing = strings.encode_text([], Effort.QUICK)
    with pytest.raises(CorruptStore, match="a block of values does not hold 2"):
        values.Opened([codes[0], [[ord("n"), values.JOINED]], [0], nothing[0]], reader(*codes[1], *nothing[1]), 2)


def test_specs_that_are_none() -> None:
    for head in (7, [7], [["name", []]], [["name", ["<i8"]]], [["name", ["x", 1, 0, 0]]], [["name", None]]):
        with pytest.raises(CorruptStore, match="a block cannot be read"):
            unpack(assemble(head, [], Effort.QUICK))
