"""The small style sheet on top of Fusion: only what a palette cannot say."""

from string import Template

from .tokens import Theme

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $border; padding: 4px 8px; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
""")


def style_sheet(theme: Theme) -> str:
    """The style sheet with the theme's colours in it."""
    return _SHEET.substitute({
        name: value.name() for name, value in vars(theme).items() if hasattr(value, "name") and callable(value.name)
    })
