"""Labels of the canvas: names at lanes, messages at transactions, tags, the axis."""

from collections.abc import Callable
from math import ceil

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from widgets.theme import SPACE_XS, Theme, fonts, theme

from .axis import Axis, Tick, axis_for, full_label
from .batch import draw_lines, draw_rects, is_vector
from .columns import Array
from .frame import Frame, dot_size
from .glyphs import Glyphs, Placed
from .paint import pen
from .viewport import Viewport
from .window import LaneWindow

Flag = tuple[int, QColor, QColor]  #: time, fill, ink

AXIS = 40  #: height of the time axis, px
TAG = 16  #: height of a tag, px
CAPACITY = 300  #: so many pictures of tags are kept
ABOVE = 10  #: how far above a line the baseline of its labels is, px


class Labels:
    """Draws the texts of the canvas."""

    def __init__(self) -> None:
        self.names = Glyphs(fonts().strong)
        self.texts = Glyphs(fonts().small)
        self._for: Viewport | None = None
        self._shown = Axis((), ())
        self._tags: dict[tuple[str, Theme, float], QPixmap] = {}
        self._taken: dict[float, list[tuple[float, float]]] = {}  # by y of the lane: where there are labels

    def paint(
        self,
        painter: QPainter,
        frame: Frame,
        window: LaneWindow,
        name: Callable[[int], str],
        titles: Callable[[Array], list[str]],
        tags: list[tuple[float, float, str]],
    ) -> None:
        """Names of timelines where their lines begin, then tags (x, y, text), then messages where there is room."""
        self._taken.clear()
        if window.height < 12:
            return
        above = window.height >= 28
        self._paint_names(painter, frame, name, above)
        for x, y, text in tags:
            self._paint_tag(painter, x, y - 15 if above else y, y, text)
        if above and len(frame.message):
            self._paint_messages(painter, frame, window, titles)

    def _free(self, y: float, start: float, end: float) -> float:
        """The first x from `start` on that is not taken in the lane at y; `end` if there is none before."""
        for left, right in self._taken.get(y, ()):
            if left - 8 < end and start < right:
                start = right
        return min(start, end)

    def _take(self, y: float, left: float, right: float) -> None:
        self._taken.setdefault(y, []).append((left, right + 8))

    def _paint_names(self, painter: QPainter, frame: Frame, name: Callable[[int], str], above: bool) -> None:
        glyphs = self.names if above else self.texts
        placed: list[Placed] = []
        widths: list[float] = []
        for timeline, (x, y, room) in zip(frame.name_timeline.tolist(), frame.name.tolist(), strict=True):
            text = name(timeline)
            shown, width = glyphs.fit(text, room - 2 * SPACE_XS)
            if width < 72 and shown is not text:
                continue  # a name of which there is hardly anything says nothing
            left = round(x) + SPACE_XS
            placed.append((left, y - ABOVE if above else y + glyphs.ascent / 2 - 1.5, shown))
            widths.append(width)
            self._take(y, left, left + width)
        self._draw(painter, glyphs, placed, widths, theme().text)

    def _paint_messages(
        self, painter: QPainter, frame: Frame, window: LaneWindow, titles: Callable[[Array], list[str]]
    ) -> None:
        texts = titles(frame.dense[frame.message])
        offset = dot_size(window.height) / 2
        placed: list[Placed] = []
        widths: list[float] = []
        for at, room, text in zip(frame.message.tolist(), frame.message_room.tolist(), texts, strict=True):
            if not text:
                continue  # it is being read
            x, y = float(frame.x[at]) - offset, float(frame.y[at])
            start = self._free(y, x, x + room)
            room = x + room - start
            if room > 56:
                shown, width = self.texts.fit(text, room)
                placed.append((start, y - ABOVE, shown))
                widths.append(width)
        self._draw(painter, self.texts, placed, widths, theme().text_muted)

    @staticmethod
    def _draw(painter: QPainter, glyphs: Glyphs, placed: list[Placed], widths: list[float], ink: QColor) -> None:
        """Texts on paper that keeps lines out of them."""
        if not placed:
            return
        paper = theme().surface
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paper)
        x, y = (np.round([item[at] for item in placed]) for at in range(2))
        size = np.round(widths) + 4, np.full(len(placed), ceil(glyphs.height) + 1.0)
        draw_rects(painter, np.column_stack([x - 2, y - round(glyphs.ascent), *size]))
        glyphs.draw_all(painter, placed, ink, paper, again=True)

    def _paint_tag(self, painter: QPainter, x: float, middle: float, y: float, text: str, room: float = 160) -> None:
        """Text in a frame, its left edge at x if that is free."""
        width = self.texts.width(text, room) + 2 * SPACE_XS + 6
        if self._for is not None:
            x = min(x, self._for.width - width - 2)  # at the right edge it stands before its transaction
        left = self._free(y, x, x + 200)
        if left > x + 80:
            return
        self._take(y, left, left + width)
        place = QPointF(round(left), round(middle - 8))
        if is_vector(painter):
            self._draw_tag(painter, place, text, width, room)
            return
        ratio = painter.device().devicePixelRatio()
        key = (text, theme(), ratio)
        stamp = self._tags.get(key)
        if stamp is None:
            if len(self._tags) >= CAPACITY:
                self._tags.clear()
            stamp = self._tags[key] = self._tag_stamp(text, width, room, ratio)
        painter.drawPixmap(place, stamp)

    def _tag_stamp(self, text: str, width: float, room: float, ratio: float) -> QPixmap:
        """The picture of a tag: drawing it takes as long as stamping ten."""
        stamp = QPixmap(ceil((width + 1) * ratio), ceil(TAG * ratio))
        stamp.setDevicePixelRatio(ratio)
        stamp.fill(Qt.GlobalColor.transparent)
        painter = QPainter(stamp)
        self._draw_tag(painter, QPointF(0, 0), text, width, room)
        painter.end()
        return stamp

    def _draw_tag(self, painter: QPainter, place: QPointF, text: str, width: float, room: float) -> None:
        colours = theme()
        box = QRectF(place.x(), place.y(), round(width), TAG)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(colours.border_strong))
        painter.setBrush(colours.raised)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.text_muted)
        painter.drawEllipse(QPointF(box.left() + 6, box.center().y()), 1.75, 1.75)
        painter.setPen(colours.text)
        painter.setFont(self.texts.font)
        baseline = box.center().y() + self.texts.ascent / 2 - 1.5
        painter.drawText(QPointF(box.left() + 10, round(baseline)), self.texts.fit(text, room)[0])
        painter.restore()

    def begin(self, painter: QPainter) -> None:
        """A painting begins."""
        self.names.begin(painter)
        self.texts.begin(painter)

    # ------------------------------------------------------------------ the axis

    def _axis(self, view: Viewport) -> Axis:
        if self._for != view:
            self._for, self._shown = view, axis_for(view)
        return self._shown

    def paint_grid(self, painter: QPainter, view: Viewport, top: int, bottom: int) -> None:
        """Lines at the ticks, behind everything."""
        axis = self._axis(view)
        for places, colour in ((axis.ticks, theme().grid), (axis.bands, theme().border)):
            painter.setPen(pen(colour))
            draw_lines(painter, np.array([(x, top, x, bottom) for x in _columns(places, view) if x > 0], float))

    def paint_axis(self, painter: QPainter, view: Viewport) -> None:
        """The axis, `AXIS` pixels high: coarse stretches above, ticks below."""
        colours, glyphs = theme(), self.texts
        painter.fillRect(0, 0, view.width, AXIS, colours.raised)
        axis = self._axis(view)
        starts, ticks = _columns(axis.bands, view), _columns(axis.ticks, view)
        lines = [(x, 4, x, AXIS - 1) for x in starts if x > 0] + [(x, AXIS - 6, x, AXIS - 1) for x in ticks]
        painter.setPen(pen(colours.border))
        painter.drawLine(0, AXIS - 1, view.width, AXIS - 1)
        painter.setPen(pen(colours.border_strong))
        draw_lines(painter, np.array(lines, float))
        bands: list[Placed] = []
        for band, x, end in zip(axis.bands, starts, [*starts[1:], view.width], strict=False):
            left = max(x, 0) + 6
            if end - left > glyphs.width(band.label) + 6:
                glyphs.place(bands, left, 15, band.label)
        labels: list[Placed] = []
        for tick, x in zip(axis.ticks, ticks, strict=True):
            glyphs.place(labels, x + 6, AXIS - 8, tick.label)
        glyphs.draw_all(painter, bands, colours.text, colours.raised, again=True)
        glyphs.draw_all(painter, labels, colours.text_muted, colours.raised, again=True)
        self._paint_zone(painter, view)

    def _paint_zone(self, painter: QPainter, view: Viewport) -> None:
        """Which clock this is."""
        width = self.texts.width("UTC")
        x = view.width - width - 8
        painter.fillRect(QRectF(x - 4, 2, width + 12, 17), theme().raised)
        painter.setPen(theme().text_muted)
        self.texts.draw(painter, x, 15, "UTC")

    def paint_flags(self, painter: QPainter, view: Viewport, flags: list[Flag]) -> None:
        """Times on the axis, in filled boxes; what comes first covers what comes later."""
        taken: list[tuple[float, float]] = []
        for time, fill, ink in flags:
            x, text = view.x(time), full_label(time)
            wide = self.texts.width(text) + 12
            left = round(min(max(x - wide / 2, 2), view.width - wide - 2))
            if not 0 <= x <= view.width or any(left < end and start < left + wide for start, end in taken):
                continue
            taken.append((left, left + wide))
            painter.fillRect(left, AXIS - 20, round(wide), 18, fill)
            painter.setPen(ink)
            self.texts.draw(painter, left + 6, AXIS - 7, text)


def _columns(places: tuple[Tick, ...], view: Viewport) -> list[int]:
    """The pixel columns of ticks or bands."""
    return [round(view.x(place.time)) for place in places]
