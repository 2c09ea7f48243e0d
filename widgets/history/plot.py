"""The plot of the History view: step curves for numbers, bands for everything else, one time axis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from widgets.theme import fonts, theme

from .bands import BandItem
from .legend import Sample, pen_of
from .load import Loaded
from .rows import PlotRow
from .series import Series, steps
from .strip import Strip, time_height

AXIS_WIDTH, NAME_WIDTH = 76, 132
STRIP, BAND = 72, 22  #: least heights in pixels
_MOST_BAND = 48
_NO_LIMIT = 16_777_215  #: Qt's greatest height
_NEAR = 14  #: pixels from a point that count as on it
_DOTS_UP_TO = 400
PNG_SCALE = 2


class HistoryPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Rows of strips above one another with linked time axes. Drag pans, the wheel zooms time, a click chooses the
    change under the pointer or the one that holds there; the arrow keys step from change to change."""

    chosen = Signal(int)  #: the number of an entry, as the history counts them
    pointed = Signal(object, int)  #: a time in µs under the pointer, or None; and the strip

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history-plot")
        self.setAccessibleName("Plot of values over time; the table below has the same values")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.setContentsMargins(0, 4, 8, 0)
        self.ci.setSpacing(0)
        self._loaded: Loaded | None = None
        self._rows: list[PlotRow] = []
        self._strips: list[Strip] = []  # as many as the last history needed: making one takes longer than a frame
        self._plots: list[pg.PlotItem] = []
        self._lines: list[pg.InfiniteLine] = []
        self._origin = 0
        self._moment: int | None = None
        self._pieces: Iterator[None] = iter(())
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._draw_piece)
        self.scene().sigMouseMoved.connect(self._moved)
        self.scene().sigMouseClicked.connect(self._clicked)

    # ------------------------------------------------------------------------------------------------ content

    def show_history(self, loaded: Loaded) -> None:
        """Draw another history: a strip at a time, so that the window does not stand still meanwhile."""
        self._loaded = loaded
        self._rows = loaded.rows
        self._origin = min((int(series.times[0]) for series in loaded.series), default=0)
        self._draw()

    @property
    def drawing(self) -> bool:
        """Whether there are strips to come."""
        return self._next.isActive()

    def finish(self) -> None:
        """Draw at once what is to come."""
        while self.drawing:
            self._draw_piece()

    def _draw(self, seconds: tuple[float, float] | None = None) -> None:
        self._pieces = self._all_pieces(seconds)
        self.setUpdatesEnabled(False)
        self._next.start()

    @Slot()
    def _draw_piece(self) -> None:
        if next(self._pieces, self) is self:
            self._next.stop()
            self.setUpdatesEnabled(True)

    def _all_pieces(self, seconds: tuple[float, float] | None) -> Iterator[None]:
        """Draw everything, and show a stretch of time, or all of it."""
        loaded = self._loaded
        for place in range(len(self._plots) + 1):  # rows of strips that are gone would keep their heights
            self.ci.layout.setRowMinimumHeight(place, 0)
            self.ci.layout.setRowStretchFactor(place, 0)
        for plot in self._plots:
            self.ci.removeItem(plot)
        self._plots, self._lines = [], []
        del self._strips[len(self._rows) :]
        self.setBackground(theme().surface)
        if loaded is None:
            return
        for place, row in enumerate(self._rows):
            plot = self._plot(place, row)
            (self._curves if row.numeric else self._bands)(plot, row, loaded)
            if place:
                plot.setXLink(self._plots[0])
            self._plots.append(plot)
            yield
        self.setMinimumHeight(sum(_least(row) for row in self._rows) + 2 * fonts().small.pixelSize() + 24)
        if self._plots:
            self.ci.layout.setRowStretchFactor(len(self._plots), 1 if self._rows[-1].numeric else 1000)
            self.fit()
            if seconds is not None:
                self._plots[0].setXRange(*seconds, padding=0)
        self.set_moment(self._moment)
        yield

    def _plot(self, place: int, row: PlotRow) -> pg.PlotItem:
        if place == len(self._strips):
            self._strips.append(Strip(self))
        bottom = place == len(self._rows) - 1
        plot = self._strips[place].plot
        title = row.title if len(self._rows) > 1 else ""
        width = AXIS_WIDTH if all(other.numeric for other in self._rows) else NAME_WIDTH
        self._strips[place].prepare(self._origin, width, title, row.numeric, bottom)
        self.ci.addItem(plot, row=place, col=0)
        axis = time_height() if bottom else 0  # what the axis itself says is its height when it was laid out last
        self.ci.layout.setRowStretchFactor(place, _least(row))
        self.ci.layout.setRowMinimumHeight(place, _least(row) + axis)
        plot.setMaximumHeight(_NO_LIMIT if row.numeric else _MOST_BAND * len(row.series) + axis)
        return plot

    def _curves(self, plot: pg.PlotItem, row: PlotRow, loaded: Loaded) -> None:
        for colour, number in zip(row.colours, row.series, strict=True):
            series = loaded.series[number]
            assert series.numbers is not None
            x, y = steps(series.times, series.numbers, loaded.end, self._origin)
            gaps = not bool(np.isfinite(y).all())
            curve = pg.PlotDataItem(
                x,
                y,
                pen=pen_of(colour, self.devicePixelRatioF(), len(series.times)),
                connect="finite" if gaps else "all",
                skipFiniteCheck=not gaps,
                autoDownsample=True,
                downsampleMethod="peak",
            )
            plot.addItem(curve)
            curve.setClipToView(True)  # before it has a view box, pyqtgraph takes the widget for one
            if len(series.times) <= _DOTS_UP_TO:
                there = np.isfinite(series.numbers)
                seconds = (series.times[there] - self._origin) / 1e6
                dots = pg.ScatterPlotItem(
                    seconds, series.numbers[there], size=5, pen=None, brush=theme().branch(colour)
                )
                plot.addItem(dots)

    def _bands(self, plot: pg.PlotItem, row: PlotRow, loaded: Loaded) -> None:
        names = []
        for place, number in enumerate(row.series):
            series = loaded.series[number]
            item = BandItem(series, -place, loaded.end, self._origin)
            item.mouse_flags()
            plot.addItem(item)
            name = loaded.names.get(series.path_id, series.path)
            names.append((-place, self._metrics().elidedText(name, Qt.TextElideMode.ElideRight, NAME_WIDTH - 16)))
        plot.getAxis("left").setTicks([names])
        plot.setYRange(0.6, 0.4 - len(row.series), padding=0)

    def strip_samples(self, strip: int, time: int) -> list[Sample]:
        """Name, colour (None for bands) and value at a time of each series of a strip."""
        if self._loaded is None or not 0 <= strip < len(self._rows):
            return []
        row, found = self._rows[strip], []
        for colour, number in zip(row.colours, row.series, strict=True):
            series = self._loaded.series[number]
            held = series.at(time)
            name = self._loaded.names.get(series.path_id, series.path)
            found.append(Sample(name, colour if row.numeric else None, series.texts[held] if held >= 0 else "—"))
        return found

    @staticmethod
    def _metrics() -> QFontMetrics:
        return QFontMetrics(fonts().small)

    def fit(self) -> None:
        """Show the whole time."""
        loaded = self._loaded
        if loaded is None or not self._plots:
            return
        shown = [loaded.series[number] for row in self._rows for number in row.series]
        right = max((max(_last(series, loaded.end) for series in shown) - self._origin) / 1e6, 1e-3)
        self._plots[0].setXRange(0, right, padding=0.02)
        for plot, row in zip(self._plots, self._rows, strict=True):
            if row.numeric:
                titled = bool(row.title) and len(self._rows) > 1
                plot.setYRange(*number_range([loaded.series[number] for number in row.series], titled), padding=0)

    def set_moment(self, time: int | None) -> None:
        """Draw the line of the selected moment."""
        self._moment = time
        if time is None:
            return
        for line in self._lines:
            line.setValue((time - self._origin) / 1e6)
        for plot in self._plots[len(self._lines) :]:
            pen = pg.mkPen(theme().accent, width=self.devicePixelRatioF())
            line = pg.InfiniteLine((time - self._origin) / 1e6, angle=90, pen=pen)
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)

    def refresh(self) -> None:
        """Another theme: draw anew with the same stretch of time."""
        if self._plots:
            self.finish()
            (low, high), _ = self._plots[0].viewRange()
            self._draw((low, high))

    # ------------------------------------------------------------------------------------------------- pointer

    def _under(self, place: QPointF) -> tuple[int, float, float] | None:
        """Which strip is under a point of the scene, and where in it."""
        for number, plot in enumerate(self._plots):
            box = plot.getViewBox()
            if box.sceneBoundingRect().contains(place):
                at = box.mapSceneToView(place)
                return number, at.x(), at.y()
        return None

    def _moved(self, place: QPointF) -> None:
        found = self._under(place)
        self.pointed.emit(None if found is None else self._time(found[1]), found[0] if found else 0)

    def _time(self, x: float) -> int:
        return self._origin + round(x * 1e6)

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Nothing is pointed at."""
        super().leaveEvent(event)
        self.pointed.emit(None, 0)

    def _clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        found = self._under(event.scenePos())
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit()
            return
        entry = self.entry_at(*found)
        if entry >= 0:
            self.chosen.emit(entry)

    def entry_at(self, strip: int, x: float, y: float) -> int:
        """The entry of the change nearest to a point: on a curve or band that is there, within some pixels the
        change itself, else the one that holds at that time. -1 for none."""
        assert self._loaded is not None
        row = self._rows[strip]
        time = self._time(x)
        pixel = self._plots[strip].getViewBox().viewPixelSize()
        members = [self._loaded.series[number] for number in row.series]
        if not row.numeric:
            place = round(-y)
            members = members[place : place + 1] if 0 <= place < len(members) else []
        best, chosen = float("inf"), -1
        for series in members:
            number = _near(series, time, pixel[0] * 1e6 * _NEAR)
            distance = _distance(series, number, y, pixel[1])
            if number >= 0 and distance < best:
                best, chosen = distance, int(series.entries[number])
        return chosen

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right step from change to change, + and - zoom, Home shows all."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(-1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus) and self._plots:
            self._plots[0].getViewBox().scaleBy(x=1.25 if key == Qt.Key.Key_Minus else 0.8)
        elif key == Qt.Key.Key_Home:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _step(self, step: int) -> None:
        if self._loaded is None or not self._loaded.series:
            return
        drawn = [self._loaded.series[number] for row in self._rows for number in row.series]
        times = np.concatenate([series.times for series in drawn])
        entries = np.concatenate([series.entries for series in drawn])
        here = self._moment if self._moment is not None else int(times.max()) + 1
        ahead = np.flatnonzero(times > here if step > 0 else times < here)
        if len(ahead):
            nearest = ahead[np.argmin(times[ahead])] if step > 0 else ahead[np.argmax(times[ahead])]
            self.chosen.emit(int(entries[nearest]))

    # ------------------------------------------------------------------------------------------------ pictures

    def save(self, path: Path) -> None:
        """Write the plot to a PNG or SVG file. Raises OSError."""
        self.finish()
        with path.open("wb"):
            pass  # Qt would fail without a reason
        size = self.viewport().size()
        area = QRectF(self.viewRect())
        if path.suffix.lower() == ".svg":
            self._save_svg(path, size, area)
            return
        image = QImage(size * PNG_SCALE, QImage.Format.Format_RGB32)
        image.fill(theme().surface)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self.scene().render(painter, QRectF(image.rect()), area)
        painter.end()
        if not image.save(str(path), "PNG"):
            raise OSError(0, "the picture could not be written", str(path))

    def _save_svg(self, path: Path, size: QSize, area: QRectF) -> None:
        from PySide6.QtSvg import QSvgGenerator

        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle(self._loaded.question.pattern if self._loaded else "")
        painter = QPainter(generator)
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme().surface)
        self.scene().render(painter, QRectF(0, 0, size.width(), size.height()), area)
        painter.end()


def number_range(series: list[Series], titled: bool) -> tuple[float, float]:
    """The heights that a strip shows: all numbers, some room around them, and above for a title."""
    numbers = np.concatenate([item.numbers for item in series if item.numbers is not None])
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    span = high - low or abs(high) * 0.2 or 1.0
    return low - 0.12 * span, high + (0.45 if titled else 0.12) * span


def _last(series: Series, end: int) -> int:
    """Until when there is something to see of a series: to the end, unless its path was removed."""
    return int(series.times[-1]) if series.texts[-1] == "—" else end


def _near(series: Series, time: int, reach: float) -> int:
    """The change within `reach` µs of a time that is nearest to it, else the one that holds then; -1 before all."""
    held = series.at(time)
    if held + 1 < len(series.times) and int(series.times[held + 1]) - time <= reach:
        ahead = int(series.times[held + 1]) - time
        if held < 0 or ahead < time - int(series.times[held]):
            return held + 1
    return held


def _distance(series: Series, number: int, y: float, pixel: float) -> float:
    """How far the curve is from a height, in pixels."""
    if series.numbers is None or number < 0:
        return 0.0
    value = float(series.numbers[number])
    return abs(value - y) / max(pixel, 1e-12) if np.isfinite(value) else 1e9


def _least(row: PlotRow) -> int:
    """The least height of a strip."""
    return STRIP if row.numeric else BAND * len(row.series) + 4
