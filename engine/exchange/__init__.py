"""Histories in and out: readers of what others keep, the import into a store, the exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.exchange.previewing import Preview


def preview(source: str | Path, **options: Any) -> Preview:
    """Look at a source before it is imported; see `engine.exchange.previewing.preview` for the options."""
    from engine.exchange.previewing import preview as look

    return look(source, **options)
