"""Which views there are. They are imported when they are made, to keep the start short."""

from PySide6.QtWidgets import QWidget

from .session import Session

#: The panels around the timeline: object name and title.
PANELS = {"state": "State", "changes": "Changes", "history": "History", "details": "Details"}


def make_views(session: Session) -> dict[str, QWidget]:
    """The timeline and all panels, by object name."""
    from widgets.changes.view import ChangesView
    from widgets.details.view import DetailsView
    from widgets.history.view import HistoryView
    from widgets.state.view import StateView
    from widgets.timeline.view import TimelineView

    kinds = (TimelineView, StateView, ChangesView, HistoryView, DetailsView)
    return {view.objectName(): view for view in (kind(session) for kind in kinds)}
