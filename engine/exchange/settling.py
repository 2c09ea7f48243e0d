"""What an imported merge says besides its difference from the first parent.

The state of a merge commit is what its source says it is, not what we would have merged. So the transaction writes
every leaf on which it differs from *any* parent (3-data-model, "Imports are deterministic"): then no write of a parent
is left that could win against it.
"""

from __future__ import annotations

from engine.exchange.alignment import NEW, staying
from engine.exchange.leaves import Leaves
from engine.exchange.node import Node, is_container
from engine.model.operations import ABSENT, AT_START, Kind, Rows


class Settler:
    """Adds to the rows of a merge what settles it against further parents."""

    def __init__(self, rows: Rows, leaves: Leaves) -> None:
        self._rows = rows
        self._leaves = leaves
        self._written = set(rows.path)

    def against(self, result: Node, other: Node) -> None:
        """Write where the result differs from another parent's tree though it may equal the first parent's."""
        if result is other:
            return
        places = {pid: index for index, pid in enumerate(other.pids)}
        for index, pid in enumerate(result.pids):
            place = places.get(pid)
            if place is None:
                self._write(result, index)
            else:
                self._compare(result, index, other, place)
        live = set(result.pids)
        for pid in other.pids:
            if pid not in live:
                self._append(pid, Kind.REMOVE, ABSENT)
        self._order(result, places)

    def _compare(self, result: Node, index: int, other: Node, place: int) -> None:
        vid, others = result.vids[index], other.vids[place]
        if is_container(vid) and vid == others:
            pid = result.pids[index]
            self.against(result.nodes[pid], other.nodes[pid])
        elif vid != others and not self._leaves.same(vid, others):
            self._write(result, index)

    def _write(self, node: Node, index: int) -> None:
        """The child's value once more, with everything below it."""
        pid = node.pids[index]
        self._append(pid, Kind.PUT, node.vids[index])
        below = node.nodes.get(pid)
        if below is not None:
            for place in range(len(below)):
                self._write(below, place)

    def _append(self, pid: int, kind: Kind, vid: int) -> None:
        if pid not in self._written:
            self._written.add(pid)
            self._rows.append(pid, kind, vid)

    def _order(self, result: Node, places: dict[int, int]) -> None:
        """A move for each child that both have and that stands elsewhere there."""
        stays = staying([places.get(pid, NEW) for pid in result.pids])
        left = AT_START
        for index, pid in enumerate(result.pids):
            if pid in places and not stays[index]:
                self._rows.append(pid, Kind.MOVE, ABSENT, left, result.labels[index])
            left = pid
