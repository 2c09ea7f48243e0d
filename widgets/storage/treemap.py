"""The treemap: which part of the state takes how much of the file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.common.text import count, size
from widgets.theme import fonts, theme

from .colours import tint
from .load import REST, Loaded, Tile, ancestry, outside, tiles
from .squarify import Box, squarify

_GAP = 1.0
_HEAD = 20
_PAD = 6
_NESTED_WIDTH, _NESTED_HEIGHT = 72, 56  # from here on a tile shows what is in it
_LABEL_WIDTH, _LABEL_HEIGHT = 34, 18


@dataclass(frozen=True, slots=True)
class Placed:
    """A tile, where it is, its colour, and what is in it."""

    tile: Tile
    box: Box
    hue: int
    inner: tuple[tuple[Tile, Box], ...]


class Treemap(QWidget):
    """Tiles of the parts of one prefix. A click or the arrow keys choose one, Return goes into it, Backspace out."""

    chosen = Signal(int)  #: the prefix of the tile that was chosen
    entered = Signal(int)  #: the prefix that is shown now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("storage-treemap")
        self.setAccessibleName("Bytes by part of the state")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 64)
        self._loaded: Loaded | None = None
        self.node = 0
        self.placed: list[Placed] = []
        self._picture: QPixmap | None = None
        self.current = -1
        self._hover = -1

    def sizeHint(self) -> QSize:
        """Room for some tiles."""
        return QSize(420, 280)

    # ------------------------------------------------------------------------------------------------ contents

    def show_figures(self, loaded: Loaded | None) -> None:
        """Show the figures of a store, at `$`."""
        self._loaded = loaded
        self._show(0)

    def enter(self, node: int) -> None:
        """Go into a prefix, or out to one."""
        if self._loaded is not None and node != REST and tiles(self._loaded.figures, node):
            before = self.node
            self._show(node)
            self.entered.emit(node)
            around = set(ancestry(self._loaded.figures, before))
            place = next((place for place, item in enumerate(self.placed) if item.tile.node in around - {node}), None)
            if place is not None and before != node:
                self._point_at(place)

    def _show(self, node: int) -> None:
        self.node, self.current, self._hover = node, -1, -1
        self._place()
        self._describe()

    def _place(self) -> None:
        """Lay the tiles out anew: the contents or the size are others."""
        self.placed, self._picture = [], None
        if self._loaded is not None:
            found = tiles(self._loaded.figures, self.node)
            boxes = squarify([tile.size for tile in found], Box(0, 0, self.width(), self.height()))
            for hue, (tile, box) in enumerate(zip(found, boxes, strict=True)):
                self.placed.append(Placed(tile, box.inside(_GAP / 2), hue, self._nested(tile, box)))
        self.update()

    def _nested(self, tile: Tile, box: Box) -> tuple[tuple[Tile, Box], ...]:
        if self._loaded is None or not tile.inner or box.width < _NESTED_WIDTH or box.height < _NESTED_HEIGHT:
            return ()
        found = tiles(self._loaded.figures, tile.node)
        boxes = squarify([item.size for item in found], box.inside(3, _HEAD))
        return tuple(zip(found, [item.inside(_GAP / 2) for item in boxes], strict=True))

    def text_of(self, tile: Tile) -> str:
        """A tile in words: prefix, bytes, share, paths."""
        if self._loaded is None:
            return ""
        prefixes = self._loaded.figures.prefixes
        name = tile.label if tile.node == REST else prefixes.text(tile.node)
        name += " itself" if tile.node == self.node else ""
        whole = int(prefixes.whole[0]) or 1
        return f"{name}: {size(tile.size)}, {100 * tile.size / whole:.1f} % of all, {count(tile.paths, 'path')}"

    def _describe(self) -> None:
        here = self.placed[self.current].tile if 0 <= self.current < len(self.placed) else None
        self.setAccessibleDescription(self.text_of(here) if here else "Choose a part with the arrow keys")

    # ------------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tiles with their names and sizes, and in large ones what is in them; rings around those that are meant."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._painted(ratio)
        painter.drawPixmap(0, 0, self._picture)
        for place, ring, width in (
            (self._hover, theme().border_strong, 1),
            (self.current, theme().accent if self.hasFocus() else theme().border_strong, 2),
        ):
            if 0 <= place < len(self.placed):
                painter.setPen(QPen(ring, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                area = QRectF(*self.placed[place].box)
                painter.drawRect(area.adjusted(width / 2, width / 2, -width / 2, -width / 2))
        painter.end()

    def _painted(self, ratio: float) -> QPixmap:
        """All tiles: a thousand texts take longer than a frame may while the pointer moves."""
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme().surface)
        painter = QPainter(picture)
        for item in self.placed:
            self._paint_tile(painter, item)
        painter.end()
        return picture

    def refresh(self) -> None:
        """Take on the colours of the theme."""
        self._picture = None
        self.update()

    def _paint_tile(self, painter: QPainter, item: Placed) -> None:
        colours = theme()
        area = QRectF(*item.box)
        rest = item.tile.node == REST
        painter.fillRect(area, colours.hover if rest else tint(item.hue))
        for tile, box in item.inner:
            inside = QRectF(*box)
            painter.fillRect(inside, tint(item.hue, 0.38 if colours.dark else 0.28))
            self._write(painter, inside, tile.label, size(tile.size))
        head = _HEAD if item.inner else int(item.box.height)
        top = QRectF(area.x(), area.y(), area.width(), head)
        self._write(painter, top, item.tile.label, size(item.tile.size))

    def _write(self, painter: QPainter, area: QRectF, label: str, amount: str) -> None:
        """The name and, where there is room, the size: beside it, else below it."""
        if area.width() < _LABEL_WIDTH or area.height() < _LABEL_HEIGHT:
            return
        colours, room = theme(), area.adjusted(_PAD, 2, -_PAD, -2)
        painter.setFont(fonts().small)
        metrics = painter.fontMetrics()
        top = Qt.AlignmentFlag.AlignTop if area.height() > _HEAD + 4 else Qt.AlignmentFlag.AlignVCenter
        wide = metrics.horizontalAdvance(amount) + 8
        beside = room.width() - wide >= metrics.horizontalAdvance(label[:3] + "…")
        below = not beside and room.height() >= 2 * metrics.height()
        painter.setPen(colours.text)
        shown = _elided(label, round(room.width() - (wide if beside else 0)))
        if shown:
            painter.drawText(room, top | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setPen(colours.text_muted)
        if beside:
            painter.drawText(room, top | Qt.AlignmentFlag.AlignRight, amount)
        elif below and metrics.horizontalAdvance(amount) <= room.width():
            painter.drawText(room.adjusted(0, metrics.height(), 0, 0), top | Qt.AlignmentFlag.AlignLeft, amount)

    # ------------------------------------------------------------------------------------------------ events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The same tiles in another place."""
        self._place()

    def at(self, position: QPointF) -> int:
        """The place of the tile at a position, -1 for none."""
        for place, item in enumerate(self.placed):
            if QRectF(*item.box).contains(position):
                return place
        return -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which tile is meant."""
        hover = self.at(event.position())
        if hover != self._hover:
            self._hover = hover
            inner = hover >= 0 and self.placed[hover].tile.inner
            self.setCursor(Qt.CursorShape.PointingHandCursor if inner else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a tile."""
        if event.button() == Qt.MouseButton.LeftButton and (place := self.at(event.position())) >= 0:
            self._choose(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go into it."""
        if (place := self.at(event.position())) >= 0:
            self._enter_tile(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Return goes in, Backspace out."""
        keys = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        last = len(self.placed) - 1
        if event.key() in keys and self.placed:
            self._choose(min(max(self.current + keys[Qt.Key(event.key())], 0), last))
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.placed:
            self._choose(0 if event.key() == Qt.Key.Key_Home else last)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self._enter_tile(self.current)
        elif event.key() == Qt.Key.Key_Backspace:
            self.go_out()
        else:
            super().keyPressEvent(event)

    def go_out(self) -> None:
        """To the prefix that this one is in."""
        if self._loaded is not None and self.node:
            self.enter(outside(self._loaded.figures, self.node))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard begins at the largest tile."""
        if self.current < 0 and self.placed:
            self._point_at(0)
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """What a tile is, in the tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.at(QPointF(event.pos()))
            if place >= 0:
                item = self.placed[place]
                inner = next((tile for tile, box in item.inner if QRectF(*box).contains(QPointF(event.pos()))), None)
                QToolTip.showText(event.globalPos(), self.text_of(inner or item.tile), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _enter_tile(self, place: int) -> None:
        if self.placed[place].tile.inner:
            self.enter(self.placed[place].tile.node)

    def _choose(self, place: int) -> None:
        self._point_at(place)
        if self.placed[place].tile.node != REST:
            self.chosen.emit(self.placed[place].tile.node)

    def _point_at(self, place: int) -> None:
        self.current = place
        self._describe()
        self.update()


@lru_cache(maxsize=2048)
def _elided(text: str, width: int) -> str:
    """A name cut to some pixels; "" where not even a few letters fit."""
    from PySide6.QtGui import QFontMetrics

    metrics = QFontMetrics(fonts().small)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
    return shown if len(shown) > 1 or shown == text else ""
