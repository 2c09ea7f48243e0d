"""The writing side of an import: states in, transactions out, and the notes that make the next import go on.

What an import writes follows from its source alone (3-data-model, "Imports are deterministic"): the replica is a hash
of what identifies the source and of the options that shape the outcome, sequence numbers count its versions, and the
choices of identity are kept with the progress, so that going on later gives what going on at once would have given.

A source that does not only grow at its end (a repository: older commits arrive, branches come and go) has a state as
well. The part of it that grows at its end is written as such (`git_trunk`). The replica of the rest is also a hash of
the state and of all that the imports before have brought: those who import the same states in the same order hold the
same transactions, and what comes of other states never has the handles of these.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import BadInput, Cancelled
from engine.exchange.identity import Identities
from engine.exchange.node import Node, new_tree
from engine.exchange.options import ImportResult, Options
from engine.exchange.rebuild import rebuild
from engine.exchange.settling import Settler
from engine.exchange.shadow import Shadow, UncheckedError
from engine.exchange.sources import MAX_STEMMED, Plan, Source, free_name, stem_of
from engine.exchange.steps import Steps
from engine.exchange.tags import Tags
from engine.exchange.telling import SourceIds, unmatched
from engine.exchange.versions import SourceVersion, checked
from engine.model.transactions import REPLICA_BYTES
from engine.timeline.bulk import BulkWriter
from engine.timeline.refs import check_name
from engine.timeline.state import State

if TYPE_CHECKING:
    from engine.store import Store

MAX_TREES = 64
_AMBIGUOUS = -2


class Intake:
    """An import that is going on. Made by `open_intake`."""

    def __init__(self, store: Store, writer: BulkWriter, plan: Plan, options: Options, result: ImportResult) -> None:
        self.writer = writer
        self.result = result
        self.notes = plan.notes
        self.default = plan.timeline
        self.replica = plan.replica
        self.is_new = not store.graph.count
        self.max_trees = MAX_TREES
        self._store = store
        self.plan = plan
        self.options = options
        # Where choices of identity are kept: of a source with states, only once it is told as what is written.
        self._chosen: dict[str, Any] = {} if plan.has_states else self.notes
        self.identities = self.choices(plan.trunk["identities"], self.notes["identities"])
        self.shadow = Shadow(writer.paths, writer.values, self.identities, plan.replica)
        self._trees: OrderedDict[int, Node] = OrderedDict()
        self._held: dict[int, Node] = {}
        self._next = store.graph.count
        self._places: dict[str, str] = {}
        self._numbers: dict[str, int] | None = None
        self._ids = SourceIds()
        self.tags = Tags(store, writer, self.notes, plan.stem)

    # ---------------------------------------------------------------------------------------- as what to write

    def choices(self, *saved: Sequence[Any]) -> Identities:
        """Choices of identity that were kept; of two for one pattern, the later."""
        found = Identities(self.options.keys)
        for each in saved:
            found.restore(each)
        return found

    def keep_choices(self) -> None:
        """Keep what was chosen, and what was counted meanwhile."""
        self._chosen["identities"] = self.identities.save()

    def write_as(self, choices: Identities, keep: dict[str, Any]) -> None:
        """Go on under the replica that the plan says now, with these choices, which from here on are kept in `keep`."""
        self.writer.settle()
        self.writer.use(self.plan.replica)
        self.replica = self.plan.replica
        self.identities, self._chosen = choices, keep
        keep["identities"] = choices.save()
        self.shadow.identities = choices
        self.shadow.steps = Steps(self.replica)

    def take_back(self) -> None:
        """Forget all that was made since the last transaction: what was chosen, and trees that are half another's."""
        self.identities = self.choices(self._chosen["identities"])
        self.shadow = Shadow(self.writer.paths, self.writer.values, self.identities, self.replica)
        self._trees.clear()
        self._held.clear()

    # -------------------------------------------------------------------------------------------- states

    def add_version(self, version: SourceVersion, *, sure: bool = True) -> None:
        """Write the transaction of a version whose state is given as a whole.

        Raises `BadInput`, `InvalidValue` for its JSON, `UncheckedError` where it is not `sure` to be JSON and is none;
        nothing is written then.
        """
        name = checked(version).timeline or self.default
        parents = self.parents(version, name)
        before = self.tree(parents[0] if parents else -1)
        # Where the source names no parents nothing else comes after that version: its tree is changed in place.
        linear = version.parents is None and bool(parents)
        self.begin(sharing=not linear)
        try:
            after = self.shadow.diff(before, version.state, sure=sure)
            self.settle(after, parents[1:])
            self.add(version, parents, name, after)
        except UncheckedError:
            linear = False  # nothing was looked at: the tree is what it was
            raise
        except BadInput:
            self.take_back()
            raise
        finally:
            if linear:
                self.forget(parents[0])

    def begin(self, *, sharing: bool = True) -> None:
        """Start the rows of the next transaction."""
        self.shadow.begin(self.writer.next_seq, self.writer.next_row, sharing=sharing)

    def settle(self, tree: Node, others: Sequence[int]) -> None:
        """Complete the rows of a merge against its further parents."""
        if not others:
            return
        settler = Settler(self.shadow.rows, self.shadow.leaves)
        for other in others:
            settler.against(tree, self.tree(other))

    def add(self, version: SourceVersion, parents: Sequence[int], name: str, tree: Node | None) -> int:
        """Write the transaction with the rows of the shadow, after which the state is `tree` (None: not kept).

        Returns its dense number.
        """
        heads = self._note(version, name)
        dense = self._next
        tags = [place for tag in version.tags if (place := self.tags.place(tag, dense)) is not None]
        self._ids.add(version.source, dense, int(self.notes["count"]))
        if self.identities.changed:
            self.identities.changed = False
            self._chosen["identities"] = self.identities.save()
        self.writer.set_source(self.plan.identity, self.notes)
        number = self.writer.add(
            parents=parents,
            timeline=name,
            time=version.time,
            rows=self.shadow.rows,
            author=version.author,
            message=version.message,
            source=version.source,
            heads=heads,
            tags=tags,
        )
        assert number == dense, "another writer came between"
        self._next += 1
        self.result.transactions += 1
        if self._numbers is not None and version.source:
            self._numbers[version.source] = _AMBIGUOUS if version.source in self._numbers else dense
        if tree is not None:
            self._keep(dense, tree)
        return dense

    def _note(self, version: SourceVersion, name: str) -> list[str]:
        """Keep what the next transaction, on timeline `name` of the source, moves; the timelines here that it moves.

        The writer may flush as soon as it has the transaction, so all of this is said before or with it.
        """
        dense, notes = self._next, self.notes
        place = self._place(name)
        # What is told to stand elsewhere stays there, whatever comes on it (an undo in the store that was exported).
        heads = [place] if name not in notes["pointed"] or self.writer.head(place) < 0 else []
        heads += [self._place(head) for head in version.heads]
        notes["heads"][name] = dense
        notes["pointed"].update((head, dense) for head in version.heads)
        return heads

    # ------------------------------------------------------------------------------------------- parents

    def parents(self, version: SourceVersion, name: str) -> list[int]:
        """The transactions that a version comes after."""
        if version.parents is None:
            head = self.head(name)
            return [] if head < 0 else [head]
        return [self._number(source) for source in version.parents]

    def head(self, name: str) -> int:
        """The last transaction of this source on a timeline, or what it was told to go on from; -1 for none."""
        return int(self.notes["heads"].get(name, self.plan.base if name == self.default else -1))

    def _number(self, source: str) -> int:
        """The transaction of an earlier version by its source id."""
        if self._numbers is None:
            self._numbers = self.own_sources()
        found = self._numbers.get(source)
        if found is None:
            raise BadInput(f'the parent "{source}" is no earlier version')
        if found == _AMBIGUOUS:
            raise BadInput(f'the parent "{source}" may be any of several versions: their id is the same')
        return found

    def tree(self, dense: int) -> Node:
        """The shadow of a version."""
        if dense < 0:
            return new_tree()
        found = self._trees.get(dense) or self._held.get(dense)
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

    def hold(self, dense: int) -> None:
        """Say that something comes after a version much later: if there is room, its tree stays."""
        if dense in self._trees and len(self._held) < self.max_trees:
            self._held[dense] = self._trees[dense]

    def forget(self, dense: int) -> None:
        """Say that nothing more comes after a version."""
        self._trees.pop(dense, None)

    # ----------------------------------------------------------------------------------------- timelines

    def _place(self, name: str) -> str:
        """The timeline here that follows one of the source, told the first time that something new comes on it."""
        place = self._places.get(name)
        if place is None:
            place = self._found(name) or self._free(name)
            self._places[name] = place
            self.notes.setdefault("left", {})[name] = self.head(name)
            if place == name:
                self.notes["detours"].pop(name, None)
            else:
                self.notes["detours"][name] = place
                self.result.warnings.append(
                    f"timeline {name} has transactions of its own; what is new in the source is on {place}"
                )
        return place

    def _found(self, name: str) -> str | None:
        """The timeline of the same name or the detour made for it earlier, if others have put nothing there."""
        known = self.head(name)
        places = (name, self.notes["detours"].get(name, name))
        left = self.notes.get("left", {}).get(name, -1)
        return next((place for place in places if self._follows(place, known, left)), None)

    def _follows(self, local: str, known: int, left: int) -> bool:
        """Whether a timeline stands where this source left it (at `known`), or before that, where an undo takes it.

        `left` is where the last import moved it away from: not before `known` where a branch was forced elsewhere.
        """
        current = self.writer.head(local)
        if current in (known, left, -1):
            return True
        if current >= self._store.graph.count:
            self.writer.settle()
        is_ours = current == self.plan.base or self._is_own(current)
        return is_ours and current < known and bool(self._store.graph.reachable([known])[current])

    def _is_own(self, dense: int) -> bool:
        return self._store.handle(dense).split(":")[0] in self.plan.replicas

    def _free(self, name: str) -> str:
        taken = {*self.notes["heads"], *self.notes["pointed"], *self.notes["detours"].values()}
        return free_name(self._store, f"{name[:MAX_STEMMED]}@{self.plan.stem}", taken)

    def point(self, name: str, dense: int) -> None:
        """Say where a timeline of the source stands."""
        if self.notes["heads"].get(name) != dense:
            place = self._place(name)
            self.notes["heads"][name] = dense
            self.writer.set_head(place, dense)

    def own_sources(self) -> dict[str, int]:
        """The transactions of this source that the store has, by source id; `_AMBIGUOUS` where several have it."""
        if not self.notes["heads"]:
            return {}
        self.writer.settle()
        mine = self._store.made_by(self.plan.replicas)
        found: dict[str, int] = {}
        for dense, name in zip(mine, self._store.sources(mine), strict=True):
            if name:
                found[name] = _AMBIGUOUS if name in found else dense
        return found

    def timelines_of(self, numbers: Mapping[str, int]) -> dict[str, str]:
        """The timelines of transactions, under the same keys."""
        names = self._store.graph.timeline_names
        return {key: names[self._store.graph.timeline_of(dense)] for key, dense in numbers.items()}

    def finish(self) -> None:
        """Point every timeline of the source at its last transaction; bring back timelines and tags that are gone."""
        for name, dense in self.notes["pointed"].items():
            self.point(name, dense)
        back: list[str] = []
        for name, dense in self.notes["heads"].items():
            place = self._places.get(name) or self._found(name)
            if place is not None:
                if not self.result.transactions and self.writer.head(place) != dense:
                    back.append(place)
                self.writer.set_head(place, dense)
            self.result.timelines.append(place or self.notes["detours"].get(name, name))
        if back:
            said = ", ".join(back[:5]) + (f" and {len(back) - 5:,} more" if len(back) > 5 else "")
            self.result.warnings.append(f"brought back to where the source has it: {said}")
        self._tell()
        self.keep_choices()
        if self.notes["heads"]:
            self.writer.set_source(self.plan.identity, self.notes)

    def _tell(self) -> None:
        """Warn of what is not as its writer may think."""
        self.writer.settle()
        warnings = self.result.warnings
        warnings += self.tags.finish()
        if len(self._ids) and not self.plan.has_states:
            first = self._next - self.result.transactions
            earlier = [dense for dense in self._store.made_by(self.plan.replicas) if dense < first]
            for dense, name in zip(earlier, self._store.sources(earlier), strict=True):
                self._ids.add(name, dense)
            repeated = self._ids.repeated(lambda version: self._store.sources([version])[0])
            warnings += [repeated] if repeated else []
        for pattern in unmatched(self.options.keys, self.identities):
            known = ", ".join(list(self.identities.chosen())[:3])
            warnings.append(f"--key {pattern}: there is no such list of records; there is {known or 'none'}")

    # ------------------------------------------------------------------------------------------ progress

    def tick(self, done: int, total: int | None, unit: str) -> None:
        """Report progress. Raises `Cancelled` when the user stopped the import."""
        if self.options.cancel is not None and self.options.cancel.is_set():
            raise Cancelled(f"stopped; {self.result.transactions} transactions were imported, import again to go on")
        if self.options.progress is not None:
            self.options.progress(done, total, unit)


@contextlib.contextmanager
def open_intake(store: Store, source: Source, options: Options, result: ImportResult) -> Iterator[Intake]:
    """Around an import: takes the store's writer, and leaves whole transactions whatever happens.

    How far the source was read before is looked up once others can no longer write: they may import the same.
    """
    if options.timeline is not None:
        check_name(options.timeline, "timeline")
    source = replace(source, stem=stem_of(source.stem))
    with store.bulk(bytes(REPLICA_BYTES), f"import {source.stem}") as writer:
        first = store.graph.count
        plan = Plan(store, source, options, writer.last_seq)
        writer.use(plan.replica)
        intake = Intake(store, writer, plan, options, result)
        try:
            yield intake
        except BadInput:
            writer.flush()
            raise
        intake.finish()
    result.operations = store.graph.operation_count(first)
    result.identity = intake.identities.chosen()
    result.warnings += intake.identities.troubles()
