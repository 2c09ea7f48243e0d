"""Makes Qt's actions, menus and the tool bar from the declarative list."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QSizePolicy, QToolBar, QToolButton, QWidget

from widgets.actions import Action
from widgets.palette.sheet import keys, plain
from widgets.theme import ICON, icon

from .actions import ACTIONS, MENUS
from .session import Session


class ActionSet:
    """The actions of one window; their handlers are found among `targets` when they are triggered."""

    def __init__(self, window: QMainWindow, session: Session, targets: Mapping[str, object]) -> None:
        self._window, self._session, self._targets = window, session, targets
        self._actions = {record.id: self._make(record) for record in ACTIONS if record.id}
        window.addActions(list(self._actions.values()))

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def handler(self, record: Action) -> Callable[[], object]:
        """The method that does an action. Raises LookupError if there is none."""
        target, _, method = record.handler.partition(".")
        found = getattr(self._targets.get(target), method, None)
        if found is None:
            raise LookupError(f"action {record.id}: nothing is there under {record.handler}")
        return found  # type: ignore[no-any-return]

    def refresh(self) -> None:
        """Enable what is possible now."""
        for record in ACTIONS:
            if record.id:
                self._actions[record.id].setEnabled(record.enabled_when(self._session))

    def trigger(self, action_id: str) -> None:
        """Do an action if it is possible now."""
        self.refresh()
        self._actions[action_id].trigger()

    def _make(self, record: Action) -> QAction:
        action = QAction(record.text, self._window)
        action.setObjectName(record.id)
        if record.icon:
            action.setIcon(icon(record.icon))
        if record.shortcut:
            action.setShortcuts(QKeySequence.listFromString(record.shortcut))
        action.setCheckable(record.toggle)
        action.setStatusTip(record.help)
        shown = keys(record).split("  ")[0]
        action.setToolTip(f"{plain(record.text)}{f'  ({shown})' if shown else ''}\n{record.help}")
        action.triggered.connect(lambda: self.handler(record)())
        return action

    def fill_menus(self, bar: QMenuBar) -> None:
        """The menu bar, submenus where the records name them."""
        menus: dict[str, QMenu] = {}
        for title in MENUS:
            menus[title] = bar.addMenu(title)
        for record in ACTIONS:
            menu = menus.get(record.menu) or self._submenu(menus, record.menu)
            if record.id:
                menu.addAction(self._actions[record.id])
            else:
                menu.addSeparator()

    @staticmethod
    def _submenu(menus: dict[str, QMenu], path: str) -> QMenu:
        parent, _, title = path.partition("/")
        menus[path] = menus[parent].addMenu(title)
        return menus[path]

    def fill_toolbar(self, bar: QToolBar) -> None:
        """The tool bar: groups as in the menus, the palette at the right end."""
        bar.setIconSize(QSize(ICON, ICON))
        gap = False
        for record in ACTIONS:
            gap = gap or not record.id
            if record.toolbar and record.id != "palette":
                if gap and bar.actions():
                    bar.addSeparator()
                bar.addAction(self._actions[record.id])
                gap = False
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        bar.addAction(self._actions["palette"])
        palette = bar.widgetForAction(self._actions["palette"])
        assert isinstance(palette, QToolButton)
        palette.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for button in bar.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if button.defaultAction() is not None:
                button.setAccessibleName(plain(button.defaultAction().text()))
