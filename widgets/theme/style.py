"""The small style sheet on top of Fusion: only what a palette cannot say.

Object names that widgets may use: `muted` (secondary text), `title` (head of a page), `heading` (head of a
group), `primary` (the one button that goes on), `card` (a framed group), `flat` (a button without a frame),
`panel-bar` (the row of controls at the top of a view).
"""

from pathlib import Path
from string import Template

from PySide6.QtGui import QColor

from .tokens import Theme

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $border; padding: 4px 8px; }

QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent_soft; }
QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; }
QSplitter::handle { background: $border; }

QMenuBar { background: $window; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 8px; border-radius: 4px; margin: 0 2px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $border; padding: 4px; spacing: 2px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 4px; }
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 4px; background: transparent; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $accent_soft; }
QToolButton:focus { border-color: $focus; }
QToolButton#disclosure { padding-left: 0; }
QToolButton#disclosure:checked { background: transparent; }
QToolButton::menu-indicator { image: none; width: 0; }

QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }

QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { padding: 4px 12px; border: none; border-bottom: 2px solid transparent; background: transparent;
  color: $text_muted; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $hover; }

QPushButton { padding: 4px 12px; min-height: 18px; border: 1px solid $border_strong; border-radius: 4px;
  background: $raised; color: $text; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:focus { border: 2px solid $focus; padding: 3px 11px; }
QPushButton:disabled { color: $text_disabled; border-color: $border; }
QPushButton#primary, QPushButton:default { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton#primary:hover, QPushButton:default:hover { background: $accent_hover; }
QPushButton#primary:focus, QPushButton:default:focus { border-color: $text; }
QPushButton#primary:disabled, QPushButton:default:disabled { background: $hover; border-color: $border;
  color: $text_disabled; }
QPushButton#flat { border-color: transparent; background: transparent; }
QPushButton#flat:hover { background: $hover; }
QPushButton#flat:focus { border: 2px solid $focus; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { background: $field; color: $text;
  border: 1px solid $border_strong; border-radius: 4px; padding: 3px 6px; selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
  border: 2px solid $focus; padding: 2px 5px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled { color: $text_disabled; border-color: $border; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($chevron); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border; selection-background-color: $selection;
  selection-color: $text; outline: 0; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $border_strong; border-radius: 3px;
  background: $field; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:focus { border: 2px solid $focus; width: 12px; height: 12px; }
QCheckBox::indicator:disabled { border-color: $border; background: $hover; }

QHeaderView::section { background: $raised; color: $text_muted; border: none; border-bottom: 1px solid $border;
  padding: 4px 8px; text-align: left; }
QTableView, QTreeView, QListView { background: $surface; border: none; gridline-color: $grid; outline: 0;
  selection-color: $text; selection-background-color: $selection; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected { background: $selection;
  color: $text; }
QTableView::item:selected:!active, QTreeView::item:selected:!active, QListView::item:selected:!active {
  background: $selection_inactive; }
QTableView::item { padding: 0 5px; }
QTableView QTableCornerButton::section { background: $raised; border: none; }
QAbstractScrollArea#framed, QTableView#framed, QTreeView#framed, QListView#framed { border: 1px solid $border; }

QProgressBar { border: none; border-radius: 3px; background: $hover; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { border-radius: 3px; background: $accent; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $border_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }

QLabel#muted, QLabel[muted="true"], ElidedLabel#muted { color: $text_muted; }
QLabel#muted:disabled, QLabel:disabled { color: $text_disabled; }
QLabel#error { color: $error; }
QFrame#card { background: $surface; border: 1px solid $border; border-radius: 4px; }
QFrame#line { background: $border; max-height: 1px; min-height: 1px; border: none; }
QWidget#panel-bar { background: $raised; border-bottom: 1px solid $border; }
QWidget#dock-title { background: $raised; border-bottom: 1px solid $border; }
QWidget#page { background: $surface; }
""")


def style_sheet(theme: Theme) -> str:
    """The style sheet with the theme's colours in it."""
    names = {name: value.name() for name, value in vars(theme).items() if isinstance(value, QColor)}
    return _SHEET.substitute(
        names,
        chevron=(FOLDER / f"chevron-{theme.name}.svg").as_posix(),  # only a file will do here
        check=(FOLDER / f"check-{theme.name}.svg").as_posix(),
        accent_hover=(theme.accent.lighter(112) if theme.dark else theme.accent.darker(112)).name(),
        scroll=QColor("#4a535f" if theme.dark else "#b9c0ca").name(),
    )
