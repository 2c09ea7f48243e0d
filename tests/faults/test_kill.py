"""Real processes killed at random moments (`kill -9`), and several of them at work on one file."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Store
from engine.errors import KnownError
from tests.faults.workloads import snapshot

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5

WRITER = """
import sys
from engine import Store
from engine.storage import log
from engine.timeline import state
log.SEAL_TRANSACTIONS, state.CHECKPOINT_ROWS = 7, 30
with Store.open(sys.argv[1], create=True) as store:
    print("ready", flush=True)
    number = store.at().get("$.count", 0)
    while True:
        number += 1
        store.commit([{"op": "put", "path": "$.count", "value": number},
                      {"op": "put", "path": f"$.k{number % 20}", "value": "x" * (number % 50) + str(number)}],
                     message=f"commit {number}")
        print(number, flush=True)
"""
IMPORTER = """
import sys
from pathlib import Path
from engine import Store
from tests.faults.workloads import add
with Store.open(sys.argv[1], create=True) as store:
    print("ready", flush=True)
    with store.bulk(b"importer", "import") as writer:
        head = writer.head("main")
        number = head + 1
        while True:
            head = add(writer, number, [head] if head >= 0 else [])
            number += 1
            if number % 10 == 0:
                writer.set_source(b"source", {"read": number})
                writer.flush()
                print(number, flush=True)
"""
COMPACTOR = """
import sys
from engine import Store
from engine.timeline import compaction, indexing, placing
compaction._TRANSACTIONS = dict.fromkeys(compaction._TRANSACTIONS, 20)
indexing.LEAST_ROWS, placing.LEAST_ROWS, placing.STEP_COST = 0, 0, 30
with Store.open(sys.argv[1], create=True) as store:
    print("ready", flush=True)
    number = store.at().get("$.count", 0)
    while True:
        for _ in range(4):
            number += 1
            store.commit([{"op": "put", "path": "$.count", "value": number},
                          {"op": "put", "path": f"$.k{number % 20}", "value": "x" * (number % 50) + str(number)}],
                         message=f"commit {number}")
            print(number, flush=True)
        compaction._SMALL_STORE = number % 3 and 1 << 22
        store.compact()
"""
NAMER = """
import sys
from engine import Store
with Store.open(sys.argv[1], create=True) as store:
    print("ready", flush=True)
    if not store.timelines():
        store.commit([{"op": "put", "path": "$.a", "value": 1}])
    number = 0
    while True:
        number += 1
        store.branch(f"b{len(store.timelines())}")
        store.undo()
        store.redo()
        print(number, flush=True)
"""


@contextlib.contextmanager
def program(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process; it is gone at the end."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def killed(code: str, path: Path, chosen: random.Random, most: int) -> int:
    """Start a process, kill it some time after it has done something (`most` times at most); what it said last."""
    with program(code, path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip()]
        assert said == ["ready"]
        for _ in range(chosen.randrange(most)):
            said.append(process.stdout.readline().strip())
        spin(chosen)
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.read().split()
    return int(said[-1]) if len(said) > 1 else 0


def spin(chosen: random.Random) -> None:
    """A moment, so that the other process is anywhere in what it does."""
    for _ in range(chosen.randrange(200_000)):
        pass


@pytest.mark.parametrize("code", [WRITER, COMPACTOR], ids=["writer", "compactor"])
def test_a_writer_that_is_killed_loses_nothing_it_said(
    tmp_path: Path, chosen: random.Random, effort: int, code: str
) -> None:
    path = tmp_path / "a.refactory"
    done = 0
    for _ in range(KILLS * effort):
        done = max(done, killed(code, path, chosen, 40))
        with Store.open(path) as store:
            state = store.at().json() if store.timelines() else {}
            count = state.get("count", 0)
            assert done <= count <= done + 1
            assert [item.message for item in store.log()] == [f"commit {n}" for n in range(count, 0, -1)]
            for number in range(max(1, count - 19), count + 1):
                assert state[f"k{number % 20}"] == "x" * (number % 50) + str(number)
            done = count
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_an_importer_that_is_killed_leaves_whole_flushes(tmp_path: Path, chosen: random.Random, effort: int) -> None:
    path = tmp_path / "a.refactory"
    done = 0
    for _ in range(KILLS * effort):
        done = max(done, killed(IMPORTER, path, chosen, 4))
        found = snapshot(path)
        assert found is not None
        count = len(found["all"])
        assert count % 10 == 0
        assert done <= count <= done + 10
        assert found["sources"][0] == ({"read": count} if count else None)
        assert [message for _, _, message in found["log"]] == [f"import {n}" for n in range(count - 1, -1, -1)]
        done = count
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_names_and_actions_of_a_process_that_is_killed_agree(
    tmp_path: Path, chosen: random.Random, effort: int
) -> None:
    path = tmp_path / "a.refactory"
    for _ in range(KILLS * effort):
        killed(NAMER, path, chosen, 10)
        with Store.open(path) as store:
            made = [action for action in store.actions() if action.kind == "branch"]
            names = [item.name for item in store.timelines() if item.name != "main"]
            assert sorted(action.text.split()[1] for action in made if action.state == "done") == sorted(names)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_store_whose_maker_is_killed_can_be_made_again(tmp_path: Path, chosen: random.Random, effort: int) -> None:
    code = "import sys\nfrom engine import Store\nprint('ready', flush=True)\nStore.open(sys.argv[1], create=True)\n"
    for turn in range(KILLS * effort):
        folder = tmp_path / f"{turn}"
        folder.mkdir()
        path = folder / "a.refactory"
        with program(code, path) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            spin(chosen)
            os.kill(process.pid, signal.SIGKILL)
        with Store.open(path, create=True) as store:
            store.commit([{"op": "put", "path": "$.a", "value": 1}])
        assert [item.name for item in folder.iterdir()] == [path.name]


# -------------------------------------------------------------------------------------------------- together

COUNTER = """
import sys
from engine import Store
name, count = sys.argv[2], int(sys.argv[3])
with Store.open(sys.argv[1], create=True) as store:
    for number in range(count):
        store.commit([{"op": "increment", "path": f"$.{name}", "delta": 1},
                      {"op": "increment", "path": "$.all", "delta": 1}], message=f"{name} {number}")
"""


def test_processes_that_write_one_file_lose_no_commit(tmp_path: Path) -> None:
    path = tmp_path / "a.refactory"
    processes, commits = 4, 12
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(program(COUNTER, path, f"p{n}", commits)) for n in range(processes)]
        with Store.open(path, create=True) as reader:
            known = 0
            while any(process.poll() is None for process in running):
                reader.refresh()
                assert reader.graph.count >= known
                known = reader.graph.count
                if known:
                    assert reader.at().json()["all"] == known
            reader.refresh()
            assert reader.graph.count == processes * commits
        for process in running:
            assert process.stderr is not None
            assert (process.wait(), process.stderr.read()) == (0, "")
    with Store.open(path) as store:
        assert store.at().json() == {**{f"p{n}": commits for n in range(processes)}, "all": processes * commits}
        assert len({item.handle for item in store.log()}) == processes * commits
        for name in (f"p{n}" for n in range(processes)):
            own = [item.message for item in store.log() if item.message.startswith(f"{name} ")]
            assert own == [f"{name} {n}" for n in reversed(range(commits))]
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_the_lock_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.storage.lock.WAIT", 0.1)
    path = tmp_path / "a.refactory"
    hold = (
        "import sys\nfrom engine import Store\n"
        "with Store.open(sys.argv[1], create=True) as store, store.bulk(b'importer', 'x'):\n"
        "    print('ready', flush=True)\n    sys.stdin.read()\n"
    )
    with program(hold, path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with Store.open(path) as store:
            assert store.at().json() == {}, "readers do not wait"
            with pytest.raises(KnownError, match="another process keeps the store locked; close it and try again"):
                store.commit([{"op": "put", "path": "$.a", "value": 1}])
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            store.commit([{"op": "put", "path": "$.a", "value": 1}])
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
