"""The program in this process: quick, and with the real streams' types."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of standard output."""
        return self.out.splitlines()

    @property
    def documents(self) -> list[Any]:
        """The JSON documents on standard output; every one must be exactly one line."""
        assert self.out == "" or self.out.endswith("\n")
        return [json.loads(line) for line in self.out.split("\n")[:-1]]

    @property
    def document(self) -> Any:
        """The only JSON document."""
        (document,) = self.documents
        return document

    @property
    def error(self) -> str:
        """The only line on standard error."""
        (line,) = self.err.splitlines()
        assert line.startswith("refactory: ")
        return line.removeprefix("refactory: ")


Run = Callable[..., Done]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("log", store, …, stdin=…)`: the arguments as text, the operations as text, bytes or objects."""

    def run(*arguments: object, stdin: str | bytes | list[Any] = b"") -> Done:
        if isinstance(stdin, list):
            stdin = "".join(json.dumps(item) + "\n" for item in stdin)
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode("utf-8"), err.decode("utf-8"))

    return run


def put(path: str, value: Any) -> dict[str, Any]:
    """The operation that puts a value."""
    return {"op": "put", "path": path, "value": value}


@pytest.fixture(scope="session")
def first_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `store` is a copy of."""
    from engine import Store

    orders = [{"id": 1, "status": "new", "total": 40}, {"id": 2, "status": "new", "total": 12.5}]
    steps: list[tuple[str, list[Any]]] = [
        ("open", [put("$.orders", orders), put("$.name", "Corner shop")]),
        ("ship", [put("$.orders[?@.id==1].status", "shipped")]),
        ("rename", [put("$.name", None), {"op": "remove", "path": "$.orders[?@.id==2]"}]),
    ]
    file = tmp_path_factory.mktemp("store") / "shop.refactory"
    with Store.open(file, create=True) as made:
        for day, (message, operations) in enumerate(steps, 1):
            made.commit(operations, author="ana", message=message, time=f"2024-01-0{day}T12:00Z")
    return file


@pytest.fixture
def store(tmp_path: Path, first_store: Path) -> Path:
    """A store with three transactions on `main`, at noon of the first days of 2024: open, ship, rename."""
    return Path(shutil.copy(first_store, tmp_path))
