"""Patterns against a version, and against all that ever was."""

from typing import Any

import pytest

from engine import Store
from engine.errors import InvalidValue, NotFound

STATE = {
    "people": [
        {"id": 1, "name": "Ana", "age": 30, "tags": ["a", "b"]},
        {"id": 2, "name": "Bo", "age": 20, "tags": []},
        {"id": 3, "name": "Chen", "age": 30.0, "boss": True},
    ],
    "plain": [1, 2, 3, 4],
    "a b": {"name": None},
    "limit": 25,
}


@pytest.fixture
def version(store: Store) -> Any:
    store.commit([{"op": "put", "path": "$", "value": STATE}])
    return store.at()


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("$", STATE),
        ("$.people[1].name", "Bo"),
        ("$.people[-1].name", "Chen"),
        ("$['a b'].name", None),
        ("$.people[?@.id==2].age", 20),
        ("$.people[?@.name=='Ana'].id", 1),
        ("$.people[*].name", ["Ana", "Bo", "Chen"]),
        ("$..name", [None, "Ana", "Bo", "Chen"]),
        ("$.plain[1:3]", [2, 3]),
        ("$.plain[::-1]", [4, 3, 2, 1]),
        ("$.plain[::0]", []),
        ("$.plain[0, 0, 2]", [1, 3]),
        ("$.people[?@.age>25].name", ["Ana", "Chen"]),
        ("$.people[?@.age<$.limit].name", ["Bo"]),
        ("$.people[?@.tags[0]=='a'].id", [1]),
        ("$.people[?@.boss].id", [3]),
        ("$.people[*].tags[*]", ["a", "b"]),
        ("$.limit[*]", []),
        ("$.limit[0:1]", []),
        ("$.people.name[*]", []),
    ],
)
def test_what_a_pattern_matches(version: Any, pattern: str, found: object) -> None:
    values = version[pattern]
    if isinstance(found, list) and pattern.startswith("$.."):
        assert sorted(map(repr, values)) == sorted(map(repr, found))
    else:
        assert values == found


@pytest.mark.parametrize(
    "path", ["$.nothing", "$.people[3]", "$.people[-4]", "$.people[?@.id==9]", "$.limit.x", "$[0]"]
)
def test_what_is_not_there(version: Any, path: str) -> None:
    assert version.resolve(path) is None
    assert version.get(path, "default") == "default"
    with pytest.raises(NotFound, match=r"nothing at .* at that moment"):
        version[path]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("$.people[?@.age==30].name", "Ana"),
        ("$.people[?@.boss==true].name", "Chen"),
        ("$.people[?@.boss==1].name", None),
        ("$.people[?@.tags=='a'].name", None),
        ("$.plain[?@.id==1]", None),
    ],
)
def test_fields_that_are_no_key_are_looked_for(version: Any, path: str, name: str | None) -> None:
    """By value as RFC 9535 compares: 30 equals 30.0, and true is no number."""
    assert version.get(path, None) == name


def test_elements_that_share_a_key_are_matched_together_and_named_by_the_first(store: Store) -> None:
    store.commit([{"op": "put", "path": "$.l", "value": [{"id": "a", "n": 1}, {"id": "b", "n": 2}]}])
    store.commit([{"op": "insert", "path": "$.l", "index": 0, "value": {"id": "a", "n": 3}}])
    version = store.at()
    assert version['$.l[?@.id=="a"].n'] == 1
    assert [version.value(path) for path in version.match('$.l[?@.id=="a"].n')] == [3, 1]


def test_patterns_over_history_match_what_is_gone_too(store: Store) -> None:
    store.commit([{"op": "put", "path": "$", "value": STATE}])
    store.commit([{"op": "remove", "path": "$.people[?@.id==2]"}, {"op": "remove", "path": "$['a b']"}])
    for pattern, changes in (
        ("$.people[?@.id==2].name", ["Bo", None]),
        ("$.people[*].name", ["Ana", "Bo", "Chen", None]),
        ("$..name", [None, "Ana", "Bo", "Chen", None, None]),
        ("$.people[1].name", ["Chen"]),
        ("$.plain[0:2]", [1, 2]),
        ("$.never", []),
    ):
        found = [entry.after or None for entry in store.history(pattern)]
        assert sorted(map(repr, found)) == sorted(map(repr, changes)), pattern


def test_where_one_place_is_asked_for(store: Store) -> None:
    store.commit([{"op": "put", "path": "$.a", "value": 1}])
    with pytest.raises(InvalidValue, match=r"\$\.\* may name several places; give one path without wildcards"):
        store.blame("$.*")
