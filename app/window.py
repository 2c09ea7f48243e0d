"""The window: a start page or the timeline in the middle, panels around it, one set of actions."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from widgets.common.activity import ActivityBar
from widgets.common.dock import Dock
from widgets.common.notice import Notice
from widgets.common.where import Where
from widgets.start import Recent, StartPage
from widgets.theme import SPACE_S, Mode, icon, set_mode

from . import settings as stored
from .actions import action
from .commands import Copying, Editing, Files, Help, Panels, Travel
from .leaving import leave_store, waiting_edits
from .menus import ActionSet
from .session import Session
from .settings import RecentStore, Settings
from .views import PANELS, make_views, prepare

if TYPE_CHECKING:
    from engine.store import Store

log = logging.getLogger(__name__)

LAYOUT = 2  #: version of the saved layout; another one is ignored


class Window(QMainWindow):
    """Owns the session, the views, the actions and the settings of one window."""

    def __init__(self, settings_file: Path, views: Callable[[Session], dict[str, QWidget]] = make_views) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("The Re-factory")
        self.setWindowIcon(icon("refactory"))
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setDockOptions(self.dockOptions() | QMainWindow.DockOption.GroupedDragging)
        self._file = settings_file
        self.settings: Settings = stored.load(settings_file)
        self.session = Session(self)
        self.session.prepare = prepare
        self.notice = Notice()
        self.views: dict[str, QWidget] = {}
        self.docks: dict[str, QDockWidget] = {}
        self._ending = False
        self._put_away: list[QDockWidget] = []  # what was open beside the timeline when the store closed
        self._make_views = views
        self._targets: dict[str, object] = {
            "window": self,
            "session": self.session,
            "files": Files(self),
            "editing": Editing(self),
            "copying": Copying(self),
            "travel": Travel(self),
            "panels": Panels(self),
            "help": Help(self),
        }
        self.actions_by_id = ActionSet(self, self.session, self._targets)
        self._build()
        self._connect()
        self._restore_geometry()
        self.set_theme(Mode(self.settings.theme) if self.settings.theme in set(Mode) else Mode.SYSTEM)
        self._show_start()

    @property
    def files(self) -> Files:
        """The commands of the menu File: the start page and drops use them too."""
        files = self._targets["files"]
        assert isinstance(files, Files)
        return files

    # ------------------------------------------------------------------ building

    def _build(self) -> None:
        self.actions_by_id.fill_menus(self.menuBar())
        self.toolbar = QToolBar("Tool bar", movable=False)
        self.toolbar.setObjectName("toolbar")
        self.addToolBar(self.toolbar)
        self.actions_by_id.fill_toolbar(self.toolbar)
        self.toolbar.toggleViewAction().setEnabled(False)
        self.start = StartPage({name: _keys(name) for name in ("open", "import", "sample")})
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.where = Where(self.session)
        self.statusBar().setContentsMargins(SPACE_S, 0, 0, 0)
        self.statusBar().addWidget(self.where, 1)
        self.statusBar().addPermanentWidget(ActivityBar(self.session.jobs.activities, self))
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        session = self.session
        activity = self.statusBar().findChild(ActivityBar)
        assert activity is not None
        session.jobs.changed.connect(activity.watch)
        session.jobs.failed.connect(self.show_error)
        for signal in (session.store_opened, session.store_closed, session.selection_changed, session.refs_changed):
            signal.connect(self._refresh)
        session.store_opened.connect(self._show_store)
        session.store_closed.connect(self._show_start)
        self.start.asked.connect(lambda name: self.actions_by_id.trigger(name))
        self.start.chosen.connect(self.files.open_path)
        self.start.forgotten.connect(self.forget)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _need_views(self) -> None:
        """Make the views when the first store opens: the start page shall be there at once."""
        if self.views:
            return
        self.views = self._make_views(self.session)
        self._targets.update(self.views)
        self.pages.addWidget(self.views["timeline"])
        for name, title in PANELS.items():
            dock = Dock(title, self.views[name], self)
            dock.setObjectName(f"dock-{name}")
            self.docks[name] = dock
        self._default_layout()
        if self.settings.layout:
            self.restoreState(QByteArray.fromBase64(self.settings.layout.encode()), LAYOUT)

    def _default_layout(self) -> None:
        """State at the right; changes, history and storage share the place below the timeline."""
        right, below = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, self.tabPosition(right).North)
        docks = self.docks
        for dock in docks.values():
            dock.setFloating(False)
            dock.show()
        self.addDockWidget(right, docks["state"])
        self.addDockWidget(right, docks["details"])
        self.addDockWidget(below, docks["changes"])
        self.tabifyDockWidget(docks["changes"], docks["history"])
        self.tabifyDockWidget(docks["history"], docks["storage"])
        docks["changes"].raise_()
        width, height = self.width(), self.height()
        self.resizeDocks([docks["state"], docks["details"]], [width * 36 // 100] * 2, Qt.Orientation.Horizontal)
        self.resizeDocks(
            [docks["state"], docks["details"]], [height * 60 // 100, height * 26 // 100], Qt.Orientation.Vertical
        )
        self.resizeDocks([docks["changes"]], [height * (40 if height >= 800 else 28) // 100], Qt.Orientation.Vertical)

    def reset_layout(self) -> None:
        """Put all panels back where they were at first."""
        self._default_layout()

    # ------------------------------------------------------------------ what is shown

    def open_store(self, path: Path) -> None:
        """Open a store in the background; what goes wrong is said at the top of the window."""
        leave_store(self, lambda: self._open(path.absolute()))

    def _open(self, path: Path) -> None:
        self.remember()
        self.session.open(path, lambda: self._opened(path), self.show_error)

    def _opened(self, path: Path) -> None:
        known = self.settings.recent_at(str(path)) or RecentStore(str(path))
        self.change_settings(
            recent=self.settings.remember(replace(known, opened=int(time() * 1_000_000))).recent, last_store=str(path)
        )
        self._write_settings()
        self._select_as_before(known)
        if self.session.store is not None and not self.session.writable:
            self.notice.tell(
                f"{path.name} can only be read: the file or its folder is write-protected. You can look at all of it. "
                "To commit, copy it to a folder of yours and open the copy."
            )

    def _select_as_before(self, known: RecentStore) -> None:
        """Select what was selected when this store was open the last time, as far as it is still there."""
        store = self.session.store
        if store is None or not known.selected:
            return
        from engine.errors import KnownError

        try:
            self.session.select(int(store.at(known.selected).transaction))
            if known.compared:
                self.session.compare(int(store.at(known.compared).transaction))
            found = self.session.version().resolve(known.inside)
            if found:
                self.session.select_path(found)
        except KnownError as error:
            log.info("the selection of the last time is gone: %s", error)

    @Slot()
    def _show_store(self) -> None:
        store = self.session.store
        assert store is not None
        self._need_views()
        self.notice.hide()
        self.pages.setCurrentWidget(self.views["timeline"])
        self.toolbar.show()
        for dock in self._put_away:
            dock.show()
        self.setWindowTitle(f"{Path(store.path).stem} — The Re-factory")
        self._refresh()
        self.views["timeline"].setFocus()

    @Slot()
    def _show_start(self) -> None:
        self.start.show_recent(self.recent())
        self.pages.setCurrentWidget(self.start)
        self.toolbar.hide()
        self._put_away = [dock for dock in self.docks.values() if not dock.isHidden()]
        for dock in self._put_away:
            dock.hide()
        self.setWindowTitle("The Re-factory")
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        self.actions_by_id.refresh()
        for name, step in (("undo", self.session.next_undo), ("redo", self.session.next_redo)):
            text = action(name).text
            self.actions_by_id[name].setText(f"{text} “{_short(step.text)}”" if step else text)

    @Slot(object)
    def show_error(self, error: Exception) -> None:
        """What a person can do something about is said calmly; a bug of ours becomes a report."""
        from engine.errors import Cancelled, KnownError

        if isinstance(error, Cancelled):
            return
        if isinstance(error, KnownError):
            self.notice.warn(str(error))
        else:
            from .crash import report

            report(error)

    def current_view(self) -> QWidget | None:
        """The view that has the keyboard."""
        focused = QApplication.focusWidget()
        while focused is not None and focused not in self.views.values():
            focused = focused.parentWidget()
        return focused

    def show_panel(self, name: str) -> None:
        """Show a panel and move the keyboard to it; one that has the keyboard is hidden."""
        if self.current_view() is self.views[name] and not self.views[name].visibleRegion().isEmpty():
            self.docks[name].hide()
            self.views["timeline"].setFocus()
            return
        self.docks[name].show()
        self.docks[name].raise_()
        self.views[name].show()  # the dock would do it a moment later
        self.views[name].setFocus()

    # ------------------------------------------------------------------ theme and settings

    def set_theme(self, mode: Mode) -> None:
        """Use a theme, now and at the next start."""
        set_mode(mode)
        self.change_settings(theme=str(mode))
        for other in Mode:
            self.actions_by_id[f"theme-{other}"].setChecked(other is mode)
        self.notice.refresh()
        self.session.theme_changed.emit()

    @Slot()
    def _system_changed(self) -> None:
        if self.settings.theme == Mode.SYSTEM:
            self.set_theme(Mode.SYSTEM)

    def change_settings(self, **changes: Any) -> None:
        """Change settings; they are written when a store opens and when the window closes."""
        self.settings = replace(self.settings, **changes)

    def recent(self) -> list[Recent]:
        """The stores that were open, latest first."""
        return [Recent(Path(store.path), store.opened) for store in self.settings.recent]

    def forget(self, path: Path) -> None:
        """Take a store out of the recent ones; its file stays."""
        self.settings = self.settings.forget(str(path))
        self.start.show_recent(self.recent())

    def remember(self) -> None:
        """Take what is selected in the open store into the settings."""
        store, session = self.session.store, self.session
        if store is None:
            return
        here = RecentStore(
            path=str(Path(store.path).absolute()),
            opened=int(time() * 1_000_000),
            selected=_handle(store, session.selected),
            compared=_handle(store, session.compared),
            inside=session.version().path_text(session.path_id),
        )
        self.settings = self.settings.remember(here)

    def _restore_geometry(self) -> None:
        geometry = QByteArray.fromBase64(self.settings.geometry.encode())
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            screen = QGuiApplication.primaryScreen().availableSize()
            self.resize(QSize(1440, 900).boundedTo(screen))

    def restore_session(self) -> None:
        """Open what was open the last time."""
        last = Path(self.settings.last_store) if self.settings.last_store else None
        if self.settings.reopen and last is not None and last.exists():
            self.open_store(last)

    def save_settings(self) -> None:
        """Write the settings; a folder that cannot be written is no reason not to quit."""
        self.remember()
        changes: dict[str, Any] = {
            "geometry": bytes(self.saveGeometry().toBase64().data()).decode(),
            "last_store": str(Path(self.session.store.path).absolute()) if self.session.store else "",
        }
        if self.session.store is not None:
            changes["layout"] = bytes(self.saveState(LAYOUT).toBase64().data()).decode()
        self.change_settings(**changes)
        self._write_settings()

    def _write_settings(self) -> None:
        try:
            stored.save(self.settings, self._file)
        except OSError as error:
            log.warning("settings cannot be written to %s: %s", self._file, error)

    # ------------------------------------------------------------------ events

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save the settings, stop what runs, close the store; not while edits wait."""
        if waiting_edits(self) and not self._ending:
            event.ignore()
            leave_store(self, self.close)
            return
        self.save_settings()
        for process in self.files.processes:
            process.close()
        self.session.shut_down()
        super().closeEvent(event)

    def end(self) -> None:
        """Close without a question: nobody may be there to answer it."""
        self._ending = True
        QApplication.closeAllWindows()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders of this machine are welcome, one at a time."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()
            self.start.drop.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It went away again."""
        self.start.drop.set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a store, import anything else."""
        self.start.drop.set_over(False)
        event.acceptProposedAction()
        self.files.open_path(Path(event.mimeData().urls()[0].toLocalFile()))


def _handle(store: "Store", dense: int | None) -> str:
    return store.handle(dense) if dense is not None and dense >= 0 else ""


def _short(text: str) -> str:
    """A few words of a text, safe in a menu."""
    line = " ".join(text.split())
    return (line if len(line) <= 32 else f"{line[:31]}…").replace("&", "&&")


def _keys(action_id: str) -> str:
    from widgets.palette.sheet import keys

    return keys(action(action_id))
