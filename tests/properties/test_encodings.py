"""Canonical bytes: exact, unambiguous, and the same for equal things only."""

import struct
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.model import encoding, values
from engine.model.operations import Kind, encode_operation, leaf_hash, merkle_root
from engine.model.paths import Element, Keyed, Step, decode_step, encode_step
from engine.model.transactions import Header, transaction_id
from tests.oracle import exact
from tests.properties import strategies

leaves = st.recursive(strategies.scalars, lambda deeper: st.lists(deeper, max_size=3).map(values.LeafSet), max_leaves=4)
key_values = st.one_of(strategies.strings, strategies.integers, strategies.floats)
numbers = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
keyed = st.lists(st.tuples(strategies.strings, key_values), min_size=1, max_size=3).flatmap(
    lambda pairs: st.builds(
        Keyed, st.just(tuple(name for name, _ in pairs)), st.just(tuple(value for _, value in pairs)), numbers
    )
)
elements = st.builds(Element, st.binary(min_size=8, max_size=8), numbers, numbers)
steps: st.SearchStrategy[Step] = st.one_of(strategies.strings, keyed, elements)


def typed(value: Any) -> Any:
    """A leaf as something that is equal for equal leaves only, made without the encoding."""
    if isinstance(value, values.LeafSet):
        return ("set", frozenset(map(typed, value)))
    return (type(value).__name__, value.hex() if isinstance(value, float) else value)


@given(leaves)
def test_a_leaf_comes_back_from_its_bytes(value: Any) -> None:
    assert typed(values.decode(values.encode(value))) == typed(value)


@given(leaves, leaves)
def test_bytes_are_equal_exactly_for_equal_leaves(a: Any, b: Any) -> None:
    assert (values.encode(a) == values.encode(b)) == (typed(a) == typed(b))


@given(strategies.integers)
def test_integers_take_the_fewest_bytes(number: int) -> None:
    raw = values.encode_int(number)
    assert int.from_bytes(raw, "big", signed=True) == number
    shorter = len(raw) - 1
    assert not shorter or not -(1 << (8 * shorter - 1)) <= number < 1 << (8 * shorter - 1)


@given(st.lists(strategies.scalars, max_size=6))
def test_sets_are_sets(members: list[Any]) -> None:
    made = values.LeafSet(members)
    assert {typed(member) for member in made} == {typed(member) for member in members}
    assert len(made) == len({typed(member) for member in members})
    assert all(member in made for member in members)
    again = values.LeafSet(reversed(members))
    assert again == made
    assert hash(again) == hash(made)
    assert values.encode(made) == values.encode(again)
    if len(frozenset(members)) == len(made):
        assert made == frozenset(members)
        assert values.encode(frozenset(members)) == values.encode(made)


def test_sets_beside_other_things() -> None:
    made = values.LeafSet([1, "a"])
    assert made != [1, "a"]
    assert made != {1.0, "a"}
    assert made | {2} == {1, 2, "a"}
    assert [1] not in made
    assert repr(values.LeafSet([2, "a", 1])) == "LeafSet([1, 2, 'a'])"


@given(numbers, st.binary(max_size=3))
def test_varints(number: int, rest: bytes) -> None:
    raw = encoding.uvarint(number)
    assert encoding.read_uvarint(rest + raw + b"\xff", len(rest)) == (number, len(rest) + len(raw))
    assert len(raw) == max(1, -(-number.bit_length() // 7))


@given(strategies.strings, st.binary(max_size=3))
def test_texts(string: str, rest: bytes) -> None:
    raw = encoding.text(string)
    assert encoding.read_text(rest + raw + b"\xff", len(rest)) == (string, len(rest) + len(raw))


@pytest.mark.parametrize("string", ["\ud83d\ude00", "a\udbff\udc00b"])
def test_two_surrogates_that_make_one_character_are_refused(string: str) -> None:
    for encode in (encoding.text, values.encode, encode_step):
        with pytest.raises(InvalidValue, match="stands as two surrogates in a string; write the character itself"):
            encode(string)
    assert values.decode(values.encode("\ude00\ud83d")) == "\ude00\ud83d"


@given(steps)
def test_a_step_comes_back_from_its_bytes(step: Step) -> None:
    again = decode_step(encode_step(step))
    assert again == step
    assert hash(again) == hash(step)
    assert type(again) is type(step)


@given(steps, steps)
def test_steps_are_equal_exactly_with_their_bytes_and_none_begins_another(a: Step, b: Step) -> None:
    raw, other = encode_step(a), encode_step(b)
    assert (a == b) == (raw == other)
    assert raw == other or not raw.startswith(other)


def test_keys_are_typed() -> None:
    keys = [Keyed(("id",), (value,)) for value in (1, 1.0, "1", 0.0, -0.0)]
    assert len({encode_step(key) for key in keys}) == len(set(keys)) == 5
    with pytest.raises(InvalidValue, match="5 is not a path step"):
        encode_step(5)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- operations


def read_step(data: bytes, offset: int) -> tuple[Step, int]:
    """A step at a place in the bytes, read without knowing where it ends."""
    end = next(end for end in range(offset + 1, len(data) + 1) if _is_step(data[offset:end]))
    return decode_step(data[offset:end]), end


def _is_step(data: bytes) -> bool:
    try:
        return encode_step(decode_step(data)) == data
    except (IndexError, KeyError, ValueError, struct.error):
        return False


def read_operation(data: bytes) -> tuple[Kind, tuple[Step, ...], Step | None, bytes]:
    """What the bytes of an operation say: kind, path, anchor, value."""
    kind = Kind(data[0])
    count, offset = encoding.read_uvarint(data, 1)
    path = []
    for _ in range(count):
        step, offset = read_step(data, offset)
        path.append(step)
    anchor = None
    if kind in (Kind.INSERT, Kind.MOVE):
        anchored, offset = data[offset], offset + 1
        if anchored:
            anchor, offset = read_step(data, offset)
    return kind, tuple(path), anchor, data[offset:]


@given(
    st.sampled_from([kind for kind in Kind if kind < Kind.DROP]),
    st.lists(steps, max_size=3),
    st.one_of(st.none(), steps),
    st.one_of(st.just(b""), leaves.map(values.encode), st.sampled_from([values.EMPTY_MAP, values.EMPTY_LIST])),
)
def test_the_bytes_of_an_operation_say_one_thing(
    kind: Kind, path: list[Step], anchor: Step | None, value: bytes
) -> None:
    if kind not in (Kind.INSERT, Kind.MOVE):
        anchor = None
    raw_path = encoding.uvarint(len(path)) + b"".join(map(encode_step, path))
    raw = encode_operation(kind, raw_path, value, b"" if anchor is None else encode_step(anchor))
    assert read_operation(raw) == (kind, tuple(path), anchor, value)


def naive_root(hashes: list[bytes]) -> bytes:
    """The Merkle root by its definition."""
    if len(hashes) < 2:
        return hashes[0] if hashes else blake3(b"").digest()
    return naive_root([blake3(b"\1" + b"".join(hashes[i : i + 16])).digest() for i in range(0, len(hashes), 16)])


@given(st.integers(0, 600))
def test_the_root_is_that_of_the_tree(size: int) -> None:
    hashes = [leaf_hash(bytes([number % 256, number // 256])) for number in range(size)]
    assert merkle_root(list(hashes)) == naive_root(hashes)


@given(st.lists(st.binary(max_size=2), max_size=40), st.lists(st.binary(max_size=2), max_size=40))
def test_other_operations_other_root(a: list[bytes], b: list[bytes]) -> None:
    assume(a != b)
    assert merkle_root(list(map(leaf_hash, a))) != merkle_root(list(map(leaf_hash, b)))


headers = st.builds(
    Header,
    replica=st.binary(min_size=8, max_size=8),
    seq=numbers,
    timeline=strategies.strings,
    author=strategies.strings,
    message=strategies.strings,
    source=strategies.strings,
    time=st.integers(-(2**63), 2**63 - 1),
    recorded=st.integers(-(2**63), 2**63 - 1),
)
parents = st.lists(st.sampled_from([b"a" * 32, b"b" * 32]), max_size=3)
signed = st.tuples(headers, parents, numbers, st.sampled_from([b"x" * 32, b"y" * 32]))


@given(signed, signed)
def test_the_id_covers_all(a: Any, b: Any) -> None:
    assert (transaction_id(*a) == transaction_id(*b)) == (a == b)
    assert len(transaction_id(*a)) == 32


@given(headers, st.sampled_from(["timeline", "author", "message"]), strategies.strings)
def test_text_cannot_slip_from_one_field_into_the_next(header: Header, field: str, moved: str) -> None:
    following = {"timeline": "author", "author": "message", "message": "source"}[field]
    parts = header._asdict()
    a = {**parts, field: parts[field] + moved}
    b = {**parts, following: moved + parts[following]}
    try:
        ids = {transaction_id(Header(**fields), [], 0, b"") for fields in (a, b)}
    except InvalidValue:
        return  # the texts joined to a pair of surrogates
    assert len(ids) == (2 if moved else 1)


@given(strategies.values)
def test_the_oracle_tells_values_apart_as_the_encoding_does(value: Any) -> None:
    assert exact(value) == exact(values.from_json(values.to_json(value)))
