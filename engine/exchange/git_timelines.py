"""Which timeline each commit of a repository belongs to.

A branch is a timeline: its commits are those on the first-parent walk from its tip until a commit that another one
has; branches that others go off from (main, dev, …) come first, then long ones (before them HEAD's, where none is
called so). Side branches that were merged and are gone take their name from the message of the merge ("Merge branch
'x'", "Merge pull request #12 from a/b", …), or are called after the timeline that took them in; one that goes on and
is merged again keeps it. Numbers tell repeated names apart, on the trunk (see `git_trunk`) the oldest merge first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from engine.timeline.refs import MAX_NAME

_BRANCHES = re.compile(r"^Merge (?:remote-tracking )?branch(?:es)? (.+)")
_REPLACED = "-"
_QUOTED = re.compile(r"'([^']+)'")
_MESSAGES = (
    re.compile(r"^Merge pull request #\d+ (?:in \S+ )?from (\S+)"),
    re.compile(r"^Merged in (\S+)"),
    re.compile(r"^Merge(?:d)? (\S+) into \S+$"),
)


def merged_names(message: str) -> list[str]:
    """The branches that the message of a merge says were merged, in order."""
    title = message.split("\n", 1)[0].strip()
    found = _BRANCHES.match(title)
    if found:
        names = re.split(r" into | of ", found[1])[0]
        return [name.removeprefix("origin/") for name in _QUOTED.findall(names)]
    for pattern in _MESSAGES:
        found = pattern.match(title)
        if found:
            return [found[1].strip("'\"")]
    return []


class Namer:
    """Gives commits their timelines. `parents` and `message` look commits up; `known` are commits that have one."""

    def __init__(
        self,
        parents: Callable[[str], Sequence[str]],
        message: Callable[[str], str],
        known: Mapping[str, str] | None = None,
        taken: Iterable[str] = (),
    ) -> None:
        self._parents = parents
        self._message = message
        self._taken = set(taken)
        # The last commit of every timeline that is named after a merge, and what that called it.
        self._ends: dict[str, tuple[str, str]] = {}
        self.timelines = dict(known or {})

    def name(self, branches: Sequence[tuple[str, str]], order: Sequence[str]) -> dict[str, str]:
        """Timelines of all commits of `order` (parents first). `branches`: names and tips, the most important first."""
        self.walk_branches(branches)
        for commit in reversed(order):
            self._name_merged(commit)
        for commit in reversed(order):
            if commit not in self.timelines:
                self._walk(commit, self._free("side"))
        return self.timelines

    def walk_branches(self, branches: Sequence[tuple[str, str]]) -> None:
        """Name what belongs to the branches themselves."""
        self._taken.update(name for name, _ in branches)
        for name, tip in branches:
            self._walk(tip, name)

    def name_block(self, block: Sequence[str], name: str) -> None:
        """Name the last commit of a block (see `History.blocks`) so, and the others after its merges."""
        self._taken.add(name)
        self._walk(block[-1], name)
        for commit in reversed(block):
            self._name_merged(commit)

    def take_over(self, names: Mapping[str, str], order: Iterable[str], reserved: Collection[str]) -> None:
        """Give commits that have no name yet the one that they have elsewhere, or where that is reserved another."""
        chosen: dict[str, str] = {}
        for commit in order:
            wanted = names[commit]
            if commit not in self.timelines:
                if wanted not in chosen:
                    chosen[wanted] = self._free(wanted, first=True) if wanted in reserved else wanted
                self.timelines[commit] = chosen[wanted]
        self._taken.update(chosen.values())

    def _walk(self, commit: str, name: str) -> None:
        while commit not in self.timelines:
            self.timelines[commit] = name
            parents = self._parents(commit)
            if not parents:
                return
            commit = parents[0]

    def _name_merged(self, merge: str) -> None:
        others = self._parents(merge)[1:]
        if all(other in self.timelines for other in others):
            return
        into = self.timelines.get(merge, "side")
        names = merged_names(self._message(merge))
        for place, other in enumerate(others):
            if other not in self.timelines:
                wanted = _clean(names[place]) if place < len(names) else ""
                name = self._continued(other, wanted) or self._free(wanted or f"{into}/side", first=bool(wanted))
                self._walk(other, name)
                self._ends[name] = other, wanted

    def _continued(self, commit: str, wanted: str) -> str | None:
        """The timeline that goes on with a commit: one that was merged before under the same name (or none)."""
        while commit not in self.timelines:
            parents = self._parents(commit)
            if not parents:
                return None
            commit = parents[0]
        name = self.timelines[commit]
        return name if self._ends.get(name) == (commit, wanted) else None

    def _free(self, name: str, *, first: bool = False) -> str:
        """The name, or one with a number after it."""
        number = 1
        free = name if first else f"{name}-1"
        while free in self._taken:
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free)
        return free


def _clean(name: str) -> str:
    """A name that a timeline or tag may have."""
    allowed = "".join(_REPLACED if char in "~:" or ord(char) < 33 or 127 <= ord(char) < 160 else char for char in name)
    readable = allowed.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return readable.strip()[: MAX_NAME - 8].rstrip()


def allowed_names(names: Iterable[str]) -> dict[str, str]:
    """For each name of a branch (or tag) the one that its timeline (or tag) has: the same wherever that is possible; a
    number tells those apart that become the same."""
    known = list(names)
    result = {name: name for name in known if name == _clean(name)}
    taken = set(result)
    for name in known:
        if name not in result:
            first = free = _clean(name) or _REPLACED
            number = 1
            while free in taken:
                number += 1
                free = f"{first}-{number}"
            result[name] = free
            taken.add(free)
    return result
