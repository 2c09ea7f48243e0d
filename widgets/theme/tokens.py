"""The colours, by what they mean. A view never names a colour, it names a token.

Text tokens have a contrast of at least 4.5:1 on every background that they are meant for, branch
colours and other graphics at least 3:1 (WCAG 2.2, 1.4.3 and 1.4.11); the tests compute it.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor


@dataclass(frozen=True, eq=False)
class Theme:
    """The colour tokens of one theme."""

    name: str
    dark: bool

    window: QColor  #: behind everything: frames, status bar, docks
    surface: QColor  #: where content stands: lists, trees, the canvas
    raised: QColor  #: headers, tool bars, menus
    field: QColor  #: text fields
    hover: QColor  #: a row or button under the pointer
    stripe: QColor  #: every other row or group, barely visible
    border: QColor
    border_strong: QColor  #: outlines of fields and buttons (3:1)
    grid: QColor  #: lines behind a plot or the time axis

    text: QColor
    text_muted: QColor  #: secondary text, still 4.5:1
    text_disabled: QColor

    accent: QColor  #: the one accent; text and graphics on window and surface
    on_accent: QColor  #: text on a filled accent
    accent_soft: QColor  #: a tint of the accent behind text
    selection: QColor  #: selected rows of the view that has the focus
    selection_inactive: QColor  #: selected rows of the others
    focus: QColor  #: the focus ring

    # What happened to a value. Always together with a sign or a word, never by colour alone.
    added: QColor
    added_soft: QColor
    removed: QColor
    removed_soft: QColor
    changed: QColor
    changed_soft: QColor
    moved: QColor
    moved_soft: QColor
    warning: QColor
    warning_soft: QColor
    error: QColor
    error_soft: QColor

    # Values in trees and tables.
    key: QColor
    string: QColor
    number: QColor
    boolean: QColor
    null: QColor

    branches: tuple[QColor, ...]  #: lanes and categories; distinct for colour-blind eyes too

    def branch(self, index: int) -> QColor:
        """The colour of a timeline or category; they repeat after `len(branches)`."""
        return self.branches[index % len(self.branches)]


def _colours(text: str) -> tuple[QColor, ...]:
    return tuple(QColor(name) for name in text.split())


LIGHT = Theme(
    name="light",
    dark=False,
    window=QColor("#f3f4f7"),
    surface=QColor("#ffffff"),
    raised=QColor("#fafbfc"),
    field=QColor("#ffffff"),
    hover=QColor("#eceff4"),
    stripe=QColor("#f8f9fb"),
    border=QColor("#dde1e8"),
    border_strong=QColor("#7d8694"),
    grid=QColor("#e8ebf0"),
    text=QColor("#1b2027"),
    text_muted=QColor("#59626f"),
    text_disabled=QColor("#9aa2ae"),
    accent=QColor("#1f5fbf"),
    on_accent=QColor("#ffffff"),
    accent_soft=QColor("#e4edfa"),
    selection=QColor("#d3e3f9"),
    selection_inactive=QColor("#e4e8ee"),
    focus=QColor("#1f5fbf"),
    added=QColor("#0a6a4e"),
    added_soft=QColor("#dff3ea"),
    removed=QColor("#a8350b"),
    removed_soft=QColor("#fce8df"),
    changed=QColor("#7a5200"),
    changed_soft=QColor("#fbf0d4"),
    moved=QColor("#6a3fa0"),
    moved_soft=QColor("#efe7f9"),
    warning=QColor("#7a5200"),
    warning_soft=QColor("#fbf0d4"),
    error=QColor("#a32013"),
    error_soft=QColor("#fde6e3"),
    key=QColor("#1b2027"),
    string=QColor("#0a6a4e"),
    number=QColor("#1f5fbf"),
    boolean=QColor("#6a3fa0"),
    null=QColor("#59626f"),
    branches=_colours("#1f5fbf #cf7303 #0c9ca5 #ab1b75 #aa6ff5 #765601 #0e3a00 #56125a"),
)

DARK = Theme(
    name="dark",
    dark=True,
    window=QColor("#16191e"),
    surface=QColor("#1c2026"),
    raised=QColor("#22272e"),
    field=QColor("#14171b"),
    hover=QColor("#2a3038"),
    stripe=QColor("#1f2329"),
    border=QColor("#323943"),
    border_strong=QColor("#6b7583"),
    grid=QColor("#2a3038"),
    text=QColor("#e4e7ec"),
    text_muted=QColor("#adb6c3"),
    text_disabled=QColor("#69727f"),
    accent=QColor("#79b0ff"),
    on_accent=QColor("#0b1626"),
    accent_soft=QColor("#1f2f47"),
    selection=QColor("#263f63"),
    selection_inactive=QColor("#2c323b"),
    focus=QColor("#79b0ff"),
    added=QColor("#5fd0a5"),
    added_soft=QColor("#15352b"),
    removed=QColor("#ff9a6e"),
    removed_soft=QColor("#43241a"),
    changed=QColor("#e9c163"),
    changed_soft=QColor("#3a3017"),
    moved=QColor("#c9a8f5"),
    moved_soft=QColor("#33284a"),
    warning=QColor("#e9c163"),
    warning_soft=QColor("#3a3017"),
    error=QColor("#ff958a"),
    error_soft=QColor("#47201d"),
    key=QColor("#e4e7ec"),
    string=QColor("#5fd0a5"),
    number=QColor("#79b0ff"),
    boolean=QColor("#c9a8f5"),
    null=QColor("#adb6c3"),
    branches=_colours("#79b0ff #bc5a38 #50f0f5 #ec9ca2 #9f55da #edde49 #2c878c #98aa22"),
)
