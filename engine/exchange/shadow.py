"""The shadow diff: from the state that a head has to the state that the source shows next, as rows.

Bytes that are equal are not looked at. What differs is cut one level deeper (`jsontext`), children are matched (by
key, by identity fields, or by content), and the search goes on in those that differ: a record that did not change is
never parsed. Rows of one level come before those of the levels below; within a level removals come first, then the
children in their new order, so that "after which sibling" holds when the rows are read one after another.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import ne

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.exchange.alignment import NEW
from engine.exchange.arranging import Arranger
from engine.exchange.fields import Fields
from engine.exchange.identity import Identities, ListPattern
from engine.exchange.matching import Match, match_elements, match_keys, match_records
from engine.exchange.node import Node, is_container, note_keys
from engine.exchange.tracing import Cuts, Tracer
from engine.model import values
from engine.model.operations import AT_END, AT_START, LABEL_SHIFT, LIST, MAP, Kind, Rows
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable

# The JSON of the children of larger new containers is kept, and of all that have changed once; that of the others is
# cut again when needed.
_KEEP = 1 << 11
# Fewer children than these are not worth the trouble of sharing their JSON between versions.
_FEW = 64
# Where a key may begin that gives an object another meaning; white space may come before it.
_SPECIAL = b'$\\" \t\r\n'


class UncheckedError(Exception):
    """Bytes that were taken for a JSON value are none."""


class Shadow(Arranger):
    """Turns states into rows; one for an import, with its dictionaries and its choices of identity.

    `begin` starts a transaction; `diff` and whatever else changes a tree add to `rows` until the next `begin`.
    """

    def __init__(self, paths: PathTable, table: ValueTable, identities: Identities, replica: bytes) -> None:
        super().__init__(paths, table, replica)
        self.identities = identities
        self._canon = jsontext.Canon()
        self._tracer = Tracer()
        self._cuts: Cuts = {}
        self._owner = 0
        self._fresh: tuple[bytes, ListPattern] | None = None

    def begin(self, seq: int, next_row: int, *, sharing: bool = True) -> None:
        """Start the rows of transaction `seq`, the first of which will have the ordinal `next_row`.

        `sharing`: trees of earlier versions are still needed, so nodes are copied before they change.
        """
        self.rows = Rows()
        self._base = next_row
        self.steps.begin(seq)
        self._owner += sharing

    def diff(self, tree: Node, raw: bytes, *, sure: bool = True) -> Node:
        """The tree of the state that `raw` spells, which comes after `tree`.

        `sure`: the bytes are known to be one JSON value; otherwise they are gone through first, and where they are
        none `UncheckedError` is raised before anything was looked at.
        Raises `InvalidValue` where the JSON is refused; `tree` is what it was then (as long as nodes are shared).
        """
        before = tree.raws[0] if tree.raws else None
        if before == raw:
            return tree
        root = tree.nodes.get(tree.pids[0])
        cuts = self._tracer.trace(root, raw) if root is not None else None
        if cuts is None and not sure and not jsontext.is_value(raw):
            raise UncheckedError
        self._cuts = cuts or {}
        tree = self.own(tree)
        self.change(tree, 0, before, raw, self.identities.root, 0)
        tree.raws = [raw]
        return tree

    def own(self, node: Node) -> Node:
        """The node, or a copy that may be changed."""
        return node.owned(self._owner)

    # -------------------------------------------------------------------------------------------- one child

    def change(self, node: Node, index: int, old: bytes | None, new: bytes, pattern: ListPattern, depth: int) -> None:
        """Make a child of an owned node what `new` spells; its bytes were `old` (None: not known)."""
        pid, vid = node.pids[index], node.vids[index]
        after = self.leaves.value_id(new)
        if is_container(after) and after == vid:
            below = self._diff_map if after == MAP else self._diff_list
            node.nodes[pid] = below(node.nodes[pid], old, new, pattern, depth + 1)
            return
        if after == vid or (not is_container(after) and not is_container(vid) and self.leaves.same(vid, after)):
            return
        self.rows.append(pid, Kind.PUT, after)
        node.vids[index] = after
        if is_container(vid):
            self.drop(node.nodes.pop(pid).descendants())
        if is_container(after):
            node.nodes[pid] = self.build_fresh(pid, new, after, pattern, depth + 1)

    # ---------------------------------------------------------------------------------- containers that change

    def _raws_of(self, node: Node, raw: bytes | None) -> list[bytes]:
        """The JSON of every child of a node, in order."""
        if node.raws is not None:
            return node.raws
        if raw is None:
            return [self.leaves.render(node, index) for index in range(len(node))]
        return jsontext.array_level(raw) if node.kind == LIST else jsontext.cut(raw).raws

    def _diff_map(self, node: Node, old: bytes | None, new: bytes, pattern: ListPattern, depth: int) -> Node:
        raws = self._cuts.get(node.pid)
        keys = node.keys
        if raws is None:
            cut = self.steps.cut(new)
            raws, keys = cut.raws, list(cut.level)
        olds = node.raws or self._raws_of(node, old)
        node = node.owned(self._owner)
        if keys == node.keys:
            node.raws = self._change_many(node, _differing(olds, raws), olds, raws, pattern, depth)
        else:
            self._arrange(node, match_keys(node, keys), olds, raws, pattern, depth)
            node.raws = raws
        return node

    def _diff_list(self, node: Node, old: bytes | None, new: bytes, pattern: ListPattern, depth: int) -> Node:
        raws = self._cuts.get(node.pid)
        if raws is None:
            raws = jsontext.array_level(new)
        olds = self._raws_of(node, old)
        node = self.own(node)
        if pattern.fields is None:
            self._survey(new, raws, pattern)
        elif pattern.open:
            self.identities.score(pattern, olds, raws)
        in_place = self._in_place(node, olds, raws, pattern.fields)
        if in_place is not None:
            node.raws = self._change_many(node, in_place, olds, raws, pattern, depth)
            return node
        match = self._match(node, olds, raws, pattern)
        troubles = match.repeats + match.lacks
        if troubles and self.identities.doubt(pattern, jsontext.plain(new), troubles):
            match = self._match(node, olds, raws, pattern)
        self._arrange(node, match, olds, raws, pattern, depth)
        node.raws = raws
        return node

    def _in_place(self, node: Node, olds: list[bytes], raws: list[bytes], fields: Fields | None) -> list[int] | None:
        """The places that differ, where every element is still the one that it was; None where that is not plain."""
        if len(olds) != len(raws) or node.tangled or fields is None or node.fields != fields:
            return None
        places = _differing(olds, raws)
        key, keys = self.steps.key, node.keys
        return places if all(key(raws[place], fields) == keys[place] for place in places) else None

    def _match(self, node: Node, olds: list[bytes], raws: list[bytes], pattern: ListPattern) -> Match:
        """Match the elements of a list; all are new where other fields tell them apart from here on."""
        if pattern.fields is None:
            return match_elements(node, olds, raws, self._canon)
        if node.fields is not None and node.fields != pattern.fields:
            self._clear(node)
        return self._match_records(node, olds, raws, pattern, pattern.fields)

    def _clear(self, node: Node) -> None:
        for pid in node.pids:
            self.remove(node, pid)
        node.keys, node.position, node.tangled, node.fields = [], None, False, None
        node.pids, node.vids, node.labels = array("i"), array("i"), array("q")

    def _match_records(
        self, node: Node, olds: list[bytes], raws: list[bytes], pattern: ListPattern, fields: Fields
    ) -> Match:
        match = match_records(node, olds if len(node) else [], raws, fields, self.steps)
        if not pattern.used or match.repeats > pattern.repeated or match.lacks > pattern.missing:
            pattern.used = self.identities.changed = True
            pattern.repeated = max(pattern.repeated, match.repeats)
            pattern.missing = max(pattern.missing, match.lacks)
        return match

    def _survey(self, raw: bytes, raws: list[bytes], pattern: ListPattern) -> None:
        """Look for identity fields where a list of records of an undecided pattern shows up."""
        if not self.identities.undecided(pattern, len(raws)) or not all(item[0] == jsontext.OBJECT for item in raws):
            return
        whole, top = self._fresh or (raw, pattern)
        self.identities.survey(jsontext.plain(whole), top)

    def _arrange(
        self, node: Node, match: Match, olds: list[bytes], raws: list[bytes], pattern: ListPattern, depth: int
    ) -> None:
        """Give a node its children in their new order, and go on in those that differ."""
        origins = [*range(match.head), *match.origins, *range(len(node) - match.tail, len(node))]
        self.restructure(node, match, raws)
        below = self.identities.below
        inside = None if node.kind == MAP else below(pattern, None)
        changed: list[int] = []
        stood: dict[int, bytes] = {}
        for index, origin in enumerate(origins):
            if origin == NEW:
                if is_container(node.vids[index]):
                    pid = node.pids[index]
                    deeper = inside or below(pattern, node.keys[index])
                    node.nodes[pid] = self.build_fresh(pid, raws[index], node.vids[index], deeper, depth + 1)
            elif olds[origin] == raws[index]:
                raws[index] = olds[origin]  # the same bytes, held once
            else:
                changed.append(index)
                stood[index] = olds[origin]
        self._change_many(node, changed, stood, raws, pattern, depth)

    def _change_many(
        self,
        node: Node,
        places: Sequence[int],
        olds: Sequence[bytes] | Mapping[int, bytes],
        raws: list[bytes],
        pattern: ListPattern,
        depth: int,
    ) -> list[bytes]:
        """Change the children at these places of an owned node; what was there comes from `olds`. Gives the JSON of
        all children; where they are many, that of the unchanged ones as it was held before, so that it is held once."""
        pids, vids, nodes, value_id = node.pids, node.vids, node.nodes, self.leaves.value_id
        below = self.identities.below
        inside = None if node.kind == MAP else below(pattern, None)
        held = list(olds) if isinstance(olds, list) and len(olds) > _FEW else None
        for place in places:
            raw, old, before = raws[place], olds[place], vids[place]
            if held is not None:
                held[place] = raw
            first = raw[0]
            if first == jsontext.OBJECT or first == jsontext.ARRAY or before <= LIST:
                deeper = inside or below(pattern, node.keys[place])
                if first == jsontext.ARRAY and before == LIST:
                    nodes[pids[place]] = self._diff_list(nodes[pids[place]], old, raw, deeper, depth + 1)
                elif before == MAP and first == jsontext.OBJECT and raw[2:3] not in _SPECIAL:
                    nodes[pids[place]] = self._diff_map(nodes[pids[place]], old, raw, deeper, depth + 1)
                else:
                    self.change(node, place, old, raw, deeper, depth)
                continue
            after = value_id(raw)
            if after != before and not jsontext.same_leaf(old, raw):
                vids[place] = after
                self.put(pids[place], after)
        return raws if held is None else held

    # ------------------------------------------------------------------------------------ containers that are new

    def build_fresh(self, pid: int, raw: bytes, kind: int, pattern: ListPattern, depth: int) -> Node:
        """The node of a new container, which is the ground on which undecided patterns below it are judged."""
        self._fresh = (raw, pattern)
        try:
            return self._build(pid, raw, kind, pattern, depth)
        finally:
            self._fresh = None

    def _build(self, pid: int, raw: bytes, kind: int, pattern: ListPattern, depth: int) -> Node:
        if depth > values.MAX_DEPTH:
            raise InvalidValue(f"JSON is nested deeper than {values.MAX_DEPTH} levels")
        node = Node(pid, kind, self._owner)
        raws = self._fill_map(node, raw) if kind == MAP else self._fill_list(node, raw, pattern)
        node.raws = raws if len(raw) > _KEEP else None
        below = self.identities.below
        inside = None if kind == MAP else below(pattern, None)
        for index, vid in enumerate(node.vids):
            if is_container(vid):
                child = node.pids[index]
                deeper = inside or below(pattern, node.keys[index])
                node.nodes[child] = self._build(child, raws[index], vid, deeper, depth + 1)
        return node

    def _fill_map(self, node: Node, raw: bytes) -> list[bytes]:
        cut = self.steps.cut(raw)
        if cut.vids is None:
            cut.vids = self.leaves.value_ids(cut.raws)
        node.keys = list(cut.level)
        self._fill(node, self._paths.children_by(node.pid, self.steps.names(node.keys)), cut.vids, Kind.PUT)
        return cut.raws

    def _fill_list(self, node: Node, raw: bytes, pattern: ListPattern) -> list[bytes]:
        raws = jsontext.array_level(raw)
        if pattern.fields is None:
            self._survey(raw, raws, pattern)
        steps: Sequence[str | bytes | None] = [None] * len(raws)
        if pattern.fields is not None:
            steps = self._match_records(node, [], raws, pattern, pattern.fields).keys
        node.keys = [step or self.steps.element() for step in steps]
        note_keys(node)
        pids = self._paths.children_by(node.pid, node.keys)
        self._fill(node, pids, self.leaves.value_ids(raws), Kind.INSERT)
        return raws

    def _fill(self, node: Node, pids: list[int], vids: list[int], kind: Kind) -> None:
        """Rows and columns of all children of a new node."""
        first = self.end_label()
        args: Iterable[int] = chain((AT_START,), pids) if kind == Kind.INSERT else repeat(0)
        self.extend(pids, kind, vids, args, AT_END)
        node.pids, node.vids = array("i", pids), array("i", vids)
        node.labels = array("q", range(first, first + (len(pids) << LABEL_SHIFT), 1 << LABEL_SHIFT))


def _differing(olds: Sequence[bytes], raws: Sequence[bytes]) -> list[int]:
    """The places where two equally long lists differ."""
    return list(compress(range(len(raws)), map(ne, olds, raws)))
