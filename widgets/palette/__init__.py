"""Finding and learning actions: the command palette and the sheet of shortcuts."""

from .palette import CommandPalette, Entry
from .sheet import ShortcutSheet

__all__ = ["CommandPalette", "Entry", "ShortcutSheet"]
