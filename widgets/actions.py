"""Actions: one declarative record for each thing that a person can do.

The program keeps the list (`app/actions.py`). The same record feeds the menus, the tool bar, the
command palette, the sheet of shortcuts and the help; a test checks that each is reachable.
A view shows actions in a context menu of its own by `context_menu(self, ["branch", "tag"])`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from .common.session import Session

Condition = Callable[[Session], bool]


def always(_session: Session) -> bool:
    """Possible at any time."""
    return True


def has_store(session: Session) -> bool:
    """A store is open."""
    return session.store is not None


def has_selection(session: Session) -> bool:
    """A transaction is selected."""
    return session.store is not None and session.selected >= 0


def has_path(session: Session) -> bool:
    """A path below the root is selected."""
    return has_selection(session) and session.path_id > 0


def has_comparison(session: Session) -> bool:
    """Two moments are selected."""
    return has_selection(session) and session.compared is not None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    `handler` names a method without arguments: `"timeline.zoom_in"` is `zoom_in` of the view with that object
    name, `"files.open"` that of a group of commands of the program. `menu` says where it stands, submenus after
    a slash. `toggle` marks actions with an on and an off state.
    """

    id: str
    text: str  #: for menus, an ellipsis at the end if more is asked
    handler: str  #: `target.method`
    help: str  #: one sentence: what it does
    menu: str
    shortcut: str = ""  #: portable text, several separated by "; "
    icon: str = ""
    enabled_when: Condition = always
    toggle: bool = False
    toolbar: bool = False


def find_action(widget: QWidget, action_id: str) -> QAction | None:
    """The action `action_id` of the window that `widget` lives in, floating docks included."""
    parent: QWidget | None = widget
    while parent is not None:
        for action in parent.actions():
            if action.objectName() == action_id:
                return action
        parent = parent.parentWidget()
    return None


def context_menu(widget: QWidget, action_ids: Iterable[str]) -> QMenu:
    """A menu of the window's actions with these ids; an empty id is a separator. Unknown ones are left out."""
    menu = QMenu(widget)
    for action_id in action_ids:
        if not action_id:
            menu.addSeparator()
        elif action := find_action(widget, action_id):
            menu.addAction(action)
    return menu
