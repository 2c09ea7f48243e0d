"""The facts of a transaction, ready to show. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model import clock
from widgets.common.text import count, moment

if TYPE_CHECKING:
    from engine.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and its text. `copy` has what its button copies; `face` is "mono" for ids and the like."""

    label: str
    text: str
    copy: str = ""
    face: str = "ui"


@dataclass(frozen=True, slots=True)
class Link:
    """Another transaction, by its number, with a few words."""

    dense: int
    text: str


def facts_of(store: Store, found: Transaction) -> list[Fact]:
    """What there is to say, in the order of its interest. The id is not among them: it may take long to know."""
    names = names_of(store, found.dense)
    lines = [
        Fact("Time", moment(found.time, precise=True) + " UTC"),
        Fact("Author", found.author or "not said", found.author),
        Fact("Timeline", found.timeline, found.timeline),
    ]
    if names:
        lines.append(Fact("Named by", ", ".join(names)))
    lines += [
        Fact("Operations", count(found.operations)),
        Fact("Handle", found.handle, found.handle, "mono"),
    ]
    if found.source:
        lines.append(Fact("Source id", found.source, found.source, "mono"))
    lines.append(Fact("Recorded", moment(clock.wall_time(found.recorded), precise=True) + " UTC"))
    return lines


def names_of(store: Store, dense: int) -> list[str]:
    """Timelines that end here, and tags."""
    heads = [f"{name} (head)" for name, heads in store.heads().items() if dense in heads]
    return heads + [f"{name} (tag)" for name, tagged in sorted(store.tags().items()) if tagged == dense]


def parents_of(store: Store, found: Transaction) -> list[Link]:
    """The parents, the first one first."""
    links = []
    for parent in found.parents:
        message = " ".join(store.texts([parent])[0][1].split())
        shown = message[:60] + ("…" if len(message) > 60 else "")
        links.append(Link(parent, f"{moment(store.graph.time_of(parent))}  {shown}".strip()))
    return links
