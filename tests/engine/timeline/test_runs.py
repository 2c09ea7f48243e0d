"""Lists of runs that contradict themselves, though their checksum is right, are refused: nobody goes in circles."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Store
from engine.errors import CorruptStore
from engine.model.operations import Rows
from engine.storage.log import Log
from engine.storage.records import pack_arrays
from engine.timeline.runs import STRETCH, Runs

REPLICA = b"replica1"
FORK = 1000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two timelines: the second one forks from the first, and has all that comes after."""
    path: Path = tmp_path_factory.mktemp("runs") / "store"
    with Store.open(path, create=True) as store, store.bulk(REPLICA, "many") as writer:
        head: list[int] = []
        for number in range(STRETCH + 10):
            head = [writer.add(parents=head, timeline="a" if number < FORK else "b", time=number, rows=Rows())]
    with Store.open(path) as store:
        yield store._core.log


def arrays(**instead: Any) -> bytes:
    """What tells the runs of the log's first stretch, some of it replaced; without what is None."""
    sound: dict[str, Any] = {
        "timeline": [1, 2],
        "fork": [-1, FORK - 1],
        "fork_run": [-1, 0],
        "first": [0, FORK],
        "entry_run": [0, 1],
        "entry_count": [FORK, STRETCH - FORK],
        "entry_last": [FORK - 1, STRETCH - 1],
        "sizes": [2],
    }
    found = {name: np.array(column) for name, column in (sound | instead).items() if column is not None}
    return pack_arrays(**found)


def test_a_sound_list_is_read(log: Log) -> None:
    runs = Runs(log)
    runs.load(arrays())
    assert (len(runs), runs.stretches, runs.fork(0), runs.fork(1)) == (2, 1, (-1, -1), (FORK - 1, 0))


@pytest.mark.parametrize(
    "instead",
    [
        {"fork": None},
        {"entry_last": None},
        {"fork": [0, FORK - 1], "fork_run": [0, 0]},
        {"fork_run": [-1, 1]},
        {"fork_run": [-1, -1]},
        {"fork_run": [-1, -2]},
        {"fork": [-1, FORK]},
        {"fork": [-1, -2]},
        {"first": [0, 0]},
        {"timeline": [-1, 2]},
        {"timeline": [1]},
        {"entry_run": [0, -1]},
        {"entry_run": [0, 2]},
        {"entry_run": [0]},
        {"entry_count": [FORK, STRETCH]},
        {"entry_count": [STRETCH, 0]},
        {"entry_last": [FORK - 1, STRETCH]},
        {"sizes": [-2]},
        {"sizes": [3]},
    ],
    ids=repr,
)
def test_a_list_that_contradicts_itself(log: Log, instead: dict[str, Any]) -> None:
    with pytest.raises(CorruptStore, match="its list of runs"):
        Runs(log).load(arrays(**instead))
