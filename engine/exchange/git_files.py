"""The chosen files of commits: which differ from a parent's, and what they hold."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from engine.errors import InvalidValue
from engine.exchange.formats import MAX_BYTES, format_of, parse
from engine.exchange.globs import Globs
from engine.exchange.versions import refusal

_CACHE_BYTES = 32 << 20
_TREE = 0o040000
_FILES = (0o100644, 0o100755, 0o100664)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Around look-ups in a repository: an object that is missing is an error of libgit2, as a damaged one is."""
    import pygit2

    try:
        yield
    except KeyError as error:
        raise pygit2.GitError(f"the object {error} is missing") from None


class Files:
    """The chosen files of a repository's commits. Blob ids are told by their hex digits.

    `only` is the one file that is named exactly, if that is all and no folder has the name in `head`.
    """

    def __init__(self, repository: Any, globs: Globs, head: str) -> None:
        self._repository = repository
        self._globs = globs
        self.only = None if globs.only is not None and self._is_folder(head, globs.only) else globs.only
        self._parsed: OrderedDict[str, bytes] = OrderedDict()
        self._refused: dict[str, InvalidValue] = {}
        self._size = 0

    def changes(self, base: str | None, commit: str) -> dict[str, str | None]:
        """The chosen files that differ between two commits (from nothing, where `base` is None): path → blob, None
        for one that is gone."""
        with reading():
            tree = self._repository[commit].tree
            before = self._repository[base].tree if base is not None else None
        if before is not None and before.id == tree.id:
            return {}
        if self.only is not None:
            old, new = self._blob(before, self.only), self._blob(tree, self.only)
            return {} if old == new else {self.only: new}
        if before is None:
            with reading():
                return dict(self._walk(tree, ""))
        return self._compare(before, tree)

    def _compare(self, before: Any, tree: Any) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        with reading():
            deltas = before.diff_to_tree(tree).deltas
        for delta in deltas:
            old, new = delta.old_file, delta.new_file
            if self._wanted(old.path, old.mode):
                found[old.path] = None
            if self._wanted(new.path, new.mode):
                found[new.path] = str(new.id)
        return found

    def _wanted(self, path: str, mode: int) -> bool:
        return mode in _FILES and self._globs.match(path) and (self._globs.chosen or format_of(path) is not None)

    def _is_folder(self, commit: str, path: str) -> bool:
        try:
            return bool(self._repository[commit].tree[path.removesuffix("/")].filemode == _TREE)
        except KeyError:
            return False

    @staticmethod
    def _blob(tree: Any, path: str) -> str | None:
        try:
            entry = tree[path] if tree is not None else None
        except KeyError:
            return None
        return str(entry.id) if entry is not None and entry.filemode in _FILES else None

    def _walk(self, tree: Any, prefix: str) -> Iterator[tuple[str, str]]:
        for entry in tree:
            path = prefix + entry.name
            if entry.filemode == _TREE:
                yield from self._walk(self._repository[entry.id], path + "/")
            elif self._wanted(path, entry.filemode):
                yield path, str(entry.id)

    def read(self, path: str, blob: str) -> bytes:
        """The contents of a blob as JSON. Raises `InvalidValue` where it does not parse."""
        key = f"{blob} {format_of(path)}"
        found: bytes | InvalidValue | None = self._refused.get(key) or self._parsed.get(key)
        if found is None:
            found = self._parse(path, blob)
            self._keep(key, found)
        if isinstance(found, InvalidValue):
            raise found
        return found

    def _keep(self, key: str, found: bytes | InvalidValue) -> None:
        if isinstance(found, InvalidValue):
            self._refused[key] = found
        elif len(found) <= _CACHE_BYTES:
            self._parsed[key] = found
            self._size += len(found)
            while self._size > _CACHE_BYTES:
                self._size -= len(self._parsed.popitem(last=False)[1])

    def refuse(self, path: str, blob: str) -> bool:
        """Whether a blob that could be cut into pieces does not parse after all; it is remembered as such."""
        key = f"{blob} {format_of(path)}"
        if key in self._refused:
            return False
        why = refusal(self.read(path, blob), member=self.only is None)
        if why is None:
            return False
        self._refused[key] = InvalidValue(why)
        self._size -= len(self._parsed.pop(key, b""))
        return True

    def _parse(self, path: str, blob: str) -> bytes | InvalidValue:
        with reading():
            size = self._repository.odb.read_header(blob)[1]
        if size > MAX_BYTES:  # asked before anything is unfolded
            return InvalidValue(f"the file is larger than {MAX_BYTES >> 20} MiB")
        try:
            with reading():
                data = self._repository[blob].data
            return parse(data, format_of(path) or "json")
        except InvalidValue as error:
            return error
