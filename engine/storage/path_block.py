"""A block of the path dictionary as bytes: the shape of the tree, steps, and keys of elements, column by column.

Paths come about in the order of the document, most of the time: a record, then its fields, then the next record. So the
parent of a path is nearly always told by depths alone (the last path of the level above, or the parent that the last
path of the same level had), and the steps repeat with the records. A map key is a number among all keys of the store,
counted as they came; a key that is new is spelled out in the block that brings it. Keys of records are taken apart by
what they are: whole numbers, digits, UUIDs, hex, other text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.encoding import read_text, read_uvarint, uvarint
from engine.storage.columns import Effort, pack
from engine.storage.path_keys import pack_keys, pack_strings, unpack_keys, unpack_strings
from engine.storage.records import unpack_arrays

ELEMENT = -1
_NEW, _KEYED, _PLACED, _FIRST_NAME = 0, 1, 2, 3
_REPLICA = slice(1, 9)
_ALWAYS = ("depth", "code", "explicit")
_OF_NAMES = (*_ALWAYS, "parent", "name_")


class Paths(NamedTuple):
    """Consecutive paths: parents' ids, name ids (`ELEMENT` for elements of lists), and encoded steps."""

    parents: NDArray[np.int32]
    names: NDArray[np.int32]
    steps: list[bytes]


# ------------------------------------------------------------------------------------------------- packing


def pack_paths(first: int, paths: Paths, depths: NDArray[Any], known: int, effort: Effort = Effort.QUICK) -> bytes:
    """The payload of the block that begins with path `first`; names below `known` are in blocks before it.

    `depths` are numbers of steps.
    """
    explicit = _predicted(first, depths, paths.parents, np.ones(len(depths), bool)) != paths.parents
    codes = paths.names + np.int32(_FIRST_NAME)
    elements = np.flatnonzero(paths.names == ELEMENT).tolist()
    codes[elements] = [_KEYED if paths.steps[i][:1] == b"i" else _PLACED for i in elements]
    named, places = np.unique(paths.names, return_index=True)
    fresh = places[named >= known]
    codes[fresh] = _NEW
    columns = {
        "depth": depths.astype(np.uint16),
        "code": codes,
        "explicit": explicit.astype(np.uint8),
        "parent": paths.parents[explicit],
        **_under("name", pack_strings([_name(paths.steps[i]) for i in fresh.tolist()])),
        **_pack_keyed([step for step in map(paths.steps.__getitem__, elements) if step[:1] == b"i"]),
        **_pack_placed([step for step in map(paths.steps.__getitem__, elements) if step[:1] != b"i"]),
    }
    return pack({name: column for name, column in columns.items() if len(column) or name in _ALWAYS}, effort)


def _name(step: bytes) -> bytes:
    """The text of a map key."""
    return step[read_uvarint(step, 1)[1] :]


def _under(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{prefix}_{name}": array for name, array in arrays.items()}


def _beneath(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    start = len(prefix) + 1
    return {name[start:]: array for name, array in arrays.items() if name.startswith(f"{prefix}_")}


def _pack_keyed(steps: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Steps of keyed elements: which fields (each set of them once), values, and which one where a key repeats."""
    sets: dict[bytes, int] = {}
    which, keys, nth = [], [], []
    for step in steps:
        fields, values, turn = _split_keyed(step)
        which.append(sets.setdefault(fields, len(sets)))
        keys += values
        nth.append(turn)
    return {
        **_under("fields", pack_strings(list(sets))),
        "fieldset": np.array(which, np.int32),
        "nth": np.array(nth, np.int64),
        **_under("key", pack_keys(keys)),
    }


def _split_keyed(step: bytes) -> tuple[bytes, list[bytes], int]:
    """The fields (their number and texts), the values' canonical bytes, and which one."""
    count, offset = read_uvarint(step, 1)
    fields, values = [step[1:offset]], []
    for _ in range(count):
        _, end = read_text(step, offset)
        fields.append(step[offset:end])
        length, offset = read_uvarint(step, end)
        values.append(step[offset : offset + length])
        offset += length
    return b"".join(fields), values, read_uvarint(step, offset)[0]


def _pack_placed(steps: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Steps of elements without a key: the transaction that made each, and which of its elements it is."""
    replicas: dict[bytes, int] = {}
    maker, seqs, numbers = [], [], []
    for step in steps:
        maker.append(replicas.setdefault(step[_REPLICA], len(replicas)))
        seq, offset = read_uvarint(step, _REPLICA.stop)
        seqs.append(seq)
        numbers.append(read_uvarint(step, offset)[0])
    return {
        "replicas": np.frombuffer(b"".join(replicas), np.uint8),
        "maker": np.array(maker, np.int32),
        "seq": np.array(seqs, np.int64),
        "number": np.array(numbers, np.int64),
    }


# ----------------------------------------------------------------------------------------------- unpacking


class PathBlock:
    """The paths of such a block: parents and name ids as columns, steps spelled when they are asked for. `known` is the
    number of names in blocks before it."""

    def __init__(self, payload: bytes, first: int, known: int) -> None:
        arrays = unpack_arrays(payload)
        codes, depths = arrays["code"], arrays["depth"]
        explicit = arrays["explicit"] != 0
        parents = np.zeros(len(codes), np.int32)
        parents[explicit] = arrays.get("parent", parents[:0])
        self.first, self.known = first, known
        self.parents: NDArray[np.int32] = np.where(explicit, parents, _predicted(first, depths, parents, explicit))
        self.names: NDArray[np.int32] = codes - np.int32(_FIRST_NAME)
        fresh = codes == _NEW
        self.is_new: NDArray[np.bool_] = fresh
        self.names[fresh] = np.arange(known, known + int(fresh.sum()))
        self.names[(codes == _KEYED) | (codes == _PLACED)] = ELEMENT
        self.elements = Elements(first, codes, arrays)
        self._ends = np.cumsum(arrays.get("name_lengths", np.empty(0, np.uint32)), dtype=np.int64)
        self._spelled = arrays["name_bytes"].tobytes() if "name_bytes" in arrays else b""
        self.nbytes = 4 * sum(array.nbytes for array in arrays.values())

    def __len__(self) -> int:
        return len(self.parents)

    def name(self, name: int) -> bytes:
        """The step of a name that this block brings."""
        place = name - self.known
        raw = self._spelled[int(self._ends[place - 1]) if place else 0 : int(self._ends[place])]
        return b"k" + uvarint(len(raw)) + raw

    @property
    def new_count(self) -> int:
        """How many names this block brings."""
        return len(self._ends)

    def new_names(self) -> list[bytes]:
        """The steps of all names that this block brings."""
        return [self.name(self.known + place) for place in range(len(self._ends))]


class Elements:
    """The steps of the elements of lists in a block, by path; spelled when the first is asked for."""

    def __init__(self, first: int, codes: NDArray[Any], arrays: dict[str, NDArray[Any]]) -> None:
        paths = np.concatenate([np.flatnonzero(codes == code) for code in (_KEYED, _PLACED)]) + first
        self._packed = paths, {name: array for name, array in arrays.items() if not name.startswith(_OF_NAMES)}
        self._spelled: dict[int, bytes] | None = None

    def __getitem__(self, path: int) -> bytes:
        if self._spelled is None:
            paths, arrays = self._packed
            steps = _unpack_keyed(arrays) + _unpack_placed(arrays)
            self._spelled = dict(zip(paths.tolist(), steps, strict=True))
        return self._spelled[path]


def _unpack_keyed(arrays: dict[str, NDArray[Any]]) -> list[bytes]:
    if "fieldset" not in arrays:
        return []
    sets = [_fields(raw) for raw in unpack_strings(_beneath("fields", arrays))]
    keys = iter(unpack_keys(_beneath("key", arrays)))
    steps = []
    for which, nth in zip(arrays["fieldset"].tolist(), arrays["nth"].tolist(), strict=True):
        head, fields = sets[which]
        values = b"".join([field + uvarint(len(key := next(keys))) + key for field in fields])
        steps.append(head + values + uvarint(nth))
    return steps


def _fields(raw: bytes) -> tuple[bytes, list[bytes]]:
    """What a keyed step begins with, and its fields' texts."""
    count, offset = read_uvarint(raw, 0)
    head, fields = b"i" + raw[:offset], []
    for _ in range(count):
        start = offset
        _, offset = read_text(raw, start)
        fields.append(raw[start:offset])
    return head, fields


def _unpack_placed(arrays: dict[str, NDArray[Any]]) -> list[bytes]:
    if "maker" not in arrays:
        return []
    joined, size = arrays["replicas"].tobytes(), _REPLICA.stop - _REPLICA.start
    replicas = [b"e" + joined[i : i + size] for i in range(0, len(joined), size)]
    columns = (arrays[name].tolist() for name in ("maker", "seq", "number"))
    return [replicas[maker] + uvarint(seq) + uvarint(number) for maker, seq, number in zip(*columns, strict=True)]


def _predicted(
    first: int, depths: NDArray[Any], parents: NDArray[np.int32], told: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """The parent that each path has if depths alone say it; `parents` count where they are `told`.

    Going back from a path of depth d: the first path of depth d - 1 is the parent, or else the first one of depth d
    has the same parent.
    """
    found = np.full(len(depths), -1, np.int32)
    for depth in np.unique(depths).tolist():
        here = np.flatnonzero(depths == depth)
        above = np.flatnonzero(depths == depth - 1)
        spoken = here[told[here]]
        places = np.concatenate((above, spoken))
        says = np.concatenate(((above + first).astype(np.int32), parents[spoken]))
        order = np.argsort(places, kind="stable")
        last = np.searchsorted(places[order], here) - 1
        found[here] = np.where(last >= 0, says[order][last], -1) if len(places) else -1
    return found
