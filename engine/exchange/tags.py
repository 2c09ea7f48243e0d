"""The tags of a source, and where they are in a store: a tag that a person made there is never moved by an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.exchange.sources import MAX_STEMMED, free_name
from engine.timeline.bulk import BulkWriter

if TYPE_CHECKING:
    from engine.store import Store


class Tags:
    """The tags of one source during an import. `notes` keep where each stands in the source, and under which name it
    is here where that is another one."""

    def __init__(self, store: Store, writer: BulkWriter, notes: dict[str, Any], stem: str) -> None:
        self._store = store
        self._writer = writer
        self._stem = stem
        self._stands: dict[str, int] = notes.setdefault("tags", {})
        self._places: dict[str, str] = notes.setdefault("tag_places", {})
        self._here = store.tags()
        self._new: dict[str, int] = {}
        self.warnings: list[str] = []

    def place(self, name: str, dense: int) -> str | None:
        """The tag to set here, as that of the source stands at a version; None where what is here stays as it is."""
        known = self._stands.get(name, -1)
        place = self._places.get(name, name)
        current = self._here.get(place)
        self._stands[name] = dense
        if current not in (None, known, dense):
            if known == dense:
                return None
            place = free_name(self._store, f"{name[:MAX_STEMMED]}@{self._stem}", [*self._places.values(), *self._here])
            self._places[name] = place
            self.warnings.append(f"tag {name} is another version here and stays; that of the source is {place}")
        self._here[place] = dense
        if known != dense:
            self._new[place] = dense
        return place

    def keep_only(self, names: set[str]) -> None:
        """Forget tags that the source no longer has."""
        for name in self._stands.keys() - names:
            del self._stands[name]

    def finish(self) -> list[str]:
        """Bring back tags that are gone here; gives what there is to be said about them all."""
        for name, dense in self._stands.items():
            place = self._places.get(name, name)
            if place not in self._here:
                self._writer.set_tag(place, dense)
        for place, dense in self._new.items():
            if self._writer.head(place) not in (-1, dense):
                self.warnings.append(
                    f"tag {place} is hidden by the timeline of its name; {self._store.handle(dense)} means the tag"
                )
        return self.warnings
