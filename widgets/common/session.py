"""What a view may ask of the session: the open store, the selection, and background work.

Views are typed against this protocol and never import the program (`app`), which implements it.
A view subscribes to the signals and reads the attributes; it tells the session what the person
selected, and every other view hears it from there.
"""

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import SignalInstance

from .jobs import Job

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.dag import Graph
    from engine.timeline.version import Version


class Session(Protocol):
    """The open store and what is selected in it.

    Transactions are named by their dense number (arrival order, parents first), paths by their
    interned id, times in microseconds since 1970 UTC.
    """

    @property
    def store_opened(self) -> SignalInstance:
        """Emitted when a store is open and can be asked."""

    @property
    def store_closed(self) -> SignalInstance:
        """Emitted when there is no store any more."""

    @property
    def selection_changed(self) -> SignalInstance:
        """Emitted when the selected transaction, its timeline, the second one, the range or the path is another."""

    @property
    def graph_grew(self) -> SignalInstance:
        """Emitted with (first, last): the dense numbers of the new transactions, both inclusive."""

    @property
    def refs_changed(self) -> SignalInstance:
        """Emitted when timelines or tags were made, moved or deleted."""

    @property
    def theme_changed(self) -> SignalInstance:
        """Emitted when another theme is in use."""

    @property
    def store(self) -> "Store | None":
        """The open store."""

    @property
    def prepared(self) -> object:
        """What was made ready in the background for the view that shows all of the open store, if anything."""

    @property
    def graph(self) -> "Graph | None":
        """The transactions of the open store as columns."""

    @property
    def selected(self) -> int:
        """The selected transaction, -1: none."""

    @property
    def compared(self) -> int | None:
        """The second moment, that the selected one is compared with."""

    @property
    def range(self) -> tuple[int, int] | None:
        """A selected stretch of time."""

    @property
    def path_id(self) -> int:
        """The selected path, 0 is the root `$`."""

    @property
    def timeline(self) -> str | None:
        """The timeline that new commits go to."""

    def select(self, dense: int) -> None:
        """Select a transaction; views show the state after it."""

    def select_timeline(self, name: str) -> None:
        """Select the head of a timeline, and commit to it from now on."""

    def compare(self, dense: int | None) -> None:
        """Compare the selected moment with this one, or with none."""

    def select_range(self, start: int, end: int) -> None:
        """Select a stretch of time."""

    def select_path(self, path_id: int) -> None:
        """Select a path."""

    def go_back(self) -> None:
        """Return to what was selected before."""

    def go_forward(self) -> None:
        """Undo `go_back`."""

    def run(self, job: Job[Any]) -> None:
        """Run a job in a worker thread; its callbacks come back in this thread."""

    def version(self) -> "Version":
        """The state at the selected moment; before anything is selected, the empty state."""
