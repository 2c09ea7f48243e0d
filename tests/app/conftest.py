"""A small real store, a session on it, and a window with stand-ins for the views."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from app.session import Session
from engine.store import Store


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    """Three commits on `main`, one on a branch that starts at the second, a tag on the first."""
    path = tmp_path / "fires.refactory"
    with Store.open(path, create=True) as store:
        for number in range(3):
            with store.transaction("main", author="ana", message=f"step {number}", time=number * 1_000_000) as tx:
                tx.put("$.acres", number * 10)
                tx.put("$.name", "Oak")
        store.branch("what-if", at=1)
        with store.transaction("what-if", author="ben", message="other", time=5_000_000) as tx:
            tx.put("$.acres", 99)
        store.tag("first", at=0)
    return path


@pytest.fixture
def session(qtbot, store_path: Path) -> Iterator[Session]:
    """A session with the store open and its head selected."""
    session = Session()
    session.show(Store.open(store_path))
    yield session
    session.shut_down()
    session.deleteLater()


class PlainView(QWidget):
    """Stands in for a view: it has the methods that actions name, and remembers what was called."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(self.focusPolicy().StrongFocus)
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("_") or name.isupper():
            raise AttributeError(name)
        return lambda: self.called.append(name)


def plain_views(_session: Session) -> dict[str, QWidget]:
    return {name: PlainView(name) for name in ("timeline", "state", "changes", "history", "storage", "details")}
