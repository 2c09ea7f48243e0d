"""The same source gives the same ids: in other processes, after other imports, through an export."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from engine import Store
from tests.exchange.repository import Repository
from tests.exchange.support import by_source, clock, exact, graph, heads, ids, states, write_lines
from tests.exchange.test_git_merges import edit, merged_at_random

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import pytest

from engine import Store
with Store.open(sys.argv[1], create=True) as store:
    for source in sys.argv[2:]:
        store.import_from(source)
    print(*[store.get(dense).id for dense in range(store.graph.count)])
"""


def lively(repository: Repository, seed: int, count: int) -> None:
    """A random history with merges."""
    chance = random.Random(seed)
    tips = [repository.commit({"a.json": '[{"id": 1}, {"id": 2}]', "b.yaml": "k: 1"})]
    for number in range(count):
        parents = chance.sample(tips, min(len(tips), chance.choice([1, 1, 2, 3])))
        files = merged_at_random(repository, parents, chance)
        edit(files, chance, number)
        tips = [tip for tip in tips if tip not in parents or chance.random() < 0.3]
        tips.append(repository.commit(files, *parents, at=chance.randrange(9)))
    for number, tip in enumerate(tips):
        repository.point(f"b{number}" if number else "main", tip)


def sources(folder: Path) -> list[Path]:
    """One of every kind whose ids do not depend on where it lies."""
    lively(Repository(folder / "git"), 1, 12)
    rows = [{"id": n, "tags": ["a", "b"], "v": n / 2} for n in range(6)]
    snapshots = graph(
        ("a", rows, [], "main"),
        ("b", rows[::-1], ["a"], "side"),
        ("c", rows[2:], ["a"], "main"),
        ("d", {}, ["c", "b"], "main"),
    )
    cases = [
        {"time": clock(n), "case": f"c{n % 3}", "activity": "x", "attrs": {"b": n, "a": {"z": 1}}} for n in range(9)
    ]
    return [
        folder / "git",
        write_lines(folder / "snapshots.jsonl", snapshots),
        write_lines(folder / "cases.jsonl.zst", cases),
    ]


def test_other_processes_with_other_hashes_make_the_same_ids(tmp_path: Path) -> None:
    found = sources(tmp_path)
    told = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / seed), *map(str, found)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}
        told.add(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout)
    (output,) = told
    assert len(output.split()) == 13 + 4 + 9


def test_what_stands_in_the_store_already_does_not_matter(
    tmp_path: Path, store: Store, open_store: Callable[[str], Store]
) -> None:
    """The first source of a store has the timeline `main`; on a timeline of one's own choice all are alike."""
    *_, snapshots, cases = sources(tmp_path)
    other = open_store("other")
    other.commit([{"op": "put", "path": "$.mine", "value": [{"id": 1}, {"id": 1}]}])
    for each, order in ((store, (snapshots, cases)), (other, (cases, snapshots))):
        for source in order:
            each.import_from(source, timeline=source.name)
    assert set(ids(store)) < set(ids(other))


def test_a_repository_goes_through_an_export(
    tmp_path: Path, store: Store, open_store: Callable[[str], Store], repository: Repository
) -> None:
    lively(repository, 2, 20)
    repository.tag("v1", str(repository.git.branches["main"].target))
    store.import_from(repository.path)
    for form in ("jsonl", "snapshots"):
        store.export(tmp_path / f"{form}.jsonl.zst", format=form)
        other = open_store(form)
        other.import_from(tmp_path / f"{form}.jsonl.zst")
        assert states(other) == states(store)
        assert (heads(other), other.tags(), by_source(other)) == (heads(store), store.tags(), by_source(store))
        parents = [[each.get(dense).parents for dense in range(each.graph.count)] for each in (store, other)]
        assert parents[0] == parents[1]
        other.export(tmp_path / "again.jsonl", format="snapshots")
        records = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
        assert [exact(record["state"]) for record in records] == states(store)


def test_a_repository_that_grew_at_its_end_gives_what_it_would_have_given_at_once(
    repository: Repository, open_store: Callable[[str], Store]
) -> None:
    grown, whole = open_store("grown"), open_store("whole")
    first = repository.commit({"a.json": "1"}, branch="main")
    grown.import_from(repository.path)
    repository.commit({"a.json": "2"}, first, branch="main")
    grown.import_from(repository.path)
    whole.import_from(repository.path)
    assert states(grown) == states(whole)
    assert ids(grown) == ids(whole)
