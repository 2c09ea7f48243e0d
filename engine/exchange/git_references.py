"""Where the branches and tags of a repository point, and which of the branches come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.exchange.git_history import History
from engine.exchange.git_timelines import allowed_names
from engine.exchange.sources import DEFAULT_TIMELINE

_UNRANKED = 100


@dataclass(frozen=True, slots=True)
class References:
    """Branches and tags by name with the commits they point at; `head` is the branch that comes first."""

    head: str
    branches: dict[str, str]
    tags: dict[str, str]


def open_repository(path: Path) -> Any:
    """The repository at a path. Raises `BadInput` where there is none."""
    import pygit2

    # Reading asks for no trust in the repository: nothing in it is run.
    pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, False)
    try:
        return pygit2.Repository(str(path))
    except pygit2.GitError:
        raise BadInput(f"{path}: is not a git repository; give the folder that holds .git") from None


def read_references(repository: Any) -> References:
    """Branches and tags.

    A branch that only a remote has is called as it is there: a clone has the branches of what it was cloned from.
    Where there is a local one of that name which points elsewhere, the name of the remote stands before it.
    """
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
    branches |= _of_remotes(repository, branches, remote)
    called, tagged = allowed_names(branches), allowed_names(tags)
    head = _head_name(repository, branches)
    return References(
        called.get(head, head),
        {called[name]: commit for name, commit in branches.items()},
        {tagged[name]: commit for name, commit in tags.items()},
    )


def _of_remotes(repository: Any, local: Mapping[str, str], remote: Mapping[str, str]) -> dict[str, str]:
    """Branches of remotes (by full name) that are not here, by the names that they get; those of `origin` first."""
    remotes = sorted((name for name in repository.remotes.names() if name), key=len, reverse=True)
    tips = set(local.values())
    found: dict[str, str] = {}
    for name in sorted(remote, key=lambda name: (not name.startswith("origin/"), name)):
        source = next((each for each in remotes if name.startswith(f"{each}/")), name.split("/", 1)[0])
        short, commit = name.removeprefix(f"{source}/"), remote[name]
        if short not in local and short not in found:
            found[short] = commit
        elif commit not in tips and found.get(short) != commit:
            found[name] = commit
    return found


def _head_name(repository: Any, branches: Mapping[str, str]) -> str:
    if not repository.head_is_detached and not repository.head_is_unborn:
        name = repository.head.shorthand
        if name in branches:
            return str(name)
    known = [name for name in ("main", "master") if name in branches]
    return known[0] if known else next(iter(branches), DEFAULT_TIMELINE)


def ranked(history: History, references: References) -> list[tuple[str, str]]:
    """Branches and their tips, those first that commits belong to rather than to the others: of several of one usual
    name the one that has just this name (`main` before `origin/main`), then the longest.

    What is checked out is asked only where no branch has a usual name: it differs from one clone to the next.
    """
    usual = any(_rank(name) != _UNRANKED for name in references.branches)
    first = "" if usual else references.head
    return sorted(
        references.branches.items(),
        key=lambda item: (*_place(item[0]), item[0] != first, -history.length(item[1]), item[0]),
    )


def _place(name: str) -> tuple[int, bool]:
    rank = _rank(name)
    return rank, rank != _UNRANKED and "/" in name


def _rank(name: str) -> int:
    """Branches that others usually go off from come first, in this order."""
    known = ("main", "master", "trunk", "develop", "dev", "next", "staging")
    last = name.rsplit("/", 1)[-1]
    return known.index(last) if last in known else _UNRANKED
