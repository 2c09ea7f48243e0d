"""What the canvas says about the place under the pointer."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

from widgets.common.text import count

from .axis import full_label
from .model import first_line

if TYPE_CHECKING:
    from .canvas import Canvas


def tool_tip(canvas: "Canvas", point: QPointF) -> str:
    """The transaction that is drawn there, else the timeline whose line runs there; empty: neither."""
    dense = canvas.dot_at(point)
    if dense >= 0:
        return _describe(canvas, dense)
    timeline = canvas.timeline_at(point)
    if timeline < 0:
        return ""
    number = int(canvas.model.scene.extents.count[timeline])
    return f"{canvas.model.name(timeline)}: {count(number, 'transaction')}"


def _describe(canvas: "Canvas", dense: int) -> str:
    model = canvas.model
    author, message = model.texts.now(np.array([dense]))[0]
    name = model.name(int(model.scene.columns.timeline[dense]))
    where = " · ".join(part for part in (name, author) if part)
    moment = f"{full_label(int(model.scene.columns.time[dense]))} UTC"
    return "\n".join((first_line(message), where, moment, model.handle(dense)))
