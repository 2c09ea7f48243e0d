"""The generated histories that benchmarks stand on are what they claim: shape, states, merges."""

from pathlib import Path

import numpy as np
import pytest

from engine import Store
from tests.benchmarks.generate import FIELDS, generate, make_changes, pool_sizes, timeline_name
from tests.benchmarks.plan import NONE, make_plan

TRANSACTIONS, TIMELINES, RECORDS, SEED = 600, 25, 12, 7


def test_a_plan_is_a_history() -> None:
    plan = make_plan(5_000, 100, SEED)
    numbers = np.arange(len(plan))
    assert plan.parent[0] == NONE
    assert (plan.parent[1:] >= 0).all()
    assert (plan.parent < numbers).all()
    assert (plan.merged < numbers).all()
    assert (np.bincount(plan.timeline, minlength=100) >= 2).all()
    assert (np.diff(plan.time) > 0).all()
    assert (plan.merged != NONE).sum() > 10
    # What merges is the end of a timeline, into the one that it was forked from.
    for number in np.flatnonzero(plan.merged != NONE):
        other = plan.merged[number]
        assert plan.home[plan.timeline[other]] == plan.timeline[number]
        assert not (plan.timeline[other + 1 :] == plan.timeline[other]).any()


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    one, same, other = (make_plan(500, 20, seed) for seed in (1, 1, 2))
    assert (one.parent == same.parent).all()
    assert (one.time == same.time).all()
    assert (one.time != other.time).any()


def test_a_plan_needs_two_transactions_a_timeline() -> None:
    with pytest.raises(ValueError, match="two transactions"):
        make_plan(9, 5, SEED)


def test_a_tenth_of_the_values_are_distinct() -> None:
    changes = make_changes(20_000, 200, SEED)
    distinct = len(np.unique(changes.value * len(FIELDS) + changes.leaf % len(FIELDS)))
    assert 0.06 < distinct / len(changes.leaf) < 0.12


def states(transactions: int = TRANSACTIONS) -> list[dict[str, dict[str, object]]]:
    """The state after each transaction, by plain dicts: a merge takes what the merged side changed since the fork."""
    plan, changes = make_plan(transactions, TIMELINES, SEED), make_changes(transactions, RECORDS, SEED)
    names = list(FIELDS)
    makers = [make for make, _ in FIELDS.values()]
    first = {f"o{r}": {name: make(0) for name, make in zip(names, makers, strict=True)} for r in range(RECORDS)}
    result: list[dict[str, dict[str, object]]] = []
    written: dict[int, set[tuple[str, str]]] = {}
    assert len(pool_sizes(len(changes.leaf))) == len(names)
    for number in range(transactions):
        timeline, other = int(plan.timeline[number]), int(plan.merged[number])
        state = {key: dict(record) for key, record in (result[plan.parent[number]] if number else first).items()}
        own = written.setdefault(timeline, set())
        if other != NONE:
            for record, name in written[int(plan.timeline[other])]:
                state[record][name] = result[other][record][name]
                own.add((record, name))
        for place in range(changes.start[number], changes.start[number + 1]):
            record, field = divmod(int(changes.leaf[place]), len(names))
            state[f"o{record}"][names[field]] = makers[field](int(changes.value[place]))
            own.add((f"o{record}", names[field]))
        result.append(state)
    return result


def test_a_generated_store_holds_the_states_that_its_seed_says(tmp_path: Path) -> None:
    file = tmp_path / "generated.refactory"
    generate(file, TRANSACTIONS, TIMELINES, RECORDS, SEED)
    with Store.open(file, read_only=True) as store:
        assert store.graph.count == TRANSACTIONS
        assert {timeline.name for timeline in store.timelines()} == {timeline_name(n) for n in range(TIMELINES)}
        assert len(store.graph.extra_parents[0]) > 3
        for number, expected in enumerate(states()):
            assert store.at(number).json() == {"orders": expected}, number
