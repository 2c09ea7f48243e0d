"""Rows, and the children of containers: which a container has, in what order, under which paths.

Rows of removals come first, then the children in their new order, so that "after which sibling" holds when the rows
are read one after another.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice, repeat

from engine.exchange.alignment import NEW, staying
from engine.exchange.leaves import Leaves
from engine.exchange.matching import Match
from engine.exchange.node import Node, note_keys
from engine.exchange.steps import Steps
from engine.model.operations import ABSENT, AT_END, AT_START, LABEL_SHIFT, LIST, NO_LABEL, Kind, Rows
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable
from engine.timeline.labels import plan_labels

_PUT = int(Kind.PUT)


class Arranger:
    """Changes which children nodes have, and writes the rows that say so to `rows`."""

    def __init__(self, paths: PathTable, table: ValueTable, replica: bytes) -> None:
        self.leaves = Leaves(table)
        self.steps = Steps(replica)
        self.rows = Rows()
        self._paths = paths
        self._base = 1

    def remove(self, node: Node, pid: int) -> None:
        """The rows of a child that goes, with all that stands below it; the caller takes it out of the node."""
        self.rows.append(pid, Kind.REMOVE, ABSENT)
        child = node.nodes.pop(pid, None)
        if child is not None:
            self.drop(child.descendants())

    def drop(self, pids: Sequence[int]) -> None:
        """The rows of all that goes with something above it."""
        self.extend(pids, Kind.DROP, repeat(ABSENT), repeat(0), NO_LABEL)

    def extend(self, pids: Sequence[int], kind: Kind, vids: Iterable[int], args: Iterable[int], label: int) -> None:
        """A row for each path, of one kind and with one label; value ids and arguments in the same order."""
        rows, count = self.rows, len(pids)
        rows.path.extend(pids)
        rows.kind.extend(repeat(int(kind), count))
        rows.value.extend(islice(vids, count))
        rows.arg.extend(islice(args, count))
        rows.label.extend(repeat(label, count))

    def end_label(self) -> int:
        """The label that `AT_END` becomes in the next row."""
        return (self._base + len(self.rows)) << LABEL_SHIFT

    def put(self, pid: int, vid: int) -> None:
        """The row of a leaf that changes where it stands."""
        rows = self.rows
        rows.path.append(pid)
        rows.kind.append(_PUT)
        rows.value.append(vid)
        rows.arg.append(0)
        rows.label.append(NO_LABEL)

    def restructure(self, node: Node, match: Match, raws: Sequence[bytes]) -> None:
        """Remove, make and move children, so that they are those of `match`, in its order."""
        head, end, origins = match.head, len(node) - match.tail, match.origins
        if origins == list(range(head, end)):
            return
        kept = set(origins)
        for index in range(head, end):
            if index not in kept:
                self.remove(node, node.pids[index])
        keys, pids, vids, labels = self._lay_out(node, match, raws)
        node.keys = node.keys[:head] + keys + node.keys[end:]
        node.pids = node.pids[:head] + pids + node.pids[end:]
        node.vids = node.vids[:head] + vids + node.vids[end:]
        if labels is None:
            node.labels = array("q", self._relabel(node.pids))
        else:
            node.labels = node.labels[:head] + labels + node.labels[end:]
        node.position, node.shared = None, False
        if node.kind == LIST:
            self._note_keys(node, match)

    def _lay_out(
        self, node: Node, match: Match, raws: Sequence[bytes]
    ) -> tuple[list[str | bytes | None], array[int], array[int], array[int] | None]:
        """The rows of the children between the head and the tail of a match that are new or move; the keys, path ids,
        value ids and labels of all of these (None for labels where all of the node's children need new ones)."""
        head, origins = match.head, match.origins
        stays = staying(origins)
        before, after = head - 1, len(node) - match.tail
        plan = plan_labels(
            stays,
            [node.labels[origin] if origin != NEW else 0 for origin in origins],
            node.labels[before] if head else None,
            node.labels[after] if match.tail else None,
        )
        labels = plan or [AT_END] * len(origins)
        last = len(origins) if match.tail else max((place for place, stay in enumerate(stays) if stay), default=-1)
        keys = list(match.keys)
        pids, vids = array("i"), array("i")
        left = node.pids[before] if head else AT_START
        for index, origin in enumerate(origins):
            if origin != NEW:
                pid, vid = node.pids[origin], node.vids[origin]
                if not stays[index]:
                    labels[index] = self.place(Kind.MOVE, pid, ABSENT, left, labels[index])
            else:
                keys[index], pid = self.enter(node, keys[index])
                vid = self.leaves.value_id(raws[head + index])
                labels[index] = self._add(node.kind, pid, vid, left, labels[index], index > last)
            pids.append(pid)
            vids.append(vid)
            left = pid
        return keys, pids, vids, array("q", labels) if plan is not None else None

    def _note_keys(self, node: Node, match: Match) -> None:
        """What follows from the steps of a list; they are gone through where they are no plain keys."""
        if match.fields is None or match.repeats or match.lacks or not len(node):
            note_keys(node)
        else:
            node.fields, node.tangled = match.fields, False

    def enter(self, node: Node, key: str | bytes | None) -> tuple[str | bytes, int]:
        """Key and path id of a new child."""
        if isinstance(key, str):
            return key, self._paths.child(node.pid, self.steps.name(key))
        step = key or self.steps.element()
        return step, self._paths.child(node.pid, step)

    def _add(self, kind: int, pid: int, vid: int, left: int, label: int, at_end: bool) -> int:
        """The rows of a new child after sibling `left`; gives its label.

        A key's place is said wherever something that stays follows it, whatever its label: labels are not hashed.
        """
        if kind == LIST:
            return self.place(Kind.INSERT, pid, vid, left, label)
        if at_end:
            return self.place(Kind.PUT, pid, vid, 0, label)
        self.rows.append(pid, Kind.PUT, vid, 0, AT_END)
        return self.place(Kind.MOVE, pid, ABSENT, left, label)

    def place(self, kind: Kind, pid: int, vid: int, arg: int, label: int) -> int:
        """A row that gives a child a place; returns its label."""
        given = self.end_label() if label == AT_END else label
        self.rows.append(pid, kind, vid, arg, label)
        return given

    def _relabel(self, pids: Sequence[int]) -> range:
        """Rows that number all children of a container anew."""
        first = self.end_label()
        self.extend(pids, Kind.RELABEL, repeat(ABSENT), repeat(0), AT_END)
        return range(first, first + (len(pids) << LABEL_SHIFT), 1 << LABEL_SHIFT)
