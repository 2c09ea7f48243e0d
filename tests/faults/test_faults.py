"""A disk that fails at the Nth operation: a clear error, nothing acknowledged lost, nothing half done, and it opens.

Every outcome is one of `OUTCOMES`; another one fails the test.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import KnownError, StoreError
from engine.storage import database, dictionaries, log
from engine.timeline import bulk, state
from tests.faults.vfs import Faults, faulty
from tests.faults.workloads import WORKLOADS, Workload, snapshot

OUTCOMES = {
    "not reached": "the workload does fewer operations",
    "nobody noticed": "the failure met something that may fail, such as taking in the log beside the file",
    "refused, nothing kept": "a clear error, the change is not there, and the same store goes on",
    "refused, kept whole": "all of it was in the log beside the file when syncing that failed until the end",
    "lost in the crash": "the change that was going on when everything ended is not there",
    "kept in the crash": "the change that was going on when everything ended is there, whole",
}
# Places where each workload fails in a run of the suite.
FAULTS = 12


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens within a few commits: segments, blocks, checkpoints, the log taken in."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 3)
    monkeypatch.setattr(dictionaries, "BLOCK_VALUES", 5)
    monkeypatch.setattr(state, "CHECKPOINT_ROWS", 8)
    monkeypatch.setattr(bulk, "FLUSH_TRANSACTIONS", 100)
    monkeypatch.setattr(database, "CHECKPOINT_BYTES", 60_000)


@pytest.fixture
def faults() -> Iterator[Faults]:
    with faulty() as found:
        yield found


def run(workload: Workload, path: Path) -> tuple[int, BaseException | None, Iterator[None]]:
    """How many changes were acknowledged, and what ended it."""
    steps = workload(path)
    acknowledged = 0
    try:
        for _ in steps:
            acknowledged += 1
    except BaseException as error:
        return acknowledged, error, steps
    return acknowledged, None, steps


def moments(workload: Workload, folder: Path) -> list[Any]:
    """What a reader sees after every acknowledged change, the first before all."""
    folder.mkdir()
    path = folder / "a.refactory"
    return [snapshot(path), *(snapshot(path) for _ in workload(path))]


def places(total: int, chosen: random.Random, effort: int) -> list[int]:
    """Where to fail: everywhere, or at some places."""
    everywhere = range(1, total + 2)
    count = FAULTS * effort
    return list(everywhere) if len(everywhere) <= count else sorted(chosen.sample(everywhere, count))


@pytest.mark.parametrize("kind", ["error", "torn", "full", "read"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_disk_that_fails(
    tmp_path: Path, faults: Faults, chosen: random.Random, effort: int, name: str, kind: str
) -> None:
    workload = WORKLOADS[name]
    seen = moments(workload, tmp_path / "clean")
    faults.plan("", 0)
    (tmp_path / "count").mkdir()
    run(workload, tmp_path / "count" / "a.refactory")
    total = faults.reads if kind == "read" else faults.count
    outcomes: Counter[str] = Counter()
    for at in places(total, chosen, effort):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        faults.plan(kind, at)
        outcome = outcome_of_failure(faults, workload, folder / "a.refactory", seen)
        assert outcome in OUTCOMES, f"{name}, {kind} at {at}"
        outcomes[outcome] += 1
    print(dict(outcomes))


def outcome_of_failure(faults: Faults, workload: Workload, path: Path, seen: list[Any]) -> str:
    """Run until it fails, and look at what is left and whether work goes on."""
    acknowledged, error, _ = run(workload, path)
    happened, faults_kind = faults.happened, faults.kind
    faults.plan("", 0)
    assert error is None or isinstance(error, StoreError), repr(error)
    assert error is None or "\n" not in str(error)
    found = snapshot(path)
    kept = error is not None and found != seen[acknowledged]
    assert not kept or found == seen[acknowledged + 1]
    # Before the first acknowledgement: a store that was made and could not be opened then is there, and empty.
    assert not kept or acknowledged == 0 or faults_kind == "full"
    assert [item.name for item in path.parent.iterdir()] in ([], [path.name])
    with Store.open(path, create=True) as store:
        before = store.graph.count
        store.commit([{"op": "put", "path": "$.after", "value": "the fault"}])
        assert store.graph.count == before + 1
    if error is None:
        return "nobody noticed" if happened else "not reached"
    return "refused, kept whole" if kept else "refused, nothing kept"


@pytest.mark.parametrize("kind", ["error", "torn", "full"])
def test_the_same_store_goes_on_after_every_failure(
    tmp_path: Path, faults: Faults, chosen: random.Random, effort: int, kind: str
) -> None:
    expected: dict[str, int] = {}
    refused = 0
    with Store.open(tmp_path / "a.refactory", create=True) as store:
        for number in range(4 * FAULTS * effort):
            key = f"k{chosen.randrange(9)}"
            faults.plan(kind, chosen.randrange(1, 30) if chosen.random() < 0.7 else 0)
            try:
                store.commit([{"op": "put", "path": f"$.{key}", "value": number}])
                expected[key] = number
            except StoreError:
                refused += 1
            faults.plan("", 0)
            assert store.at().json() == expected, number
    assert refused > FAULTS * effort // 2
    assert snapshot(tmp_path / "a.refactory")["states"] == {"main": expected}


@pytest.mark.parametrize("power", [False, True], ids=["process", "power"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_crash(tmp_path: Path, faults: Faults, chosen: random.Random, effort: int, name: str, power: bool) -> None:
    workload = WORKLOADS[name]
    seen = moments(workload, tmp_path / "clean")
    faults.plan("", 0)
    (tmp_path / "count").mkdir()
    run(workload, tmp_path / "count" / "a.refactory")
    outcomes: Counter[str] = Counter()
    for at in places(faults.count, chosen, effort):
        folder, after = tmp_path / f"{at}", tmp_path / f"{at} after"
        folder.mkdir()
        after.mkdir()
        faults.images.clear()
        faults.plan("crash", at)
        acknowledged, error, _ = run(workload, folder / "a.refactory")
        happened = faults.happened
        faults.plan("", 0)
        faults.left(after, chosen if power else None)
        assert isinstance(error, KnownError) or error is None, repr(error)
        found = snapshot(after / "a.refactory")
        where = f"{name}, at {at}, {acknowledged} acknowledged, {error}"
        assert found in seen[acknowledged : acknowledged + 2], where
        with Store.open(after / "a.refactory", create=True) as store:
            store.commit([{"op": "put", "path": "$.after", "value": "the crash"}])
        assert [item.name for item in after.iterdir()] == ["a.refactory"], where
        kept = found == seen[acknowledged] if error is not None else None
        outcomes["not reached" if not happened else "lost in the crash" if kept else "kept in the crash"] += 1
    assert set(outcomes) <= set(OUTCOMES)
    print(dict(outcomes))
