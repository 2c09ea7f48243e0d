"""Messages of the command line in the words of the dialog: what it calls `--kind` is the field Kind here."""

import re

from widgets.common.text import sentence

_FIELDS = {
    "kind": "Kind",
    "map": "Names",
    "zone": "Zone",
    "time-format": "Form of times",
    "timeline": "Timeline",
    "skip-bad": "Go on after lines that cannot be read",
    "path": "Kind, files",
    "key": "Identified by",
}
_MORE = {"map", "zone", "time-format", "timeline", "skip-bad"}  # those are under More options
_OPTION = re.compile(r"--(" + "|".join(sorted(_FIELDS, key=len, reverse=True)) + r")\b")


def in_words(text: str) -> str:
    """A message with the names of fields for options, and without the name of the program before it."""
    return sentence(_with_fields(text.strip().removeprefix("refactory: ")))


def _with_fields(text: str) -> str:
    hidden = any(found[1] in _MORE for found in _OPTION.finditer(text))
    said = _OPTION.sub(lambda found: f"“{_FIELDS[found[1]]}”", text)
    return f"{said} (under More options)" if hidden else said


def problem_line(where: str, why: str) -> str:
    """One thing that cannot be read. The reason often begins with its place: it is said once."""
    return _with_fields(why if where and where in why else f"{where}: {why}")
