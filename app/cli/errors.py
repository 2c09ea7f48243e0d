"""Exit codes, and errors as the one line that a person gets."""

import re

from engine.errors import BadInput

DONE, NO, WRONG, STOPPED = range(4)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class UsageError(BadInput):
    """The arguments do not fit the command."""


def one_line(text: str) -> str:
    """The text on one line: controls, as a path may hold them, are written as escapes."""
    return _CONTROLS.sub(lambda match: ascii(match.group())[1:-1], text)
