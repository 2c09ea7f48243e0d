"""Authors and messages for painting: what is near comes at once, what is scattered comes from a worker."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer

from widgets.common import Job, JobContext, Session

from .columns import Array

if TYPE_CHECKING:
    from engine.store import Store

Text = tuple[str, str]  #: author, message
CAPACITY = 16_384
#: Transactions are stored in pieces; reading from a piece costs the same for one text as for all.
PIECE = 4_096
_AT_ONCE = 2  #: pieces that a paint event may read
_REST = 40  #: ms that the picture has to stand still before scattered texts are read


class Texts:
    """Keeps the texts that were asked for last. `arrived` is called when a worker has brought some."""

    def __init__(self, session: Session, arrived: Callable[[], None]) -> None:
        self._session, self._arrived = session, arrived
        self._held: dict[int, Text] = {}
        self._wanted: set[int] = set()  # what a worker fetches, or is to fetch
        # A worker that reads while the picture still moves takes the interpreter from it, for what is gone at once.
        self._rest = QTimer(singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._read_wanted)

    def clear(self) -> None:
        """Another store."""
        self._held, self._wanted = {}, set()

    def now(self, dense: Array) -> Sequence[Text]:
        """The texts, read here if need be."""
        missing = self._missing(dense)
        if missing and self._session.store is not None:
            self._keep(self._held, missing, self._session.store.texts(np.array(missing, np.int64)))
        return self._known(dense)

    def soon(self, dense: Array) -> Sequence[Text | None]:
        """The texts that are near each other; for others None, until a worker has brought them."""
        missing = self._missing(dense)
        store = self._session.store
        if not missing or store is None:
            return self._known(dense)
        pieces = np.unique(np.array(missing) // PIECE)
        if len(pieces) <= _AT_ONCE:
            return self.now(dense)
        if not self._wanted.issuperset(missing):
            self._wanted = set(missing)
            self._rest.start()
        return [self._held.get(number) for number in dense.tolist()]

    def _read_wanted(self) -> None:
        store, wanted = self._session.store, sorted(self._wanted)
        if store is not None and wanted:
            self._session.run(
                Job(
                    "Read messages",
                    lambda context: self._fetch(store, wanted, context),
                    self._brought,
                    lambda error: self._failed(store, error),
                    key="timeline-texts",
                )
            )

    def _missing(self, dense: Array) -> list[int]:
        held = self._held
        return [number for number in dense.tolist() if number not in held]

    def _known(self, dense: Array) -> Sequence[Text]:
        held = self._held
        return [held.get(number, ("", "")) for number in dense.tolist()]

    @staticmethod
    def _keep(held: dict[int, Text], numbers: list[int], texts: Sequence[Text]) -> None:
        if len(held) > CAPACITY:
            held.clear()
        held.update(zip(numbers, texts, strict=True))

    def _fetch(self, store: "Store", numbers: list[int], context: JobContext) -> None:
        """In a worker: piece after piece, so that it can be stopped."""
        held, start = self._held, 0
        while start < len(numbers) and not context.cancelled:
            stop = start + 1
            while stop < len(numbers) and numbers[stop] // PIECE == numbers[start] // PIECE:
                stop += 1
            part = numbers[start:stop]
            self._keep(held, part, store.texts(np.array(part, np.int64)))
            start = stop

    def _brought(self, _result: None) -> None:
        self._wanted = set()
        self._arrived()

    def _failed(self, store: "Store", error: Exception) -> None:
        self._wanted = set()
        if self._session.store is store:  # a store that was closed meanwhile has nothing to say
            raise error
