"""Chronosphere, the engine of The Re-factory: every version of structured state, on any number of branches, in one
file. `from engine import Store`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.errors import KnownError
    from engine.store import Store

__all__ = ["KnownError", "Store"]


def __getattr__(name: str) -> Any:
    """`Store` and `KnownError`, imported when first asked for, so that importing a part of the engine stays quick."""
    if name == "Store":
        from engine.store import Store

        return Store
    if name == "KnownError":
        from engine.errors import KnownError

        return KnownError
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
