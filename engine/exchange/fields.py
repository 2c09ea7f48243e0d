"""Fields that tell the records of a list apart: which could, and what each choice would cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

Fields = tuple[str, ...]
Record = Mapping[str, Any]
Records = Sequence[Record]

MAX_FIELDS = 4
MAX_SINGLE = 6
MAX_COMBINED = 24

# Longer strings are descriptions; fewer records are unique by chance.
_SHORT = 200
_ENOUGH = 3
_SAMPLE = 400
_TOGETHER = 12

_IDS = frozenset(
    (
        "id",
        "_id",
        "uid",
        "uuid",
        "guid",
        "uniqueid",
        "unique_id",
        "key",
        "pk",
        "identifier",
        "@id",
        "$id",
    )
)
_NAMES = frozenset(
    (
        "slug",
        "name",
        "fullname",
        "full_name",
        "code",
        "symbol",
        "ticker",
        "username",
        "login",
        "email",
        "path",
        "file",
        "filename",
        "host",
        "hostname",
        "handle",
        "sku",
        "isbn",
        "ean",
        "project",
        "package",
    )
)
_TITLES = frozenset(
    (
        "title",
        "label",
        "url",
        "uri",
        "href",
        "link",
        "domain",
        "ip",
        "address",
        "platform",
        "language",
        "lang",
        "country",
        "date",
        "day",
        "month",
        "year",
        "kind",
        "service",
        "repo",
        "repository",
        "image",
        "latitude",
        "longitude",
        "lat",
        "lon",
        "lng",
        "start",
        "start_time",
        "started",
        "created",
        "created_at",
    )
)
# What counts rows or ranks them stays in its place while the records move.
_PLACES = frozenset(
    (
        "objectid",
        "fid",
        "rowid",
        "row_id",
        "index",
        "idx",
        "position",
        "rank",
        "order",
        "number",
        "no",
        "seq",
        "sequence",
        "time_stamp",
        "timestamp",
    )
)
# What changes while the record stays the same one.
_VOLATILE = re.compile(
    r"(?:^|_)(?:num|count|total|amount|sum|status|state|updated|modified|changed|last|expected|estimated|eta|score|points"
    r"|value|price|percent|duration|age)(?:_|$)"
)
_ID_ENDING = re.compile(r"(?:[_-](?:id|uuid|guid|key|ID|UUID|KEY)|[a-z](?:Id|ID|Uuid|UUID|Key))$")
_CERTAIN, _ENDING, _NAMED, _TITLED, _OTHER, _PLACED = range(6)

_MISSING = object()


def name_rank(name: str) -> int:
    """How likely a field of this name is to identify its record: 0 certainly … 5 hardly."""
    low = name.lower().replace("-", "_")
    if low in _IDS:
        return _CERTAIN
    if low in _PLACES or _VOLATILE.search(low):
        return _PLACED
    if _ID_ENDING.search(name):
        return _ENDING
    if low in _NAMES:
        return _NAMED
    return _TITLED if low in _TITLES else _OTHER


def candidates(instances: Sequence[Records]) -> list[Fields]:
    """Fields that every record of these lists has, with values that are unique in each list; the likeliest first.

    Single fields (strings and integers) where there are any, else the fewest that do it together (floats too). Few
    records prove little, so they need a name that is known for it.
    """
    largest = max(instances, key=len)
    names = _shared(instances)
    needed = _NAMED if len(largest) == 1 else _TITLED if len(largest) < _ENOUGH else _PLACED
    singles = [
        (name_rank(name), _is_number(largest[0][name]), place, name)
        for place, name in enumerate(names)
        if name_rank(name) <= needed and _identifying(instances, name)
    ]
    if singles:
        chosen: list[Fields] = [(name,) for _, _, _, name in sorted(singles)]
        return chosen[:MAX_SINGLE]
    return _combined(instances, largest, names) if len(largest) >= _ENOUGH else []


def _shared(instances: Sequence[Records]) -> list[str]:
    """Names of the scalar fields that no record lacks."""
    names = list(instances[0][0])
    for records in instances:
        for record in records:
            if not all(_scalar(record.get(name)) for name in names):
                names = [name for name in names if _scalar(record.get(name))]
    return names


def _scalar(value: object) -> bool:
    kind = type(value)
    return kind is int or kind is float or (kind is str and len(value) <= _SHORT)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return type(value) is not str


def _identifying(instances: Sequence[Records], name: str) -> bool:
    return all(type(record[name]) is not float for record in instances[0]) and _unique(instances, (name,))


def _unique(instances: Sequence[Records], fields: Fields) -> bool:
    return all(len({_key(record, fields) for record in records}) == len(records) for records in instances)


def _key(record: Record, fields: Fields) -> tuple[Any, ...]:
    """The typed values of the fields (1, 1.0 and "1" are three)."""
    return tuple((type(record[name]), record[name]) for name in fields)


def _combined(instances: Sequence[Records], largest: Records, names: list[str]) -> list[Fields]:
    distinct = {name: len({_key(record, (name,)) for record in largest}) for name in names}
    telling = [name for name in names if distinct[name] > 1]
    telling.sort(key=lambda name: (name_rank(name), -distinct[name]))
    sample = [largest[:_SAMPLE]]
    for size in range(2, MAX_FIELDS + 1):
        found = [
            fields
            for fields in combinations(telling[:_TOGETHER], size)
            if _unique(sample, fields) and _unique(instances, fields)
        ]
        if found:
            found.sort(key=lambda fields: sum(map(name_rank, fields)))
            return found[:MAX_COMBINED]
    return []


def write_cost(fields: Fields, old: Records, new: Records) -> int:
    """How many leaves a change of a list writes when its records are told apart by these fields."""
    before = _by_key(old, fields)
    cost = 0
    for key, record in _by_key(new, fields).items():
        known = before.pop(key, None)
        if known is None:
            cost += len(record)
        elif known != record:
            cost += sum(known.get(name, _MISSING) != record.get(name, _MISSING) for name in {**known, **record})
    return cost + sum(map(len, before.values()))


def _by_key(records: Records, fields: Fields) -> dict[Any, Record]:
    """Records by key and occurrence; one that lacks its key stands for itself."""
    seen: Counter[Any] = Counter()
    result: dict[Any, Record] = {}
    for place, record in enumerate(records):
        if all(_scalar(record.get(name)) for name in fields):
            key: Any = _key(record, fields)
            result[key, seen[key]] = record
            seen[key] += 1
        else:
            result[place] = record
    return result
