"""Changes of single members and elements of a shadow, for sources that say what changed rather than what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.alignment import NEW
from engine.exchange.identity import ListPattern
from engine.exchange.matching import Match
from engine.exchange.node import Node, is_container, note_keys
from engine.exchange.shadow import Shadow
from engine.model import paths, values
from engine.model.operations import ABSENT, AT_END, AT_START, LIST, MAP, Kind
from engine.model.paths import Index, Key, Keyed, Name, Selector


class Editor:
    """Edits a tree through its shadow; rows go where the shadow's go."""

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow

    def set_members(
        self, tree: Node, path: Sequence[Selector], members: Mapping[str, bytes], *, one_of_many: bool = False
    ) -> Node:
        """Set members of the map at a path. Maps missing on the way are made, and so is a record named by its key.

        `one_of_many`: the last step is a key that means an entity, not a field, so that what is chosen for the lists of
        one entity (identity fields) is chosen for those of all. Raises `BadInput`, and then nothing has changed, where
        something else stands in the way.
        """
        _check_key(path, members)
        self._check(tree, path)
        for raw in members.values():
            values.check_depth(raw.decode("utf-8", "replace"), values.MAX_DEPTH - 1 - len(path))
        tree = self._shadow.own(tree)
        node, pattern = self._open(tree, 0, self._shadow.identities.root)
        for depth, selector in enumerate(path):
            index = self._find(node, selector)
            if index is None:
                index = self._make(node, selector)
            named = node.kind == MAP and not (one_of_many and depth + 1 == len(path))
            pattern = self._shadow.identities.below(pattern, node.keys[index] if named else None)
            node, _ = self._open(node, index, pattern)
        for key, raw in members.items():
            self._set(node, key, raw, pattern, len(path) + 1)
        return tree

    def remove(self, tree: Node, path: Sequence[Selector]) -> Node:
        """Remove what is at a path, if anything is."""
        tree = self._shadow.own(tree)
        node, pattern = self._open(tree, 0, self._shadow.identities.root)
        for depth, selector in enumerate(path):
            index = self._find(node, selector)
            if index is None:
                return tree
            if depth + 1 == len(path):
                self._shadow.remove(node, node.pids[index])
                node.private()
                for column in (node.keys, node.pids, node.vids, node.labels):
                    del column[index]
                node.position = node.raws = None
                if node.kind == LIST:
                    note_keys(node)
                return tree
            node, _ = self._open(node, index, pattern)
        return tree

    def set_root_members(self, tree: Node, keys: list[str], changed: Mapping[str, bytes]) -> Node:
        """Make the root a map with exactly these keys, in their order; `changed` has the JSON of those that differ
        or are new."""
        tree = self._shadow.own(tree)
        if tree.vids[0] != MAP:
            self._shadow.change(tree, 0, None, b"{}", self._shadow.identities.root, 0)
        node, pattern = self._open(tree, 0, self._shadow.identities.root)
        places = node.places()
        origins = [places.get(key, NEW) for key in keys]
        if NEW in origins or len(keys) != len(node) or keys != node.keys:
            raws = [changed[key] if origin == NEW else b"" for key, origin in zip(keys, origins, strict=True)]
            self._shadow.restructure(node, Match(0, 0, origins, keys), raws)
        for key, raw in changed.items():
            self._fill(node, node.places()[key], raw, self._shadow.identities.below(pattern, key))
        return tree

    def set_files(self, tree: Node, contents: Mapping[str, bytes | None]) -> Node:
        """Set members of the root, which is a map in the order of its keys; None takes one away."""
        root = tree.nodes.get(tree.pids[0])
        kept = {key for key in root.keys if key not in contents} if root is not None and root.kind == MAP else set()
        changed = {key: raw for key, raw in contents.items() if raw is not None}
        return self.set_root_members(tree, sorted({*kept, *changed}), changed)

    def _fill(self, node: Node, index: int, raw: bytes, pattern: ListPattern) -> None:
        """Set a child that is there, or one that has just been entered and has nothing below it yet."""
        pid, vid = node.pids[index], node.vids[index]
        if is_container(vid) and pid not in node.nodes:
            node.nodes[pid] = self._shadow.build_fresh(pid, raw, vid, pattern, 2)
        else:
            self._shadow.change(node, index, None, raw, pattern, 1)

    def _check(self, tree: Node, path: Sequence[Selector]) -> None:
        """Raise `BadInput` where a path cannot be followed or made."""
        if len(path) >= values.MAX_DEPTH:
            raise InvalidValue(f"the path is deeper than the {values.MAX_DEPTH} levels that a state may have")
        node: Node | None = tree.nodes.get(tree.pids[0])
        if node is None:
            raise BadInput("the whole state is a single value; nothing can be put below it")
        for depth, selector in enumerate(path):
            index = self._find(node, selector)
            if index is None:
                if any(isinstance(later, Index) for later in path[depth:]):
                    raise BadInput("an element is named by its place, and there is none; name it by its key")
                inside = any(isinstance(later, Key) for later in path[depth + 1 :])
                if (node.kind == MAP) != isinstance(selector, Name) or inside:
                    raise BadInput("the path leads through a list as through a map, or the other way round")
                return
            node = node.nodes.get(node.pids[index])
            if node is None:
                raise BadInput("the path leads through a single value")
        if node.kind != MAP:
            raise BadInput("the entity is a list; fields can only be set on a map")

    def _open(self, parent: Node, index: int, pattern: ListPattern) -> tuple[Node, ListPattern]:
        """An owned container, ready to be changed; the kept JSON of its children no longer holds."""
        parent.raws = None
        pid = parent.pids[index]
        node = parent.nodes[pid] = self._shadow.own(parent.nodes[pid])
        node.raws = None
        return node, pattern

    def _find(self, node: Node, selector: Selector) -> int | None:
        if isinstance(selector, Name):
            return node.places().get(selector.key) if node.kind == MAP else None
        if node.kind != LIST:
            return None
        if isinstance(selector, Index):
            place = selector.place + len(node) if selector.place < 0 else selector.place
            return place if 0 <= place < len(node) else None
        assert isinstance(selector, Key)
        found = node.places().get(paths.encode_step(Keyed(selector.fields, selector.values)))
        return self._scan(node, selector) if found is None else found

    def _scan(self, node: Node, selector: Key) -> int | None:
        """The record whose fields hold the values, in a list that is keyed by other fields or by none."""
        same = self._shadow.leaves.same
        wanted = list(zip(selector.fields, map(self._shadow.leaves.intern, selector.values), strict=True))
        for index, pid in enumerate(node.pids):
            record = node.nodes.get(pid)
            if record is not None and record.kind == MAP:
                places = record.places()
                if all(name in places and same(record.vids[places[name]], vid) for name, vid in wanted):
                    return index
        return None

    def _make(self, node: Node, selector: Selector) -> int:
        """Add an empty map, or the record of a key, as the last child; its place. What is in it needs no identity."""
        nowhere = ListPattern()
        if isinstance(selector, Name):
            self._add(node, selector.key, b"{}", nowhere, 0)
        else:
            assert isinstance(selector, Key)
            record = dict(zip(selector.fields, selector.values, strict=True))
            step = paths.encode_step(Keyed(selector.fields, selector.values))
            self._add(node, step, jsontext.dump(record), nowhere, 0)
            note_keys(node)
        return len(node) - 1

    def _set(self, node: Node, key: str, raw: bytes, pattern: ListPattern, depth: int) -> None:
        if raw[0] in b"{[":
            pattern = self._shadow.identities.below(pattern, key)
        index = node.places().get(key)
        if index is None:
            self._add(node, key, raw, pattern, depth)
        else:
            self._shadow.change(node, index, None, raw, pattern, depth)

    def _add(self, node: Node, key: str | bytes, raw: bytes, pattern: ListPattern, depth: int) -> None:
        """Add a child at the end; `pattern` is its own."""
        shadow = self._shadow
        node.private()
        left = node.pids[-1] if len(node) else AT_START
        key, pid = shadow.enter(node, key)
        vid = shadow.leaves.value_id(raw)
        kind, arg = (Kind.PUT, ABSENT) if node.kind == MAP else (Kind.INSERT, left)
        node.labels.append(shadow.place(kind, pid, vid, arg, AT_END))
        node.places()[key] = len(node)
        node.keys.append(key)
        node.pids.append(pid)
        node.vids.append(vid)
        if is_container(vid):
            node.nodes[pid] = shadow.build_fresh(pid, raw, vid, pattern, depth + 1)


def _check_key(path: Sequence[Selector], members: Mapping[str, bytes]) -> None:
    """Refuse to change what a record is named by."""
    last = path[-1] if path else None
    if isinstance(last, Key):
        for name, value in zip(last.fields, last.values, strict=True):
            if name in members and jsontext.encoded_leaf(members[name]) != values.encode(value):
                raise BadInput(f"{name} names the record and cannot become another one; remove it and put a new one")
