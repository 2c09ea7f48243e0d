"""The start page: what is there before a store is open."""

from .page import StartPage
from .recent import Recent

__all__ = ["Recent", "StartPage"]
