"""A small real store and a real session, for the tests of views."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

MINUTE = 60_000_000
START = 1_690_000_000_000_000
NOTES = "Forward progress has been stopped. Crews continue to mop up hot spots along the northern line."

ELM = {"id": "c-9", "Name": "Elm Fire", "AcresBurned": 1}


def fires(acres: int, contained: int, notes: str = NOTES) -> dict:
    """One record as a whole."""
    return {
        "id": "a-17",
        "Name": "Bonnie Fire",
        "AcresBurned": acres,
        "PercentContained": contained,
        "Notes": notes,
        "IsActive": True,
    }


#: Message and operations of each transaction on `main`.
HISTORY = (
    (
        "first",
        [
            {
                "op": "put",
                "path": "$",
                "value": {
                    "title": "Fires",
                    "Incidents": [
                        fires(10, 0),
                        {"id": "b-2", "Name": "Pine Fire", "AcresBurned": 3, "PercentContained": 100, "Type": None},
                    ],
                    "tags": ["state", "county"],
                    "flag": True,
                    "odd key": {"x.y": -0.0},
                },
            }
        ],
    ),
    (
        "grows",
        [
            {"op": "put", "path": '$.Incidents[?@.id=="a-17"].AcresBurned', "value": 25},
            {
                "op": "put",
                "path": '$.Incidents[?@.id=="a-17"].Notes',
                "value": NOTES.replace("continue to mop", "will mop"),
            },
            {"op": "remove", "path": "$.flag"},
            {"op": "insert", "path": "$.tags", "index": 1, "value": "federal"},
        ],
    ),
    (
        "contained",
        [
            {"op": "put", "path": '$.Incidents[?@.id=="a-17"].PercentContained', "value": 80},
            {"op": "remove", "path": '$.Incidents[?@.id=="b-2"]'},
            {"op": "insert", "path": "$.Incidents", "index": 0, "value": ELM},
        ],
    ),
    ("out", [{"op": "put", "path": '$.Incidents[?@.id=="a-17"].PercentContained', "value": 100}]),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator:
    """Four transactions on `main`, a minute apart, each an exact time; one on `what-if`, from the second."""
    from engine.store import Store

    with Store.open(tmp_path / "fires.refactory", create=True) as opened:
        for number, (message, operations) in enumerate(HISTORY):
            opened.commit(operations, author="ana", message=message, time=START + number * MINUTE)
        opened.branch("what-if", at=1)
        operations = [{"op": "put", "path": "$.title", "value": "Fires?"}]
        opened.commit(operations, timeline="what-if", author="ben", message="guess", time=START + 9 * MINUTE)
        opened.tag("v1", at=1)
        yield opened


@pytest.fixture
def session(store, qtbot) -> Iterator:
    """A session with that store, the head of `main` selected."""
    from app.session import Session

    found = Session()
    found.show(store)
    yield found
    found._watch.stop()
    found.jobs.close()


@pytest.fixture
def settle(session, qtbot):
    """Wait until the views have noticed what changed, no job runs, and its result is shown."""

    def wait() -> None:
        QApplication.processEvents()
        qtbot.waitUntil(lambda: not session.jobs.activities(), timeout=20000)
        QApplication.processEvents()

    return wait
