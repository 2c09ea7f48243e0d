"""Operations as files and pipes bring them: a JSON Patch array, or JSON Lines; errors name the line."""

import re
import sys
from pathlib import Path
from typing import Any

from engine.errors import BadInput, InvalidValue
from engine.model import values

_IN_LINE = re.compile(r" at line 1 column (\d+)")


class OperationFile:
    """The operations of a file (`-` or None: standard input), and where each one stands.

    Raises `BadInput` for what cannot be read as such, naming file and line.
    """

    def __init__(self, file: str | None) -> None:
        self.name = "standard input" if file in (None, "-") else str(file)
        text = _decode(self.name, _read(file))
        self.operations: list[Any] = []
        self._lines: list[int] | None = None
        if text.lstrip(" \t\r\n").startswith("["):
            self._read_patch(text)
        else:
            self._read_lines(text)
        if not self.operations:
            raise BadInput(f"{self.name}: there is no operation in it; nothing was committed")

    def _read_patch(self, text: str) -> None:
        try:
            self.operations = values.loads(text)
        except InvalidValue as error:
            raise BadInput(f"{self.name}: {error}") from None

    def _read_lines(self, text: str) -> None:
        self._lines = []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip(" \t\r"):
                continue
            try:
                operation = values.loads(line)
            except InvalidValue as error:
                what = _IN_LINE.sub(r" at column \1", str(error))
                raise BadInput(f"{self.name}:{number}: {what}") from None
            if not isinstance(operation, dict):
                raise BadInput(
                    f"{self.name}:{number}: an operation is an object like "
                    '{"op":"put","path":"$.a","value":1}, one a line; a JSON Patch is one array of them'
                )
            self.operations.append(operation)
            self._lines.append(number)

    def place(self, operation: int) -> str:
        """Where an operation (from 1) stands."""
        if self._lines is None:
            return f"{self.name}: operation {operation}"
        return f"{self.name}:{self._lines[operation - 1]}"


def _read(file: str | None) -> bytes:
    if file is None or file == "-":
        if sys.stdin is None:
            raise BadInput("standard input is closed; name a file of operations")
        if sys.stdin.isatty():
            print("operations, one a line; Ctrl+D ends them:", file=sys.stderr)
        return sys.stdin.buffer.read()
    from engine.exchange.lines import open_input

    with open_input(Path(file)) as stream:
        return stream.read()


def _decode(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{name}:{line}: invalid UTF-8 at byte {error.start}; save the file as UTF-8") from None
