"""Going through time: to a moment, or step by step."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from widgets.palette.moment import MomentDialog

if TYPE_CHECKING:
    from app.window import Window

STEP = 500  #: milliseconds between two transactions while playing


class Travel(QObject):
    """The commands of the menu Go."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._player = QTimer(self, interval=STEP)
        self._player.timeout.connect(self._play_on)
        self._session.store_closed.connect(self._stop)

    def go_to(self) -> None:
        """Ask for a moment and go there."""
        self._ask("Go to a moment", "Go", self._session.select)

    def compare_with(self) -> None:
        """Ask for the second moment."""
        self._ask("Compare the selected moment with", "Compare", self._session.compare)

    def compare_none(self) -> None:
        """Compare with the parent again."""
        self._session.compare(None)

    def newest(self) -> None:
        """Go to the head of the timeline that is selected."""
        if self._session.store is not None and self._session.graph is not None and self._session.graph.count:
            store, graph, selected = self._session.store, self._session.graph, self._session.selected
            name = graph.timeline_names[graph.timeline_of(selected)] if selected >= 0 else store.default_timeline
            heads = store.heads().get(name, ())
            self._session.select(max(heads) if heads else int(store.at().transaction))

    def previous(self) -> None:
        """The transaction before: the first parent."""
        graph = self._session.graph
        if graph is not None and self._session.selected >= 0 and graph.parent_of(self._session.selected) >= 0:
            self._session.select(graph.parent_of(self._session.selected))

    def next(self) -> None:
        """The transaction after this one, on the same timeline if there are several."""
        following = self._following()
        if following is not None:
            self._session.select(following)

    def toggle_play(self) -> None:
        """Step on until the end, or stop."""
        if self._player.isActive():
            self._stop()
        elif self._following() is not None:
            self._player.start()
            self._play_on()
        self._window.actions_by_id["play"].setChecked(self._player.isActive())

    def _ask(self, title: str, button: str, take: object) -> None:
        dialog = MomentDialog(self._session, title, button, self._window)
        dialog.chosen.connect(take)
        dialog.open()

    def _following(self) -> int | None:
        import numpy as np

        graph, selected = self._session.graph, self._session.selected
        if graph is None or selected < 0:
            return None
        children = np.flatnonzero(graph.parent[selected + 1 : graph.count] == selected) + selected + 1
        if not len(children):
            return None
        same = children[graph.timeline[children] == graph.timeline[selected]]
        return int(same[0] if len(same) else children[0])

    def _play_on(self) -> None:
        following = self._following()
        if following is None:
            self._stop()
        else:
            self._session.select(following)

    def _stop(self) -> None:
        self._player.stop()
        self._window.actions_by_id["play"].setChecked(False)
