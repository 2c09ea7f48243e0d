"""The writing side of an import: states in, transactions out, and the notes that make the next import go on.

What an import writes follows from its source alone (3-data-model, "Imports are deterministic"): the replica is a hash
of what identifies the source and of the options that shape the outcome, sequence numbers count its versions, and the
choices of identity are kept with the progress, so that going on later gives what going on at once would have given.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from blake3 import blake3

from engine.errors import BadInput, Cancelled
from engine.exchange.identity import Identities
from engine.exchange.node import Node, new_tree
from engine.exchange.options import ImportResult, Options
from engine.exchange.rebuild import rebuild
from engine.exchange.settling import Settler
from engine.exchange.shadow import Shadow
from engine.exchange.versions import SourceVersion, checked
from engine.model.transactions import REPLICA_BYTES
from engine.timeline.bulk import BulkWriter
from engine.timeline.state import State

if TYPE_CHECKING:
    from engine.store import Store

MAX_TREES = 64
DEFAULT_TIMELINE = "main"


class Intake:
    """An import that is going on. Made by `open_intake`."""

    def __init__(self, store: Store, writer: BulkWriter, plan: Plan, options: Options, result: ImportResult) -> None:
        self.writer = writer
        self.result = result
        self.notes = plan.notes
        self.default = plan.timeline
        self.replica = plan.replica
        self.max_trees = MAX_TREES
        self._store = store
        self._plan = plan
        self._options = options
        self.identities = Identities(options.keys)
        self.identities.restore(self.notes["identities"])
        self.shadow = Shadow(writer.paths, writer.values, self.identities, plan.replica)
        self._trees: OrderedDict[int, Node] = OrderedDict()
        self._next = store.graph.count
        self._detours: dict[str, tuple[str, int]] = {}
        self._numbers: dict[str, int] | None = None

    # -------------------------------------------------------------------------------------------- states

    def add_version(self, version: SourceVersion) -> None:
        """Write the transaction of a version whose state is given as a whole.

        Raises `BadInput`, `InvalidValue` for its JSON; nothing is written then.
        """
        name = checked(version).timeline or self.default
        parents = self.parents(version, name)
        before = self.tree(parents[0] if parents else -1)
        self.begin()
        after = self.shadow.diff(before, version.state)
        self.settle(after, parents[1:])
        self.add(version, parents, name, after)
        if version.parents is None and parents:
            self.forget(parents[0])

    def begin(self, *, sharing: bool = True) -> None:
        """Start the rows of the next transaction."""
        self.shadow.begin(self.writer.next_seq, self.writer.next_row, sharing=sharing)

    def settle(self, tree: Node, others: Sequence[int]) -> None:
        """Complete the rows of a merge against its further parents."""
        settler = Settler(self.shadow.rows, self.shadow.leaves)
        for other in others:
            settler.against(tree, self.tree(other))

    def add(self, version: SourceVersion, parents: Sequence[int], name: str, tree: Node | None) -> int:
        """Write the transaction with the rows of the shadow, after which the state is `tree` (None: not kept).

        Returns its dense number.
        """
        self._check_pointer(name)
        dense = self._next
        self.notes["heads"][name] = dense
        if self.identities.changed:
            self.identities.changed = False
            self.notes["identities"] = self.identities.save()
        self.writer.set_source(self._plan.identity, self.notes)
        number = self.writer.add(
            parents=parents,
            timeline=name,
            time=version.time,
            rows=self.shadow.rows,
            author=version.author,
            message=version.message,
            source=version.source,
        )
        assert number == dense, "another writer came between"
        self._next += 1
        self.result.transactions += 1
        self._point(name, dense)
        for tag in version.tags:
            self.writer.set_tag(tag, dense)
            self.notes.setdefault("tags", {})[tag] = dense
        for head in version.heads:
            self.notes["pointed"][head] = dense
        if self._numbers is not None and version.source:
            self._numbers[version.source] = dense
        if tree is not None:
            self._keep(dense, tree)
        return dense

    # ------------------------------------------------------------------------------------------- parents

    def parents(self, version: SourceVersion, name: str) -> list[int]:
        """The transactions that a version comes after."""
        if version.parents is None:
            head = self.head(name)
            return [] if head < 0 else [head]
        return [self._number(source) for source in version.parents]

    def head(self, name: str) -> int:
        """The last transaction of this source on a timeline, or what it was told to go on from; -1 for none."""
        return int(self.notes["heads"].get(name, self._plan.base if name == self.default else -1))

    def _number(self, source: str) -> int:
        """The transaction of an earlier version by its source id."""
        if self._numbers is None:
            self.writer.settle()
            names = self._store.sources(range(self._next))
            self._numbers = {name: dense for dense, name in enumerate(names) if name}
        found = self._numbers.get(source)
        if found is None:
            raise BadInput(f'the parent "{source}" is no earlier version')
        return found

    def tree(self, dense: int) -> Node:
        """The shadow of a version."""
        if dense < 0:
            return new_tree()
        found = self._trees.get(dense)
        if found is None:
            found = rebuild(self.writer.paths, self.state(dense))
            self._keep(dense, found)
        return found

    def state(self, dense: int) -> State:
        """The vectors of a version."""
        self.writer.settle()
        return self._store.at(dense).state

    def _keep(self, dense: int, tree: Node) -> None:
        self._trees[dense] = tree
        self._trees.move_to_end(dense)
        while len(self._trees) > self.max_trees:
            self._trees.popitem(last=False)

    def forget(self, dense: int) -> None:
        """Say that nothing more comes after a version."""
        self._trees.pop(dense, None)

    # ----------------------------------------------------------------------------------------- timelines

    def _check_pointer(self, name: str) -> None:
        """Before the first transaction on a timeline: leave alone what others have put there."""
        if name in self._detours:
            return
        current, known = self.writer.head(name), self.head(name)
        if current in (known, -1):
            self._detours[name] = (name, -1)
            return
        detour = self.notes["detours"].get(name) or self._free(f"{name}@{self._plan.stem}")
        self.notes["detours"][name] = detour
        self._detours[name] = (detour, current)
        self.result.warnings.append(
            f"timeline {name} has transactions of its own; what is new in the source is on {detour}"
        )

    def _point(self, name: str, dense: int) -> None:
        detour, kept = self._detours[name]
        if detour != name:
            self.writer.set_head(name, kept)
            self.writer.set_head(detour, dense)

    def _free(self, name: str) -> str:
        return free_name(self._store, name)

    def point(self, name: str, dense: int) -> None:
        """Say where a timeline of the source stands."""
        self._check_pointer(name)
        self.notes["heads"][name] = dense
        self.writer.set_head(name, dense)
        self._point(name, dense)

    def own_sources(self) -> dict[str, int]:
        """The transactions of this source that the store has, by source id."""
        if not self.notes["heads"]:
            return {}
        mine = self.replica.hex() + ":"
        names = self._store.sources(range(self._next))
        return {name: dense for dense, name in enumerate(names) if name and self._store.handle(dense).startswith(mine)}

    def timelines_of(self, numbers: Mapping[str, int]) -> dict[str, str]:
        """The timelines of transactions, under the same keys."""
        names = self._store.graph.timeline_names
        column = self._store.graph.timeline
        return {key: names[int(column[dense])] for key, dense in numbers.items()}

    def finish(self) -> None:
        """Point every timeline of the source at its last transaction; bring back timelines and tags that are gone."""
        tags = self._store.tags()
        for name, dense in self.notes.get("tags", {}).items():
            if name not in tags:
                self.writer.set_tag(name, dense)
        for name, dense in self.notes["pointed"].items():
            self.point(name, dense)
        for name, dense in self.notes["heads"].items():
            local = self.notes["detours"].get(name, name)
            if self.writer.head(local) < 0:
                self.writer.set_head(local, dense)
            self.result.timelines.append(local)
        self.notes["identities"] = self.identities.save()
        if self.notes["heads"]:
            self.writer.set_source(self._plan.identity, self.notes)

    # ------------------------------------------------------------------------------------------ progress

    def tick(self, done: int, total: int | None, unit: str) -> None:
        """Report progress. Raises `Cancelled` when the user stopped the import."""
        if self._options.cancel is not None and self._options.cancel.is_set():
            raise Cancelled(f"stopped; {self.result.transactions} transactions were imported, import again to go on")
        if self._options.progress is not None:
            self._options.progress(done, total, unit)


class Plan:
    """Which source this is, what is known about it, and where it goes in this store.

    `origin` identifies the source among its kind; `stem` names it for people; `salt` is the contents of a source that
    `origin` only locates, so that what stands at the same place elsewhere is not taken for the same.
    """

    def __init__(
        self, store: Store, kind: str, origin: Any, stem: str, options: Options, default: str, *, salt: bytes = b""
    ) -> None:
        name = options.timeline or default
        self.stem = "".join("-" if char in "~:@" or ord(char) < 33 else char for char in stem)[:40] or "import"
        self.identity = _hash([kind, origin, options.shaping(), options.timeline or ""])
        self.base = -1
        saved = store.source(self.identity)
        if saved is not None:
            self.notes = saved
        else:
            if options.timeline is not None:
                self.base = _head(store, name)
            elif _head(store, name) >= 0:
                name = free_name(store, f"{name}@{self.stem}")
            self.notes = {"kind": kind, "default": default, "timeline": name, "base": self.base}
            self.notes |= {"heads": {}, "detours": {}, "pointed": {}}
            self.notes |= {"identities": [], "count": 0, "digest": b"", "more": {}}
        self.base = self.notes["base"]
        self.timeline = str(self.notes["timeline"])
        if "replica" not in self.notes:
            behind = store.get(self.base).id if self.base >= 0 else ""
            moved = "" if self.timeline == default else self.timeline
            self.notes["replica"] = _hash([self.identity, behind, moved, salt])[:REPLICA_BYTES]
        self.replica = bytes(self.notes["replica"])


@contextlib.contextmanager
def open_intake(store: Store, plan: Plan, options: Options, result: ImportResult) -> Iterator[Intake]:
    """Around an import: takes the store's writer, and leaves whole transactions whatever happens."""
    first = store.graph.count
    with store.bulk(plan.replica, f"import {plan.stem}") as writer:
        intake = Intake(store, writer, plan, options, result)
        try:
            yield intake
        except BadInput:
            writer.flush()
            raise
        intake.finish()
    result.operations = int(store.graph.operations[first:].sum())
    result.identity = intake.identities.chosen()
    result.warnings += intake.identities.troubles()


def free_name(store: Store, name: str) -> str:
    """The name, or with a number where a timeline or tag has it."""
    taken = set(store.graph.timeline_names) | set(store.tags())
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _head(store: Store, name: str) -> int:
    known = {timeline.name: timeline for timeline in store.timelines()}
    return max(known[name].heads, default=-1) if name in known else -1


def _hash(parts: list[Any]) -> bytes:
    return blake3(msgspec.msgpack.encode(parts)).digest(16)
