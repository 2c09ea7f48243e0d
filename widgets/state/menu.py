"""The context menu of the State view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from widgets.theme import icon

if TYPE_CHECKING:
    from .view import StateView


def state_menu(view: StateView) -> QMenu:
    """What can be done with the selected row. The menu deletes itself when it closes."""
    tree, editing = view.tree, view.editing
    path_id = tree.current_path()
    reader = tree.nodes.reader
    here = path_id != -1 and not reader.removed(path_id)
    container = here and reader.kind(path_id) in ("map", "list")
    writable = editing.writable
    menu = QMenu(view)
    menu.aboutToHide.connect(menu.deleteLater)

    def add(text: str, name: str, keys: str, handler, enabled: bool = True) -> None:  # type: ignore[no-untyped-def]
        action = menu.addAction(icon(name) if name else icon("more"), f"{text}\t{keys}" if keys else text)
        action.triggered.connect(lambda: handler())
        action.setIconVisibleInMenu(bool(name))
        action.setEnabled(enabled)

    add("Edit value", "edit", "F2", lambda: editing.edit_value(path_id), here and not container and writable)
    add("Edit as JSON…", "", "Shift+F2", lambda: editing.edit_json(path_id), here and writable)
    add("Add to it…", "add", "Ins", lambda: editing.add(path_id), container and writable)
    add("Remove", "delete", "Del", lambda: editing.remove(path_id), here and path_id != 0 and writable)
    menu.addSeparator()
    add("Copy path", "copy", "Ctrl+Shift+C", view.copy_path, path_id >= 0)
    add("Copy value", "", "Ctrl+Shift+V", view.copy_value, path_id != -1)
    menu.addSeparator()
    add("Previous change of this path", "previous", "Ctrl+Alt+Down", view.previous_change, path_id >= 0)
    add("Next change of this path", "next", "Ctrl+Alt+Up", view.next_change, path_id >= 0)
    add("History of this path", "history", "Ctrl+4", view.show_history, path_id >= 0)
    menu.addSeparator()
    add("Expand all below", "", "*", lambda: tree.expand_below(path_id), bool(container))
    add("Collapse all below", "", "", lambda: tree.collapse_below(path_id), bool(container))
    return menu
