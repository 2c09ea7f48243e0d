"""The timeline view: overview, canvas, and the linked list of rows."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.actions import context_menu
from widgets.common import Session
from widgets.common.empty import EmptyState
from widgets.theme import SPACE_S, SPACE_XS, fonts, icon

from .accessible import announce, install
from .canvas import Canvas
from .export import save_picture
from .gestures import ZOOM
from .labels import AXIS
from .lane_menu import add_timeline_actions, fill_lane_menu
from .minimap import Minimap
from .model import TimelineModel
from .rows import RowList
from .rows_model import Column, RowsModel
from .search_bar import SearchBar

CANVAS = 180  #: pixels that the canvas has where there is room
ROWS = 5  #: rows that stay in sight beside it
_LEAST_CANVAS, _LEAST_ROWS = 130, 3
_MENU = ("branch", "tag", "", "compare", "compare-none", "", "copy-handle", "copy-id")


class TimelineView(QWidget):
    """Shows the history of the session's store; what a person selects here is selected everywhere."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        install()
        self._session = session
        self._split = False  # whether a person has set the height of the canvas
        self.model = TimelineModel(session, self)
        self.table_model = RowsModel(self.model, self)
        self.canvas = Canvas(self.model)
        self.minimap = Minimap(self.canvas)
        self.rows = RowList(self.model, self.table_model)
        self.table = self._make_table()
        self.search = SearchBar(self.model)
        self.lists = QStackedWidget()
        self.lists.addWidget(self.rows)
        self.lists.addWidget(self.table)
        self.splitter = QSplitter(Qt.Orientation.Vertical, objectName="timeline-splitter")
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(self.lists)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.canvas.setMinimumHeight(_LEAST_CANVAS)
        self.lists.setMinimumHeight(self._height_of_rows(_LEAST_ROWS))
        self.empty = EmptyState("timeline", "No transactions")
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self._make_content())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        self._toggle = QAction("Show the rows as a plain table", self, checkable=True)
        self._toggle.setShortcut(QKeySequence(Qt.Key.Key_F6))
        self._toggle.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._toggle.toggled.connect(self.show_table)
        self.addAction(self._toggle)
        self._table_button.setDefaultAction(self._toggle)
        self._toggle.setIcon(icon("table"))
        self.setFocusProxy(self.canvas)
        self._connect()
        self._show_page()

    def _make_content(self) -> QWidget:
        self._lanes = QToolButton(autoRaise=True, text="Lanes", icon=icon("filter"))
        self._lanes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._lanes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._lanes.setToolTip("Choose which timelines and transactions are shown")
        self._lanes.setAccessibleName("Choose which timelines and transactions are shown")
        menu = QMenu(self._lanes)
        menu.aboutToShow.connect(lambda: fill_lane_menu(menu, self.canvas))
        self._lanes.setMenu(menu)
        self._table_button = QToolButton(autoRaise=True)
        content = QWidget()
        bar = QHBoxLayout()
        bar.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
        bar.addWidget(self.search, 1)
        bar.addWidget(self._lanes)
        bar.addWidget(self._table_button)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.minimap)
        layout.addWidget(self.splitter, 1)
        return content

    def _make_table(self) -> QTableView:
        table = QTableView(objectName="timeline-table")
        table.setAccessibleName("Transactions, newest first, as a table")
        table.setModel(self.table_model)
        table.setFrameShape(QTableView.Shape.NoFrame)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(fonts().row)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        for column in Column:
            header.resizeSection(column, self.rows.header.sectionSize(column))
        header.setSectionResizeMode(Column.MESSAGE, QHeaderView.ResizeMode.Stretch)
        return table

    def _connect(self) -> None:
        session = self._session
        session.selection_changed.connect(self._selected)
        session.store_opened.connect(self._share_height)
        self.splitter.splitterMoved.connect(self._splitter_moved)
        self.model.reset.connect(self._show_page)
        self.model.grew.connect(self._show_page)
        self.model.rows_reset.connect(self._mark_row)
        self.table.selectionModel().currentRowChanged.connect(self._table_moved)
        self.table.activated.connect(lambda index: self.show_moment(self.table_model.dense(index.row())))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._table_menu)
        self.rows.activated.connect(self.show_moment)
        self.rows.menu_asked.connect(self.show_menu)
        self.canvas.menu_asked.connect(self.show_menu)
        self.search.stepped.connect(self.step_hit)
        self.search.left.connect(lambda: self.lists.currentWidget().setFocus())

    # ------------------------------------------------------------------ what the window's actions call

    def zoom_in(self) -> None:
        """Show a shorter time in more detail."""
        self.canvas.zoom(ZOOM**2)

    def zoom_out(self) -> None:
        """Show a longer time."""
        self.canvas.zoom(ZOOM**-2)

    def zoom_fit(self) -> None:
        """Show the whole history."""
        self.canvas.show_all()

    def focus_search(self) -> None:
        """Move the keyboard to the search field."""
        self.search.field.setFocus()
        self.search.field.selectAll()

    def save_picture(self, path: Path) -> None:
        """Write the picture of the canvas to a PNG or SVG file. Raises OSError."""
        save_picture(self.canvas, path)

    def show_moment(self, dense: int) -> None:
        """Bring a transaction to the middle of the canvas."""
        if 0 <= dense < self.model.scene.columns.count:
            self.canvas.set_view(self.canvas.view.centred(int(self.model.scene.columns.time[dense])))
            self.canvas.reveal(dense)

    @Slot(int)
    def step_hit(self, step: int) -> None:
        """Select the next (older) or previous hit of the search."""
        if self.model.found is None or not self.model.rows.count:
            return
        row = self.model.rows.row(self._session.selected)
        if row >= 0:
            target = row + step
        else:
            target = self.model.rows.nearest_row(self._session.selected) if self._session.selected >= 0 else 0
        self.rows.select_row(target % self.model.rows.count)

    @Slot(bool)
    def show_table(self, plain: bool) -> None:
        """Show the rows as a plain table, which every screen reader can read, or as the painted list."""
        had_focus = self.lists.currentWidget().hasFocus()
        if plain:
            self._set_current_row()  # before it gets the keyboard, or it would take the first one
        self.lists.setCurrentWidget(self.table if plain else self.rows)
        self._toggle.setChecked(plain)
        if had_focus or plain:
            self.lists.currentWidget().setFocus()

    @Slot(QPoint, int)
    def show_menu(self, at: QPoint, timeline: int) -> None:
        """What can be done with the selected transaction, and with a timeline."""
        menu = context_menu(self, _MENU)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if timeline >= 0:
            menu.addSeparator()
            add_timeline_actions(menu, self.model, timeline)
        if not menu.isEmpty():
            menu.popup(at)

    # ------------------------------------------------------------------ following

    @Slot()
    def _show_page(self, *_ignored: int) -> None:
        """The content, or what to do while there is none."""
        store = self._session.store
        if store is None:
            self.empty.set_message("No store is open", "Open a store, import a history, or try the sample.")
        else:
            self.empty.set_message("No transactions yet", "Commit an edit, or import a history into this store.")
        self.pages.setCurrentIndex(1 if self.model.scene.columns.count else 0)

    @Slot()
    def _share_height(self) -> None:
        """The canvas gets what its lanes need, up to three fifths, and some rows stay in sight; a person may choose
        otherwise."""
        whole = self.splitter.height() - self.splitter.handleWidth()
        if not self._split and whole > 0:
            wanted = AXIS + self.canvas.window_of_lanes.content + 2 * SPACE_S
            room = whole - self._height_of_rows(ROWS)
            canvas = max(min(wanted, whole * 3 // 5, max(room, CANVAS)), min(CANVAS, room))
            self.splitter.setSizes([canvas, whole - canvas])

    def _height_of_rows(self, rows: int) -> int:
        return self.rows.header.sizeHint().height() + rows * fonts().row

    @Slot()
    def _splitter_moved(self) -> None:
        self._split = True

    def showEvent(self, event: QShowEvent) -> None:
        """Only now it has a height to share."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._share_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another height is shared anew, once the splitter has it."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._share_height)

    @Slot()
    def _selected(self) -> None:
        self._mark_row()
        announce(self.canvas, self.model)
        announce(self.rows, self.model)

    @Slot()
    def _mark_row(self) -> None:
        """The table's current row is the selected transaction."""
        if self.lists.currentWidget() is self.table:
            self._set_current_row()

    def _set_current_row(self) -> None:
        row = self.model.rows.row(self._session.selected)
        if row >= 0 and row != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.table_model.index(row, Column.MESSAGE))

    @Slot(QModelIndex, QModelIndex)
    def _table_moved(self, current: QModelIndex, _previous: QModelIndex) -> None:
        dense = self.table_model.dense(current.row())
        if dense >= 0 and dense != self._session.selected and self.table.hasFocus():
            self._session.select(dense)

    @Slot(QPoint)
    def _table_menu(self, at: QPoint) -> None:
        dense = self.table_model.dense(self.table.indexAt(at).row())
        if dense >= 0:
            self._session.select(dense)
            timeline = int(self.model.scene.columns.timeline[dense])
            self.show_menu(self.table.viewport().mapToGlobal(at), timeline)
