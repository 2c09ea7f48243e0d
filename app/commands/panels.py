"""Showing, hiding and focusing the panels, the theme, the whole screen."""

from typing import TYPE_CHECKING

from widgets.theme import Mode

if TYPE_CHECKING:
    from app.window import Window


class Panels:
    """The commands of the menu View."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    def search(self) -> None:
        """Move the keyboard to the search field of the view that has it, else of the timeline."""
        view = self._window.current_view()
        for candidate in (view, self._window.views["timeline"]):
            focus = getattr(candidate, "focus_search", None)
            if focus is not None:
                focus()
                return

    def focus_timeline(self) -> None:
        """The timeline is always there."""
        self._window.views["timeline"].setFocus()

    def focus_state(self) -> None:
        """Show the state."""
        self._window.show_panel("state")

    def focus_changes(self) -> None:
        """Show the changes."""
        self._window.show_panel("changes")

    def focus_history(self) -> None:
        """Show the history of the selected path."""
        self._window.show_panel("history")

    def focus_storage(self) -> None:
        """Show what takes the space."""
        self._window.show_panel("storage")

    def focus_details(self) -> None:
        """Show the details of the selected transaction."""
        self._window.show_panel("details")

    def reset(self) -> None:
        """Put all panels back."""
        self._window.reset_layout()

    def toggle_full_screen(self) -> None:
        """Use the whole screen, or not."""
        full = not self._window.isFullScreen()
        self._window.showFullScreen() if full else self._window.showNormal()
        self._window.actions_by_id["full-screen"].setChecked(full)

    def theme_system(self) -> None:
        """Light or dark as the system says."""
        self._window.set_theme(Mode.SYSTEM)

    def theme_light(self) -> None:
        """Light."""
        self._window.set_theme(Mode.LIGHT)

    def theme_dark(self) -> None:
        """Dark."""
        self._window.set_theme(Mode.DARK)
