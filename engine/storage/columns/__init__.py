"""Column encoders: integers and strings in as few bytes as their regularities allow.

Each encoder is pure: an array or a list in, a *spec* (msgpack-able: which strategy, with which parameters) and bytes
out; the spec and the bytes give the same array or list again. `block.pack` puts named columns into one body and
`block.describe` tells which strategy each has and what it costs. How hard encoders look for a short form is their
`Effort`.
"""

from engine.storage.columns.block import describe, is_quick, pack, unpack, unpack_lazily
from engine.storage.columns.choices import Choice, apportion
from engine.storage.columns.effort import Effort
from engine.storage.columns.entropy import watched
from engine.storage.columns.reader import readable
from engine.storage.columns.strings import all_of

__all__ = [
    "Choice",
    "Effort",
    "all_of",
    "apportion",
    "describe",
    "is_quick",
    "pack",
    "readable",
    "unpack",
    "unpack_lazily",
    "watched",
]
