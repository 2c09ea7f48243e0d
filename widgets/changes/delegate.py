"""Draws records and changes: sign, path; before and after, or the words that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from engine.timeline.version import MISSING
from widgets.common.text import count
from widgets.theme import SPACE_S, SPACE_XS, Theme, fonts, theme
from widgets.values import preview, split_path
from widgets.values.paint import SIGN_WIDTH, draw_cut, draw_sign, mark_colours, struck, value_colour, width_of

from .model import PATH, ChangesModel, change_text, change_title, names_of
from .records import KINDS, SIGNS, Group
from .words import condense, similar, word_diff

if TYPE_CHECKING:
    from engine.store import Change

Index = QModelIndex | QPersistentModelIndex
#: text, font, colour, tint, gap to the next
Part = tuple[str, QFont, QColor, QColor | None, int]
_MOST_CHARACTERS = 20_000  #: of texts that are compared while a row is drawn
_KEY = 14  #: characters of a key beside a name; more (a UUID) would push out of sight which list it is in
_WORDS_FROM = 4  #: texts of fewer words (times, ids, addresses) are shown whole, before and after


class ChangesDelegate(QStyledItemDelegate):
    """Paints from the model's groups; what is cut is whole in the tool tip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows of one height."""
        return QSize(120, fonts().row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        model: ChangesModel = index.model()  # type: ignore[assignment]
        found, change = model.group_at(index), model.change_at(index)
        if found is None:
            return
        painter.save()
        painter.setClipRect(option.rect)
        tokens = theme()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, tokens.selection if option.widget.hasFocus() else tokens.selection_inactive)
        left = option.rect.left() + SPACE_XS
        if index.column() == PATH:
            draw_sign(painter, change.kind if change else found.kind, fonts().strong, tokens, option.rect)
            left = option.rect.left() + SIGN_WIDTH
        for text, font, colour, tint, gap in self.parts(found, change, index, tokens):
            left = draw_cut(painter, text, font, colour, left, option.rect, tint, gap)
        painter.restore()

    def parts(self, found: Group, change: Change | None, index: Index, tokens: Theme) -> list[Part]:
        """The texts of a cell, from left to right."""
        if change is None:
            return record_parts(found, tokens) if index.column() == PATH else summary_parts(found, tokens)
        if index.column() == PATH:
            return [(change_title(found, index.row()), fonts().ui, tokens.key, None, SPACE_S)]
        return change_parts(change, tokens)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """The whole text as a tool tip where it was cut."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), self.tool_tip(index, option.rect), view)
        return True

    def tool_tip(self, index: Index, rect: QRect) -> str:
        """What a cell does not show; empty where it shows all."""
        model: ChangesModel = index.model()  # type: ignore[assignment]
        found, change = model.group_at(index), model.change_at(index)
        if found is None:
            return ""
        parts = self.parts(found, change, index, theme())
        room = rect.width() - (SIGN_WIDTH if index.column() == PATH else SPACE_XS)
        needed = sum(width_of(text, font) + gap for text, font, _, _, gap in parts)
        whole = change.path if change and index.column() == PATH else found.path
        if change is not None and index.column() != PATH:
            whole = change_text(change)
        return whole if needed > room or any("…" in text for text, *_ in parts) else ""


def record_parts(found: Group, tokens: Theme) -> list[Part]:
    """What names a record, and where it is."""
    face = fonts()
    steps = split_path(found.path)
    above = "$" + "".join(steps[:-1]) if steps else ""
    first, *rest = names_of(found)
    parts: list[Part] = [(first, face.strong, tokens.text, None, SPACE_S)]
    for second in rest:
        if second == found.label:
            parts.append((second, face.ui, tokens.text_muted, None, SPACE_S))
        else:
            shown = second if len(second) <= _KEY else f"{second[: _KEY - 6]}…"
            parts.append((shown, face.mono, tokens.text_muted, None, SPACE_S))
    if above not in ("", "$"):
        parts.append((f"in {above}", face.small, tokens.text_muted, None, SPACE_S))
    return parts


def summary_parts(found: Group, tokens: Theme) -> list[Part]:
    """What happened to a record, and how many changes of each kind."""
    face = fonts()
    parts: list[Part] = []
    if found.whole:
        colour, tint = mark_colours(found.whole, tokens)
        parts.append((f" {found.whole} ", face.small, colour, tint, SPACE_S))
    for kind in KINDS:
        if found.counts.get(kind):
            text = f"{SIGNS[kind]}{count(found.counts[kind])}"
            parts.append((text, face.small, mark_colours(kind, tokens)[0], None, SPACE_S))
    return parts


def change_parts(change: Change, tokens: Theme) -> list[Part]:
    """Before and after, or the words that differ where most of a text stayed."""
    face = fonts()
    before, after = preview(change.before, missing=MISSING), preview(change.after, missing=MISSING)
    if change.kind == "moved":
        return [(change_text(change), face.small, tokens.moved, None, 0)]
    if change.kind == "added":
        return [(after.text, face.mono, value_colour(after.kind, tokens), None, 0)]
    if change.kind == "removed":
        return [(before.text, struck(face.mono), tokens.text_muted, None, 0)]
    words = word_parts(change, tokens)
    if words:
        return words
    return [
        (before.text, struck(face.mono), tokens.text_muted, None, SPACE_S),
        ("→", face.ui, tokens.text_muted, None, SPACE_S),
        (after.text, face.mono, value_colour(after.kind, tokens), None, 0),
    ]


def word_parts(change: Change, tokens: Theme) -> list[Part]:
    """The words that went and came within their surroundings; nothing where texts are short or share little."""
    if not isinstance(change.before, str) or not isinstance(change.after, str):
        return []
    if len(change.before) + len(change.after) > _MOST_CHARACTERS:
        return []
    if min(len(change.before.split()), len(change.after.split())) < _WORDS_FROM:
        return []
    spans = word_diff(change.before, change.after)
    if not similar(spans):
        return []
    mono = fonts().mono
    styles = {
        "same": (mono, tokens.text_muted, None),
        "removed": (struck(mono), tokens.removed, tokens.removed_soft),
        "added": (mono, tokens.added, tokens.added_soft),
    }
    return [(" ".join(span.text.splitlines()) or " ", *styles[span.sign], 0) for span in condense(spans)]
