"""A git repository that a test builds commit by commit, and what its files say, read by other parsers than ours."""

import configparser
import csv
import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygit2
import yaml

from tests.exchange.support import BASE, HOUR

Content = str | bytes


class Repository:
    """Commits are made from all the files that they have, one an hour, and named by their ids. A folder that is a
    repository already is opened for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            self.git = pygit2.Repository(str(path))
        else:
            self.git = pygit2.init_repository(str(path), bare=True, initial_head="main")
        self._made = 0
        self._states: dict[str, dict[str, Any]] = {}

    def commit(
        self,
        files: Mapping[str, Content],
        *parents: str,
        branch: str | None = None,
        message: str = "",
        author: str = "Ana",
        at: int | None = None,
        mode: int = pygit2.enums.FileMode.BLOB,
    ) -> str:
        """A commit of these files; `branch` is pointed at it. `at`: hours since the beginning of 2024."""
        index = pygit2.Index()
        for name, content in files.items():
            blob = self.git.create_blob(content if isinstance(content, bytes) else content.encode())
            index.add(pygit2.IndexEntry(name, blob, mode))
        hours = self._made if at is None else at
        who = pygit2.Signature(author, f"{author.lower()}@example.invalid", BASE + HOUR * hours, 60)
        text = message or f"commit {self._made}"
        over = [pygit2.Oid(hex=parent) for parent in parents]
        made = self.git.create_commit(None, who, who, text, index.write_tree(self.git), over)
        self._made += 1
        if branch is not None:
            self.point(branch, str(made))
        return str(made)

    def point(self, branch: str, commit: str) -> None:
        """Move or make a branch."""
        self.git.references.create(f"refs/heads/{branch}", pygit2.Oid(hex=commit), force=True)

    def delete(self, branch: str) -> None:
        """Delete a branch, as is done after a merge."""
        self.git.references.delete(f"refs/heads/{branch}")

    def tag(self, name: str, commit: str, *, message: str = "") -> None:
        """A tag, annotated where it has a message."""
        if message:
            who = pygit2.Signature("Ana", "ana@example.invalid", BASE, 0)
            self.git.create_tag(name, pygit2.Oid(hex=commit), pygit2.enums.ObjectType.COMMIT, who, message)
        else:
            self.git.references.create(f"refs/tags/{name}", pygit2.Oid(hex=commit))

    def files(self, commit: str) -> dict[str, bytes]:
        """Every file of a commit by its path."""
        found: dict[str, bytes] = {}
        waiting: list[tuple[str, Any]] = [("", self.git[commit].peel(pygit2.Commit).tree)]
        while waiting:
            prefix, tree = waiting.pop()
            for entry in tree:
                if entry.type == pygit2.enums.ObjectType.TREE:
                    waiting.append((f"{prefix}{entry.name}/", self.git[entry.id]))
                elif entry.type == pygit2.enums.ObjectType.BLOB:
                    found[prefix + entry.name] = self.git[entry.id].data
        return found

    def parents(self, commit: str) -> list[str]:
        """The parents of a commit."""
        return [str(parent) for parent in self.git[commit].parent_ids]

    def state(self, commit: str) -> dict[str, Any]:
        """What the files of a commit say, in order of their paths; one that does not parse says what it said in the
        first parent, if it was there."""
        if commit in self._states:
            return self._states[commit]
        state = self._states[commit] = {}
        parents = self.parents(commit)
        for name, data in sorted(self.files(commit).items()):
            try:
                state[name] = parsed(name, data)
            except ValueError:
                before = self.state(parents[0]) if parents else {}
                if name in before:
                    state[name] = before[name]
            except LookupError:
                continue  # not a file of data
        return state


def parsed(name: str, data: bytes) -> Any:
    """What a file says. ValueError where it is broken, LookupError where it is none that is read."""
    reader = _READERS[Path(name).suffix]
    text = data.decode()
    if not text.strip():
        raise ValueError("empty")
    try:
        return reader(text)
    except (yaml.YAMLError, csv.Error, configparser.Error) as error:
        raise ValueError(str(error)) from None


def _csv(text: str) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _ini(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(interpolation=None, default_section="\0")
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


_READERS = {
    ".json": json.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
    ".toml": tomllib.loads,
    ".csv": _csv,
    ".ini": _ini,
}
