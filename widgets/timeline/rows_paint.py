"""Paints rows of the list: the graph column, badges and texts."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from widgets.common.text import moment
from widgets.theme import SPACE_S, SPACE_XS, Theme, fonts, theme

from .batch import draw_lines
from .columns import Array
from .dots import draw_dots
from .frame import Shape
from .glyphs import Glyphs, Placed
from .model import TimelineModel, first_line
from .paint import pen
from .refs import Badge
from .rowgraph import RowPicture
from .rows_model import Column

LANE = 14  #: distance of two columns of the graph, px
DOT = 8
GRAPH_MARGIN = 12
MAX_BADGES = 4


@dataclass(frozen=True, slots=True)
class RowStyle:
    """What the rows look like now: places of the columns, marked rows."""

    row_height: int
    left: tuple[int, ...]  #: x of each column
    width: tuple[int, ...]  #: 0: it is hidden
    whole: int  #: width of all columns
    graph_scroll: int
    selected: int  #: rows, -1: none
    compared: int
    hovered: int
    focused: bool


def lane_x(columns: Array, style: RowStyle) -> Array:
    """The middle of columns of the graph."""
    return columns * LANE + style.left[Column.TIMELINE] + GRAPH_MARGIN - style.graph_scroll


class RowPainter:
    """Paints rows; keeps the layouts of their texts."""

    def __init__(self, model: TimelineModel) -> None:
        self._model = model
        self.texts, self.small = Glyphs(fonts().ui), Glyphs(fonts().small)
        self.mono = Glyphs(fonts().mono)
        self.incomplete = False  #: texts were missing when rows were painted

    def paint(self, painter: QPainter, picture: RowPicture, first: int, offset: int, style: RowStyle) -> None:
        """Paint the rows first … of a picture; the first one's top is at y = `offset`."""
        if not len(picture.dense):
            return
        for glyphs in (self.texts, self.small, self.mono):
            glyphs.begin(painter)
        painter.translate(0, offset)
        self._backgrounds(painter, len(picture.dense), first, style)
        painter.save()
        painter.setClipRect(
            style.left[Column.TIMELINE], 0, style.width[Column.TIMELINE], len(picture.dense) * style.row_height
        )
        self._graph(painter, picture, first, style)
        painter.restore()
        self._texts(painter, picture.dense, style)
        painter.translate(0, -offset)

    def _backgrounds(self, painter: QPainter, count: int, first: int, style: RowStyle) -> None:
        colours = theme()
        for row, colour in (
            (style.hovered, colours.hover),
            (style.compared, colours.accent_soft),
            (style.selected, colours.selection if style.focused else colours.selection_inactive),
        ):
            if first <= row < first + count:
                painter.fillRect(0, (row - first) * style.row_height, style.whole, style.row_height, colour)

    def _graph(self, painter: QPainter, picture: RowPicture, first: int, style: RowStyle) -> None:
        height = style.row_height

        def placed(lines: Array) -> Array:
            return np.column_stack(
                [
                    lane_x(lines[:, 0], style),
                    (lines[:, 1] - first) * height,
                    lane_x(lines[:, 2], style),
                    (lines[:, 3] - first) * height,
                ]
            )

        lines, curves = placed(picture.line), placed(picture.curve)
        slanted = picture.line[:, 0] != picture.line[:, 2]
        for hue in np.unique(picture.line_hue).tolist():
            painter.setPen(pen(theme().branch(hue), 2))
            draw_lines(painter, lines[(picture.line_hue == hue) & ~slanted])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        steps = zip(picture.line_hue[slanted].tolist(), lines[slanted].tolist(), strict=True)
        for hue, (x0, y0, x1, y1) in (*steps, *zip(picture.curve_hue.tolist(), curves.tolist(), strict=True)):
            painter.setPen(pen(theme().branch(hue), 2))
            _draw_bend(painter, x0, y0, x1, y1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        _draw_stubs(painter, picture, first, style)
        y = (np.arange(len(picture.dense)) + 0.5) * height
        draw_dots(painter, lane_x(picture.column, style) + 0.0, y, picture.hue, picture.shape, DOT)

    def _texts(self, painter: QPainter, dense: Array, style: RowStyle) -> None:
        colours, model = theme(), self._model
        texts = model.texts.soon(dense)
        self.incomplete |= None in texts
        baseline = round((style.row_height - self.texts.height) / 2 + self.texts.ascent)
        times = model.scene.columns.time[dense].tolist()
        author_x, author_room = _inner(style, Column.AUTHOR)
        time_x, time_room = _inner(style, Column.TIME)
        handle_x, handle_room = _inner(style, Column.HANDLE)
        message_x, message_room = _inner(style, Column.MESSAGE)
        # All texts of one font and colour together.
        messages: list[Placed] = []
        muted: list[Placed] = []
        handles: list[Placed] = []
        for row, (number, text, time) in enumerate(zip(dense.tolist(), texts, times, strict=True)):
            top = row * style.row_height
            y = top + baseline
            x = message_x + self.paint_badges(painter, message_x, top, model.refs.at(number), message_room, style)
            author, message = text or ("", "")
            self.texts.place(messages, x, y, first_line(message) if text else "", message_x + message_room - x)
            self.texts.place(muted, author_x, y, author, author_room)
            self.texts.place(muted, time_x, y, moment(time), time_room)
            self.mono.place(handles, handle_x, y, model.handle(number), handle_room)
        self.texts.draw_all(painter, messages, colours.text, colours.surface)
        self.texts.draw_all(painter, muted, colours.text_muted, colours.surface)
        self.mono.draw_all(painter, handles, colours.text_muted, colours.surface)

    def paint_badges(
        self, painter: QPainter, x: float, top: int, badges: tuple[Badge, ...], room: float, style: RowStyle
    ) -> float:
        """Frames with the names of timelines and tags; the width that they take."""
        start, colours = x, theme()
        shown = badges[:MAX_BADGES] if len(badges) <= MAX_BADGES else badges[: MAX_BADGES - 1]
        for badge in shown:
            wide = min(180.0, room / 2)
            if x - start + 40 > room:
                break
            x += _badge(painter, self.small, x, top, badge, wide, style.row_height, colours) + SPACE_XS
        if len(shown) < len(badges):
            painter.setPen(colours.text_muted)
            y = top + (style.row_height - self.small.height) / 2 + self.small.ascent
            x += self.small.draw(painter, x, y, f"+{len(badges) - len(shown)}") + SPACE_XS
        return x - start + (SPACE_XS if x > start else 0)


def _inner(style: RowStyle, column: Column) -> tuple[float, float]:
    """Left edge and width of the text of a column."""
    return style.left[column] + SPACE_S, style.width[column] - 2 * SPACE_S


def _draw_bend(painter: QPainter, x0: float, y0: float, x1: float, y1: float) -> None:
    """A curve between two rows that leaves and arrives vertically."""
    middle = (y0 + y1) / 2
    path = QPainterPath(QPointF(x0, y0))
    path.cubicTo(x0, middle, x1, middle, x1, y1)
    painter.drawPath(path)


def _draw_stubs(painter: QPainter, picture: RowPicture, first: int, style: RowStyle) -> None:
    """Where an edge leads further than is drawn: a short dotted end."""
    x = lane_x(picture.stub[:, 0], style)
    y = (picture.stub[:, 1] - first) * style.row_height
    ends = np.column_stack([x, y, x, y + picture.stub[:, 2] * style.row_height * 0.5])
    for hue in np.unique(picture.stub_hue).tolist():
        painter.setPen(pen(theme().branch(hue), 2, Qt.PenStyle.DotLine))
        draw_lines(painter, ends[picture.stub_hue == hue])


def _badge(
    painter: QPainter,
    glyphs: Glyphs,
    x: float,
    top: int,
    badge: Badge,
    room: float,
    row_height: int,
    colours: Theme,
) -> float:
    """A name in a frame: a timeline with a bar in its colour, a tag with a dot like a hole."""
    height = 18
    mark = 6
    width = glyphs.width(badge.name, room) + 2 * SPACE_XS + mark + 4
    box = QRectF(round(x), top + (row_height - height) // 2, round(width), height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen(colours.border_strong if badge.is_tag else colours.branch(badge.timeline)))
    painter.setBrush(colours.raised)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    if badge.is_tag:
        painter.setBrush(colours.text_muted)
        painter.drawEllipse(QPointF(box.left() + SPACE_XS + 3, box.center().y()), 2, 2)
    else:
        painter.setBrush(colours.branch(badge.timeline))
        painter.drawRoundedRect(QRectF(box.left() + SPACE_XS, box.top() + 4, 3, height - 8), 1.5, 1.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(colours.text)
    baseline = box.top() + (height - glyphs.height) / 2 + glyphs.ascent
    glyphs.draw(painter, box.left() + SPACE_XS + mark + 2, baseline, badge.name, room)
    return width


def tip_shape(shape: int) -> str:
    """What a dot stands for, in words."""
    return {Shape.MERGE.value: "merge", Shape.TIP.value: "tip"}.get(shape, "")
