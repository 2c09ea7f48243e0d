"""Which files of a repository or folder are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from engine.errors import BadInput

_MAGIC = re.compile(r"[*?\[]")
_SET = re.compile(r"\[(!?)(\][^\]]*|[^\]]+)\]")


class Globs:
    """Patterns over paths with `/`. `*` and `?` stay within a folder, `**` goes through folders, `[…]` is a set of
    characters; a pattern without `/` is matched with the file's name, one that names a folder with all below it."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.chosen = bool(patterns)
        self._patterns = [_compile(pattern.removeprefix("./").removesuffix("/")) for pattern in patterns]
        exact = [pattern for pattern in patterns if not _MAGIC.search(pattern)]
        self._only = exact[0].removeprefix("./") if len(patterns) == 1 and exact else None

    @property
    def only(self) -> str | None:
        """The one path that is named exactly, if that is all."""
        return self._only

    def match(self, path: str) -> bool:
        """Whether a path is meant; without patterns every one is."""
        return not self._patterns or any(pattern.fullmatch(path) for pattern in self._patterns)


@lru_cache(256)
def _compile(glob: str) -> re.Pattern[str]:
    pattern = "" if "/" in glob else "(?:.*/)?"
    offset = 0
    while offset < len(glob):
        if glob.startswith("**/", offset):
            pattern += "(?:.*/)?"
            offset += 3
        elif glob.startswith("**", offset):
            pattern += ".*"
            offset += 2
        elif glob[offset] == "*":
            pattern += "[^/]*"
            offset += 1
        elif glob[offset] == "?":
            pattern += "[^/]"
            offset += 1
        elif found := _SET.match(glob, offset):
            inside = re.sub(r"([\\\[&|~])", r"\\\1", found[2])
            pattern += f"[{'^' if found[1] else ''}{inside}]"
            offset = found.end()
        else:
            pattern += re.escape(glob[offset])
            offset += 1
    try:
        return re.compile(pattern + "(?:/.*)?" if not _MAGIC.search(glob) else pattern, re.DOTALL)
    except re.error as error:
        raise BadInput(f"--path {glob}: not a pattern ({error.msg}); use *, **, ? and sets like [a-z]") from None
