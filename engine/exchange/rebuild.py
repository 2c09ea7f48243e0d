"""The shadow of a state that the store holds: where an import goes on from, or a tree that was put away."""

from __future__ import annotations

from array import array

import numpy as np

from engine.exchange.node import Node, is_container, new_tree, note_keys
from engine.model.operations import MAP, ROOT
from engine.storage.path_table import PathTable
from engine.timeline.state import State


def rebuild(paths: PathTable, state: State) -> Node:
    """The tree of a state; the JSON of its parts is rendered from the values where it is needed."""
    holder = new_tree()
    root = state.value(ROOT)
    holder.vids[0] = root
    holder.nodes.clear()
    live = np.flatnonzero(state.values)[1:]
    parents = paths.parents[live]
    order = np.lexsort((state.labels[live], parents))
    live, parents = live[order], parents[order]
    values, labels = state.values[live], state.labels[live]
    nodes = {int(pid): Node(int(pid), int(vid), 0) for pid, vid in zip(live, values, strict=True) if vid <= 2}
    if is_container(root):
        nodes[ROOT] = holder.nodes[ROOT] = Node(ROOT, root, 0)
    cuts = np.flatnonzero(np.diff(parents)) + 1
    for members in np.split(np.arange(len(live)), cuts) if len(live) else []:
        node = nodes[int(parents[members[0]])]
        _fill(node, live[members].tolist(), values[members].tolist(), labels[members].tolist(), paths)
        node.nodes = {pid: nodes[pid] for pid in node.pids if pid in nodes}
    return holder


def _fill(node: Node, pids: list[int], vids: list[int], labels: list[int], paths: PathTable) -> None:
    node.pids, node.vids, node.labels = array("i", pids), array("i", vids), array("q", labels)
    if node.kind == MAP:
        node.keys = [paths.step(pid) for pid in pids]
    else:
        node.keys = [paths.encoded_step(pid) for pid in pids]
        note_keys(node)
