"""Changes as Markdown, for a ticket, a chat or a story. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from widgets.common.text import count
from widgets.values import preview

from .records import Group, counts_text, total

if TYPE_CHECKING:
    from engine.store import Change

_LONGEST = 400


def markdown(title: str, groups: Iterable[Group], missing: object) -> str:
    """A heading, the counts, and a list of changes for each record."""
    records = list(groups)
    lines = [f"## {_plain(title)}", ""]
    if not records:
        return "\n".join([*lines, "No differences.", ""])
    lines += [f"{count(len(records), 'record')}: {counts_text(total(records))}", ""]
    for record in records:
        name = f"**{_plain(record.label)}** " if record.label else ""
        whole = f" ({record.whole})" if record.whole else ""
        lines.append(f"### {name}{_code(record.path)}{whole}")
        lines.append("")
        lines += [_line(change, rest, missing) for change, rest in zip(record.changes, record.rest, strict=True)]
        lines.append("")
    return "\n".join(lines)


def _line(change: Change, rest: str, missing: object) -> str:
    name = _code(rest.removeprefix(".") or change.path)
    before, after = _value(change.before, missing), _value(change.after, missing)
    if change.kind == "added":
        return f"- added {name}: {after}"
    if change.kind == "removed":
        return f"- removed {name}: ~~{before}~~"
    if change.kind == "moved":
        return f"- moved {name}: position {before} → {after}"
    return f"- {name}: {before} → {after}"


def _value(value: Any, missing: object) -> str:
    return _code(preview(value, _LONGEST, missing).text)


def _code(text: str) -> str:
    """A code span: the fence is longer than any run of backticks within."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    return "".join("\\" + c if c in r"\`*_[]<>#|" else c for c in " ".join(text.split()))
