"""Everything that a person can do in the window, in one list.

Menus, tool bar, command palette, the sheet of shortcuts and the help are made from it.
The order here is the order in the menus.
"""

from widgets.actions import (
    Action,
    Condition,
    has_comparison,
    has_path,
    has_selection,
    has_store,
)
from widgets.common.session import Session


def can_go_back(session: Session) -> bool:
    """There is a place to go back to."""
    return has_store(session) and bool(getattr(session, "can_go_back", True))


def can_go_forward(session: Session) -> bool:
    """There is a place to go forward to."""
    return has_store(session) and bool(getattr(session, "can_go_forward", True))


def writable(session: Session) -> bool:
    """The open store takes commits."""
    return session.store is not None and bool(getattr(session, "writable", True))


def writable_selection(session: Session) -> bool:
    """The open store takes commits and a transaction is selected."""
    return writable(session) and session.selected >= 0


def writable_tags(session: Session) -> bool:
    """The open store takes changes and has a tag."""
    return writable(session) and session.store is not None and bool(session.store.tags())


def can_undo(session: Session) -> bool:
    """There is an action to undo."""
    return writable(session) and bool(getattr(session, "can_undo", True))


def can_redo(session: Session) -> bool:
    """There is an undone action to bring back."""
    return writable(session) and bool(getattr(session, "can_redo", True))


FILE, EDIT, GO, VIEW, HELP = "&File", "&Edit", "&Go", "&View", "&Help"
COPY, PANELS, THEME = "&Edit/Cop&y", "&View/&Panels", "&View/&Theme"  # submenus


def _a(
    action_id: str,
    text: str,
    handler: str,
    explanation: str,
    menu: str,
    shortcut: str = "",
    icon: str = "",
    when: Condition | None = None,
    toggle: bool = False,
    toolbar: bool = False,
) -> Action:
    extra = {} if when is None else {"enabled_when": when}
    return Action(action_id, text, handler, explanation, menu, shortcut, icon, toggle=toggle, toolbar=toolbar, **extra)


def separator(menu: str) -> Action:
    """A line between two groups of a menu."""
    return Action("", "", "", "", menu)


# fmt: off
ACTIONS: tuple[Action, ...] = (
    _a("open", "&Open…", "files.open", "Open a store from a file.", FILE, "Ctrl+O", "open"),
    _a("recent", "Open &recent…", "files.open_recent", "Choose one of the stores that were open before.", FILE,
       "Ctrl+Shift+O", "clock"),
    _a("import", "&Import…", "files.import_source",
       "Make a store from a git repository, a file of snapshots or events, CSV, or a folder; or add what is new.",
       FILE, "Ctrl+I", "import"),
    _a("sample", "Open the &sample", "files.open_sample",
       "Open a copy of the sample history that ships with the program.", FILE, icon="sample"),
    separator(FILE),
    _a("export", "&Export history…", "files.export_history", "Write the whole history to a JSON Lines file.", FILE,
       icon="export", when=has_store),
    _a("picture", "Save &picture…", "files.save_picture", "Save what the current view shows as PNG or SVG.", FILE,
       "Ctrl+Shift+S", "picture", has_store),
    _a("compact", "Co&mpact now", "storage.compact",
       "Write the history in fewer bytes, in the background; nothing of it is lost.", FILE, icon="compact",
       when=writable),
    separator(FILE),
    _a("close", "&Close store", "files.close_store", "Close the store and show the start page.", FILE, "Ctrl+W",
       "close", has_store),
    _a("quit", "&Quit", "window.close", "Close the window.", FILE, "Ctrl+Q", "quit"),

    _a("undo", "&Undo", "editing.undo", "Undo the last action on the store, of any kind.", EDIT, "Ctrl+Z", "undo",
       can_undo, toolbar=True),
    _a("redo", "&Redo", "editing.redo", "Bring back what was undone.", EDIT, "Ctrl+Shift+Z; Ctrl+Y", "redo", can_redo,
       toolbar=True),
    separator(EDIT),
    _a("commit", "&Commit an edit…", "state.commit_edits", "Commit the edits that were made in the state panel.", EDIT,
       "Ctrl+E", "edit", writable_selection, toolbar=True),
    _a("branch", "New &branch here…", "editing.new_branch", "Make a timeline that starts at the selected moment.",
       EDIT, "Ctrl+B", "branch", writable_selection, toolbar=True),
    _a("tag", "New &tag here…", "editing.new_tag", "Give the selected moment a name.", EDIT, "Ctrl+T", "tag",
       writable_selection, toolbar=True),
    _a("rename-branch", "Re&name branch…", "editing.rename_branch", "Give a timeline another name.", EDIT,
       when=writable),
    _a("delete-branch", "&Delete branch…", "editing.delete_branch", "Delete a timeline; undo brings it back.", EDIT,
       icon="delete", when=writable),
    _a("delete-tag", "Delete ta&g…", "editing.delete_tag", "Delete a tag; undo brings it back.", EDIT,
       when=writable_tags),
    _a("revert", "Take back the selected c&hange…", "changes.revert_change",
       "Commit what stood before the change selected in the changes panel.", EDIT, icon="back",
       when=writable_selection),
    separator(EDIT),
    _a("copy-id", "Copy &id", "copying.copy_id", "Copy the id of the selected transaction.", COPY, icon="copy",
       when=has_selection),
    _a("copy-handle", "Copy &handle", "copying.copy_handle", "Copy the short name of the selected transaction.", COPY,
       "Ctrl+Shift+H", when=has_selection),
    _a("copy-path", "Copy &path", "state.copy_path", "Copy the selected path.", COPY, "Ctrl+Shift+C",
       when=has_selection),
    _a("copy-value", "Copy &value", "state.copy_value", "Copy the value at the selected path, as JSON.", COPY,
       "Ctrl+Shift+V", when=has_selection),

    _a("back", "&Back", "session.go_back", "Return to what was selected before.", GO, "Alt+Left", "back", can_go_back,
       toolbar=True),
    _a("forward", "&Forward", "session.go_forward", "Undo “Back”.", GO, "Alt+Right", "forward", can_go_forward,
       toolbar=True),
    separator(GO),
    _a("go-to", "&Go to…", "travel.go_to", "Go to a time, a timeline, a tag, an id or a handle.", GO, "Ctrl+G",
       "clock", has_store, toolbar=True),
    _a("newest", "&Newest", "travel.newest", "Go to the head of the timeline.", GO, "Alt+Home", when=has_store),
    separator(GO),
    _a("previous", "&Earlier transaction", "travel.previous", "Go to the transaction before this one.", GO, "Alt+Down",
       "previous", has_selection, toolbar=True),
    _a("next", "&Later transaction", "travel.next", "Go to the transaction after this one.", GO, "Alt+Up", "next",
       has_selection, toolbar=True),
    _a("play", "&Play through time", "travel.toggle_play", "Step from transaction to transaction until stopped.", GO,
       "Ctrl+Space", "play", has_selection, toggle=True, toolbar=True),
    separator(GO),
    _a("previous-change", "Previous change of this pa&th", "state.previous_change",
       "Go back to the transaction that made the selected path what it is, then to the one before.", GO,
       "Ctrl+Alt+Down", when=has_path),
    _a("next-change", "Ne&xt change of this path", "state.next_change",
       "Go to the next transaction that changes the selected path.", GO, "Ctrl+Alt+Up", when=has_path),
    separator(GO),
    _a("compare", "&Compare with…", "travel.compare_with", "Compare the selected moment with another one.", GO,
       "Ctrl+D", "compare", has_selection, toolbar=True),
    _a("compare-none", "&Stop comparing", "travel.compare_none", "Compare with the parent again.", GO, "Ctrl+Shift+D",
       when=has_comparison),

    _a("search", "&Search…", "panels.search", "Search transactions by author, message, id.", VIEW, "Ctrl+F", "search",
       has_store),
    separator(VIEW),
    _a("zoom-in", "Zoom &in", "timeline.zoom_in", "Show a shorter time in more detail.", VIEW, "Ctrl++; Ctrl+=",
       "zoom-in", has_store, toolbar=True),
    _a("zoom-out", "Zoom &out", "timeline.zoom_out", "Show a longer time.", VIEW, "Ctrl+-", "zoom-out", has_store,
       toolbar=True),
    _a("zoom-fit", "&Whole history", "timeline.zoom_fit", "Show everything from the first to the last transaction.",
       VIEW, "Ctrl+0", "fit", has_store, toolbar=True),
    separator(VIEW),
    _a("show-timeline", "&Timeline", "panels.focus_timeline", "Move the keyboard to the timeline.", PANELS, "Ctrl+1",
       "timeline", has_store),
    _a("show-state", "&State", "panels.focus_state", "Go to the state panel, or hide it when it has the keyboard.",
       PANELS, "Ctrl+2", "state", has_store),
    _a("show-changes", "&Changes", "panels.focus_changes",
       "Go to the changes panel, or hide it when it has the keyboard.", PANELS, "Ctrl+3", "changes", has_store),
    _a("show-history", "&History", "panels.focus_history",
       "Go to the history panel, or hide it when it has the keyboard.", PANELS, "Ctrl+4", "history", has_store),
    _a("show-details", "&Details", "panels.focus_details",
       "Go to the details panel, or hide it when it has the keyboard.", PANELS, "Ctrl+5", "details", has_store),
    _a("show-storage", "St&orage", "panels.focus_storage",
       "Go to the storage panel, or hide it when it has the keyboard.", PANELS, "Ctrl+6", "storage", has_store),
    _a("reset-layout", "&Reset layout", "panels.reset", "Put all panels back where they were at first.", PANELS,
       when=has_store),
    _a("full-screen", "F&ull screen", "panels.toggle_full_screen", "Use the whole screen.", VIEW, "F11", toggle=True),
    separator(VIEW),
    _a("theme-system", "As the &system", "panels.theme_system", "Light or dark, as the system says.", THEME,
       icon="system", toggle=True),
    _a("theme-light", "&Light", "panels.theme_light", "The light theme.", THEME, icon="light", toggle=True),
    _a("theme-dark", "&Dark", "panels.theme_dark", "The dark theme.", THEME, icon="dark", toggle=True),

    _a("palette", "Command &palette…", "help.palette", "Find any action, timeline or tag by a few letters.", HELP,
       "Ctrl+Shift+P; F1", "palette", toolbar=True),
    _a("shortcuts", "&Keyboard shortcuts", "help.shortcuts", "Show all keyboard shortcuts.", HELP, "?", "keyboard"),
    _a("help", "&Help for this view", "help.view_help", "Explain the view that has the keyboard.", HELP, "Shift+F1",
       "help"),
    _a("about", "&About", "help.about", "Version, licence and the libraries in use.", HELP, icon="about"),
)
# fmt: on

MENUS: tuple[str, ...] = (FILE, EDIT, GO, VIEW, HELP)


def action(action_id: str) -> Action:
    """The action with this id. Raises KeyError."""
    return next(one for one in ACTIONS if one.id == action_id)
