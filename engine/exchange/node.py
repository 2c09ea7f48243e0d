"""Containers of the shadow: the importer's own picture of a state, beside the vectors that the store keeps.

A node holds, for each child in order, its step, path id, value id (or marker) and label, and the nodes of children
that are containers. Nodes are shared between versions: one that belongs to an earlier version is copied before it is
changed (`owned`), so that every head that is still needed keeps its tree.
"""

from __future__ import annotations

from array import array
from typing import Any

from engine.exchange.fields import Fields
from engine.exchange.steps import fields_of, is_element, is_repeated
from engine.model.operations import LIST, MAP, ROOT


class Node:
    """A map or a list. `keys` are map keys, or the encoded steps of list elements; `raws` the children's JSON where it
    is kept; `fields` the identity fields of its keyed elements, if any; `tangled` says that keys repeat or lack.

    `shared` says that the columns other than `vids` are another node's too: they are replaced, never changed, until
    `private` has copied them.
    """

    __slots__ = (
        "fields",
        "keys",
        "kind",
        "labels",
        "nodes",
        "owner",
        "pid",
        "pids",
        "position",
        "raws",
        "shared",
        "tangled",
        "vids",
    )

    def __init__(self, pid: int, kind: int, owner: int) -> None:
        self.pid = pid
        self.kind = kind
        self.owner = owner
        self.keys: list[Any] = []
        self.pids = array("i")
        self.vids = array("i")
        self.labels = array("q")
        self.nodes: dict[int, Node] = {}
        self.raws: list[bytes] | None = None
        self.fields: Fields | None = None
        self.tangled = False
        self.shared = False
        self.position: dict[Any, int] | None = None

    def __len__(self) -> int:
        return len(self.pids)

    def owned(self, owner: int) -> Node:
        """This node, or a copy where it belongs to an earlier version."""
        if self.owner == owner:
            return self
        copy = Node.__new__(Node)
        copy.pid, copy.kind, copy.owner = self.pid, self.kind, owner
        copy.keys, copy.pids, copy.labels, copy.position = self.keys, self.pids, self.labels, self.position
        copy.vids = self.vids[:]
        copy.nodes = self.nodes.copy() if self.nodes else {}
        copy.raws, copy.fields, copy.tangled = self.raws, self.fields, self.tangled
        copy.shared = self.shared = True
        return copy

    def private(self) -> Node:
        """This (owned) node, with columns that may be changed in place."""
        if self.shared:
            self.keys = self.keys.copy()
            self.pids = self.pids[:]
            self.labels = self.labels[:]
            self.position = None
            self.shared = False
        return self

    def places(self) -> dict[Any, int]:
        """Position by key (or encoded step), made when first asked for."""
        if self.position is None:
            self.position = {key: index for index, key in enumerate(self.keys)}
        return self.position

    def descendants(self) -> list[int]:
        """Path ids of everything below, parents first."""
        found: list[int] = []
        waiting = [self]
        while waiting:
            node = waiting.pop()
            found.extend(node.pids)
            if node.nodes:
                waiting.extend([node.nodes[pid] for pid in node.pids if pid in node.nodes])
        return found


def new_tree() -> Node:
    """The tree of the empty state `{}`: a holder whose only child is the root path."""
    holder = Node(-1, MAP, 0)
    holder.keys = [""]
    holder.pids.append(ROOT)
    holder.vids.append(MAP)
    holder.labels.append(1)
    holder.nodes[ROOT] = Node(ROOT, MAP, 0)
    return holder


def note_keys(node: Node) -> None:
    """Set what follows from the steps of a list: its identity fields, and whether keys repeat or lack in it."""
    node.fields = None
    node.tangled = False
    for step in node.keys:
        if is_element(step) or is_repeated(step):
            node.tangled = True
        if node.fields is None and not is_element(step):
            node.fields = fields_of(step)


def is_container(vid: int) -> bool:
    """Whether a value id is the marker of a live map or list."""
    return vid in (MAP, LIST)
