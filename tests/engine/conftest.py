"""A store to write to, and short ways to say what is in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a folder of its own."""
    with Store.open(tmp_path / "a.refactory", create=True) as opened:
        yield opened


@pytest.fixture
def commit(store: Store):
    """Commit operations written as 5-api writes them, and give the version after them."""

    def write(*operations: dict[str, Any], **options: Any):
        return store.at(store.commit(operations, **options).dense)

    return write
