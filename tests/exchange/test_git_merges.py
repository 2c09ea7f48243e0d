"""Merges of a repository: octopus, criss-cross, with renames and broken sides; their parents, states and operations."""

import json
import random
from typing import Any

import pytest

from engine import Store
from tests.exchange.merges import unwritten
from tests.exchange.repository import Repository
from tests.exchange.support import by_source, exact, heads


def text(**values: Any) -> str:
    return json.dumps(values)


def rows(*pairs: tuple[Any, Any]) -> str:
    """A file with a list of records."""
    return json.dumps({"rows": [{"id": key, "v": value} for key, value in pairs]})


def check(store: Store, repository: Repository) -> dict[str, int]:
    """Every commit is there with its parents and the state of its files, and every merge says all it has to say."""
    numbers = by_source(store)
    for source, dense in numbers.items():
        assert exact(store.at(dense).json()) == exact(repository.state(source)), source
        assert [store.get(parent).source for parent in store.get(dense).parents] == repository.parents(source)
        assert unwritten(store, dense) == []
    return numbers


def test_a_merge_keeps_its_parents_and_takes_the_state_that_it_has(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": text(x=1, y=1, z=1)})
    ours = repository.commit({"a.json": text(x=2, y=1, z=1)}, root)
    theirs = repository.commit({"a.json": text(x=1, y=2, z=1)}, root)
    merge = repository.commit({"a.json": text(x=2, y=2, z=3)}, ours, theirs, branch="main")
    store.import_from(repository.path)
    numbers = check(store, repository)
    assert heads(store)["main"] == (merge,)
    assert [change.path for change in store.changes_of(numbers[merge])] == ['$["a.json"].y', '$["a.json"].z']
    # against the second parent x differs too, so the merge writes it though its first parent has the same value
    assert store.get(numbers[merge]).operations == 3


def test_a_merge_that_takes_one_side_whole_writes_what_the_other_had(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": rows((1, "a"), (2, "b"))})
    ours = repository.commit({"a.json": rows((1, "A"), (2, "b"))}, root)
    theirs = repository.commit({"a.json": rows((2, "B"), (3, "c"))}, root)
    merge = repository.commit({"a.json": rows((1, "A"), (2, "b"))}, ours, theirs, branch="main", message="-s ours")
    store.import_from(repository.path)
    numbers = check(store, repository)
    assert list(store.changes_of(numbers[merge])) == []
    assert store.get(numbers[merge]).operations > 0


def test_octopus(store: Store, repository: Repository) -> None:
    base = {"a.json": rows((1, 0)), "b.yaml": "k: 0", "c.json": "0"}
    root = repository.commit(base)
    sides = [
        repository.commit({**base, "a.json": rows((0, 9), (1, 1))}, root),
        repository.commit({**base, "b.yaml": "k: 1\nl: 2"}, root),
        repository.commit({"a.json": base["a.json"], "b.yaml": base["b.yaml"]}, root),
        repository.commit({**base, "d/e.json": "[1, 2]"}, root),
    ]
    merged = {"a.json": rows((0, 9), (1, 1)), "b.yaml": "k: 1\nl: 2", "d/e.json": "[1, 2]"}
    merge = repository.commit(merged, *sides, branch="main", message="Merge branches 'b', 'c' and 'd'")
    store.import_from(repository.path)
    numbers = check(store, repository)
    assert store.get(numbers[merge]).parents == tuple(numbers[side] for side in sides)
    assert {store.get(numbers[side]).timeline for side in sides[1:]} == {"b", "c", "d"}


def test_criss_cross(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": text(x=0, y=0)})
    a1 = repository.commit({"a.json": text(x=1, y=0)}, root)
    b1 = repository.commit({"a.json": text(x=0, y=1)}, root)
    a2 = repository.commit({"a.json": text(x=1, y=1)}, a1, b1)
    b2 = repository.commit({"a.json": text(x=2, y=1)}, b1, a1, branch="b")
    a3 = repository.commit({"a.json": text(x=1, y=3)}, a2)
    repository.commit({"a.json": text(x=2, y=3)}, a3, b2, branch="main")
    store.import_from(repository.path)
    check(store, repository)
    assert heads(store)["b"] == (b2,)


def test_merge_of_a_rename_a_deletion_and_a_change_of_type(store: Store, repository: Repository) -> None:
    base = {"old.json": rows((1, 1)), "gone.yaml": "k: {l: [1]}", "kind.json": text(x={"y": 1})}
    root = repository.commit(base)
    renamed = repository.commit({"new.json": base["old.json"], "kind.json": text(x=[1, 2])}, root)
    changed = repository.commit({**base, "old.json": rows((1, 2)), "kind.json": text(x="text")}, root)
    merged = {"new.json": rows((1, 2)), "kind.json": text(x={"y": 1, "z": {}})}
    repository.commit(merged, renamed, changed, branch="main")
    store.import_from(repository.path)
    check(store, repository)


def test_merge_of_orders(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": rows((1, 1), (2, 2), (3, 3))})
    ours = repository.commit({"a.json": rows((3, 3), (1, 1), (2, 2))}, root)
    theirs = repository.commit({"a.json": rows((2, 2), (1, 1), (3, 3))}, root)
    repository.commit({"a.json": rows((3, 3), (2, 2), (1, 1))}, ours, theirs, branch="main")
    store.import_from(repository.path)
    check(store, repository)


def test_a_merge_whose_files_do_not_parse_keeps_what_the_first_parent_had(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": text(x=0), "b.json": "0"})
    ours = repository.commit({"a.json": text(x=1), "b.json": "0"}, root)
    theirs = repository.commit({"a.json": text(x=2), "b.json": "1"}, root)
    broken = '<<<<<<< HEAD\n{"x": 1}\n=======\n{"x": 2}\n>>>>>>> theirs\n'
    merge = repository.commit({"a.json": broken, "b.json": "1"}, ours, theirs)
    repository.commit({"a.json": text(x=2), "b.json": "1"}, merge, branch="main")
    result = store.import_from(repository.path)
    assert [item.where for item in result.skipped] == [f"{merge[:12]}:a.json"]
    check(store, repository)
    assert store.at(merge).json() == {"a.json": {"x": 1}, "b.json": 1}


def test_merged_branches_are_named_by_their_merges(store: Store, repository: Repository) -> None:
    messages = {
        "fix-a": "Merge branch 'fix-a' into main",
        "ana/fix-b": "Merge pull request #12 from ana/fix-b",
        "fix-c": "Merge remote-tracking branch 'origin/fix-c'",
        "main/side-1": "Bring it in",
    }
    tip = repository.commit({"a.json": "0"})
    expected = {}
    for number, (name, message) in enumerate(messages.items(), 1):
        side = repository.commit({"a.json": str(number), "side.json": name.join('""')}, tip)
        ours = repository.commit({"a.json": str(-number)}, tip)
        tip = repository.commit({"a.json": str(number)}, ours, side, message=message)
        expected[side] = name
    repository.point("main", tip)
    store.import_from(repository.path)
    numbers = check(store, repository)
    assert {side: store.get(numbers[side]).timeline for side in expected} == expected


def test_a_fast_forward_that_was_recorded_as_a_merge(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": "0"})
    side = repository.commit({"a.json": "1"}, root)
    repository.commit({"a.json": "1"}, root, side, branch="main", message="Merge branch 'x' (--no-ff)")
    store.import_from(repository.path)
    check(store, repository)


def test_a_merge_that_touches_no_data_of_its_own_joins_both_sides(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": "0"})
    ours = repository.commit({"a.json": "1"}, root)
    code = repository.commit({"a.json": "0", "x.py": "1"}, root)
    repository.commit({"a.json": "1", "x.py": "1"}, ours, code, branch="main")
    store.import_from(repository.path)
    assert list(by_source(store)) == [root, ours]  # the other side changed no data: nothing was merged
    assert heads(store)["main"] == (ours,)


def test_a_merge_of_an_ancestor_keeps_it(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": "0"})
    ours = repository.commit({"a.json": "1"}, root)
    repository.commit({"a.json": "1"}, ours, root, branch="main")
    store.import_from(repository.path)
    assert len(check(store, repository)) == 3


@pytest.mark.parametrize("seed", range(4))
def test_random_histories(store: Store, repository: Repository, seed: int) -> None:
    """Branches that fork and merge at random, over files of records whose order, keys and types change."""
    chance = random.Random(seed)
    tips = [repository.commit({"a.json": rows((1, 1), (2, 2)), "b.yaml": "k: [1, 2]"})]
    for number in range(40):
        parents = chance.sample(tips, min(len(tips), chance.choice([1, 1, 1, 2, 2, 3])))
        files = merged_at_random(repository, parents, chance)
        edit(files, chance, number)
        commit = repository.commit(files, *parents, at=chance.randint(0, 30))
        tips = [tip for tip in tips if tip not in parents or chance.random() < 0.3] + [commit]
    for number, tip in enumerate(tips):
        repository.point(f"b{number}" if number else "main", tip)
    store.import_from(repository.path)
    assert len(check(store, repository)) == 41


def merged_at_random(repository: Repository, parents: list[str], chance: random.Random) -> dict[str, bytes | str]:
    """Each file from one of the parents."""
    found = [repository.files(parent) for parent in parents]
    names = {name for files in found for name in files}
    chosen = {name: chance.choice(found).get(name) for name in sorted(names)}
    return {name: content for name, content in chosen.items() if content is not None}


def edit(files: dict[str, bytes | str], chance: random.Random, number: int) -> None:
    """Change one file (or make, break, or remove one); each commit has something that no other has."""
    files["number.json"] = str(number)
    name = chance.choice(["a.json", "b.yaml", "c/d.json"])
    kind = chance.randrange(8)
    if kind == 0:
        files.pop(name, None)
    elif kind == 1:
        files[name] = chance.choice(["", "{", "[1, 2", "a: [1", "\tx"])
    elif name == "b.yaml":
        files[name] = json.dumps({chance.choice("klm"): chance.sample(range(5), 3), "n": chance.choice([1, 1.0, "1"])})
    elif kind == 2:
        files[name] = chance.choice(["1", "[]", "{}", '{"rows": {}}', '{"rows": [1, 2]}', "null"])
    else:
        keys = chance.sample([1, 2, 3, 4, "1", "2"], chance.randrange(5)) + chance.choices(
            [1, 2], k=chance.choice([0, 0, 1])
        )
        files[name] = rows(*[(key, chance.randrange(3)) for key in keys])
