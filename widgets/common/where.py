"""Where the person is: the selected moment, in the status bar."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from .labels import ElidedLabel
from .session import Session
from .text import count, moment


class Where(ElidedLabel):
    """`main · 2022-07-26 14:00:05 UTC · 2 575 transactions`, which are those of the timeline, with the second moment if
    there is one, and whether the store can only be read."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setObjectName("where")
        self._session = session
        for signal in (session.store_opened, session.store_closed, session.selection_changed, session.refs_changed):
            signal.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Say it anew."""
        session, graph = self._session, self._session.graph
        if session.store is None or graph is None:
            self.setText("")
            return
        parts = [self._describe(session.selected)] if session.selected >= 0 else ["nothing selected"]
        if session.compared is not None:
            parts.append(f"compared with {self._describe(session.compared)}")
        if session.range is not None:
            start, end = session.range
            parts.append(f"{moment(start)} to {moment(end)}: {count(self._between(start, end), 'transaction')}")
        heads = session.store.heads().get(self._line(session.selected), ())
        if heads:
            parts.append(count(graph.chain_length(heads[0]), "transaction"))
        if not session.store.writable:
            parts.append("read-only")
        self.setText("  ·  ".join(parts))

    def _between(self, start: int, end: int) -> int:
        graph = self._session.graph
        return int(((graph.time >= start) & (graph.time <= end)).sum()) if graph is not None else 0

    def _describe(self, dense: int) -> str:
        graph = self._session.graph
        if graph is None or dense < 0:
            return "the empty state"
        return f"{self._line(dense)}  ·  {moment(graph.time_of(dense))} UTC"

    def _line(self, dense: int) -> str:
        """The timeline that a person takes a transaction to be on: that of commits at its head, else its own."""
        store, graph, name = self._session.store, self._session.graph, self._session.timeline
        if store is None or graph is None or name is None:
            return ""
        here = dense < 0 or dense in store.heads().get(name, ())
        return name if here else graph.timeline_names[graph.timeline_of(dense)]
