"""Finding actions, shortcuts, help for a view, and what the program is."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.actions import ACTIONS
from app.keys import KEYS
from widgets.palette import CommandPalette, Entry, ShortcutSheet
from widgets.palette.sheet import keys, plain
from widgets.theme import icon

if TYPE_CHECKING:
    from app.window import Window

PAGES = Path(__file__).resolve().parents[2] / "resources" / "help"
NAMES = 2000  #: timelines and tags that the palette offers; more are reached by “Go to”


class Help:
    """The commands of the menu Help."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    def palette(self) -> None:
        """The command palette."""
        CommandPalette([*self._actions(), *self._places()], self._window).popup()

    def shortcuts(self) -> None:
        """The sheet of shortcuts."""
        ShortcutSheet(ACTIONS, KEYS, self._window).open()

    def view_help(self) -> None:
        """The page about the view that has the keyboard."""
        from widgets.common.help import HelpDialog

        view = self._window.current_view()
        name = "start" if self._window.session.store is None else view.objectName() if view is not None else "timeline"
        page = PAGES / f"{name}.md"
        HelpDialog((page if page.exists() else PAGES / "start.md").read_text(encoding="utf-8"), self._window).open()

    def about(self) -> None:
        """Version, licence, libraries."""
        from widgets.common.help import HelpDialog

        HelpDialog(about_text(), self._window).open()

    def _actions(self) -> list[Entry]:
        self._window.actions_by_id.refresh()
        return [
            Entry(
                plain(record.text),
                partial(self._window.actions_by_id.trigger, record.id),
                detail=" › ".join(plain(part) for part in record.menu.split("/")),
                shortcut=keys(record).split("  ")[0],
                icon=icon(record.icon) if record.icon else None,
                enabled=self._window.actions_by_id[record.id].isEnabled(),
                help=record.help,
            )
            for record in ACTIONS
            if record.id and record.id != "palette"
        ]

    def _places(self) -> list[Entry]:
        """Timelines and tags, to go there."""
        session = self._window.session
        if session.store is None:
            return []
        entries = [
            Entry(name, partial(session.select, dense), detail="Tag", icon=icon("tag"))
            for name, dense in session.store.tags().items()
        ]
        entries += [
            Entry(name, partial(session.select_timeline, name), detail="Timeline", icon=icon("branch"))
            for name, heads in session.store.heads().items()
            if heads
        ]
        return entries[:NAMES]


def about_text() -> str:
    """What the program is, as Markdown."""
    from importlib.metadata import PackageNotFoundError, version

    def of(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "—"

    used = ("PySide6-Essentials", "pyqtgraph", "numpy", "SQLAlchemy", "apsw", "zstandard", "blake3", "networkx")
    rows = "\n".join(f"| {name} | {of(name)} |" for name in used)
    return (
        f"# The Re-factory {of('refactory')}\n\nA timeline explorer for structured data that changes."
        "\n\nApache License 2.0."
        "\n\nThe type faces are Inter and JetBrains Mono, both under the SIL Open Font License 1.1."
        f"\n\n| library | version |\n| --- | --- |\n{rows}\n"
    )
