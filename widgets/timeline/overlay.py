"""What lies over the graph: selection, comparison, range, hover and tags."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from widgets.theme import theme

from .paint import pen

if TYPE_CHECKING:
    from .canvas import Canvas

MAX_TAGS = 100

Tag = tuple[float, float, str]  #: x, y of the lane, text


def paint_overlay(painter: QPainter, canvas: "Canvas", below: bool) -> None:
    """Paint what is behind the graph, or what is before it. The origin is the top left of the lanes."""
    if below:
        _paint_range(painter, canvas)
        _paint_moments(painter, canvas)
        return
    colours, session = theme(), canvas.session
    if canvas.hovered >= 0 and canvas.hovered != session.selected:
        _paint_halo(painter, canvas, canvas.hovered, colours.border_strong, 1.5)
    if session.compared is not None and session.compared >= 0:
        _paint_halo(painter, canvas, session.compared, colours.accent, 1.5, Qt.PenStyle.DotLine)
    if session.selected >= 0:
        _paint_halo(painter, canvas, session.selected, colours.accent, 2.5)


def shown_range(canvas: "Canvas") -> tuple[int, int] | None:
    """The range that is being dragged, else the selected one."""
    return canvas.dragged_range or canvas.session.range


def _paint_range(painter: QPainter, canvas: "Canvas") -> None:
    chosen = shown_range(canvas)
    if chosen is None:
        return
    width, height = canvas.view.width, canvas.viewport().height()
    left, right = (min(max(canvas.view.x(time), -10), width + 10) for time in chosen)
    if right < 0 or left > width:
        return
    tint = QColor(theme().accent)
    tint.setAlpha(28)
    painter.fillRect(QRectF(left, 0, max(right - left, 1), height), tint)
    painter.setPen(pen(theme().accent))
    for x in (round(left), round(right)):
        painter.drawLine(x, 0, x, height)


def _paint_moments(painter: QPainter, canvas: "Canvas") -> None:
    """A line through all lanes at the selected moment, and a broken one at the other."""
    for dense, style in ((canvas.session.compared, Qt.PenStyle.DashLine), (canvas.session.selected, None)):
        point = canvas.point_of(dense) if dense is not None else None
        if point is not None and -1 <= point.x() <= canvas.view.width:
            painter.setPen(pen(theme().accent, 1, style or Qt.PenStyle.SolidLine))
            x = round(point.x())
            painter.drawLine(x, 0, x, canvas.viewport().height())


def _paint_halo(
    painter: QPainter,
    canvas: "Canvas",
    dense: int,
    colour: QColor,
    width: float,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    point = canvas.point_of(dense)
    if point is None or not (-20 < point.x() < canvas.view.width + 20):
        return
    radius = canvas.dot_radius() + 4
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, width, style))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(round(point.x()), point.y()), radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def tags_in_view(canvas: "Canvas") -> list[Tag]:
    """Tags as far as they are in view: x, y of the lane, text."""
    tags = canvas.model.tags
    if not len(tags) or canvas.lane_height < 16:
        return []
    scene, view, window = canvas.model.scene, canvas.view, canvas.window_of_lanes
    x = view.xs(scene.columns.time[tags])
    lane = scene.by_time.lane[scene.columns.timeline[tags]]
    y = window.y(lane)
    inside = np.flatnonzero((lane >= 0) & (x > -8) & (x < view.width) & window.in_view()[lane])
    # One of those that would cover each other.
    cells = (x[inside] // 40).astype(np.int64) + (lane[inside].astype(np.int64) << 32)
    inside = inside[np.unique(cells, return_index=True)[1]]
    shown = []
    for at in inside[np.argsort(x[inside])][:MAX_TAGS].tolist():
        names = [badge.name for badge in canvas.model.refs.at(int(tags[at])) if badge.is_tag]
        text = names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"
        shown.append((float(x[at]) - 6, float(y[at]), text))
    return shown
