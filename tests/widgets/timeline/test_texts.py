"""Texts for painting: near ones at once, scattered ones from a worker once the picture stands still."""

import numpy as np

from tests.widgets.timeline.big import random_columns
from tests.widgets.timeline.support import Session
from widgets.timeline.texts import PIECE, Texts


def test_near_texts_come_at_once_and_scattered_ones_when_the_picture_rests(qtbot) -> None:
    session, arrived = Session(random_columns(1000, 5)), []
    texts = Texts(session, lambda: arrived.append(True))
    near, moving, last = (
        np.array(numbers) for numbers in ([1, 5], range(0, 6 * PIECE, PIECE), [7, 2 * PIECE, 9 * PIECE])
    )
    assert list(texts.soon(near)) == session.store.texts(near)
    jobs = []
    run, session.run = session.run, lambda job: (jobs.append(job), run(job))
    assert texts.soon(moving) == [None] * 6
    assert texts.soon(last) == [None] * 3
    assert not jobs
    qtbot.waitUntil(lambda: bool(arrived), timeout=2000)
    assert len(jobs) == 1
    assert list(texts.soon(last)) == session.store.texts(last)
    assert texts.soon(moving)[1] is None
