"""Which views there are. They are imported when they are made, to keep the start short."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from .session import Session

if TYPE_CHECKING:
    from engine.store import Store

#: The panels around the timeline: object name and title.
PANELS = {"state": "State", "changes": "Changes", "history": "History", "storage": "Storage", "details": "Details"}


def view_classes() -> dict[str, type[QWidget]]:
    """The classes of the timeline and of all panels, by the object name of the view."""
    from widgets.changes.view import ChangesView
    from widgets.details.view import DetailsView
    from widgets.history.view import HistoryView
    from widgets.state.view import StateView
    from widgets.storage.view import StorageView
    from widgets.timeline.view import TimelineView

    return {
        "timeline": TimelineView,
        "state": StateView,
        "changes": ChangesView,
        "history": HistoryView,
        "storage": StorageView,
        "details": DetailsView,
    }


def make_views(session: Session) -> dict[str, QWidget]:
    """The timeline and all panels, by object name."""
    return {name: kind(session) for name, kind in view_classes().items()}  # type: ignore[arg-type]


def prepare(store: "Store") -> object:
    """What a worker does before a store is shown: import the views, and lay out the timeline."""
    view_classes()
    from widgets.timeline.prepare import prepare as lay_out

    return lay_out(store)
