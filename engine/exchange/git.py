"""A git repository: its branches, merges and tags, read through libgit2.

Each commit that touches a chosen file is a transaction, and so is each merge whose sides both have such commits;
commits that touch none are left out, and whatever points at one points at the nearest one kept below it on first
parents. The state is `{path: contents}`; with one `--path` that names a file exactly it is that file's contents
(`{}` where the file is gone). A version that does not parse is listed, and what was there before stays.

The trunk comes first (see `git_trunk`): the most important branch and what it merged, in an order and under a replica
that stay as the repository grows. The others are in order of commit time, parents first (then by id), among those
that one import brings, under a replica of that import: going on gives their states, and not the ids, of an import of
all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from blake3 import blake3

from engine.errors import BadInput, Cancelled, InvalidValue
from engine.exchange.editing import Editor
from engine.exchange.git_files import Files, reading
from engine.exchange.git_history import History, text_of
from engine.exchange.git_references import References, open_repository, ranked, read_references
from engine.exchange.git_timelines import Namer
from engine.exchange.git_trunk import Trunk, find_trunk, reserved_names
from engine.exchange.globs import Globs
from engine.exchange.identity import Identities
from engine.exchange.intake import Intake, open_intake
from engine.exchange.node import Node
from engine.exchange.options import ImportResult, Options
from engine.exchange.sources import DEFAULT_TIMELINE, Source
from engine.exchange.versions import Skipped, SourceVersion
from engine.timeline import aliases

if TYPE_CHECKING:
    from engine.store import Store

_TREES = 512
_SEARCHED = 20_000
_LATEST = (1 << 63) - 1


def import_git(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Import a repository. Raises `BadInput` where it is none, or has nothing that was asked for."""
    import pygit2

    repository = open_repository(path)
    references = read_references(repository)
    if not references.branches and not references.tags:
        raise BadInput(f"{path}: the repository has no commits yet")
    tips = {*references.branches.values(), *references.tags.values()}
    try:
        history = History(repository, tips, lambda count: _tick(options, count))
        files = Files(repository, Globs(options.paths), references.branches.get(references.head) or min(tips))
        with open_intake(store, _source(path, history, references, files), options, result) as intake:
            _GitImport(store, repository, history, references, intake, files).run()
            if not intake.notes["heads"]:
                asked = ", ".join(options.paths) or "a JSON, YAML, TOML, CSV or INI file"
                raise BadInput(f"{path}: no commit has {asked} that can be read; name files with --path")
        if intake.is_new and intake.default != DEFAULT_TIMELINE and intake.default in result.timelines:
            store.set_default_timeline(intake.default)
    except pygit2.GitError as error:
        raise BadInput(f"{path}: the repository cannot be read: {error}; try `git fsck`") from None


def _source(path: Path, history: History, references: References, files: Files) -> Source:
    """The repository as a source.

    What it is known by does not depend on what is checked out: the first commits on first parents below its branches,
    the oldest of them where it is new here. Its state is all that shapes the outcome: where branches and tags point
    (these say which commits there are and, with the names of branches in their order, on which timelines), which
    commits have no parents here (other ones in a shallow clone), and whether one file is the whole state.
    """
    tips = sorted({*(references.branches or references.tags).values()})
    roots = sorted({history.root(tip) for tip in tips}, key=lambda commit: (history.times[commit], commit))
    parts = [ranked(history, references), sorted({*references.tags.values()}), history.roots(), files.only or ""]
    state = blake3(msgspec.msgpack.encode(parts)).digest(16)
    return Source("git", roots[0], _stem(path), references.head, others=roots[1:], state=state)


def _tick(options: Options, count: int) -> None:
    if options.cancel is not None and options.cancel.is_set():
        raise Cancelled("stopped; nothing was imported")
    if options.progress is not None:
        options.progress(count, None, "commits found")


def _stem(path: Path) -> str:
    name = path.resolve().name
    return path.resolve().parent.name if name == ".git" else name.removesuffix(".git")


class _GitImport:
    """One import of a repository."""

    def __init__(
        self,
        store: Store,
        repository: Any,
        history: History,
        references: References,
        intake: Intake,
        files: Files,
    ) -> None:
        self._store = store
        self._repository = repository
        self._history = history
        self._references = references
        self._intake = intake
        self._files = files
        self._kept: dict[str, int] = intake.own_sources()
        # The transaction at which the state of each commit stands, -1 before the first one.
        self._at: dict[str, int] = {}
        self._ancestors: dict[int, tuple[int, ...]] = {}
        self._listed: set[tuple[str, str | None]] = set()
        self._seen = history.reached(intake.notes["more"].get("tips", ()))
        self._done = 0
        intake.max_trees = _TREES

    def run(self) -> None:
        """Write what is new, then point timelines and tags."""
        order = self._history.order()
        trunk = self._trunk()
        timelines = self._name(order, trunk)
        if trunk is not None and not self._intake.plan.is_going_on:
            self._take_trunk(trunk, timelines)
        self._take_others([commit for commit in order if commit not in self._at], timelines)
        self._intake.tick(len(order), len(order), "commits")
        self._point()

    def _trunk(self) -> Trunk | None:
        """The trunk: what the most important branch reaches."""
        branches = ranked(self._history, self._references)
        if not branches:
            return None
        name, tip = branches[0]
        shaping = [self._intake.options.shaping(), self._files.only or ""]
        return find_trunk(self._history, self._local(name), tip, shaping)

    def _name(self, order: list[str], trunk: Trunk | None) -> dict[str, str]:
        known, heads = self._intake.timelines_of(self._kept), self._intake.notes["heads"]
        namer = Namer(self._history.parents.__getitem__, self._history.message, known, heads)
        branches = [(self._local(name), commit) for name, commit in ranked(self._history, self._references)]
        namer.walk_branches(branches)
        if trunk is not None:
            reserved = reserved_names(self._history, trunk, branches, known, heads)
            namer.take_over(trunk.names, trunk.order, reserved)
        return namer.name(branches, order)

    def _take_trunk(self, trunk: Trunk, timelines: Mapping[str, str]) -> None:
        """Write what is new of the trunk, up to the first commit that is on another timeline than the trunk says."""
        own = trunk.replica.hex()
        places = trunk.open_part(
            self._kept,
            lambda commit: self._store.handle(self._kept[commit]).startswith(own),
            self._intake.writer.last_seq(trunk.replica),
        )
        if places is None or not self._intake.plan.may_go_on(trunk.replica):
            return
        for commit in trunk.order[: places.start]:
            self._step()
            self._at[commit] = self._known_place(commit)
        fresh = trunk.order[places.start : places.stop]
        if any(commit not in self._seen for commit in fresh):
            self._write_as_trunk(trunk)
        forks = self._history.parents_of_others(trunk.order[: places.stop])
        for commit in fresh:
            seen = commit in self._seen
            if not seen and timelines[commit] != trunk.names[commit] and self._tells(commit):
                return
            self._step()
            self._at[commit] = self._known_place(commit) if seen else self._take(commit, timelines[commit])
            if commit in forks:
                self._intake.hold(self._at[commit])

    def _write_as_trunk(self, trunk: Trunk) -> None:
        intake = self._intake
        notes = intake.plan.start_trunk(trunk.replica)
        intake.write_as(intake.choices(notes["identities"]), notes)

    def _take_others(self, order: Sequence[str], timelines: Mapping[str, str]) -> None:
        """Write what else is new."""
        new = [commit for commit in order if commit not in self._kept and commit not in self._seen]
        if new:
            self._write_as_run([[commit, timelines[commit]] for commit in new])
        for commit in order:
            self._step()
            is_new = commit not in self._kept and commit not in self._seen
            self._at[commit] = self._take(commit, timelines[commit]) if is_new else self._known_place(commit)

    def _write_as_run(self, new: list[list[str]]) -> None:
        intake = self._intake
        plan, notes = intake.plan, intake.notes
        intake.keep_choices()
        trunk = [] if plan.is_going_on else plan.trunk["identities"]
        choices = intake.choices(trunk, notes["identities"])
        intake.writer.settle()
        plan.start_run([new, _decisive(choices)])
        intake.write_as(choices, notes)

    def _step(self) -> None:
        self._intake.tick(self._done, len(self._history.parents), "commits")
        self._done += 1

    def _known_place(self, commit: str) -> int:
        """Where the state of a commit stands that was looked at before."""
        return self._kept[commit] if commit in self._kept else self._standing(self._based(commit))

    def _local(self, branch: str) -> str:
        """What a branch is called here."""
        return self._intake.default if branch == self._intake.notes["default"] else branch

    def _based(self, commit: str) -> list[str]:
        """The parents that have a state; the first of them is what a commit is compared with."""
        return [parent for parent in self._history.parents[commit] if self._at[parent] >= 0]

    def _standing(self, based: Sequence[str]) -> int:
        """Where the state of a commit stands that needs no transaction: where that of its first such parent does."""
        return self._at[based[0]] if based else -1

    def _take(self, commit: str, timeline: str) -> int:
        """Write the transaction of a commit, or find that it needs none; where its state stands."""
        based = self._based(commit)
        numbers, changes = self._said(commit, based)
        if not changes and len(numbers) < 2:
            return self._standing(based)
        tree = self._apply(commit, changes, numbers[0] if numbers else -1)
        if tree is None:
            return -1
        self._intake.settle(tree, numbers[1:])
        number = self._intake.add(self._version(commit), numbers, timeline, tree)
        self._ancestors[number] = tuple(numbers)
        self._kept[commit] = number
        return number

    def _said(self, commit: str, based: list[str]) -> tuple[list[int], dict[str, str | None]]:
        """The transactions that a commit comes after, and the files that differ from the first of its parents."""
        return self._telling(based), self._files.changes(based[0] if based else None, commit)

    def _tells(self, commit: str) -> bool:
        """Whether a commit is reason for a transaction."""
        numbers, changes = self._said(commit, self._based(commit))
        return bool(changes) or len(numbers) > 1

    def _apply(self, commit: str, changes: Mapping[str, str | None], before: int) -> Node | None:
        """The tree of a commit, its rows in the shadow; None where nothing is there that can be read."""
        while True:
            contents = self._read(commit, changes)
            if before < 0 and not any(contents.values()):
                return None
            tree = self._intake.tree(before)
            self._intake.begin()
            try:
                return self._put(tree, contents)
            except InvalidValue:
                # Duplicate keys and the like are met on the way; find out whose they are, and go without it. What was
                # chosen on that way is forgotten: another import may know before that it leads nowhere.
                self._intake.take_back()
                if not any(self._files.refuse(path, blob) for path, blob in changes.items() if blob is not None):
                    raise

    def _read(self, commit: str, changes: Mapping[str, str | None]) -> dict[str, bytes | None]:
        """What the changed files hold, None for one that is gone; those that do not parse are left out and listed."""
        contents: dict[str, bytes | None] = {}
        for path, blob in sorted(changes.items()):
            try:
                contents[path] = self._files.read(path, blob) if blob is not None else None
            except InvalidValue as error:
                if (path, blob) not in self._listed:
                    self._listed.add((path, blob))
                    self._intake.result.skipped.append(Skipped(f"{commit[:12]}:{path}", str(error)))
        return contents

    def _put(self, tree: Node, contents: Mapping[str, bytes | None]) -> Node:
        if self._files.only is None:
            return Editor(self._intake.shadow).set_files(tree, contents)
        for content in contents.values():
            tree = self._intake.shadow.diff(tree, b"{}" if content is None else content)
        return tree

    def _version(self, commit: str) -> SourceVersion:
        with reading():
            found = self._repository[commit]
        author = found.author
        return SourceVersion(
            time=max(-_LATEST, min(found.commit_time * 1_000_000, _LATEST)),
            state=b"",
            author=text_of(lambda: author.name, author.raw_name) or text_of(lambda: author.email, author.raw_email),
            message=self._history.message(commit).strip("\n"),
            source=commit,
        )

    # ----------------------------------------------------------------------------------------- the graph

    def _telling(self, parents: list[str]) -> list[int]:
        """Where the states of parents stand; those that stand in for a commit that was left out are themselves left
        out where they add nothing, as the first parent comes after them."""
        own = {self._at[parent] for parent in parents if self._kept.get(parent) == self._at[parent]}
        distinct = list(dict.fromkeys(self._at[parent] for parent in parents))
        return distinct[:1] + [
            number for number in distinct[1:] if number in own or not self._comes_after(distinct[0], number)
        ]

    def _comes_after(self, later: int, earlier: int) -> bool:
        """Whether a transaction has another one among its ancestors (false where the search grows long)."""
        found = {later}
        waiting = [later] if later > earlier else []
        while waiting and len(found) < _SEARCHED:
            for parent in self._parents_of(waiting.pop()):
                if parent == earlier:
                    return True
                if parent > earlier and parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return False

    def _parents_of(self, number: int) -> tuple[int, ...]:
        known = self._ancestors.get(number)
        if known is None:
            known = self._ancestors[number] = self._store.get(number).parents
        return known

    def _point(self) -> None:
        """Timelines to the tips of their branches, tags to what they name; remember how far this went."""
        references = self._references
        for name, commit in references.branches.items():
            if self._at[commit] >= 0:
                self._intake.point(self._local(name), self._at[commit])
        self._intake.tags.keep_only(set(references.tags))
        for name, commit in references.tags.items():
            place = self._intake.tags.place(name, self._at[commit]) if self._at[commit] >= 0 else None
            if place is not None:
                self._intake.writer.set_tag(place, self._at[commit])
        self._alias()
        tips = sorted({*references.branches.values(), *references.tags.values()})
        self._intake.notes["more"] = {"tips": tips}

    def _alias(self) -> None:
        """Let what was left out name the state that it has."""
        notes = self._intake.notes
        looked_at = self._seen if "aliases" in notes else ()
        new = {commit: at for commit, at in self._at.items() if commit not in self._kept and commit not in looked_at}
        number = notes.setdefault("aliases", 0)
        if new and notes["heads"]:
            row = aliases.row_name(self._intake.plan.identity, number)
            last = aliases.unpacked(self._store.source(row) or aliases.packed({}))
            if len(last) >= aliases.FULL:
                last, notes["aliases"] = {}, number + 1
                row = aliases.row_name(self._intake.plan.identity, number + 1)
            self._intake.writer.set_source(row, aliases.packed({**last, **new}))


def _decisive(choices: Identities) -> str:
    """What choices of identity say about later ones. What they merely count is no part of it."""
    told = [
        (each.path, each.fields, each.seen, each.trials, each.switches, each.excused, sorted(each.costs.items()))
        for each in choices.walk()
        if each.seen or each.fields
    ]
    return ascii(sorted(map(repr, told)))
