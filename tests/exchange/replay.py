"""Two ways to read rows, neither of them the store's: what an import wrote must say the same in both.

`Vectors` scatters rows as the store's replay is described to (value ids and labels by path, the last one wins).
`Sequence` knows no labels: it follows the operations alone, in their order, each element "after which sibling".
"""

from typing import Any

from engine.model import values
from engine.model.operations import ABSENT, AT_END, AT_START, LABEL_SHIFT, LIST, MAP, NO_LABEL, ROOT, Kind, Rows
from engine.model.paths import decode_step
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable


class Tables:
    """The dictionaries of a store, without the store."""

    def __init__(self) -> None:
        self.paths = PathTable()
        self.values = ValueTable(lambda first, count: b"")

    def leaf(self, value: int) -> Any:
        return values.to_json(values.decode(self.values.canonical(value)))


class Vectors:
    """A state as two dicts by path."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._values = {ROOT: MAP}
        self._labels = {ROOT: 1}

    def copy(self) -> "Vectors":
        other = Vectors(self._tables)
        other._values, other._labels = dict(self._values), dict(self._labels)
        return other

    def apply(self, rows: Rows, ordinal: int) -> None:
        for number, (path, kind, value, label) in enumerate(
            zip(rows.path, rows.kind, rows.value, rows.label, strict=True), ordinal
        ):
            if kind not in (Kind.MOVE, Kind.RELABEL):
                self._values[path] = value
            if label != NO_LABEL:
                self._labels[path] = number << LABEL_SHIFT if label == AT_END else label

    def json(self, path: int = ROOT) -> Any:
        value = self._values[path]
        if value not in (MAP, LIST):
            return self._tables.leaf(value)
        children = [child for child in self._tables.paths.children(path).tolist() if self._values.get(child, ABSENT)]
        labels = [self._labels[child] for child in children]
        assert len(set(labels)) == len(labels), "two children of one container have the same label"
        children.sort(key=lambda child: self._labels[child])
        if value == LIST:
            return [self.json(child) for child in children]
        return {decode_step(self._tables.paths.encoded_step(child)): self.json(child) for child in children}

    def live_below_nothing(self) -> list[int]:
        """Live paths whose parent is no live container: every removal must have said what goes with it."""
        parents = self._tables.paths.parents
        return [
            path
            for path, value in self._values.items()
            if path != ROOT and value != ABSENT and self._values.get(int(parents[path]), ABSENT) not in (MAP, LIST)
        ]


class Sequence:
    """A state as ordered children by path, built by following operations (derived rows are not read)."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._values = {ROOT: MAP}
        self._children: dict[int, list[int]] = {ROOT: []}

    def apply(self, rows: Rows) -> None:
        for path, kind, value, arg in zip(rows.path, rows.kind, rows.value, rows.arg, strict=True):
            if kind in (Kind.DROP, Kind.RELABEL):
                continue
            if kind == Kind.REMOVE:
                self._forget(path)
                self._siblings(path).remove(path)
                continue
            siblings = self._siblings(path) if path != ROOT else []
            if kind in (Kind.INSERT, Kind.MOVE):
                if path in siblings:
                    siblings.remove(path)
                siblings.insert(0 if arg == AT_START else siblings.index(arg) + 1, path)
            elif path != ROOT and path not in siblings:
                siblings.append(path)
            if kind != Kind.MOVE:
                self._set(path, value)

    def _siblings(self, path: int) -> list[int]:
        return self._children[int(self._tables.paths.parents[path])]

    def _set(self, path: int, value: int) -> None:
        if value not in (MAP, LIST) or self._values.get(path) != value:
            self._forget(path)
        self._values[path] = value
        if value in (MAP, LIST):
            self._children.setdefault(path, [])

    def _forget(self, path: int) -> None:
        for child in self._children.pop(path, []):
            self._forget(child)
        self._values.pop(path, None)

    def json(self, path: int = ROOT) -> Any:
        value = self._values[path]
        if value not in (MAP, LIST):
            return self._tables.leaf(value)
        children = self._children[path]
        if value == LIST:
            return [self.json(child) for child in children]
        return {decode_step(self._tables.paths.encoded_step(child)): self.json(child) for child in children}
