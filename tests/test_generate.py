"""What benchmarks stand on is what it claims: generated histories (shape, states, merges), figures and goals."""

from pathlib import Path

import numpy as np
import pytest

from engine import Store
from tests.benchmarks import generate as generator
from tests.benchmarks.generate import FIELDS, generate, make_changes, timeline_name
from tests.benchmarks.plan import NONE, make_plan
from tests.benchmarks.report import Goal, goals_table, percentiles, table

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


def test_a_plan_has_as_many_merges_as_asked_for() -> None:
    plan = make_plan(5_000, 20, SEED, 200)
    numbers = np.flatnonzero(plan.merged != NONE)
    merged = plan.merged[numbers]
    assert len(numbers) == len(set(merged.tolist())) == 200
    assert (plan.home[plan.timeline[merged]] == plan.timeline[numbers]).all()
    # What merges is the latest of its timeline by then.
    for number, other in zip(numbers.tolist(), merged.tolist(), strict=True):
        assert not (plan.timeline[other + 1 : number] == plan.timeline[other]).any()


def test_a_tenth_of_the_values_are_distinct() -> None:
    (changes,) = make_changes(20_000, 200, SEED)
    distinct = len(np.unique(changes.value * len(FIELDS) + changes.leaf % len(FIELDS)))
    assert 0.06 < distinct / len(changes.leaf) < 0.12


def test_changes_come_in_blocks_that_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "BLOCK", 700)
    blocks = list(make_changes(3_000, 40, SEED))
    assert [block.first for block in blocks] == [0, 700, 1400, 2100, 2800]
    assert sum(len(block) for block in blocks) == 3_000
    for block in blocks:
        assert (np.diff(block.start) >= 1).all()
        assert block.start[-1] == len(block.leaf) == len(block.value)
        for low, high in zip(block.start[:-1], block.start[1:], strict=True):
            assert len(set(block.leaf[low:high].tolist())) == high - low
    assert (blocks[0].leaf[:50] != blocks[1].leaf[:50]).any()


def states(transactions: int, merges: int) -> list[dict[str, dict[str, object]]]:
    """The state after each transaction, by plain dicts: a merge takes what the merged side changed since it was merged
    the last time, or forked."""
    plan = make_plan(transactions, TIMELINES, SEED, merges)
    (changes,) = make_changes(transactions, RECORDS, SEED)
    names = list(FIELDS)
    makers = [make for make, _ in FIELDS.values()]
    first = {f"o{r}": {name: make(0) for name, make in zip(names, makers, strict=True)} for r in range(RECORDS)}
    result: list[dict[str, dict[str, object]]] = []
    written: dict[int, set[tuple[str, str]]] = {}
    for number in range(transactions):
        timeline, other = int(plan.timeline[number]), int(plan.merged[number])
        state = {key: dict(record) for key, record in (result[plan.parent[number]] if number else first).items()}
        own = written.setdefault(timeline, set())
        if other != NONE:
            for record, name in written.pop(int(plan.timeline[other])):
                state[record][name] = result[other][record][name]
                own.add((record, name))
        for place in range(changes.start[number], changes.start[number + 1]):
            record, field = divmod(int(changes.leaf[place]), len(names))
            state[f"o{record}"][names[field]] = makers[field](int(changes.value[place]))
            own.add((f"o{record}", names[field]))
        result.append(state)
    return result


@pytest.mark.parametrize("merges", [0, 40])
def test_a_generated_store_holds_the_states_that_its_seed_says(tmp_path: Path, merges: int) -> None:
    file = tmp_path / "generated.refactory"
    generate(file, TRANSACTIONS, TIMELINES, RECORDS, SEED, merges)
    with Store.open(file, read_only=True) as store:
        assert store.graph.count == TRANSACTIONS
        assert {timeline.name for timeline in store.timelines()} == {timeline_name(n) for n in range(TIMELINES)}
        assert len(store.graph.extra_parents[0]) >= max(merges, 4)
        for number, expected in enumerate(states(TRANSACTIONS, merges)):
            assert store.at(number).json() == {"orders": expected}, number


def test_a_goal_is_met_at_its_figure() -> None:
    assert Goal("size", 0.9, 0.9).met
    assert not Goal("size", 0.91, 0.9).met
    assert Goal("speed", 40, 40, at_most=False).met
    assert not Goal("speed", 39, 40, at_most=False).met


def test_a_miss_is_said() -> None:
    text = goals_table([Goal("size", 1.0, 0.9), Goal("speed", 50, 40, at_most=False)])
    assert [line.split()[-1] for line in text.splitlines()[2:]] == ["MISSED", "met"]


def test_percentiles_are_measured_values() -> None:
    assert percentiles(range(100), 50, 95, 99) == [50, 95, 99]
    assert percentiles([3.0], 50, 99.9) == [3.0, 3.0]


def test_a_table_has_its_numbers_to_the_right() -> None:
    assert table(["name", "n"], [["a", 1], ["bcdef", 1000]]).splitlines() == [
        "name       n",
        "-----  -----",
        "a          1",
        "bcdef  1,000",
    ]
