"""Caches that share a budget, and what leaves them first."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Store
from engine.storage.cache import POLICIES, Budget, ByteCache

STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8), st.integers(1, 60)), max_size=60)


def ask(cache: ByteCache[int], key: int, size: int, cost: int | None = None) -> None:
    """Get an object, making it if it is not here."""
    if cache.find(key) is None:
        cache.put(key, key, size, cost)


@given(STEPS, st.integers(0, 150), st.sampled_from(POLICIES))
def test_caches_hold_no_more_than_their_budget_and_their_newest(
    steps: list[tuple[str, int, int]], limit: int, policy: str
) -> None:
    budget = Budget(limit, policy)
    caches: dict[str, ByteCache[int]] = {name: budget.cache(name) for name in "ab"}
    sizes: dict[tuple[str, int], int] = {}
    for name, key, size in steps:
        sizes.setdefault((name, key), size)
        made = caches[name].get(key, lambda name=name, key=key: (key, sizes[name, key]))
        assert made == key
        held = {(each, item): sizes[each, item] for each in "ab" for item in range(9) if item in caches[each]}
        assert budget.bytes == sum(held.values())
        assert {each: counter.bytes for each, counter in budget.counters().items()} == {
            each: sum(size for (owner, _), size in held.items() if owner == each) for each in "ab"
        }
        newest = [cache.newest for cache in caches.values() if cache.newest is not None]
        assert budget.bytes <= max(budget.limit, sum(entry.size for entry in newest))
        assert key in caches[name]
    for cache in caches.values():
        cache.clear()
    assert budget.bytes == 0


def test_what_is_decoded_is_counted_apart_from_what_is_made_in_memory() -> None:
    budget = Budget(100, "lru")
    rows: ByteCache[str] = budget.cache("rows")
    states: ByteCache[str] = budget.cache("states", decodes=False)
    for key in (1, 2, 1):
        rows.get(key, lambda: ("rows", 60))
        states.get(key, lambda: ("state", 10))
    assert (rows.counter.misses, rows.counter.decoded, rows.counter.evictions) == (3, 180, 2)
    assert states.counter.decoded == 0


def test_what_is_dear_to_make_stays_longer_than_what_is_large_and_cheap() -> None:
    budget = Budget(100)
    rows: ByteCache[int] = budget.cache("rows")
    states: ByteCache[int] = budget.cache("states", decodes=False)
    ask(rows, 0, 40)
    for key in range(20):
        ask(states, key, 50, cost=2)
    assert 0 in rows
    assert 19 in states


def test_what_nobody_asks_for_any_more_leaves_in_the_end() -> None:
    cache: ByteCache[int] = Budget(100).cache("rows")
    for _ in range(3):
        ask(cache, -1, 50)
        ask(cache, -2, 50)
    for key in range(40):
        ask(cache, key % 4, 50)
    assert -1 not in cache
    assert -2 not in cache


def test_a_cache_made_anew_is_empty_and_counts_on() -> None:
    budget = Budget(100)
    old: ByteCache[int] = budget.cache("rows")
    ask(old, 1, 50)
    new: ByteCache[int] = budget.cache("rows")
    assert (budget.bytes, 1 in old, 1 in new) == (0, False, False)
    assert new.counter.misses == 1


def test_a_policy_that_there_is_none_of_is_named() -> None:
    with pytest.raises(ValueError, match="'fifo'"):
        Budget(1, "fifo")


def session(seed: int) -> Iterator[tuple[str, int, int, int | None]]:
    """A person in the explorer: walks along a branch, returns to bookmarks, looks at paths' histories. Segments of
    64 transactions are dear and small, states cheap and large: (cache, key, size, cost)."""
    chance = random.Random(seed)
    here, marks = 3000, [chance.randrange(3000) for _ in range(5)]
    for _ in range(300):
        kind = chance.random()
        if kind < 0.5:
            step = chance.choice((-1, 1))
            places = [here := min(max(here + step, 0), 3000) for _ in range(chance.randrange(5, 25))]
        elif kind < 0.9:
            places = [here := chance.choice(marks)]
        else:
            yield from (("rows", segment, 60, None) for segment in range(3000 // 64))
            continue
        for place in places:
            yield "rows", place // 64, 60, None
            yield "states", place, 100, 20


def test_a_session_steered_by_access_decodes_a_third_less_than_with_plain_lru() -> None:
    decoded = {}
    for policy in POLICIES:
        budget = Budget(3000, policy)
        caches: dict[str, ByteCache[int]] = {name: budget.cache(name) for name in ("rows", "states")}
        for name, key, size, cost in session(7):
            ask(caches[name], key, size, cost)
        decoded[policy] = 60 * caches["rows"].counter.misses
    assert decoded["steered"] <= 0.67 * decoded["lru"]
    assert decoded["lru"] < decoded["none"]


@pytest.mark.parametrize("policy", POLICIES)
def test_answers_are_the_same_whatever_is_kept(tmp_path, policy: str) -> None:
    file = tmp_path / "a.refactory"
    with Store.open(file, create=True) as store:
        for number in range(30):
            store.commit([{"op": "put", "path": f"$.k{number % 7}", "value": "x" * number}])
    with Store.open(file, cache_bytes=1, cache_policy=policy) as store:
        for number in [*range(30), *range(29, -1, -1)]:
            assert store.at(number)[f"$.k{number % 7}"] == "x" * number
