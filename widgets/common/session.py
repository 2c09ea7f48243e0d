"""What a view may ask of the session: the open store, the selection, and background work.

Views are typed against this protocol and never import the program (`app`), which implements it.
A view subscribes to the signals and reads the attributes; it tells the session what the person
selected, and every other view hears it from there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from .jobs import Job

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.dag import Graph
    from engine.timeline.version import Version


class Signal(Protocol):
    """A bound Qt signal, as far as views use it."""

    def connect(self, slot: Callable[..., Any], /) -> Any:
        """Call `slot` whenever the signal is emitted."""

    def disconnect(self, slot: Callable[..., Any], /) -> Any:
        """Stop calling `slot`."""


class Session(Protocol):
    """The open store and what is selected in it.

    Transactions are named by their dense number (arrival order, parents first), paths by their
    interned id, times in microseconds since 1970 UTC.
    """

    store_opened: Signal
    store_closed: Signal
    selection_changed: Signal
    graph_grew: Signal  #: (first, last): dense numbers of the new transactions, both inclusive
    refs_changed: Signal  #: timelines or tags were made, moved or deleted
    theme_changed: Signal

    store: "Store | None"
    graph: "Graph | None"
    selected: int  #: the selected transaction, -1: none
    compared: int | None  #: the second moment, that the selected one is compared with
    range: tuple[int, int] | None  #: a selected stretch of time
    path_id: int  #: the selected path, 0 is the root `$`
    timeline: str | None  #: the timeline that new commits go to

    def select(self, dense: int) -> None:
        """Select a transaction; views show the state after it."""

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
