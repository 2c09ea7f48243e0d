"""A store to import into, and repositories to import from."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Store
from tests.exchange.repository import Repository


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a folder of its own."""
    with Store.open(tmp_path / "store.refactory", create=True) as opened:
        yield opened


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Opens (or makes) further stores by name, and closes them in the end."""
    opened: list[Store] = []

    def open_(name: str) -> Store:
        opened.append(Store.open(tmp_path / f"{name}.refactory", create=True))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty git repository."""
    return Repository(tmp_path / "repository")
