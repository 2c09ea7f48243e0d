"""A git repository: its branches, merges and tags, read through libgit2.

Each commit that touches a chosen file is a transaction, and so is each merge whose sides both have such commits;
commits that touch none are left out, and whatever points at one points at the nearest one kept below it on first
parents. The state is `{path: contents}`; with one `--path` that names a file exactly it is that file's contents
(`{}` where the file is gone). A version that does not parse is listed, and what was there before stays.

Transactions are in order of commit time, parents first (then by id), among those that one import brings: what came
before stays before. An import of a repository whose branches, tags or first commits are others than at the last one
writes under a replica of its own, so going on gives the states, and not the ids, of an import of all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from blake3 import blake3

from engine.errors import BadInput, Cancelled, InvalidValue
from engine.exchange.editing import Editor
from engine.exchange.git_files import Files, reading
from engine.exchange.git_history import History, text_of
from engine.exchange.git_timelines import Namer, allowed_names
from engine.exchange.globs import Globs
from engine.exchange.intake import Intake, open_intake
from engine.exchange.node import Node
from engine.exchange.options import ImportResult, Options
from engine.exchange.sources import DEFAULT_TIMELINE, Source
from engine.exchange.versions import Skipped, SourceVersion

if TYPE_CHECKING:
    from engine.store import Store

_TREES = 512
_UNRANKED = 100
_SEARCHED = 20_000
_LATEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class References:
    """Branches and tags by name with the commits they point at; `head` is the branch that comes first."""

    head: str
    branches: dict[str, str]
    tags: dict[str, str]


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
    parts = [_ranked(history, references), sorted({*references.tags.values()}), history.roots(), files.only or ""]
    state = blake3(msgspec.msgpack.encode(parts)).digest(16)
    return Source("git", roots[0], _stem(path), references.head, others=roots[1:], state=state)


def _ranked(history: History, references: References) -> list[tuple[str, str]]:
    """Branches and their tips, those first that commits belong to rather than to the others.

    What is checked out is asked only where no branch has a usual name: it differs from one clone to the next.
    """
    usual = any(_rank(name) != _UNRANKED for name in references.branches)
    first = "" if usual else references.head
    return sorted(
        references.branches.items(),
        key=lambda item: (_rank(item[0]), item[0] != first, -history.length(item[1]), item[0]),
    )


def _tick(options: Options, count: int) -> None:
    if options.cancel is not None and options.cancel.is_set():
        raise Cancelled("stopped; nothing was imported")
    if options.progress is not None:
        options.progress(count, None, "commits found")


def open_repository(path: Path) -> Any:
    """The repository at a path. Raises `BadInput` where there is none."""
    import pygit2

    # Reading asks for no trust in the repository: nothing in it is run.
    pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, False)
    try:
        return pygit2.Repository(str(path))
    except pygit2.GitError:
        raise BadInput(f"{path}: is not a git repository; give the folder that holds .git") from None


def _stem(path: Path) -> str:
    name = path.resolve().name
    return path.resolve().parent.name if name == ".git" else name.removesuffix(".git")


def read_references(repository: Any) -> References:
    """Local branches, those of remotes that have something of their own, and tags."""
    import pygit2

    branches: dict[str, str] = {}
    remote: dict[str, str] = {}
    tags: dict[str, str] = {}
    for name in sorted(repository.references):
        try:
            commit = str(repository.references[name].peel(pygit2.Commit).id)
        except (pygit2.GitError, KeyError):
            continue
        if name.startswith("refs/heads/"):
            branches[name.removeprefix("refs/heads/")] = commit
        elif name.startswith("refs/tags/"):
            tags[name.removeprefix("refs/tags/")] = commit
        elif name.startswith("refs/remotes/") and not name.endswith("/HEAD"):
            remote[name.removeprefix("refs/remotes/")] = commit
    local = set(branches.values())
    branches |= {name: commit for name, commit in remote.items() if commit not in local}
    called, tagged = allowed_names(branches), allowed_names(tags)
    head = _head_name(repository, branches)
    return References(
        called.get(head, head),
        {called[name]: commit for name, commit in branches.items()},
        {tagged[name]: commit for name, commit in tags.items()},
    )


def _head_name(repository: Any, branches: Mapping[str, str]) -> str:
    if not repository.head_is_detached and not repository.head_is_unborn:
        name = repository.head.shorthand
        if name in branches:
            return str(name)
    known = [name for name in ("main", "master") if name in branches]
    return known[0] if known else next(iter(branches), DEFAULT_TIMELINE)


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
        self._editor = Editor(intake.shadow)
        self._kept: dict[str, int] = intake.own_sources()
        # The transaction at which the state of each commit stands, -1 before the first one.
        self._at: dict[str, int] = {}
        self._ancestors: dict[int, tuple[int, ...]] = {}
        self._listed: set[tuple[str, str | None]] = set()
        intake.max_trees = _TREES

    def run(self) -> None:
        """Write what is new, then point timelines and tags."""
        order = self._history.order()
        seen = self._history.reached(self._intake.notes["more"].get("tips", ()))
        timelines = self._name(order)
        for number, commit in enumerate(order):
            self._intake.tick(number, len(order), "commits")
            if commit in self._kept:
                self._at[commit] = self._kept[commit]
            elif commit in seen:
                self._at[commit] = self._standing(self._based(commit))
            else:
                self._at[commit] = self._take(commit, timelines[commit])
        self._intake.tick(len(order), len(order), "commits")
        self._point()

    def _name(self, order: list[str]) -> dict[str, str]:
        known = self._intake.timelines_of(self._kept)
        namer = Namer(self._history.parents.__getitem__, self._history.message, known, self._intake.notes["heads"])
        ranked = _ranked(self._history, self._references)
        return namer.name([(self._local(name), commit) for name, commit in ranked], order)

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
        numbers = self._telling(based)
        changes = self._files.changes(based[0] if based else None, commit)
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
                # Duplicate keys and the like are met on the way; find out whose they are, and go without it.
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
            return self._editor.set_files(tree, contents)
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
        for name, commit in references.tags.items():
            if self._at[commit] >= 0:
                self._intake.writer.set_tag(name, self._at[commit])
        tips = sorted({*references.branches.values(), *references.tags.values()})
        self._intake.notes["more"] = {"tips": tips}


def _rank(name: str) -> int:
    """Branches that others usually go off from come first, in this order."""
    known = ("main", "master", "trunk", "develop", "dev", "next", "staging")
    last = name.rsplit("/", 1)[-1]
    return known.index(last) if last in known else _UNRANKED
